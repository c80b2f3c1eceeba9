/* Pawl's own places (vaults, its state, its policy) as words of a program that no reader is for: what is not known to only look may take
 * them. And what was looked through before, where something is then taken of which nobody knows what it is.
 */
#include "facts/commands.h"
#include "facts/everyday.h"
#include "read/command_paths_found.h"
#include "read/command_words.h"

#define MOST_FOLDERS 64

/* With these find writes a file. */
static const char find_into[] = " -fprint -fprint0 -fprintf -fls ";

struct folders {
	struct str at[MOST_FOLDERS];
	size_t n;
};

static void add(struct folders *f, struct str folder)
{
	if (folder.len > 1 && f->n < MOST_FOLDERS)
		f->at[f->n++] = folder;
}

/* Vaults are looked up for a word that could be lost in one; else those count that are known by now. */
static void own_folders(const struct paths *p, bool could_be_lost, struct folders *f)
{
	const struct world *w = p->w->world;
	const struct world_vault *vaults = could_be_lost ? world_vaults(p->w->world) : w->vaults;

	f->n = 0;
	add(f, w->state_dir);
	add(f, w->config_dir);
	add(f, STR("/etc/pawl"));
	for (const struct world_vault *v = vaults; v; v = v->next) {
		add(f, v->path);
		add(f, v->real);
	}
}

/* Could the word be in one of them? Without making a path of it: most are not. */
static bool may_be_in(const struct paths *p, const struct folders *f, struct str word)
{
	struct str cwd = p->act->cwd.text;

	if (!word.len || word.ptr[0] == SHELL_UNKNOWN)
		return false;
	if (str_find(word, STR("/.")) != SIZE_MAX || str_find(word, STR("//")) != SIZE_MAX || str_starts(word, STR("..")))
		return true;
	for (size_t i = 0; i < f->n; i++) {
		if (word.ptr[0] == '/' ? str_starts(word, f->at[i]) : world_within(f->at[i], cwd) || world_within(cwd, f->at[i]))
			return true;
	}
	return p->w->left != NULL;
}

/* The word as a place of pawl's own, or the value in it: --directory=DIR, if=FILE, -oFILE. */
static bool place_of(struct paths *p, const struct folders *f, struct shell_value word, struct paths_target *ret)
{
	size_t equals = str_find_char(word.text, '=');

	if (word.text.len > 2 && word.text.ptr[0] == '-' && word.text.ptr[1] != '-' && word.text.ptr[2] == '/')
		word.text = str_sub(word.text, 2, SIZE_MAX);
	else if (equals != SIZE_MAX && word.text.ptr[0] != '/')
		word.text = str_sub(word.text, equals + 1, SIZE_MAX);
	else if (word.text.len && word.text.ptr[0] == '-')
		return false;
	if (!may_be_in(p, f, word.text))
		return false;
	*ret = paths_of(p, word);
	for (size_t i = 0; i < f->n; i++) {
		if (world_within(ret->path, f->at[i]))
			return true;
	}
	return false;
}

static bool has_flag(const struct shell_act *a, const char *list)
{
	for (size_t i = 1; *list && i < a->n_argv; i++) {
		struct str w = a->argv[i].text;
		char letter[2] = "-";

		if (w.len < 2 || w.ptr[0] != '-')
			continue;
		if (paths_listed(list, str_sub(w, 0, str_find_char(w, '='))))
			return true;
		for (size_t k = 1; w.ptr[1] != '-' && k < w.len; k++) {
			letter[1] = w.ptr[k];
			if (letter[1] && paths_listed(list, (struct str){ letter, 2 }))
				return true;
		}
	}
	return false;
}

/* Is word ${i} the value of a flag that says where to write? -o FILE, -oFILE, --output=FILE */
static bool is_written(const struct shell_act *a, size_t i, const char *flags)
{
	struct str w = a->argv[i].text, flag;

	if (!*flags || paths_listed(flags, a->argv[i - 1].text))
		return *flags;
	if (w.len < 3 || w.ptr[0] != '-')
		return false;
	flag = str_sub(w, 0, w.ptr[1] == '-' ? str_find_char(w, '=') : 2);
	return paths_listed(flags, flag);
}

