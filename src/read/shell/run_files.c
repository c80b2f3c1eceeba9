/* Files as the commands before left them, over what the world has. */
#include "read/shell/run_parts.h"
#include "read/shell/run_programs.h"

struct str run_path(struct run *r, const struct run_scene *s, struct str path)
{
	if (path.len == 0 || path.len > 4096 || !run_known(path))
		return STR_NONE;
	if (path.ptr[0] != '/' && !run_known(s->cwd.text)) {
		if (s->cwd_before.len && run_known(s->cwd_before))
			return world_absolute(s->cwd_before, path, r->arena);
		return STR_NONE;
	}
	return world_absolute(s->cwd.text, path, r->arena);
}

bool run_made_here(struct run *r, const struct run_scene *s, struct str program)
{
	struct str path = str_find_char(program, '/') == SIZE_MAX ? STR_NONE : run_path(r, s, program);

	return path.len && run_map_get(r->files, path);
}

static const struct run_file *from_world(struct run *r, struct str path, enum run_seen *ret_seen)
{
	const struct world_file *w = world_file(r->world, path);
	struct run_file *f;

	*ret_seen = RUN_PENDING;
	if (!w)
		return NULL;
	*ret_seen = w->outside || w->too_large ? RUN_OUTSIDE : RUN_MISSING;
	if (!w->found || w->outside || w->too_large)
		return NULL;
	f = run_alloc(r, sizeof(*f));
	if (!f)
		return NULL;
	*ret_seen = RUN_READ;
	*f = (struct run_file){ .text = w->text, .known = true, .original = true };
	return f;
}

const struct run_file *run_file(struct run *r, const struct run_scene *s, struct str path, enum run_seen *ret_seen)
{
	struct str p = run_path(r, s, path);
	const struct run_file *f, *w;
	struct run_file *list = NULL;

	*ret_seen = RUN_NO_NAME;
	if (p.len == 0)
		return NULL;
	*ret_seen = RUN_OUTSIDE;
	if (s->remote && !str_starts(p, STR("/dev/fd/")))
		return NULL;
	f = run_map_get(r->files, p);
	if (!f)
		return from_world(r, p, ret_seen);
	*ret_seen = RUN_READ;
	for (; f; f = f->other) {
		struct run_file *copy;
		enum run_seen seen;

		w = f;
		if (f->original)
			w = from_world(r, p, &seen);
		copy = w ? run_alloc(r, sizeof(*copy)) : NULL;
		if (!copy)
			continue;
		*copy = *w;
		copy->other = list;
		list = copy;
	}
	return list;
}

static void put(struct run *r, struct str path, struct str text, const struct run_file *other)
{
	struct run_file *f = run_alloc(r, sizeof(*f));
	unsigned n = 0;

	if (!f)
		return;
	for (const struct run_file *o = other; o; o = o->other)
		n++;
	*f = (struct run_file){ .text = text, .known = true, .other = other };
	if (n >= RUN_MAX_OTHERS)
		*f = (struct run_file){ .text = { "", 1 } };
	r->files = run_map_put(r->arena, r->files, path, f);
}

void run_file_write(struct run *r, const struct run_scene *s, struct str path, struct str text, bool append)
{
	static const struct run_file original = { .original = true };
	struct str p = run_path(r, s, path);
	const struct run_file *before = p.len ? run_map_get(r->files, p) : NULL;
	const struct run_file *keep = NULL;
	bool maybe = s->background || r->leaves || (run_scene_maybe(r, s) && !(s->looped && !s->maybe && !r->again));

	if (p.len == 0 || s->remote || !run_step(r, 1 + text.len / 64))
		return;
	if (!before)
		before = &original;
	if (maybe)
		keep = before;
	if (!append) {
		put(r, p, text, keep);
		return;
	}
	if (r->again)
		text = arena_join(r->arena, text, (struct str){ "", 1 });
	for (const struct run_file *f = before; f; f = f->other) {
		const struct run_file *w = f;
		enum run_seen seen = RUN_READ;

		if (f->original)
			w = from_world(r, p, &seen);
		if (!w && seen != RUN_MISSING) {
			put(r, p, arena_join(r->arena, (struct str){ "\0\n", 2 }, text), keep);
		} else {
			struct str old = w ? w->text : STR("");

			if (old.len + text.len > RUN_MAX_VALUE || !run_step(r, old.len / 64))
				old = (struct str){ "\0\n", 2 };
			put(r, p, arena_join(r->arena, old, text), keep);
		}
		keep = run_map_get(r->files, p);
	}
}

void run_file_unknown(struct run *r, const struct run_scene *s, struct str path)
{
	run_file_write(r, s, path, (struct str){ "", 1 }, false);
}

/* --- programs whose writing matters --- */

/* The text of a file for copying: one unknown part when it is not known. */
static struct str content(struct run *r, const struct run_scene *s, struct str path)
{
	enum run_seen seen;
	const struct run_file *f;
	struct str p = run_path(r, s, path);

	f = p.len && run_map_get(r->files, p) ? run_file(r, s, path, &seen) : NULL;
	if (!f || f->other || !f->known)
		return (struct str){ "", 1 };
	return f->text;
}

