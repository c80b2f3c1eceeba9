#include "recovery/vault_inner.h"

static bool good(const struct vault_name *n, bool file, struct err *err)
{
	const struct str parts[] = { n->target, n->id, n->file };

	for (size_t i = 0; i < (file ? 3u : 2u); i++) {
		if (!vault_name_good(parts[i]))
			return err_set(err, ERR_INPUT,
				       "\"%.*s\" is no name for something in a vault: letters, "
				       "digits, . _ - alone, at most %d",
				       STR_ARG(parts[i]), VAULT_NAME_MAX);
	}
	return true;
}

bool vault_open(const struct vault_place *place, struct vault **ret, struct err *err)
{
	switch (place->kind) {
	case VAULT_DIRECTORY:
		return vault_directory_open(place, ret, err);
	case VAULT_S3:
		return vault_s3_open(place, ret, err);
	case VAULT_RESTIC:
	case VAULT_RCLONE:
		return vault_program_open(place, ret, err);
	}
	return err_set(err, ERR_INPUT, "vault %.*s: there is no such kind of vault", STR_ARG(place->name));
}

void vault_close(struct vault *v)
{
	if (v)
		v->ops->close(v);
}

bool vault_list(struct vault *v, struct str target, struct arena *arena, struct vault_entry **ret,
		struct err *err)
{
	if (target.len && !vault_name_good(target))
		return err_set(err, ERR_INPUT, "\"%.*s\" is no target's name", STR_ARG(target));
	return v->ops->list(v, target, arena, ret, err);
}

struct vault_entry *vault_find(struct vault_entry *list, struct str target, struct str id)
{
	while (list && !(str_eq(list->target, target) && str_eq(list->id, id)))
		list = list->next;
	return list;
}

bool vault_put_begin(struct vault *v, struct str target, struct str id, struct str file,
		     struct vault_put **ret, uint64_t *ret_have, struct err *err)
{
	struct vault_name n = { target, id, file };

	return good(&n, true, err) && v->ops->put_begin(v, &n, ret, ret_have, err);
}

bool vault_put_bytes(struct vault_put *p, const void *bytes, size_t n, struct err *err)
{
	return p->ops->put_bytes(p, bytes, n, err);
}

bool vault_put_end(struct vault_put *p, struct err *err)
{
	return p->ops->put_end(p, err);
}

void vault_put_stop(struct vault_put *p)
{
	if (p)
		p->ops->put_stop(p);
}

bool vault_get_begin(struct vault *v, struct str target, struct str id, struct str file,
		     uint64_t at, struct vault_get **ret, struct err *err)
{
	struct vault_name n = { target, id, file };

	return good(&n, true, err) && v->ops->get_begin(v, &n, at, ret, err);
}

bool vault_get_bytes(struct vault_get *g, void *p, size_t n, size_t *ret_n, struct err *err)
{
	return g->ops->get_bytes(g, p, n, ret_n, err);
}

void vault_get_end(struct vault_get *g)
{
	if (g)
		g->ops->get_end(g);
}

bool vault_lock(struct vault *v, struct str target, struct str id, struct err *err)
{
	struct vault_name n = { target, id, STR_NONE };

	return good(&n, false, err) && v->ops->lock(v, &n, err);
}

bool vault_remove(struct vault *v, struct str target, struct str id, struct err *err)
{
	struct vault_name n = { target, id, STR_NONE };

	return good(&n, false, err) && v->ops->remove(v, &n, err);
}
