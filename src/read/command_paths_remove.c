/* rm and its kin. */
#include "read/command_paths_found.h"

static bool has_mark(struct str s)
{
	return s.len && memchr(s.ptr, SHELL_UNKNOWN, s.len);
}

static void remove_words(struct paths *p, const struct paths_words *o, enum paths_how how)
{
	bool found = false;

	for (size_t i = 0; i < o->n; i++) {
		struct paths_target t;

		if (has_mark(o->operand[i].text) && p->act->within) {
			if (!found && paths_found(p, how)) {
				found = true;
				continue;
			}
			if (found)
				continue;
		}
		t = paths_of(p, o->operand[i]);
		paths_judge(p, &t, how);
	}
}

static const struct paths_saying trash = { CHANGE_DELETE, "file.outside", "file",
					   "this empties the trash: what was put there does not come back",
					   "look at it first: `trash-list`" };

bool paths_remove(struct paths *p)
{
	struct paths_words o;
	enum paths_how how = PATHS_REMOVE;
	bool shred = paths_listed(" shred wipe ", p->program);

	if (str_is(p->program, "trash-empty")) {
		paths_say(p, &trash, STR("trash"));
		return true;
	}
	if (!paths_words(p, 1, shred ? "ns" : "", shred ? " --iterations --size " : " ", &o) || paths_has(&o, 0, "--help") ||
	    paths_has(&o, 0, "--version"))
		return true;
	if (str_is(p->program, "gio")) {
		if (o.n && str_is(o.operand[0].text, "trash") && paths_has(&o, 0, "--empty"))
			paths_say(p, &trash, STR("trash"));
		if (!o.n || !paths_listed(" trash remove ", o.operand[0].text))
			return true;
		o.operand++;
		o.n--;
		how = PATHS_TREE;
	}
	if (paths_has(&o, 'r', "--recursive") || o.letter['R'] ||
	    paths_listed(" rimraf del-cli trash trash-put gtrash ", p->program))
		how = PATHS_TREE;
	if (str_is(p->program, "rmdir"))
		return true; /* only empty ones */
	remove_words(p, &o, shred ? PATHS_WRITE : how);
	return true;
}

/* --- what is old, or there twice, below a folder --- */

static const struct {
	const char *names;
	const char *flags; /* one of which must be there; "" none */
	const char *dry;
} sweepers[] = {
	{ " tmpwatch tmpreaper stmpclean ", "", " -t --test " },
	{ " fdupes jdupes ", " d --delete ", "" },
	{ " rdfind ", " -deleteduplicates -makesymlinks -makehardlinks ", " -dryrun -n " },
};

/* Is one of ${list} a flag, or a letter of one? */
static bool has_one(const struct shell_act *a, const char *list)
{
	for (size_t i = 1; i < a->n_argv; i++) {
		struct str w = a->argv[i].text;

		if (w.len > 1 && w.ptr[0] == '-' && paths_listed(list, w))
			return true;
		for (size_t k = 1; k < w.len && w.ptr[0] == '-' && w.ptr[1] != '-'; k++) {
			if (paths_listed(list, str_sub(w, k, 1)))
				return true;
		}
	}
	return false;
}

void paths_swept(struct paths *p)
{
	const struct shell_act *a = p->act;

	for (size_t i = 0; i < ARRAY_LEN(sweepers); i++) {
		if (!paths_listed(sweepers[i].names, p->program) || (*sweepers[i].flags && !has_one(a, sweepers[i].flags)) ||
		    has_one(a, sweepers[i].dry))
			continue;
		for (size_t k = 1; k < a->n_argv; k++) {
			struct paths_target t = paths_of(p, a->argv[k]);

			if (t.path.len > 1 && a->argv[k].text.ptr[0] != '-')
				(void)paths_guard(p, &t, t.path, PATHS_TREE);
		}
	}
}
