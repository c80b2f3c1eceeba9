/* Pawl's own places under another name: in a container that they are mounted in, on the machine that a repository lies on, mounted here. */
#include "facts/everyday.h"
#include "read/command_paths.h"
#include "read/command_words.h"

#define MOST_UP 8

static struct str program_of(const struct shell_act *a)
{
	return a->n_argv ? str_base_name(a->argv[0].text) : STR_NONE;
}

static bool is_container(const struct shell_act *a)
{
	return a->n_argv > 1 && paths_listed(" docker podman nerdctl ", program_of(a));
}

/* --- mounts of a container --- */

struct mount {
	struct str from, to;
	bool read_only;
};

/* HOST:CONTAINER[:ro,z] */
static bool read_volume(struct str text, struct mount *ret)
{
	size_t colon = str_find_char(text, ':'), second;
	struct str rest, flags = STR_NONE;

	if (colon == SIZE_MAX)
		return false;
	rest = str_sub(text, colon + 1, SIZE_MAX);
	second = str_find_char(rest, ':');
	if (second != SIZE_MAX)
		flags = str_sub(rest, second + 1, SIZE_MAX);
	*ret = (struct mount){ str_sub(text, 0, colon), str_sub(rest, 0, second),
			       str_starts(flags, STR("ro")) || str_find(flags, STR(",ro")) != SIZE_MAX };
	return true;
}

/* type=bind,source=HOST,target=CONTAINER,readonly */
static bool read_mount(struct str text, struct mount *ret)
{
	struct mount m = { .read_only = false };

	while (text.len) {
		size_t comma = str_find_char(text, ',');
		struct str one = str_sub(text, 0, comma), name = str_sub(one, 0, str_find_char(one, '='));
		struct str value = name.len < one.len ? str_sub(one, name.len + 1, SIZE_MAX) : STR_NONE;

		text = comma == SIZE_MAX ? STR_NONE : str_sub(text, comma + 1, SIZE_MAX);
		if (paths_listed(" source src ", name))
			m.from = value;
		else if (paths_listed(" target dst destination ", name))
			m.to = value;
		else if (paths_listed(" readonly ro ", name))
			m.read_only = !str_is(value, "false");
	}
	*ret = m;
	return m.from.len && m.to.len;
}

/* The mount at word *${i}, which then is its last. */
static bool mount_at(const struct shell_act *a, size_t *i, struct mount *ret)
{
	static const struct {
		const char *flag;
		bool (*read)(struct str text, struct mount *ret);
	} flags[] = { { "--volume", read_volume }, { "--mount", read_mount }, { "-v", read_volume } };
	struct str word = a->argv[*i].text;

	for (size_t k = 0; k < ARRAY_LEN(flags); k++) {
		struct str flag = str_from(flags[k].flag), rest;

		if (!str_starts(word, flag))
			continue;
		rest = str_sub(word, flag.len, SIZE_MAX);
		if (rest.len)
			return flags[k].read(rest.ptr[0] == '=' ? str_sub(rest, 1, SIZE_MAX) : rest, ret);
		if (*i + 1 >= a->n_argv)
			return false;
		++*i;
		return flags[k].read(a->argv[*i].text, ret);
	}
	return false;
}

/* A folder of this machine; a volume's name is none. */
static bool from_here(struct paths *p, const struct shell_act *a, const struct mount *m, struct paths_target *ret)
{
	if (!m->from.len || (m->from.ptr[0] != '.' && str_find_char(m->from, '/') == SIZE_MAX))
		return false;
	*ret = paths_at(p, &a->cwd, (struct shell_value){ .text = m->from, .known = true });
	return ret->path.len && !ret->pattern.len;
}

static bool takes_below(const struct paths_target *t, enum paths_how how)
{
	return t->pattern.len || how == PATHS_TREE || how == PATHS_MOVE || how == PATHS_MODE_TREE;
}