static bool only_looks(const struct paths *p, const struct everyday_looker *l)
{
	return l && !has_flag(p->act, l->unless) && (!*l->only || has_flag(p->act, l->only));
}

/* What it starts is read by itself; pawl knows what it does, and so do the readers of restic's and rclone's words. */
static bool is_read_elsewhere(const struct paths *p)
{
	static const char names[] = " bash sh zsh dash ksh ash fish find xargs parallel fd fdfind at batch make gmake just task ninja ssh "
				    "pawl pawl-full restic rclone mount umount ";
	static const char mounts[] = " bwrap proot firejail nsjail systemd-nspawn script ";
	const struct shell_act *a = p->act;

	return paths_listed(names, p->program) ||
	       (!paths_listed(mounts, p->program) && a->next && a->next->within == a && !a->script.len && !everyday_copies(p->program));
}

/* --- words --- */

/* A script that nobody could read gets its words as any program does. */
static bool is_code_known(const struct shell_act *a)
{
	for (size_t i = 1; i < a->n_argv; i++) {
		if (paths_listed(" -c -e -r -p -n -ne -pe -E -m --eval --print eval ", a->argv[i].text))
			return true;
	}
	return a->script.len || a->input == SHELL_INPUT_TEXT;
}

/* xxd -l 64 FILE */
static bool is_number_of_flag(const struct shell_act *a, size_t i)
{
	struct str w = a->argv[i].text, flag = a->argv[i - 1].text;
	size_t k = 0;

	while (k < w.len && w.ptr[k] >= '0' && w.ptr[k] <= '9')
		k++;
	return k && k == w.len && flag.len && flag.ptr[0] == '-';
}

static size_t last_operand(const struct shell_act *a, size_t *ret_n)
{
	size_t last = 0;

	*ret_n = 0;
	for (size_t i = 1; i < a->n_argv; i++) {
		if ((a->argv[i].text.len && a->argv[i].text.ptr[0] == '-') || is_number_of_flag(a, i))
			continue;
		last = i;
		(*ret_n)++;
	}
	return last;
}

/* find … -fprintf FILE FORMAT */
static void found_into(struct paths *p)
{
	for (size_t i = 1; str_is(p->program, "find") && i + 1 < p->act->n_argv; i++) {
		if (paths_listed(find_into, p->act->argv[i].text)) {
			struct paths_target t = paths_of(p, p->act->argv[i + 1]);

			paths_judge(p, &t, PATHS_WRITE);
		}
	}
}

/* git archive -o FILE, git diff --output=FILE; git init DIR, git clone URL DIR. What else it does is read by itself. */
static bool git_writes(const struct paths *p, size_t i)
{
	const struct shell_act *a = p->act;
	size_t at = 1;

	if (!str_is(p->program, "git"))
		return false;
	while (at < a->n_argv && a->argv[at].text.len && a->argv[at].text.ptr[0] == '-')
		at += paths_listed(" -C -c --git-dir --work-tree ", a->argv[at].text) ? 2 : 1;
	if (i > at + 1 && paths_listed(" worktree bundle ", a->argv[at].text))
		return paths_listed(" add create move remove ", a->argv[at + 1].text);
	if (i > at && paths_listed(" init clone ", a->argv[at].text))
		return true;
	return i > at && (str_starts(a->argv[i].text, STR("--output=")) || paths_listed(" -o --output -O ", a->argv[i - 1].text));
}

/* git -C DIR init; git init DIR */
static void git_begins(struct paths *p)
{
	const struct shell_act *a = p->act;
	struct shell_value folder = a->cwd;
	size_t i = 1;

	if (!str_is(p->program, "git"))
		return;
	for (; i + 1 < a->n_argv && a->argv[i].text.len && a->argv[i].text.ptr[0] == '-'; i++) {
		if (str_is(a->argv[i].text, "-C"))
			folder.text = paths_at(p, &folder, a->argv[++i]).path;
		else
			i += paths_listed(" -c --git-dir --work-tree ", a->argv[i].text);
	}
	if (i >= a->n_argv || !str_is(a->argv[i].text, "init"))
		return;
	for (i++; i < a->n_argv; i++) {
		if (paths_listed(" -b --initial-branch --template --separate-git-dir ", a->argv[i].text))
			i++;
		else if (a->argv[i].text.len && a->argv[i].text.ptr[0] != '-')
			folder.text = paths_at(p, &folder, a->argv[i]).path;
	}
	p->w->repository = command_known(folder.text) ? folder.text : STR_NONE;
	if (p->w->repository.len)
		(void)paths_vault(p, &(struct paths_target){ .path = folder.text, .words = folder.text }, folder.text, PATHS_WRITE);
}

