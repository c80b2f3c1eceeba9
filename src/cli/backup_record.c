#include "cli/backup_record.h"

#include <stdlib.h>

#define BODY_MAX ((size_t)1 << 20)
#define GONE_MAX ((size_t)16 << 10)

bool backup_record_taken(struct backups *b, const struct config_target *t, const struct backup_result *r, int64_t took_us, struct err *err)
{
	auto_buf body = BUF_MAX(BODY_MAX);
	struct json_out o = { .buf = &body };
	const struct manifest *m = &r->manifest;

	json_out_open(&o, '{');
	json_out_kv(&o, "target", t->name);
	json_out_kv(&o, "backup", m->id);
	json_out_kv(&o, "kind", backup_kind_name(m->kind));
	json_out_kv(&o, "vault", r->vault);
	json_out_kv_u64(&o, "copies", r->copies);
	backups_put_time(&o, "taken", m->taken_us);
	json_out_kv_u64(&o, "bytes", m->files ? m->files->bytes : 0);
	json_out_kv_u64(&o, "plain_bytes", m->plain_bytes);
	json_out_kv_u64(&o, "rows", backup_run_rows(m));
	json_out_kv_u64(&o, "took_ms", (uint64_t)took_us / 1000);
	if (r->notes.len)
		json_out_kv(&o, "notes", r->notes);
	json_out_close(&o, '}');
	return backups_record(b, "backup.finished", &body, err);
}

static bool gone(struct backups *b, const char *kind, struct str target, const struct backup_gone *g, struct err *err)
{
	auto_buf body = BUF_MAX(GONE_MAX);
	struct json_out o = { .buf = &body };

	json_out_open(&o, '{');
	json_out_kv(&o, "target", target);
	json_out_kv(&o, "backup", g->backup);
	json_out_kv(&o, "vault", g->vault);
	json_out_kv(&o, "why", g->why);
	json_out_close(&o, '}');
	return backups_record(b, kind, &body, err);
}

bool backup_record_removal(struct backups *b, const struct config_target *t, const struct backup_gone *g, struct err *err)
{
	return gone(b, "backup.removed", t->name, g, err);
}

bool backup_record_lost(struct backups *b, const struct point *p, struct err *err)
{
	struct backup_gone g = { .backup = p->drill.backup, .vault = p->vault, .why = p->drill.reasons };

	return gone(b, "backup.lost", p->target, &g, err);
}

void backup_record_failure(struct backups *b, const struct config_target *t, const struct err *why)
{
	auto_buf body = BUF_MAX(BODY_MAX);
	struct json_out o = { .buf = &body };

	json_out_open(&o, '{');
	json_out_kv(&o, "target", t->name);
	json_out_kv(&o, "kind", backup_kind_name(t->kind));
	json_out_kv(&o, "vault", t->vaults[0]->place.name);
	json_out_kv(&o, "why", str_from(why->msg));
	json_out_close(&o, '}');
	(void)!backups_record(b, "backup.failed", &body, NULL);
}

bool backup_record_drill(struct backups *b, const struct config_target *t, const struct drill_done *d, struct err *err)
{
	auto_buf body = BUF_MAX(BODY_MAX);
	struct json_out o = { .buf = &body };

	json_out_open(&o, '{');
	json_out_kv(&o, "target", t->name);
	json_out_kv(&o, "backup", d->manifest.id);
	json_out_kv(&o, "result", recovery_result_name(d->result));
	json_out_key(&o, "reasons");
	json_out_open(&o, '[');
	for (const struct drill_reason *r = d->reasons; r; r = r->next) {
		json_out_open(&o, '{');
		json_out_kv(&o, "code", drill_code_name(r->code));
		json_out_kv(&o, "text", r->text);
		json_out_close(&o, '}');
	}
	json_out_close(&o, ']');
	json_out_kv_u64(&o, "tables", d->tables);
	json_out_kv_u64(&o, "rows", d->rows);
	json_out_kv_u64(&o, "took_ms", (uint64_t)d->took_us / 1000);
	backups_put_time(&o, "wal_to", d->wal_as_of_us);
	json_out_close(&o, '}');
	return backups_record(b, "drill.finished", &body, err);
}

