/* chmod, chown and their kin. */
#include "read/command_paths.h"

bool paths_mode(struct paths *p)
{
	struct paths_words o;
	bool by_reference, acl = str_is(p->program, "setfacl");

	if (!paths_words(p, 1, acl ? "mxMX" : "", " --from --reference ", &o) || paths_has(&o, 0, "--help") ||
	    paths_has(&o, 0, "--version"))
		return true;
	by_reference = paths_has(&o, 0, "--reference") || acl || str_is(p->program, "chattr");
	/* chmod -x FILE: the mode looks like an option. */
	if (paths_listed(" chmod chattr ", p->program) && (o.letter['x'] || o.letter['w'] || o.letter['X'] || o.letter['i'] ||
							   o.letter['a'] || (o.letter['r'] && str_is(p->program, "chmod"))))
		by_reference = true;
	for (size_t i = by_reference ? 0 : 1; i < o.n; i++) {
		struct paths_target t = paths_of(p, o.operand[i]);

		if (str_is(p->program, "chattr") && o.operand[i].text.len && memchr("+=", o.operand[i].text.ptr[0], 2))
			continue; /* flags */
		paths_judge(p, &t, paths_has(&o, 'R', "--recursive") ? PATHS_MODE_TREE : PATHS_MODE);
	}
	return true;
}
