#include "hold/signer.h"

#include <errno.h>

#include "base/fd.h"

#define FILE_MAX ((size_t)1 << 20)

struct reading {
	const struct hold_host *host;
	struct arena *arena;
	struct signer *first, **at;
	struct err *err;
};

/* The next word; quotes may hold blanks. */
static struct str take_word(struct str *s)
{
	size_t i = 0, start;
	bool quoted = false;
	struct str w;

	while (i < s->len && (s->ptr[i] == ' ' || s->ptr[i] == '\t'))
		i++;
	start = i;
	for (; i < s->len && (quoted || (s->ptr[i] != ' ' && s->ptr[i] != '\t')); i++)
		quoted ^= s->ptr[i] == '"';
	w = str_sub(*s, start, i - start);
	*s = str_sub(*s, i, SIZE_MAX);
	return w;
}

/* "TYPE BASE64" without the comment, which could hold anything. */
static struct str bare_key(struct str text)
{
	struct str rest = str_trim(text), type = take_word(&rest), blob = take_word(&rest);

	return blob.len ? (struct str){ type.ptr, (size_t)(blob.ptr - type.ptr) + blob.len } : STR_NONE;
}

static struct signer *add(struct reading *r, struct str name, struct str key_text, struct str from)
{
	struct signer *s = ARENA_NEW(r->arena, struct signer);

	if (!s) {
		err_set(r->err, ERR_LIMIT, "too many approvers");
		return NULL;
	}
	if (!sshsig_key(key_text, r->arena, &s->key, r->err)) {
		err_prefix(r->err, "%.*s: approver '%.*s'", STR_ARG(from), STR_ARG(str_sub(name, 0, 100)));
		return NULL;
	}
	s->name = arena_str(r->arena, name);
	s->key_text = arena_str(r->arena, bare_key(key_text));
	s->from = arena_str(r->arena, from);
	*r->at = s;
	r->at = &s->next;
	return s;
}

/* --- allowed-signers files --- */

static bool is_key_type(struct str w)
{
	return str_starts(w, STR("ssh-")) || str_starts(w, STR("sk-")) || str_starts(w, STR("ecdsa-"));
}

static bool plain_name(struct str n)
{
	return n.len && str_find_char(n, '*') == SIZE_MAX && str_find_char(n, '?') == SIZE_MAX && n.ptr[0] != '!';
}

/* Does the policy name this person? Then with which roles. A policy that names nobody leaves it to the files. */
static bool named(const struct hold_host *h, struct str name, const struct str_list **ret_roles)
{
	const struct approver *first = h->policy ? policy_approvers(h->policy) : NULL;

	*ret_roles = NULL;
	for (const struct approver *a = first; a; a = a->next) {
		if (!str_eq(a->name, name))
			continue;
		*ret_roles = a->roles;
		return !a->key.len; /* the policy's own key is the only one then */
	}
	return !first;
}

static bool take_names(struct reading *r, struct str names, struct str options, struct str key, struct str from)
{
	while (names.len) {
		size_t comma = str_find_char(names, ',');
		struct str name = str_sub(names, 0, comma);
		const struct str_list *roles;
		struct signer *s;

		names = comma == SIZE_MAX ? STR_NONE : str_sub(names, comma + 1, SIZE_MAX);
		if (!plain_name(name) || !named(r->host, name, &roles))
			continue;
		s = add(r, name, key, from);
		if (!s)
			return false;
		s->roles = roles;
		s->options = arena_str(r->arena, options);
	}
	return true;
}

static bool take_line(struct reading *r, struct str line, struct str from)
{
	struct str names, word, options = STR_NONE;

	line = str_trim(line);
	if (!line.len || line.ptr[0] == '#')
		return true;
	names = take_word(&line);
	word = str_trim(line);
	if (!is_key_type(word)) {
		options = take_word(&line);
		word = str_trim(line);
	}
	if (str_find(options, STR("cert-authority")) != SIZE_MAX)
		return true;
	return take_names(r, names, options, word, from);
}

static bool take_file(struct reading *r, const char *path)
{
	auto_buf b = BUF_MAX(FILE_MAX);
	struct err why = { 0 };
	struct str rest;

	if (!path)
		return true;
	if (!file_read(path, &b, &why)) {
		if (why.code == ERR_IO && (why.sys == ENOENT || why.sys == ENOTDIR))
			return true;
		return err_set(r->err, why.code, "approvers: %s", why.msg);
	}
	for (rest = buf_str(&b); rest.len;) {
		size_t end = str_find_char(rest, '\n');

		if (!take_line(r, str_sub(rest, 0, end), str_from(path)))
			return false;
		rest = end == SIZE_MAX ? STR_NONE : str_sub(rest, end + 1, SIZE_MAX);
	}
	return true;
}

bool signer_list(const struct hold_host *h, struct arena *arena, struct signer **ret_list, struct err *err)
{
	struct reading r = { .host = h, .arena = arena, .at = &r.first, .err = err };
	char path[4096];

	for (const struct approver *a = h->policy ? policy_approvers(h->policy) : NULL; a; a = a->next) {
		struct signer *s;

		if (!a->key.len)
			continue;
		s = add(&r, a->name, a->key, STR("policy"));
		if (!s)
			return false;
		s->roles = a->roles;
	}
	if (!take_file(&r, h->machine_signers))
		return false;
	if (h->config_dir) {
		if ((size_t)snprintf(path, sizeof(path), "%s/allowed_signers", h->config_dir) >= sizeof(path))
			return err_set(err, ERR_LIMIT, "%s: path too long", h->config_dir);
		if (!take_file(&r, path))
			return false;
	}
	if (arena->full)
		return err_set(err, ERR_LIMIT, "too many approvers");
	*ret_list = r.first;
	return true;
}

const struct signer *signer_find(const struct signer *list, struct str name, struct str fingerprint)
{
	for (; list; list = list->next) {
		if ((!name.len || str_eq(list->name, name)) &&
		    (!fingerprint.len || str_is(fingerprint, list->key.fingerprint)))
			return list;
	}
	return NULL;
}
