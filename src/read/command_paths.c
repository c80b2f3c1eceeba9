/* Where a word of a command is, and who reads its words: the seam of command_work.h. */
#include "read/command_paths_found.h"

size_t paths_open_at(const struct shell_value *v)
{
	for (size_t i = 0; i < v->text.len; i++) {
		char c = v->text.ptr[i];

		if (c == SHELL_UNKNOWN || (v->glob && (c == '*' || c == '?' || c == '[')))
			return i;
	}
	return SIZE_MAX;
}

/* As a person reads it: unknown parts as an ellipsis. */
static struct str shown(struct paths *p, struct str text)
{
	struct str all = STR("");
	size_t from = 0;

	for (size_t i = 0; i < text.len && i < 4096; i++) {
		if (text.ptr[i] != SHELL_UNKNOWN)
			continue;
		all = arena_fmt(p->arena, "%.*s%.*s\u2026", STR_ARG(all), STR_ARG(str_sub(text, from, i - from)));
		from = i + 1;
	}
	return from ? arena_join(p->arena, all, str_sub(text, from, SIZE_MAX)) : text;
}

/* Where a bracket expression that begins at ${i} ends, on its last byte; ${i} where it does not. */
static size_t bracket_end(struct str text, size_t i)
{
	size_t k = i + 1;

	k += k < text.len && (text.ptr[k] == '!' || text.ptr[k] == '^');
	for (k += k < text.len && text.ptr[k] == ']'; k < text.len && text.ptr[k] != '/'; k++) {
		size_t end = text.ptr[k] == '[' && k + 1 < text.len && text.ptr[k + 1] == ':' ? str_find(str_sub(text, k, 32), STR(":]"))
											       : SIZE_MAX;

		if (end != SIZE_MAX)
			k += end + 1;
		else if (text.ptr[k] == ']')
			return k;
	}
	return i;
}

/* Unknown parts as '*', what stands in brackets as '?'. */
static struct str as_glob(struct paths *p, struct str text, bool glob)
{
	char *out = arena_alloc(p->arena, text.len + 1);
	size_t n = 0, end;
	bool closes = glob; /* a bracket, up to the next slash */

	if (!out)
		return STR_NONE;
	for (size_t i = 0; i < text.len; i++) {
		bool open = text.ptr[i] == '[';

		closes = closes || (glob && text.ptr[i] == '/');
		out[n++] = open || text.ptr[i] == SHELL_UNKNOWN ? '*' : text.ptr[i];
		if (!open || !closes)
			continue;
		end = bracket_end(text, i);
		closes = end > i;
		out[n - 1] = closes ? '?' : '*';
		i = end;
	}
	return (struct str){ out, n };
}

/* A link made by an earlier act of this text: what it points to. */
static void through_links(struct paths *p, struct paths_target *t)
{
	for (const struct command_left *l = p->w->left; l && t->path.len; l = l->next) {
		if (l->alias || !world_within(t->path, l->name))
			continue;
		if (t->path.len > l->name.len || t->slash || t->pattern.len)
			t->path = arena_join(p->arena, l->value, str_sub(t->path, l->name.len, SIZE_MAX));
	}
}

/* Below /proc/PID/root lies what lies below /. */
static struct str beyond_proc(struct str path)
{
	struct str rest = str_starts(path, STR("/proc/")) ? str_sub(path, 6, SIZE_MAX) : STR_NONE;
	size_t slash = str_find_char(rest, '/');

	rest = slash == SIZE_MAX ? STR_NONE : str_sub(rest, slash + 1, SIZE_MAX);
	return str_starts(rest, STR("root")) && rest.len > 5 && rest.ptr[4] == '/' ? str_sub(rest, 4, SIZE_MAX) : path;
}

struct paths_target paths_at(struct paths *p, const struct shell_value *cwd, struct shell_value v)
{
	struct paths_target t = { .words = shown(p, v.text) };
	struct str base = cwd->text, whole;
	size_t open, cut;

	if (paths_open_at(cwd) != SIZE_MAX || !base.len || base.ptr[0] != '/')
		base = STR_NONE;
	if (!v.text.len || v.text.ptr[0] == SHELL_UNKNOWN || (v.text.ptr[0] != '/' && !base.len)) {
		t.pattern = as_glob(p, v.text, v.glob);
		return t;
	}
	t.slash = v.text.ptr[v.text.len - 1] == '/';
	whole = beyond_proc(world_absolute(base, v.text, p->arena));
	v.text = whole;
	open = paths_open_at(&v);
	t.deep = memchr(whole.ptr, SHELL_UNKNOWN, whole.len) != NULL;
	t.maybe = open != SIZE_MAX || p->act->maybe;
	if (open == SIZE_MAX) {
		t.path = whole;
		through_links(p, &t);
		return t;
	}
	cut = str_rfind_char(str_sub(whole, 0, open), '/');
	if (cut == SIZE_MAX)
		return t;
	t.path = cut ? str_sub(whole, 0, cut) : STR("/");
	t.pattern = as_glob(p, str_sub(whole, cut + 1, SIZE_MAX), v.glob);
	through_links(p, &t);
	return t;
}

