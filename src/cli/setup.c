#include "cli/setup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/proc.h"
#include "cli/self.h"

static bool join(char ret[PLACES_MAX], const char *a, const char *b)
{
	int n = snprintf(ret, PLACES_MAX, "%s/%s", a, b);

	return n > 0 && n < PLACES_MAX;
}

bool setup_begin(struct setup *s, bool project, struct err *err)
{
	const char *home = getenv("HOME");

	memset(s, 0, sizeof(*s));
	s->project = project;
	if (!home || home[0] != '/' || strlen(home) >= sizeof(s->home))
		return err_set(err, ERR_STATE, "no home folder: set HOME to an absolute path");
	memcpy(s->home, home, strlen(home) + 1);
	return places_find(NULL, &s->places, err) && self_program(s->program, err);
}

void setup_free(struct setup *s)
{
	for (size_t i = 0; i < s->n; i++) {
		buf_free(&s->file[i].before);
		buf_free(&s->file[i].after);
	}
	s->n = 0;
}

/* Calls ${test} with each word of ${words} until one is true. */
static bool any(const struct setup *s, const char *words, bool (*test)(const struct setup *s, const char *word))
{
	struct str left = str_from(words);

	while (left.len) {
		size_t end = str_find_char(left, ' ');
		char word[200];
		int n = snprintf(word, sizeof(word), "%.*s", STR_ARG(str_sub(left, 0, end)));

		if (n > 0 && (size_t)n < sizeof(word) && test(s, word))
			return true;
		left = end == SIZE_MAX ? STR_NONE : str_sub(left, end + 1, SIZE_MAX);
	}
	return false;
}

static bool on_path(const struct setup *s, const char *word)
{
	const char *path = getenv("PATH");
	char found[PLACES_MAX];

	(void)s;
	return path && proc_find(word, path, NULL, found, sizeof(found));
}

/* A folder that several agents share says by what lies in it whose it is; while it is empty, the first of them is meant. */
static bool is_empty_folder(const char *path)
{
	DIR *d = opendir(path);
	const struct dirent *e = NULL;

	while (d && (e = readdir(d)) && (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0))
		;
	if (d)
		closedir(d);
	return d && !e;
}

static bool at_home(const struct setup *s, const char *word)
{
	size_t n = strlen(word);
	char path[PLACES_MAX];

	if (!join(path, s->home, word))
		return false;
	return n && word[n - 1] == '/' ? is_empty_folder(path) : access(path, F_OK) == 0;
}

bool setup_present(const struct setup *s, const struct agent *a)
{
	const char *variable = a->file[0].home_variable ? getenv(a->file[0].home_variable) : NULL;

	return (variable && access(variable, F_OK) == 0) || any(s, a->programs, on_path) || any(s, a->folders, at_home);
}

bool setup_path(const struct setup *s, const struct agent_file *f, char ret[PLACES_MAX])
{
	const char *folder = f->home_variable ? getenv(f->home_variable) : NULL;
	char base[PLACES_MAX];

	if (s->project && f->format != AGENT_CODEX_CONFIG)
		return f->project && join(ret, s->places.project, f->project);
	if (folder && folder[0] == '/')
		return f->user && join(ret, folder, f->user);
	return f->user && join(base, s->home, f->home) && join(ret, base, f->user);
}

/* What stands at the path; a link is followed, and what it leads to is what is written. */
static bool look(struct setup_file *f)
{
	char real[PLACES_MAX];
	struct stat st;

	f->before.max = f->after.max = SETUP_MAX_BYTES;
	if (lstat(f->path, &st) != 0) {
		f->mode = f->file->mode ? (mode_t)f->file->mode : 0644;
		return errno == ENOENT || err_sys(&f->err, "cannot be looked at");
	}
	if (!realpath(f->path, real))
		return err_sys(&f->err, "is a link that leads nowhere");
	memcpy(f->path, real, strlen(real) + 1);
	if (stat(f->path, &st) != 0 || !S_ISREG(st.st_mode))
		return err_set(&f->err, ERR_INPUT, "is no regular file");
	f->existed = true;
	f->mode = st.st_mode & 07777;
	if (file_read(f->path, &f->before, &f->err))
		return true;
	/* The path stands before the words already. */
	return err_set(&f->err, ERR_IO, "cannot be read: %s", f->err.sys ? strerror(f->err.sys) : "it is too large");
}

/* Can it be written? Said before anything is. */
static bool writable(struct setup_file *f)
{
	char at[PLACES_MAX];
	char *slash;

	memcpy(at, f->path, sizeof(at));
	do {
		slash = strrchr(at, '/');
		if (!slash || slash == at)
			return true;
		*slash = '\0';
	} while (access(at, F_OK) != 0 && errno == ENOENT);
	if (access(at, W_OK | X_OK) == 0)
		return true;
	return err_set(&f->err, ERR_IO, "cannot be written: %s (%s)", strerror(errno), at);
}