static bool moves(const struct shell_act *a)
{
	for (size_t i = 1; i < a->n_argv && i < 5; i++) {
		if (paths_listed(" mv move ", a->argv[i].text))
			return true;
	}
	return false;
}

/* Known tools have rows of their own: what is put in their last word may be written over, the rest is what they read. */
static bool is_copier(const struct paths *p)
{
	static const char writers[] = " pg_dump pg_dumpall pg_basebackup mysqldump mariadb-dump mongodump sqlite3 duckdb ";
	struct command_program tool;

	return everyday_copies(p->program) || (!paths_listed(writers, p->program) && command_program_find(p->program, &tool));
}

/* What the words of an act are to its program. */
struct words {
	const struct everyday_looker *looker; /* NULL: it may write what it is given */
	bool code, looks, copier;
	size_t n, last; /* operands */
};

static struct words words_of(struct paths *p)
{
	const struct shell_act *a = p->act;
	struct words w = { .code = paths_is_interpreter(p->program) };

	w.last = last_operand(a, &w.n);
	w.looker = p->has_reader ? NULL : everyday_looker(p->program);
	w.looks = p->has_reader || only_looks(p, w.looker) || is_read_elsewhere(p) || (w.code && is_code_known(a));
	w.copier = !w.looks && !w.looker && is_copier(p);
	return w;
}

/* strace -o FILE CMD: of a program that starts another, a word of its own that says where to write. */
static bool wrapper_writes(const struct paths *p, size_t i)
{
	static const char into[] = " -o --output --log-file --logfile --log ";
	const struct shell_act *a = p->act, *in = a->next && a->next->within == a ? a->next : NULL;

	return in && in->n_argv && i + in->n_argv < a->n_argv && str_eq(a->argv[a->n_argv - in->n_argv].text, in->argv[0].text) &&
	       is_written(a, i, into);
}

/* What a file in its folder says is run there. */
static bool runs_tasks(const struct paths *p)
{
	return paths_listed(" make gmake just task ninja ", p->program) && !has_flag(p->act, " -n --dry-run --dry ");
}

/* make -C FOLDER */
static bool runs_in(const struct paths *p, size_t i)
{
	return runs_tasks(p) && is_written(p->act, i, " -C --directory -d --working-directory --dir ");
}

/* Is what word ${i} names written to, or may it be? */
static bool may_lose(const struct paths *p, const struct words *w, size_t i)
{
	if (wrapper_writes(p, i) || runs_in(p, i))
		return true;
	if (git_writes(p, i) || (w->looker && is_written(p->act, i, w->looker->into)))
		return true;
	return !w->looks && (!w->copier || (i == w->last && w->n > 1) || moves(p->act));
}

/* What it said was only shown: nothing behind it can be what it found. */
static bool only_shows(const struct paths *p, const struct words *w)
{
	const struct everyday_looker *l = everyday_looker(p->program);
	const struct shell_act *a = p->act;

	if (!a->shown || !w->looks || w->code || (a->next && a->next->within == a) || paths_listed(" cd pushd popd ", p->program))
		return false;
	if (str_find(p->w->text, STR("$_")) != SIZE_MAX || str_find(p->w->text, STR("${_")) != SIZE_MAX) /* its last word */
		return false;
	return l ? !has_flag(a, l->into) : str_is(p->program, "find") && !has_flag(a, find_into);
}

/* A later act that reads ${file}: < FILE, xargs -a FILE, $(cat FILE). */
static bool is_read_later(const struct shell_act *a, struct str file)
{
	for (const struct shell_act *in = a->next; in; in = in->next) {
		for (const struct shell_opening *o = in->opens; o; o = o->next) {
			if (o->mode == SHELL_OPEN_READ && str_eq(o->path.text, file))
				return true;
		}
		for (size_t i = 1; i < in->n_argv; i++) {
			if (str_eq(in->argv[i].text, file) && (!in->shown || paths_listed(" -a --arg-file ", in->argv[i - 1].text)))
				return true;
		}
	}
	return false;
}

