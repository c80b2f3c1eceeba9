#include "cli/backup_file.h"

#include <stdio.h>

#define ARENA_SIZE ((size_t)64 << 20)

static void quoted(struct buf *b, struct str s)
{
	buf_addc(b, '"');
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '"' || s.ptr[i] == '\\')
			buf_addc(b, '\\');
		buf_addc(b, s.ptr[i]);
	}
	buf_addc(b, '"');
}

static void line(struct buf *b, const char *key, const char *value)
{
	if (!value)
		return;
	buf_adds(b, key);
	quoted(b, str_from(value));
	buf_addc(b, '\n');
}

void backup_file_begin(struct buf *b, const uint8_t key[ED25519_KEY_LEN], const struct backup_file_vault *v)
{
	char text[CONFIG_KEY_TEXT];

	config_key_text(key, text);
	buf_adds(b, "# What pawl backs up. Every key is in docs/backup.md.\nversion: 1\n");
	buf_addf(b, "key: %s\n", text);
	line(b, "points: ", v->points);
	line(b, "state: ", v->state);
	buf_addf(b, "vaults:\n  - name: %s\n", v->name);
	line(b, "    directory: ", v->directory);
	line(b, "    user: ", v->user);
}

void backup_file_target(struct buf *b, struct str name, struct str connect)
{
	buf_addf(b, "  - name: %.*s\n    postgres: ", STR_ARG(name));
	quoted(b, connect);
	buf_adds(b, "\n    every: 24h\n    drill: 24h\n    rpo: 26h\n    rto: 1h\n    keep: {daily: 7, weekly: 5, monthly: 12}\n");
}

static bool reads(const char *path, struct str text, size_t *ret_targets, struct err *err)
{
	struct doc_source source = { .path = str_from(path), .text = text };
	struct backup_config c;
	struct arena arena;
	bool good;

	if (!arena_map(&arena, ARENA_SIZE))
		return err_set(err, ERR_LIMIT, "no memory");
	good = config_read(&source, &arena, &c, err);
	if (good)
		*ret_targets = c.n_targets;
	arena_unmap(&arena);
	return good;
}

bool backup_file_add(const char *path, struct str text, struct str items, struct buf *ret, struct err *err)
{
	size_t before, after = 0, added = 0;
	struct str rest = items;

	if (!reads(path, text, &before, err))
		return false;
	for (size_t at; (at = str_find(rest, STR("  - name: "))) != SIZE_MAX; rest = str_sub(rest, at + 1, rest.len))
		added++;
	buf_add(ret, text);
	if (text.len && text.ptr[text.len - 1] != '\n')
		buf_addc(ret, '\n');
	if (!before)
		buf_adds(ret, "targets:\n");
	buf_add(ret, items);
	if (!ret->failed && reads(path, buf_str(ret), &after, NULL) && after == before + added)
		return true;
	return err_set(err, ERR_STATE, "%s is laid out in a way that nothing can be added to by itself. Add under 'targets':\n%.*s", path,
		       STR_ARG(items));
}

static bool taken(const char *name, const struct backup_config *c, const struct buf *others)
{
	char item[100];

	snprintf(item, sizeof(item), "- name: %s\n", name);
	return (c && config_target_find(c, str_from(name))) || str_find(buf_str(others), str_from(item)) != SIZE_MAX;
}

void backup_file_name(struct str database, const struct backup_config *c, const struct buf *others, char ret[65])
{
	char base[56];
	size_t n = 0;

	for (size_t i = 0; i < database.len && n < sizeof(base) - 1; i++) {
		char at[2] = { database.ptr[i], '\0' };

		base[n] = database.ptr[i];
		if (!vault_name_good(str_from(at)) && (n == 0 || (at[0] != '.' && at[0] != '-')))
			base[n] = n ? '-' : 'd';
		n++;
	}
	base[n] = '\0';
	snprintf(ret, 65, "%s", n ? base : "database");
	for (unsigned i = 2; taken(ret, c, others); i++)
		snprintf(ret, 65, "%s-%u", n ? base : "database", i);
}
