#include "recovery/fingerprint.h"

#include <stdio.h>
#include <stdlib.h>

#define FINGERPRINT_FIRST "pawl-dump-1\n"

struct fingerprint {
	struct arena *arena;
	struct dump *dump;
	size_t n_tables;
	struct fingerprint_table *tables, **tables_end;
	struct fingerprint_table *in; /* whose data is passing; NULL: none */
	struct digest_lanes *lanes;
	struct digest_tree *data, *schema, *text; /* text: all that is not data */
	enum dump_form form;
	uint64_t bytes;
};

static bool no_memory(struct err *err)
{
	return err_set(err, ERR_LIMIT, "no memory for the digests of a backup");
}

static void end_table(struct fingerprint *f)
{
	if (f->in)
		digest_tree_end(f->data, &f->in->digest);
	f->in = NULL;
}

static bool on_text(void *ctx, const char *p, size_t n, struct err *err)
{
	struct fingerprint *f = ctx;

	(void)err;
	digest_tree_add(f->schema, p, n);
	digest_tree_add(f->text, p, n);
	return true;
}

static bool on_aside(void *ctx, const char *p, size_t n, struct err *err)
{
	struct fingerprint *f = ctx;

	(void)err;
	digest_tree_add(f->text, p, n);
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
	f->data = digest_tree_begin(f->lanes, NULL);
	if (!f->data)
		return no_memory(err);
	f->in = t;
	return true;
}

static bool on_rows(void *ctx, const char *p, size_t n, uint64_t rows, struct err *err)
{
	struct fingerprint *f = ctx;

	(void)err;
	digest_tree_add(f->data, p, n);
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

static const struct dump_events events = { on_text, on_aside, on_between, on_table, on_rows, on_table_end };

struct fingerprint *fingerprint_new(enum dump_form form, struct arena *arena)
{
	struct fingerprint *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->arena = arena;
	f->form = form;
	f->tables_end = &f->tables;
	f->dump = dump_new(form, &events, f);
	f->lanes = digest_lanes_new(DIGEST_LANES_MANY);
	f->schema = f->lanes ? digest_tree_begin(f->lanes, NULL) : NULL;
	f->text = f->lanes ? digest_tree_begin(f->lanes, NULL) : NULL;
	if (!f->dump || !f->schema || !f->text) {
		fingerprint_free(f);
		return NULL;
	}
	return f;
}

void fingerprint_free(struct fingerprint *f)
{
	if (!f)
		return;
	dump_free(f->dump);
	digest_lanes_free(f->lanes);
	free(f);
}

bool fingerprint_add(struct fingerprint *f, const void *p, size_t n, struct err *err)
{
	f->bytes += n;
	return dump_add(f->dump, p, n, err);
}

static void add_line(struct digest_run *run, const struct digest *d)
{
	char line[DIGEST_HEX_LEN + 1];

	digest_hex(d, line);
	line[DIGEST_HEX_LEN] = '\n';
	digest_add(run, line, sizeof(line));
}

static struct digest plain_of(const struct fingerprint *f, const struct digest *text)
{
	struct digest_run run;
	char line[32];
	int n;

	if (f->form == DUMP_BYTES)
		return f->tables->digest;
	digest_begin(&run);
	digest_add(&run, FINGERPRINT_FIRST, strlen(FINGERPRINT_FIRST));
	add_line(&run, text);
	for (const struct fingerprint_table *t = f->tables; t; t = t->next)
		add_line(&run, &t->digest);
	n = snprintf(line, sizeof(line), "%llu\n", (unsigned long long)f->bytes);
	digest_add(&run, line, (size_t)n);
	return digest_end(&run);
}

bool fingerprint_end(struct fingerprint *f, struct fingerprint_found *ret, struct err *err)
{
	struct digest schema, text;

	if (!dump_end(f->dump, err))
		return false;
	digest_tree_end(f->schema, &schema);
	digest_tree_end(f->text, &text);
	digest_lanes_wait(f->lanes);
	*ret = (struct fingerprint_found){ f->tables, f->n_tables, schema, plain_of(f, &text) };
	return true;
}