static struct setup_file *add(struct setup *s, const struct agent *a, const struct agent_file *file, const char *path)
{
	struct setup_file *f;

	for (size_t i = 0; i < s->n; i++) {
		if (strcmp(s->file[i].path, path) == 0)
			return NULL;
	}
	if (s->n == SETUP_MAX_FILES)
		return NULL;
	f = &s->file[s->n++];
	memset(f, 0, sizeof(*f));
	f->agent = a;
	f->file = file;
	snprintf(f->path, sizeof(f->path), "%s", path);
	return f;
}

static bool plan_codex_config(struct setup *s, struct setup_file *f)
{
	const struct setup_file *hooks = f > s->file ? f - 1 : NULL;
	struct agent_codex c = { .program = s->program };

	if (!hooks || hooks->agent != f->agent || hooks->err.code)
		return err_set(&f->err, ERR_STATE, "stays as it is, since the hook itself cannot be written");
	c.hooks_path = str_from(hooks->path);
	c.hooks = buf_str(&hooks->after);
	return agent_write_codex(&c, buf_str(&f->before), &f->after, &f->err);
}

void setup_plan(struct setup *s, const struct agent *a)
{
	for (size_t i = 0; i < AGENT_FILES && a->file[i].format; i++) {
		char path[PLACES_MAX];
		struct setup_file *f = setup_path(s, &a->file[i], path) ? add(s, a, &a->file[i], path) : NULL;
		bool ok;

		if (!f || !look(f))
			continue;
		ok = f->file->format == AGENT_CODEX_CONFIG
			     ? plan_codex_config(s, f)
			     : agent_write(f->file, a->host, s->program, buf_str(&f->before), &f->after, &f->err);
		if (ok && !setup_nothing(f))
			(void)writable(f);
	}
}

bool setup_nothing(const struct setup_file *f)
{
	return !f->gone && f->existed == (f->after.len > 0 || f->existed) && str_eq(buf_str(&f->before), buf_str(&f->after));
}

/* The file without what is pawl's: as it was, when nothing else changed since; else less the hook alone. */
static void plan_one_back(struct setup *s, struct setup_file *f)
{
	struct buf swap;
	auto_buf next = BUF_MAX(SETUP_MAX_BYTES);
	struct err none;

	if (!look(f))
		return;
	if (!f->existed || setup_recall(s, f->path, buf_str(&f->before), &f->after, &f->gone))
		return;
	buf_add(&f->after, buf_str(&f->before));
	if (f->file->format == AGENT_CODEX_CONFIG) {
		agent_unwrite_codex(s->program, buf_str(&f->before), &next);
		swap = f->after, f->after = next, next = swap;
		return;
	}
	while (agent_unwrite(f->file, f->agent->host, buf_str(&f->after), &next, &none)) {
		if (f->file->format == AGENT_OWN) {
			f->gone = true;
			return;
		}
		swap = f->after, f->after = next, next = swap;
		buf_clear(&next);
	}
}

static void plan_remembered(struct setup *s, const char *path, const char *name)
{
	const struct agent *a = agent_of(hook_host_from(str_from(name)));
	struct setup_file *f;
	bool second;

	if (!a)
		return;
	second = a->file[1].format && str_ends(str_from(path), str_from(a->file[1].user));
	f = add(s, a, &a->file[second], path);
	if (f)
		plan_one_back(s, f);
}

void setup_plan_back(struct setup *s)
{
	setup_each(s, plan_remembered);
	for (int scope = 0; scope < 2; scope++) {
		s->project = scope == 1;
		for (const struct agent *a = agents; a->host != HOOK_HOST_NONE; a++) {
			for (size_t i = 0; i < AGENT_FILES && a->file[i].format; i++) {
				char path[PLACES_MAX], real[PLACES_MAX];
				struct setup_file *f;

				if (!setup_path(s, &a->file[i], path) || !realpath(path, real))
					continue;
				f = add(s, a, &a->file[i], real);
				if (f)
					plan_one_back(s, f);
			}
		}
	}
}

bool setup_write(struct setup *s, struct setup_file *f, bool back, struct err *err)
{
	char dir[PLACES_MAX];
	char *slash;

	if (back && f->gone) {
		if (unlink(f->path) != 0 && errno != ENOENT)
			return err_sys(err, "%s", f->path);
		setup_forget(s, f->path);
		return true;
	}
	memcpy(dir, f->path, sizeof(dir));
	slash = strrchr(dir, '/');
	if (slash && slash != dir)
		*slash = '\0';
	if (!back && (!setup_remember(s, f, err) || !setup_folder(s, dir, 0755, err)))
		return false;
	if (!setup_nothing(f) && !file_replace(f->path, buf_str(&f->after), f->mode, err))
		return false;
	if (back)
		setup_forget(s, f->path);
	return true;
}