static bool judge_mounts(struct paths *p, const struct shell_act *a, const struct paths_target *t, enum paths_how how)
{
	struct paths_target from, here;
	struct mount m;

	for (size_t i = 1; i < a->n_argv; i++) {
		if (!mount_at(a, &i, &m) || m.read_only || !from_here(p, a, &m, &from))
			continue;
		here = *t;
		if (world_within(t->path, m.to))
			here.path = arena_join(p->arena, from.path, str_sub(t->path, m.to.len > 1 ? m.to.len : 0, SIZE_MAX));
		else if (takes_below(t, how) && world_within(m.to, t->path))
			here = paths_known(from.path);
		else
			continue;
		here.path = world_absolute(STR("/"), here.path, p->arena);
		if (paths_guard(p, &here, here.path, how))
			return true;
	}
	return false;
}

/* Handed whole to a program that nobody knows, to be written to. */
static bool is_followed(const struct shell_act *a)
{
	for (const struct shell_act *in = a->next; in && in->within == a; in = in->next) {
		struct str name = program_of(in);

		if (everyday_looker(name) || paths_is_read(name) || paths_listed(" sh bash ash dash zsh find xargs ", name))
			return true;
	}
	return false;
}

/* docker volume create -o device=FOLDER: who mounts it by its name has the folder, and all that lies in it. */
static void volume(struct paths *p)
{
	const struct shell_act *a = p->act;
	bool makes = false;

	for (size_t i = 2; i < a->n_argv; i++) {
		struct str word = a->argv[i].text;
		size_t at = str_find(word, STR("device="));
		struct paths_target t;

		makes = makes || (str_is(a->argv[i - 1].text, "volume") && str_is(word, "create"));
		if (!makes || at == SIZE_MAX || (at && word.ptr[at - 1] != '='))
			continue;
		t = paths_of(p, (struct shell_value){ .text = str_sub(word, at + 7, SIZE_MAX), .known = true });
		if (t.path.len > 1)
			(void)paths_guard(p, &t, t.path, PATHS_TREE);
	}
}

static void container(struct paths *p)
{
	struct paths_target from;
	struct mount m;

	if (!is_container(p->act) || is_followed(p->act))
		return;
	volume(p);
	for (size_t i = 1; i < p->act->n_argv; i++) {
		if (mount_at(p->act, &i, &m) && !m.read_only && from_here(p, p->act, &m, &from))
			(void)paths_guard(p, &from, from.path, PATHS_WRITE);
	}
}

/* --- the machine that a repository lies on: sftp:USER@HOST:/PATH, sftp://USER@HOST:PORT//PATH --- */

static struct str without_user(struct str host)
{
	size_t at = str_rfind_char(host, '@');

	return at == SIZE_MAX ? host : str_sub(host, at + 1, SIZE_MAX);
}

static bool far_of(struct paths *p, const struct world_vault *v, struct str *ret_host, struct str *ret_path)
{
	struct str text = v->repository;
	bool url = str_starts(text, STR("sftp://"));
	size_t end;

	if (!str_starts(text, STR("sftp:")))
		return false;
	text = str_sub(text, url ? 7 : 5, SIZE_MAX);
	end = str_find_char(text, url ? '/' : ':');
	if (end == SIZE_MAX)
		return false;
	*ret_host = without_user(str_sub(text, 0, end));
	if (url)
		*ret_host = str_sub(*ret_host, 0, str_find_char(*ret_host, ':'));
	*ret_path = world_absolute(STR("/"), str_sub(text, end + 1, SIZE_MAX), p->arena);
	return true;
}

static bool judge_host(struct paths *p, struct str host, const struct paths_target *t, enum paths_how how)
{
	struct str at, path;

	if (paths_listed(" localhost 127.0.0.1 ::1 ", without_user(host)))
		return t->path.len && paths_guard(p, t, t->path, how);
	for (const struct world_vault *v = world_vaults(p->w->world); v && t->path.len; v = v->next) {
		if (!far_of(p, v, &at, &path) || !str_eq(at, without_user(host)) ||
		    !(world_within(t->path, path) || (takes_below(t, how) && world_within(path, t->path))))
			continue;
		paths_vault_goes(p, v, v->repository);
		return true;
	}
	return false;
}

