/* What writes over files: mv, cp, install, ln, tee, dd, truncate, sed -i, rsync, and programs that are told where to write. */
#include "read/command_paths_found.h"

static bool asks_for_help(const struct paths_words *o)
{
	return paths_has(o, 0, "--help") || paths_has(o, 0, "--version");
}

static bool is_bare_dots(struct str s)
{
	while (s.len && s.ptr[s.len - 1] == '/')
		s.len--;
	return str_is(s, ".") || str_is(s, "..") || str_ends(s, STR("/.")) || str_ends(s, STR("/.."));
}

/* --- mv, cp, install, ln: sources and a target --- */

struct copy {
	struct paths_words o;
	struct paths_target to;
	bool into; /* ${to} is a folder that the sources go into */
	bool moves, links, trees;
	bool hard; /* the same files under another name: who writes to that one writes to both */
	bool no_clobber;
};

static bool target_of(struct paths *p, struct copy *c)
{
	struct shell_value v;

	if (paths_value(&c->o, 't', "--target-directory", &v)) {
		c->to = paths_of(p, v);
		c->into = true;
		return true;
	}
	if (c->o.n < 2)
		return false;
	c->to = paths_of(p, c->o.operand[--c->o.n]);
	c->into = c->o.n > 1 || (!paths_has(&c->o, 'T', "--no-target-directory") && !(c->links && c->o.letter['n']) &&
				 paths_is_folder(p, &c->to));
	return true;
}

static void copy_one(struct paths *p, struct copy *c, const struct shell_value *from)
{
	struct paths_target s = paths_of(p, *from), to = c->to;
	bool dots = is_bare_dots(from->text);

	if (c->hard && s.path.len && !p->act->remote) {
		p->hides = true;
		(void)paths_guard(p, &s, s.path, PATHS_MODE);
		p->hides = false;
	}
	if (c->moves)
		paths_judge(p, &s, paths_is_null(c->to.path) ? PATHS_TREE : PATHS_MOVE);
	if (c->into && !(c->trees && dots))
		to = paths_into(p, &c->to, &s);
	if (!to.path.len && !c->no_clobber)
		(void)paths_found_own(p, &to, PATHS_WRITE);
	if (c->no_clobber || !to.path.len || paths_is_null(to.path))
		return;
	/* What is there may be no folder after all, by the time it runs; what a pattern names may be one. */
	if ((c->into || c->to.pattern.len) && !p->act->remote && paths_guard(p, &c->to, c->to.path, PATHS_OVERLAY))
		return;
	if (c->trees && c->into && (dots || paths_is_folder(p, &to)))
		paths_judge(p, &to, PATHS_OVERLAY);
	else
		paths_judge(p, &to, c->links || c->moves ? PATHS_REMOVE : PATHS_WRITE);
}

static void remember_link(struct paths *p, const struct copy *c)
{
	struct paths_target s = paths_of(p, c->o.operand[0]), to = c->into ? paths_into(p, &c->to, &s) : c->to;
	struct command_left *l;
	unsigned n = 0;

	for (l = p->w->left; l; l = l->next)
		n++;
	if (n >= 64 || !s.path.len || s.pattern.len || !to.path.len || to.pattern.len)
		return;
	l = ARENA_NEW(p->arena, struct command_left);
	if (!l)
		return;
	*l = (struct command_left){ .name = to.path, .value = s.path, .next = p->w->left };
	p->w->left = l;
}

static bool read_copy(struct paths *p)
{
	struct copy c = { .moves = paths_listed(" mv gmv rename ", p->program), .links = str_is(p->program, "ln") };
	bool install = str_is(p->program, "install");

	if (!paths_words(p, 1, install ? "tmogS" : "tS", " --target-directory --suffix --mode --owner --group ", &c.o) ||
	    asks_for_help(&c.o) || (install && paths_has(&c.o, 'd', "--directory")) || !target_of(p, &c))
		return true;
	c.trees = c.moves || c.o.letter['r'] || c.o.letter['R'] || c.o.letter['a'] || paths_has(&c.o, 0, "--recursive") ||
		  paths_has(&c.o, 0, "--archive");
	c.no_clobber = paths_has(&c.o, 'n', "--no-clobber") || paths_has(&c.o, 'b', "--backup");
	c.hard = c.links ? !paths_has(&c.o, 's', "--symbolic") : !c.moves && !install && paths_has(&c.o, 'l', "--link");
	if (c.links)
		c.no_clobber = !paths_has(&c.o, 'f', "--force");
	p->brings_in = c.moves && c.to.path.len && paths_in_workspace(p, c.to.path);
	if (c.links && c.o.n == 1 && paths_has(&c.o, 's', "--symbolic"))
		remember_link(p, &c);
	for (size_t i = 0; i < c.o.n; i++)
		copy_one(p, &c, &c.o.operand[i]);
	return true;
}