/* A program under another name does what it did: as a script that gives it the words. STR_NONE: no program's path. */
static struct str renamed(struct run *r, struct str from)
{
	static const char folders[] = "/bin /usr/bin /usr/local/bin /sbin /usr/sbin /usr/local/sbin /opt/homebrew/bin";
	size_t slash = str_rfind_char(from, '/');

	if (slash == SIZE_MAX || !slash || !run_listed(folders, str_sub(from, 0, slash)))
		return STR_NONE;
	return arena_fmt(r->arena, "exec %.*s \"$@\"\n", STR_ARG(str_sub(from, slash + 1, from.len)));
}

static void copy_files(struct run *r, struct run_scene *s, struct run_call *call)
{
	struct str paths[64];
	size_t n = 0;
	struct str to;

	for (size_t i = 1; i < call->n && n < 64; i++) {
		struct str a = call->argv[i].text;

		if (!call->argv[i].known)
			return;
		if (a.len && a.ptr[0] != '-')
			paths[n++] = a;
	}
	if (n < 2)
		return;
	to = paths[n - 1];
	for (size_t i = 0; i + 1 < n; i++) {
		struct str from = run_path(r, s, paths[i]);
		struct str text;

		if (from.len == 0)
			continue;
		if (!run_map_get(r->files, from)) {
			enum run_seen seen;
			const struct run_file *f = str_ends(from, STR(".sh")) || str_ends(from, STR(".sql"))
					? run_file(r, s, from, &seen) : NULL;

			text = f ? f->text : (struct str){ "", 1 };
		} else {
			text = content(r, s, paths[i]);
		}
		if (renamed(r, from).len)
			text = renamed(r, from);
		run_file_write(r, s, to, text, false);
		run_file_write(r, s, arena_fmt(r->arena, "%.*s/%.*s", STR_ARG(to), STR_ARG(str_base_name(paths[i]))),
				text, false);
	}
}

static void tee(struct run *r, struct run_scene *s, struct run_call *call)
{
	struct str text = run_stdin(r, s);
	bool append = false;

	for (size_t i = 1; i < call->n; i++) {
		struct str a = call->argv[i].text;

		if (str_is(a, "-a") || str_is(a, "--append"))
			append = true;
		else if (a.len && a.ptr[0] != '-')
			run_file_write(r, s, a, text, append);
	}
	run_print(r, s, text);
}

/* Programs that make a file of a name given by an option: the text is not known. */
static void downloads(struct run *r, struct run_scene *s, struct run_call *call)
{
	bool curl = str_is(str_base_name(call->argv[0].text), "curl");
	bool named = false, own = !curl, quiet = false;

	for (size_t i = 1; i < call->n; i++) {
		struct str a = call->argv[i].text;

		if (i + 1 < call->n && (str_is(a, curl ? "-o" : "-O") || str_is(a, curl ? "--output" : "--output-document") ||
		    (a.len > 2 && a.ptr[0] == '-' && a.ptr[1] != '-' && a.ptr[a.len - 1] == (curl ? 'o' : 'O')))) {
			named = true;
			quiet = str_is(call->argv[i + 1].text, "-");
			if (!quiet)
				run_file_unknown(r, s, call->argv[i + 1].text);
		} else if (str_starts(a, STR("--output="))) {
			run_file_unknown(r, s, str_sub(a, 9, a.len));
			named = true;
		} else if (str_starts(a, STR("-O")) || str_is(a, "--remote-name") || (curl && a.len > 1 &&
				a.ptr[0] == '-' && a.ptr[1] != '-' &&
			   str_find_char(a, 'O') != SIZE_MAX)) {
			own = true;
		}
	}
	for (size_t i = 1; own && !named && i < call->n; i++) {
		struct str a = call->argv[i].text;

		if (str_find(a, STR("://")) != SIZE_MAX)
			run_file_unknown(r, s, str_base_name(a));
	}
	if (!named || quiet)
		run_print_unknown(r, s, call->act);
}

static void dd(struct run *r, struct run_scene *s, struct run_call *call)
{
	struct str text = { "", 1 };
	bool from = false;

	for (size_t i = 1; i < call->n; i++)
		from |= str_starts(call->argv[i].text, STR("if="));
	if (!from)
		text = run_stdin(r, s);
	for (size_t i = 1; i < call->n; i++) {
		if (str_starts(call->argv[i].text, STR("of=")))
			run_file_write(r, s, str_sub(call->argv[i].text, 3, call->argv[i].text.len), text, false);
	}
}

bool run_file_program(struct run *r, struct run_scene *s, struct run_call *call)
{
	static const struct {
		const char *name;
		void (*run)(struct run *, struct run_scene *, struct run_call *);
	} programs[] = {
		{ "cp", copy_files }, { "mv", copy_files },   { "ln", copy_files }, { "install", copy_files }, { "tee", tee },
		{ "curl", downloads }, { "wget", downloads }, { "dd", dd },
	};
	struct str name = str_base_name(call->argv[0].text);

	for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
		if (!str_is(name, programs[i].name))
			continue;
		programs[i].run(r, s, call);
		s->status = -1;
		return true;
	}
	if (str_is(name, "chmod") || str_is(name, "chown") || str_is(name, "touch") || str_is(name, "mkdir")) {
		s->status = -1;
		return true;
	}
	return false;
}