/* Whose output goes to no screen and no other act: a substitution's, or a list's, where each of what it found is taken by name. */
static bool is_substituted(const struct shell_act *a)
{
	for (const struct shell_opening *o = a->opens; o; o = o->next) {
		if (o->mode != SHELL_OPEN_READ && !paths_is_null(o->path.text))
			return is_read_later(a, o->path.text);
	}
	for (const struct shell_act *in = a->next; in; in = in->next) {
		if (in->input_from == a || in->within == a)
			return false;
	}
	return !a->shown;
}

/* Above a vault, and the names that are looked for are those of its files. */
static void looked_above(struct paths *p)
{
	struct str vault;

	if (paths_listed(" find fd fdfind ", p->program) && is_substituted(p->act) && paths_found_vault(p, p->act, &vault))
		p->w->looked = vault;
}

/* pawl backup list --json: says where backups lie. */
static void looked_by_pawl(struct paths *p)
{
	const struct shell_act *a = p->act;
	const struct world_vault *v;

	if (a->shown || a->n_argv < 2 || !paths_listed(" pawl pawl-full ", p->program) || !paths_listed(" backup vault ", a->argv[1].text))
		return;
	for (v = world_vaults(p->w->world); v && !v->path.len;)
		v = v->next;
	if (v)
		p->w->looked = v->path;
}

/* gzip, zstd --rm: of what find found. */
static void found_words(struct paths *p, const struct words *w)
{
	const struct paths_target any = { .pattern = STR("*") };

	for (size_t i = 1; w->looker && !w->looks && i < p->act->n_argv; i++) {
		if (p->act->argv[i].text.len == 1 && p->act->argv[i].text.ptr[0] == SHELL_UNKNOWN && paths_found_own(p, &any, PATHS_WRITE))
			return;
	}
}

void paths_named(struct paths *p)
{
	const struct shell_act *a = p->act;
	struct paths_target t;
	struct folders f;
	struct words w;
	bool any = false, here;

	if (a->remote || !a->n_argv)
		return;
	found_into(p);
	git_begins(p);
	w = words_of(p);
	for (size_t i = 1; !any && i < a->n_argv; i++)
		any = may_lose(p, &w, i);
	here = runs_tasks(p) && a->cwd.known && !str_eq(a->cwd.text, p->w->world->cwd) && !paths_in_workspace(p, a->cwd.text);
	own_folders(p, w.code || any || here, &f);
	for (size_t i = 0; w.code && i < f.n; i++)
		paths_code(p, f.at[i]);
	for (size_t i = 1; i < a->n_argv; i++) {
		if (!place_of(p, &f, a->argv[i], &t))
			continue;
		if (!only_shows(p, &w) && !(str_is(p->program, "find") && paths_found_not(p, a, t.path)))
			p->w->looked = t.path;
		if (may_lose(p, &w, i))
			(void)paths_guard(p, &t, t.path, PATHS_WRITE);
	}
	looked_above(p);
	looked_by_pawl(p);
	found_words(p, &w);
	for (size_t i = 0; i < f.n && a->cwd.known; i++) {
		if (!world_within(a->cwd.text, f.at[i]))
			continue;
		p->w->looked = f.at[i];
		t = paths_known(f.at[i]);
		if (here)
			(void)paths_guard(p, &t, t.path, PATHS_WRITE);
	}
}

bool paths_taken(struct paths *p, const struct paths_target *t, enum paths_how how)
{
	struct paths_target looked = paths_known(p->w->looked);
	struct str last = str_base_name(t->pattern);

	(void)world_vaults(p->w->world); /* without them nobody knows what was looked through */
	if (!looked.path.len || p->act->remote)
		return false;
	/* "$d/out.txt" is no file of a backup. */
	if (last.len && !memchr(last.ptr, '*', last.len) && !memchr(last.ptr, '?', last.len) && !paths_vault_file(last))
		return false;
	return paths_guard(p, &looked, looked.path, how == PATHS_MODE || how == PATHS_MODE_TREE ? how : PATHS_TREE);
}