/* --- files that are named --- */

static void judge_all(struct paths *p, const struct paths_words *o, size_t from, enum paths_how how)
{
	for (size_t i = from; i < o->n; i++) {
		struct paths_target t = paths_of(p, o->operand[i]);

		if (!paths_is_null(t.path))
			paths_judge(p, &t, how);
	}
}

static bool read_tee(struct paths *p)
{
	struct paths_words o;

	if (paths_words(p, 1, "", " ", &o) && !asks_for_help(&o))
		judge_all(p, &o, 0, paths_has(&o, 'a', "--append") ? PATHS_APPEND : PATHS_WRITE);
	return true;
}

static bool read_truncate(struct paths *p)
{
	struct paths_words o;

	if (paths_words(p, 1, "sr", " --size --reference ", &o) && !asks_for_help(&o))
		judge_all(p, &o, 0, PATHS_WRITE);
	return true;
}

static const struct paths_saying unknown_disk = { CHANGE_DELETE, "data.disk", "disk",
						  "it is not known what this writes over: it may be a disk",
						  "write the path out" };

static bool read_dd(struct paths *p)
{
	for (size_t i = 1; i < p->act->n_argv; i++) {
		struct shell_value v = p->act->argv[i];
		struct paths_target t;

		if (!str_starts(v.text, STR("of=")))
			continue;
		v.text = str_sub(v.text, 3, SIZE_MAX);
		t = paths_of(p, v);
		if (!t.path.len && !p->act->remote)
			paths_say(p, &unknown_disk, t.words);
		else if (!paths_is_null(t.path))
			paths_judge(p, &t, PATHS_WRITE);
	}
	return true;
}

/* sed 's/a/b/w FILE', 'w FILE': to the end of the line. */
static void sed_writes(struct paths *p)
{
	for (size_t i = 1; i < p->act->n_argv; i++) {
		struct shell_value v = p->act->argv[i];
		size_t at = str_find(v.text, STR("w /"));
		struct paths_target t;

		if (at == SIZE_MAX || p->act->remote)
			continue;
		v.text = str_sub(v.text, at + 2, SIZE_MAX);
		v.text = str_sub(v.text, 0, str_find_char(v.text, '\n'));
		t = paths_of(p, v);
		if (t.path.len)
			(void)paths_guard(p, &t, t.path, PATHS_WRITE);
	}
}

/* sed -i, perl -i, ruby -i: the first operand is the program, unless -e or -f gave it. */
static bool read_edit_in_place(struct paths *p)
{
	struct paths_words o;
	bool perl = !str_is(p->program, "sed") && !str_is(p->program, "gsed"), in_place = false, script;

	if (!perl)
		sed_writes(p);
	for (size_t i = 1; i < p->act->n_argv; i++) {
		struct str w = p->act->argv[i].text;

		if (str_is(w, "--") || (perl && w.len && w.ptr[0] != '-'))
			break;
		in_place = in_place || str_starts(w, STR("--in-place")) ||
			   (w.len > 1 && w.ptr[0] == '-' && w.ptr[1] != '-' && memchr(w.ptr, 'i', w.len));
	}
	if (!in_place || !paths_words(p, 1, perl ? "eEi?I0?l?M?m?x?C?D?F?" : "efi?l", " --expression --file --line-length ", &o))
		return !perl;
	script = paths_has(&o, 'e', "--expression") || paths_has(&o, perl ? 'E' : 'f', "--file");
	judge_all(p, &o, script ? 0 : 1, PATHS_EDIT);
	return !perl;
}

/* gawk -i inplace 'program' FILE … */
static bool read_awk_in_place(struct paths *p)
{
	struct paths_words o;
	struct shell_value library;

	if (paths_words(p, 1, "iFvfEl", " --include --file --assign --field-separator ", &o) &&
	    paths_value(&o, 'i', "--include", &library) && str_find(library.text, STR("inplace")) != SIZE_MAX)
		judge_all(p, &o, paths_has(&o, 'f', "--file") ? 0 : 1, PATHS_EDIT);
	return false;
}