bool paths_far_operand(struct paths *p, struct str operand, enum paths_how how)
{
	size_t colon = str_find_char(operand, ':');
	struct paths_target t;

	if (colon == SIZE_MAX || memchr(operand.ptr, '/', colon) || colon + 1 >= operand.len)
		return false;
	t = paths_known(world_absolute(STR("/"), str_sub(operand, colon + 1, SIZE_MAX), p->arena));
	return judge_host(p, str_sub(operand, 0, colon), &t, how);
}

/* A word seen from the folder that a container begins in: `-w DIR`. */
static struct paths_target from_folder(struct paths *p, const struct shell_act *a, const struct paths_target *t)
{
	struct paths_target at = *t;

	for (size_t i = 1; i + 1 < a->n_argv && !t->path.len; i++) {
		struct shell_value dir = { .text = a->argv[i + 1].text, .known = true }, word = { .text = t->words, .known = true };

		if (paths_listed(" -w --workdir ", a->argv[i].text) && command_known(t->words))
			return paths_at(p, &dir, word);
	}
	return at;
}

/* chroot DIR: what is called / there. */
static bool judge_root(struct paths *p, const struct shell_act *a, const struct paths_target *t, enum paths_how how)
{
	struct paths_target root, here = *t;

	for (size_t i = 1; i < a->n_argv; i++) {
		if (a->argv[i].text.len && a->argv[i].text.ptr[0] == '-')
			continue;
		root = paths_at(p, &a->cwd, a->argv[i]);
		here.path = world_absolute(STR("/"), arena_join(p->arena, root.path, t->path), p->arena);
		return root.path.len && !root.pattern.len && paths_guard(p, &here, here.path, how);
	}
	return false;
}

bool paths_elsewhere(struct paths *p, const struct paths_target *t, enum paths_how how)
{
	const struct shell_act *a = p->act->within;
	struct paths_target at;

	for (unsigned n = 0; a && n < MOST_UP; a = a->within, n++) {
		if (is_container(a)) {
			at = from_folder(p, a, t);
			return at.path.len && judge_mounts(p, a, &at, how);
		}
		if (!t->path.len)
			continue;
		if (str_is(program_of(a), "chroot"))
			return judge_root(p, a, t, how);
		if (!paths_listed(" ssh autossh mosh ", program_of(a)))
			continue;
		for (size_t i = 1; i < a->n_argv && world_vaults(p->w->world); i++)
			if (judge_host(p, a->argv[i].text, t, how))
				return true;
		return false;
	}
	return false;
}

/* --- mounted here --- */

static void mounted(struct paths *p)
{
	struct paths_words o;
	bool off = paths_listed(" umount fusermount fusermount3 ", p->program);

	if (!(off || str_is(p->program, "mount")) ||
	    !paths_words(p, 1, off ? "tO" : "otLUTNO", " --types --options --target --source --label --uuid ", &o) ||
	    paths_has(&o, 0, "--help"))
		return;
	p->hides = true;
	for (size_t i = 0; i < o.n; i++) {
		struct paths_target t = paths_of(p, o.operand[i]);

		if (t.path.len && t.path.len > 1 && !str_starts(t.path, STR("/dev/")))
			(void)paths_guard(p, &t, t.path, off || i + 1 == o.n ? PATHS_MOVE : PATHS_WRITE);
	}
	p->hides = false;
}

void paths_elsewhere_act(struct paths *p)
{
	container(p);
	mounted(p);
	if (paths_listed(" scp sftp ", p->program) && p->act->n_argv > 2)
		(void)paths_far_operand(p, p->act->argv[p->act->n_argv - 1].text, PATHS_WRITE);
	for (size_t i = 1; str_is(p->program, "sshfs") && i < p->act->n_argv; i++)
		(void)paths_far_operand(p, p->act->argv[i].text, PATHS_WRITE);
}