struct paths_target paths_of(struct paths *p, struct shell_value v)
{
	return paths_at(p, &p->act->cwd, v);
}

struct paths_target paths_known(struct str path)
{
	return (struct paths_target){ .path = path, .words = path };
}

struct paths_target paths_into(struct paths *p, const struct paths_target *to, const struct paths_target *from)
{
	struct paths_target t = *to;
	struct str name = from->pattern.len ? from->pattern : from->path;
	size_t slash = str_rfind_char(name, '/');

	t.slash = false;
	if (!to->path.len || to->pattern.len)
		return t;
	if (slash != SIZE_MAX)
		name = str_sub(name, slash + 1, SIZE_MAX);
	if (!name.len)
		name = STR("*");
	t.words = arena_fmt(p->arena, "%.*s/%.*s", STR_ARG(to->words), STR_ARG(name));
	if (from->pattern.len || !from->path.len)
		t.pattern = name;
	else
		t.path = world_absolute(to->path, name, p->arena);
	return t;
}

bool paths_is_folder(struct paths *p, const struct paths_target *t)
{
	const struct world_path *w, *to;

	if (t->slash)
		return true;
	if (!t->path.len || t->pattern.len || p->act->remote)
		return false;
	w = world_path(p->w->world, t->path);
	if (!w)
		return false;
	if (w->type != WORLD_LINK)
		return w->type == WORLD_FOLDER;
	to = w->target.len ? world_path(p->w->world, w->target) : NULL;
	return to && to->type == WORLD_FOLDER;
}

bool paths_is_null(struct str path)
{
	return paths_listed(" /dev/null /dev/zero /dev/full /dev/stdout /dev/stderr /dev/stdin /dev/tty /dev/random /dev/urandom "
			    "/dev/ptmx ",
			    path) ||
	       str_starts(path, STR("/dev/fd/")) || str_starts(path, STR("/dev/pts/")) || str_starts(path, STR("/dev/tcp/")) ||
	       str_starts(path, STR("/dev/udp/")) || str_starts(path, STR("/proc/self/fd/"));
}

struct change *paths_say(struct paths *p, const struct paths_saying *s, struct str name)
{
	struct change *c = command_change(p->w);

	if (!c)
		return NULL;
	c->kind = s->kind;
	if (p->writes && s->kind == CHANGE_DELETE && str_starts(str_from(s->finding), STR("file.")))
		c->kind = CHANGE_REPLACE;
	c->reversible = REVERSIBLE_NO;
	c->finding = str_from(s->finding);
	c->type = str_from(s->type);
	c->reason = str_from(s->reason);
	c->safer = str_from(s->safer);
	c->name = name;
	return c;
}

void paths_discard(struct paths *p, enum discard_kind kind, struct str path, struct str ref)
{
	static const char *const reasons[] = {
		[DISCARD_PATHS] = "files of the workspace go, or are written over",
		[DISCARD_CHANGES] = "changes that are not committed go",
		[DISCARD_UNTRACKED] = "files that git does not track go",
		[DISCARD_STASH] = "what was stashed goes",
		[DISCARD_BRANCH] = "the branch goes, with what only it holds",
		[DISCARD_COMMITS] = "commits are left that only the reflog still knows",
	};
	const struct paths_saying s = { CHANGE_DELETE, "workspace.discard", "file", reasons[kind], "commit or stash first" };
	struct change *c = paths_say(p, &s, path);

	if (!c)
		return;
	/* Whether it is lost is for the gate to say, once it is kept: until then it is. What it holds is then in the keep. */
	c->holds_data = HOLDS_DATA_NO;
	if (kind != DISCARD_PATHS)
		c->type = STR("git");
	if (ref.len)
		c->title = ref;
	command_discard(p->w, kind, path, ref, c);
}