/* --- and read again --- */

struct drill_entry {
	struct backup_drilled said;
	struct drill_entry *next;
};

struct reading {
	struct arena *arena;
	struct drill_entry *first;
	size_t n;
	bool full;
};

static enum recovery_result result_of(struct str word)
{
	return str_eq(word, recovery_result_name(RECOVERY_VERIFIED)) ? RECOVERY_VERIFIED
	       : str_eq(word, recovery_result_name(RECOVERY_FAILED)) ? RECOVERY_FAILED
								      : RECOVERY_UNKNOWN;
}

static bool one_drill(const struct ledger_entry *e, void *ctx)
{
	struct reading *r = ctx;
	struct drill_entry *one;
	struct json *body;
	enum recovery_result result;

	if (!str_is(e->kind, "drill.finished"))
		return true;
	one = ARENA_NEW(r->arena, struct drill_entry);
	r->full = !one || !json_parse(arena_str(r->arena, e->body), r->arena, &body, NULL);
	if (r->full)
		return false;
	result = result_of(json_str(body, "result"));
	*one = (struct drill_entry){ { json_str(body, "target"), json_str(body, "backup"), e->seq, result, result }, r->first };
	r->first = one;
	r->n++;
	return true;
}

static int of_same(const void *a, const void *b)
{
	const struct backup_drilled *x = a, *y = b;
	int by = str_cmp(x->target, y->target);

	return by ? by : str_cmp(x->backup, y->backup);
}

static int in_order(const void *a, const void *b)
{
	const struct backup_drilled *x = a, *y = b;
	int by = of_same(a, b);

	return by ? by : (x->seq > y->seq) - (x->seq < y->seq);
}

bool backup_drills_read(struct ledger *l, struct arena *arena, struct backup_drills *ret, struct err *err)
{
	struct reading r = { .arena = arena };
	struct backup_drilled *list;
	size_t n = 0;

	if (l && !ledger_walk(l, 0, one_drill, &r, err))
		return false;
	list = ARENA_ARRAY(arena, r.n + 1, struct backup_drilled);
	if (r.full || !list)
		return err_set(err, ERR_LIMIT, "a drill in the ledger cannot be read, or there are too many");
	for (const struct drill_entry *e = r.first; e; e = e->next)
		list[n++] = e->said;
	qsort(list, n, sizeof(*list), in_order);
	n = 0;
	for (size_t i = 0; i < r.n; i++) {
		enum recovery_result before = n && !of_same(&list[n - 1], &list[i]) ? list[--n].decided : RECOVERY_UNKNOWN;

		list[n] = list[i];
		if (list[n].decided == RECOVERY_UNKNOWN)
			list[n].decided = before;
		n++;
	}
	*ret = (struct backup_drills){ list, n };
	return true;
}

const struct backup_drilled *backup_drills_find(const struct backup_drills *d, struct str target, struct str backup)
{
	struct backup_drilled key = { .target = target, .backup = backup };

	return d->n ? bsearch(&key, d->list, d->n, sizeof(key), of_same) : NULL;
}

struct backup_drilled backup_drills_of(const struct backup_drills *drills, const struct point *p, struct str target, struct str backup,
				       bool *ret_any)
{
	const struct backup_drilled *known = backup_drills_find(drills, target, backup);
	struct backup_drilled d = known ? *known : (struct backup_drilled){ .target = target, .backup = backup };
	bool last = p && str_eq(p->drill.backup, backup);

	*ret_any = known || last || (p && str_eq(p->verified.backup, backup));
	if (!known && p && str_eq(p->verified.backup, backup))
		d.last = d.decided = RECOVERY_VERIFIED;
	if (last)
		d.last = p->drill.result;
	if (last && d.last != RECOVERY_UNKNOWN)
		d.decided = d.last;
	return d;
}