static bool read_last_operand(struct paths *p)
{
	struct paths_words o;

	if (!paths_words(p, 1, "", " ", &o) || asks_for_help(&o))
		return true;
	judge_all(p, &o, 0, str_is(p->program, "patch") ? PATHS_EDIT : PATHS_WRITE);
	return true;
}

/* curl -o, wget -O, sort -o: the file is new as a rule; the tool's own facts are asked as well. */
static bool read_output(struct paths *p)
{
	struct paths_words o;
	bool wget = str_is(p->program, "wget"), curl = str_is(p->program, "curl");
	struct shell_value v;

	if (!paths_words(p, 1,
			 curl	? "oHdFXuAebcCTmxyYzEKwQrPD"
			 : wget ? "OoPUeiQtTwa"
				: "oktSTz",
			 " --output --output-document --output-dir --directory-prefix --header --data --request ", &o))
		return false;
	if ((wget && paths_value(&o, 'P', "--directory-prefix", &v)) || (curl && paths_value(&o, 0, "--output-dir", &v))) {
		struct paths_target t = paths_of(p, v);

		if (t.path.len && !p->act->remote)
			(void)paths_guard(p, &t, t.path, PATHS_WRITE);
	}
	if (!paths_value(&o, wget ? 'O' : 'o', wget ? "--output-document" : "--output", &v) || str_is(v.text, "-") || !v.text.len)
		return !wget && !curl;
	judge_all(p, &(struct paths_words){ .operand = &v, .n = 1 }, 0, PATHS_WRITE);
	return !wget && !curl;
}

/* --- rsync --- */

static bool is_remote(struct str s)
{
	size_t colon = str_find_char(s, ':'), slash = str_find_char(s, '/');

	return colon != SIZE_MAX && (slash == SIZE_MAX || colon < slash);
}

static bool read_rsync(struct paths *p)
{
	struct paths_words o;
	struct paths_target to, from;
	bool deletes = false;

	if (!paths_words(p, 1, "efBTM",
			 " --rsh --filter --exclude --include --exclude-from --include-from --files-from --bwlimit --timeout ",
			 &o) ||
	    asks_for_help(&o) || paths_has(&o, 'n', "--dry-run") || o.n < 2)
		return true;
	for (size_t i = 0; i < o.n_options; i++)
		deletes = deletes || str_starts(o.option[i].name, STR("--del"));
	if (is_remote(o.operand[o.n - 1].text)) {
		(void)paths_far_operand(p, o.operand[o.n - 1].text, deletes ? PATHS_TREE : PATHS_WRITE);
		return false;
	}
	to = paths_of(p, o.operand[o.n - 1]);
	for (size_t i = 0; i + 1 < o.n; i++) {
		struct paths_target in = to;
		bool content = o.operand[i].text.len &&
			       (o.operand[i].text.ptr[o.operand[i].text.len - 1] == '/' || is_bare_dots(o.operand[i].text));

		from = paths_of(p, o.operand[i]);
		if (!content && paths_is_folder(p, &to))
			in = paths_into(p, &to, &from);
		in.slash = in.slash && content;
		if (paths_has(&o, 0, "--remove-source-files"))
			paths_judge(p, &from, PATHS_MOVE);
		paths_judge(p, &in, deletes ? PATHS_TREE : paths_is_folder(p, &in) ? PATHS_OVERLAY : PATHS_WRITE);
	}
	return true;
}

static const struct {
	const char *names;
	bool (*read)(struct paths *p);
} readers[] = {
	{ " mv gmv cp gcp install ln ", read_copy },
	{ " tee ", read_tee },
	{ " dd ", read_dd },
	{ " truncate ", read_truncate },
	{ " sed gsed perl ruby ", read_edit_in_place },
	{ " gawk awk ", read_awk_in_place },
	{ " sponge patch ", read_last_operand },
	{ " curl wget sort ", read_output },
	{ " rsync ", read_rsync },
};

bool paths_copy(struct paths *p)
{
	for (size_t i = 0; i < ARRAY_LEN(readers); i++)
		if (paths_listed(readers[i].names, p->program))
			return readers[i].read(p);
	return true;
}
