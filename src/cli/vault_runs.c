#include "cli/vault_runs.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recovery/tools.h"

#define RUNS_MAX 4096u
#define PATH_SIZE 4096

struct runs {
	struct arena *arena;
	const char **list;
	size_t n;
};

static void add(struct runs *r, const char *path)
{
	struct str copy = arena_str(r->arena, str_from(path));

	if (r->n < RUNS_MAX && copy.ptr)
		r->list[r->n++] = copy.ptr;
}

static bool reads_programs(const char *word)
{
	static const char *const names[] = { "sh", "bash", "dash", "zsh", "python3", "python", "perl", "ruby", "node", "php", "env" };
	const char *slash = strrchr(word, '/');

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strcmp(slash ? slash + 1 : word, names[i]) == 0)
			return true;
	}
	return false;
}

/* A program among the words: the first, and what that one may read as a program. Data in a folder of the agent's is no program. */
static void add_command(struct runs *r, char *const *words)
{
	char path[TOOLS_PATH];
	struct stat st;

	if (!words || !words[0])
		return;
	if (strchr(words[0], '/'))
		add(r, words[0]);
	else if (tools_find(words[0], path, NULL))
		add(r, path);
	for (size_t i = 1; words[i]; i++) {
		if (words[i][0] == '/' && stat(words[i], &st) == 0 && S_ISREG(st.st_mode) &&
		    ((i == 1 && reads_programs(words[0])) || st.st_mode & 0111))
			add(r, words[i]);
	}
}

static void add_tools(struct runs *r)
{
	static const char *const postgres[] = { "pg_dump", "pg_dumpall", "psql", "pg_basebackup", "initdb", "postgres" };
	static const char *const others[] = { "mysqldump", "mariadb-dump", "mariadb", "mysql", "age", "restic", "rclone", "terraform" };
	char folder[TOOLS_PATH], path[PATH_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(postgres); i++) {
		if (!tools_postgres(postgres[i], folder))
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, postgres[i]);
		add(r, path);
	}
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		if (tools_find(others[i], folder, NULL))
			add(r, folder);
	}
}

/* `pawl` stands beside the program that runs here. */
static void add_pawl(struct runs *r)
{
	char path[PATH_SIZE];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 8);
	char *slash;

	path[n < 0 ? 0 : n] = 0;
	slash = strrchr(path, '/');
	if (!slash)
		return;
	memcpy(slash + 1, "pawl", 5);
	if (access(path, F_OK) == 0)
		add(r, path);
}

bool vault_runs(const struct backup_config *c, struct arena *arena, const char ***ret, struct err *err)
{
	struct runs r = { .arena = arena, .list = ARENA_ARRAY(arena, RUNS_MAX + 1, const char *) };

	if (!r.list)
		return err_set(err, ERR_LIMIT, "no memory");
	add_pawl(&r);
	add_tools(&r);
	for (const struct config_target *t = c->targets; t; t = t->next) {
		char *const *const commands[] = { t->command, t->check, t->secret_command, t->encrypt, t->decrypt };

		for (size_t i = 0; i < ARRAY_LEN(commands); i++)
			add_command(&r, commands[i]);
	}
	if (r.n == RUNS_MAX || arena->full)
		return err_set(err, ERR_LIMIT, "backup.yaml names too many programs");
	*ret = r.list;
	return true;
}