/* A shell that takes patterns there opens the one file that matches. */
static bool opens_pattern(struct paths *p, struct shell_value path, enum paths_how how)
{
	struct paths_target t;

	if (!path.text.len || !(memchr(path.text.ptr, '*', path.text.len) || memchr(path.text.ptr, '?', path.text.len) ||
				memchr(path.text.ptr, '[', path.text.len)))
		return false;
	path.glob = true;
	t = paths_of(p, path);
	return t.path.len && !p->act->remote && paths_guard(p, &t, t.path, how);
}

static void redirections(struct paths *p)
{
	for (const struct shell_opening *o = p->act->opens; o; o = o->next) {
		enum paths_how how = o->mode == SHELL_OPEN_WRITE ? PATHS_WRITE : PATHS_APPEND;
		struct paths_target t;

		if (o->mode == SHELL_OPEN_READ || opens_pattern(p, o->path, how))
			continue;
		t = paths_of(p, o->path);
		if (!t.path.len && !p->act->remote)
			(void)(paths_guard_anywhere(p, &t) || paths_taken(p, &t, how) || paths_found_own(p, &t, how));
		if (!t.path.len || paths_is_null(t.path))
			continue; /* a name nobody knows is a new file, as a rule */
		paths_judge(p, &t, how);
	}
}

/* /bin/r?: the first program that takes files away it could be. */
static struct str by_pattern(struct str pattern)
{
	static const struct str names[] = { STR_INIT("rm"), STR_INIT("shred"), STR_INIT("dd"), STR_INIT("find"), STR_INIT("git"),
					    STR_INIT("mv"), STR_INIT("cp"), STR_INIT("truncate"), STR_INIT("unlink"), STR_INIT("tee") };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (str_glob(pattern, names[i]))
			return names[i];
	}
	return pattern;
}

static const struct {
	const char *names;
	bool (*read)(struct paths *p);
} readers[] = {
	{ " rm grm rmdir unlink shred srm wipe rimraf del-cli trash trash-put gtrash trash-empty gio ", paths_remove },
	{ " mv cp install ln tee dd truncate sponge rsync sed gsed perl ruby gawk awk patch gcp gmv curl wget sort ", paths_copy },
	{ " ed red ex vi vim nvim vimx rvim nano pico rnano emacs emacsclient micro hx helix kak joe jed ne mg mcedit ", paths_editor },
	{ " tar bsdtar gtar zip unzip 7z 7za 7zz 7zr cpio ", paths_unpack },
	{ " chmod chown chgrp chattr setfacl ", paths_mode },
	{ " git hub bfg git-filter-repo ", paths_git },
};

static bool (*reader_of(struct str program))(struct paths *p)
{
	for (size_t i = 0; i < ARRAY_LEN(readers); i++)
		if (paths_listed(readers[i].names, program))
			return readers[i].read;
	return NULL;
}

bool paths_is_read(struct str program)
{
	return reader_of(program) != NULL;
}

bool command_paths(struct command_work *w)
{
	bool (*read)(struct paths *p);
	struct paths p = { .w = w, .act = w->act, .arena = w->arena };

	if (w->act->n_argv)
		p.program = str_base_name(w->act->argv[0].text);
	if (w->act->n_argv && w->act->argv[0].glob)
		p.program = by_pattern(p.program);
	redirections(&p);
	if (!w->act->n_argv)
		return w->act->opens != NULL;
	paths_guard_act(&p);
	read = reader_of(p.program);
	p.has_reader = read != NULL;
	if (!p.act->remote)
		paths_swept(&p);
	paths_named(&p);
	return read && read(&p);
}

static const struct paths_saying nowhere = { CHANGE_OPAQUE, "command.opaque", "file", "it is not known which file this is",
					     "name it by its whole path" };

void command_read_edit(const struct str *paths, size_t n, struct world *world, struct arena *arena, struct command_answer *ret)
{
	struct command_answer answer = { 0 };
	struct shell_act act = { .cwd = { .text = world->cwd, .known = true } };
	struct command_work w = {
		.world = world, .arena = arena, .answer = &answer, .act = &act, .discards_end = &answer.discards
	};
	struct paths p = { .w = &w, .act = &act, .arena = arena };

	for (size_t i = 0; i < n; i++) {
		struct shell_value v = { .text = paths[i], .known = true };
		struct paths_target t = paths_of(&p, v);

		if (!t.path.len) { /* relative, and nobody knows to what */
			paths_say(&p, &nowhere, paths[i]);
			continue;
		}
		paths_judge(&p, &t, PATHS_EDIT);
	}
	answer.tool = STR("edit");
	answer.summary = n == 1 ? arena_fmt(arena, "edit %.*s", STR_ARG(paths[0])) : arena_fmt(arena, "edit %zu files", n);
	*ret = answer;
}
