#include "recovery/copy.h"

#include "recovery/vault_inner.h"

#define CHUNK ((size_t)1 << 20)

struct copying {
	struct vault *from, *to;
	struct str target, id;
	char *chunk;
};

/* Bytes of ${file}, digested against ${f} where it is given. */
static bool pass(struct copying *c, struct vault_get *g, struct vault_put *p, const struct manifest_file *f, struct err *err)
{
	struct digest_run whole;
	struct digest got;
	uint64_t bytes = 0;
	size_t n = 0;

	digest_begin(&whole);
	do {
		if (!vault_get_bytes(g, c->chunk, CHUNK, &n, err) || (n && !vault_put_bytes(p, c->chunk, n, err)))
			return false;
		digest_add(&whole, c->chunk, n);
		bytes += n;
	} while (n);
	got = digest_end(&whole);
	return !f || (bytes == f->bytes && digest_eq(&got, &f->digest)) ||
	       err_set(err, ERR_BROKEN, "%.*s/%.*s: what lies in the first vault is not what was put there", STR_ARG(c->target),
		       STR_ARG(c->id));
}

static bool copy_file(struct copying *c, struct str name, const struct manifest_file *f, struct err *err)
{
	struct vault_get *g = NULL;
	struct vault_put *p = NULL;
	uint64_t have;
	bool good;

	if (!vault_get_begin(c->from, c->target, c->id, name, 0, &g, err))
		return false;
	if (!vault_put_begin(c->to, c->target, c->id, name, &p, &have, err)) {
		vault_get_end(g);
		return false;
	}
	good = (!have || err_set(err, ERR_STATE, "half a copy of %.*s lies there already", STR_ARG(c->id))) && pass(c, g, p, f, err);
	vault_get_end(g);
	if (!good) {
		vault_put_stop(p);
		return false;
	}
	return vault_put_end(p, err);
}

bool copy_backup(struct vault *from, struct vault *to, const struct manifest *m, struct err *err)
{
	struct copying c = { .from = from, .to = to, .target = m->target, .id = m->id, .chunk = malloc(CHUNK) };
	bool good = c.chunk || err_set(err, ERR_LIMIT, "no memory to copy a backup");

	for (const struct manifest_file *f = m->files; good && f; f = f->next)
		good = copy_file(&c, f->name, f, err);
	good = good && copy_file(&c, STR(VAULT_MANIFEST), NULL, err) && copy_file(&c, STR(VAULT_SIGNATURE), NULL, err);
	free(c.chunk);
	return good;
}
