#include "recovery/fingerprint.h"

#include <stdlib.h>

struct fingerprint {
	struct arena *arena;
	struct dump *dump;
	size_t n_tables;
	struct fingerprint_table *tables, **tables_end;
	struct fingerprint_table *in; /* whose data is passing; NULL: none */
	struct digest_run data, schema;
};

static void end_table(struct fingerprint *f)
{
	if (f->in)
		f->in->digest = digest_end(&f->data);
	f->in = NULL;
}

static bool on_text(void *ctx, const char *p, size_t n, struct err *err)
{
	struct fingerprint *f = ctx;

	(void)err;
	digest_add(&f->schema, p, n);
	return true;
}

static bool on_between(void *ctx, struct err *err)
{
	(void)ctx;
	(void)err;
	return true;
}

static bool on_table(void *ctx, struct str name, struct str columns, struct err *err)
{
	struct fingerprint *f = ctx;
	struct fingerprint_table *t;

	if (f->in && str_eq(f->in->name, name))
		return true;
	end_table(f);
	t = f->n_tables < FINGERPRINT_TABLES_MAX ? arena_alloc(f->arena, sizeof(*t)) : NULL;
	if (!t)
		return err_set(err, ERR_LIMIT, "more tables than can be remembered");
	*t = (struct fingerprint_table){ .name = arena_str(f->arena, name),
					 .columns = arena_str(f->arena, columns) };
	if (!t->name.ptr)
		return err_set(err, ERR_LIMIT, "more tables than can be remembered");
	*f->tables_end = t;
	f->tables_end = &t->next;
	f->n_tables++;
	f->in = t;
	digest_begin(&f->data);
	return true;
}

static bool on_rows(void *ctx, const char *p, size_t n, uint64_t rows, struct err *err)
{
	struct fingerprint *f = ctx;

	(void)err;
	digest_add(&f->data, p, n);
	f->in->bytes += n;
	f->in->rows += rows;
	return true;
}

static bool on_table_end(void *ctx, struct err *err)
{
	(void)err;
	end_table(ctx);
	return true;
}

static const struct dump_events events = { on_text, on_between, on_table, on_rows, on_table_end };

struct fingerprint *fingerprint_new(enum dump_form form, struct arena *arena)
{
	struct fingerprint *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->arena = arena;
	f->tables_end = &f->tables;
	f->dump = dump_new(form, &events, f);
	if (!f->dump) {
		free(f);
		return NULL;
	}
	digest_begin(&f->schema);
	return f;
}

void fingerprint_free(struct fingerprint *f)
{
	if (!f)
		return;
	dump_free(f->dump);
	free(f);
}

bool fingerprint_add(struct fingerprint *f, const void *p, size_t n, struct err *err)
{
	return dump_add(f->dump, p, n, err);
}

bool fingerprint_end(struct fingerprint *f, struct fingerprint_found *ret, struct err *err)
{
	if (!dump_end(f->dump, err))
		return false;
	*ret = (struct fingerprint_found){ f->tables, f->n_tables, digest_end(&f->schema) };
	return true;
}
