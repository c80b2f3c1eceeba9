/* Amazon RDS: a snapshot of an instance, and its copy elsewhere; the vault holds a signed record of it, AWS holds the bytes. A drill makes
 * a private test instance of the snapshot, reads every row of it, asks the owner's queries, and deletes it.
 *
 * There are no digests to compare with: RDS hands out none, and an instance that goes on living gives no second look at the moment of its
 * snapshot. So what says that the contents are right are the `verify` queries, and without one a drill could not verify.
 */
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "recovery/drill_exec.h"
#include "recovery/rds.h"
#include "recovery/source.h"

#define FORM_MAX ((size_t)32 << 10)
#define RECORD_MAX ((size_t)64 << 10)

static void tag(struct buf *form, struct str target)
{
	rds_put(form, "Tags.Tag.1.Key", STR("pawl-backup"));
	rds_put(form, "Tags.Tag.1.Value", target);
}

/* --- taking --- */

static bool share(struct rds_api *own, struct str name, struct str account, bool with, struct err *err)
{
	auto_buf form = BUF_MAX(FORM_MAX);

	rds_put(&form, "DBSnapshotIdentifier", name);
	rds_put(&form, "AttributeName", STR("restore"));
	rds_put(&form, with ? "ValuesToAdd.AttributeValue.1" : "ValuesToRemove.AttributeValue.1", account);
	return rds_do(own, "ModifyDBSnapshotAttribute", &form, NULL, err);
}

/* In the other account by its own hand: what is only shared goes with its owner. */
static bool copy_there(struct backup_run *r, const struct rds_thing *from, struct rds_thing *ret, struct err *err)
{
	const struct rds *ask = r->ask->rds;
	auto_buf form = BUF_MAX(FORM_MAX);
	struct str name = arena_fmt(r->arena, "%.*s-copy", STR_ARG(from->name));
	struct rds_api there;
	bool good;

	rds_put(&form, "SourceDBSnapshotIdentifier", from->arn);
	rds_put(&form, "TargetDBSnapshotIdentifier", name);
	if (ask->copy.kms.len)
		rds_put(&form, "KmsKeyId", ask->copy.kms);
	tag(&form, r->ask->target);
	good = rds_open(&ask->copy, &there, err);
	if (good && from->encrypted && !str_eq(there.region, rds_arn_part(from->arn, ARN_REGION)))
		good = err_set(err, ERR_TOOL, "an encrypted snapshot is not copied into another region by pawl yet");
	good = good && rds_do(&there, "CopyDBSnapshot", &form, NULL, err) &&
	       rds_wait(&there, RDS_SNAPSHOT, name, r->stall, r->arena, ret, err);
	if (good && (!str_eq(rds_arn_part(ret->arn, ARN_REGION), there.region) ||
		     (ask->copy.account.len && !str_eq(rds_arn_part(ret->arn, ARN_ACCOUNT), ask->copy.account))))
		good = err_set(err, ERR_STATE, "the copy lies elsewhere than backup.yaml says: %.*s", STR_ARG(ret->arn));
	rds_close(&there);
	return good || err_prefix(err, "the copy");
}

static bool copied(struct backup_run *r, struct rds_api *own, const struct rds_thing *from, struct rds_thing *ret, struct err *err)
{
	struct str other = r->ask->rds->copy.account;
	struct err later = { 0 };
	bool good;

	if (!other.len || str_eq(other, rds_arn_part(from->arn, ARN_ACCOUNT)))
		return copy_there(r, from, ret, err);
	if (!share(own, from->name, other, true, err))
		return false;
	good = copy_there(r, from, ret, err);
	if (!share(own, from->name, other, false, &later) && good)
		good = err_set(err, ERR_TOOL, "the snapshot stays shared with account %.*s: %.300s", STR_ARG(other), later.msg);
	return good;
}

static bool record(struct backup_run *r, const struct rds_thing *instance, const struct rds_thing *snapshot, struct err *err)
{
	auto_buf b = BUF_MAX(RECORD_MAX);
	struct json_out o = { .buf = &b };
	struct manifest_invariant *i = arena_alloc(r->arena, sizeof(*i));

	json_out_open(&o, '{');
	json_out_kv(&o, "snapshot", snapshot->arn);
	json_out_kv(&o, "created", snapshot->created);
	json_out_kv(&o, "of", snapshot->of);
	json_out_kv(&o, "instance", instance->arn);
	json_out_kv(&o, "version", instance->version);
	json_out_close(&o, '}');
	if (!i || b.failed)
		return err_set(err, ERR_LIMIT, "no memory to take a backup");
	*i = (struct manifest_invariant){ STR("snapshot"), STR("snapshot"), snapshot->arn, NULL };
	r->m->invariants = i;
	r->m->server = instance->version;
	r->m->tool = STR("rds CreateDBSnapshot");
	r->m->account = rds_arn_part(instance->arn, ARN_ACCOUNT);
	if (!r->m->host.len)
		r->m->host = arena_fmt(r->arena, "%.*s:%.*s", STR_ARG(instance->host), STR_ARG(instance->port));
	return backup_chunk(r, b.ptr, b.len, err);
}

static bool snapshot(struct backup_run *r, struct rds_api *own, struct rds_thing *instance, struct rds_thing *ret, struct err *err)
{
	struct str id = r->m->id, name = arena_fmt(r->arena, "pawl-%.*st%.*sz%.*s", STR_ARG(str_sub(id, 0, 8)), STR_ARG(str_sub(id, 9, 15)),
						   STR_ARG(str_sub(id, 16, id.len)));
	auto_buf form = BUF_MAX(FORM_MAX);
	bool there = false;

	if (!rds_look(own, RDS_INSTANCE, r->ask->rds->instance, r->arena, instance, &there, err))
		return false;
	if (!there)
		return err_set(err, ERR_TOOL, "there is no RDS instance %.*s in %.*s", STR_ARG(r->ask->rds->instance),
			       STR_ARG(own->region));
	if (!str_is(instance->engine, "postgres"))
		return err_set(err, ERR_TOOL, "the instance is of %.*s; only postgres is built yet", STR_ARG(instance->engine));
	rds_put(&form, "DBInstanceIdentifier", r->ask->rds->instance);
	rds_put(&form, "DBSnapshotIdentifier", name);
	tag(&form, r->ask->target);
	return rds_do(own, "CreateDBSnapshot", &form, NULL, err) && rds_wait(own, RDS_SNAPSHOT, name, r->stall, r->arena, ret, err);
}

static bool take_rds(struct backup_run *r, struct err *err)
{
	struct rds_thing instance = { 0 }, first = { 0 }, last;
	struct rds_api own;
	bool good;

	r->m->taken_us = clock_now_us();
	good = rds_open(&r->ask->rds->own, &own, err) && snapshot(r, &own, &instance, &first, err);
	last = first;
	if (good && r->ask->rds->copy.region.len)
		good = copied(r, &own, &first, &last, err);
	rds_close(&own);
	return good && record(r, &instance, &last, err);
}

/* --- drilling --- */

struct drilled {
	struct drill_run *r;
	struct buf record;
	struct rds_api api;
	struct rds_owner owner;
	struct str arn, created, of;
	struct str test; /* the instance; STR_NONE: none was asked for */
	PGconn *c;
};

static bool gather(void *ctx, const void *p, size_t n, struct err *err)
{
	struct drilled *d = ctx;

	buf_add(&d->record, (struct str){ p, n });
	return !d->record.failed || err_set(err, ERR_LIMIT, "a record that is larger than it may be");
}

static bool read_record(struct drilled *d)
{
	struct err err = { 0 };
	struct json *root;

	if (!json_parse(arena_str(d->r->arena, buf_str(&d->record)), d->r->arena, &root, &err))
		return drill_because(d->r, DRILL_ERROR, "the record of the snapshot cannot be read: %s", err.msg);
	d->arn = json_str(root, "snapshot");
	d->created = json_str(root, "created");
	d->of = json_str(root, "of");
	return (d->arn.len && d->created.len && d->of.len) || drill_because(d->r, DRILL_ERROR, "the record names no snapshot");
}

/* Where the snapshot lies is where the drill asks: of a copy, in its account. */
static bool reach(struct drilled *d)
{
	const struct rds *ask = d->r->ask->rds;
	bool copy = ask->copy.region.len && str_ends(rds_arn_part(d->arn, ARN_NAME), STR("-copy"));
	struct err err = { 0 };

	if (!rds_open(copy ? &ask->copy : &ask->own, &d->api, &err))
		return drill_because(d->r, DRILL_NO_VAULT, "%s", err.msg);
	return str_eq(d->api.region, rds_arn_part(d->arn, ARN_REGION)) ||
	       drill_because(d->r, DRILL_NO_VAULT, "the snapshot lies in %.*s, backup.yaml leads to %.*s",
			     STR_ARG(rds_arn_part(d->arn, ARN_REGION)), STR_ARG(d->api.region));
}

static bool same_snapshot(struct drilled *d)
{
	struct str name = rds_arn_part(d->arn, ARN_NAME);
	struct rds_thing s;
	struct err err = { 0 };
	bool there = false;

	if (!rds_look(&d->api, RDS_SNAPSHOT, name, d->r->arena, &s, &there, &err))
		return drill_because(d->r, DRILL_NO_VAULT, "%s", err.msg);
	if (!there)
		return drill_because(d->r, DRILL_BYTES, "the snapshot %.*s is gone", STR_ARG(d->arn));
	if (!str_eq(s.arn, d->arn))
		return drill_because(d->r, DRILL_NO_VAULT, "the credentials lead to another account than the snapshot's, %.*s",
				     STR_ARG(rds_arn_part(d->arn, ARN_ACCOUNT)));
	if (!str_eq(s.created, d->created) || !str_eq(s.of, d->of))
		return drill_because(d->r, DRILL_SWAPPED, "the snapshot %.*s is another than the one that was taken", STR_ARG(name));
	return str_is(s.status, "available") ||
	       drill_because(d->r, DRILL_NO_VAULT, "the snapshot %.*s is %.*s", STR_ARG(name), STR_ARG(s.status));
}

/* A word that leads away from the test instance would have the drill look at something else, and call that restored. */
static bool leads_away(const struct drilled *d, const char *connect)
{
	static const char *const words[] = { "host", "hostaddr", "port", "service" };
	PQconninfoOption *all = PQconninfoParse(connect, NULL);
	bool found = !all || getenv("PGHOSTADDR") || getenv("PGSERVICE");

	for (const PQconninfoOption *o = all; o && o->keyword; o++) {
		for (size_t i = 0; i < ARRAY_LEN(words); i++)
			found |= strcmp(o->keyword, words[i]) == 0 && o->val && *o->val;
	}
	PQconninfoFree(all);
	return found && !d->api.emulator;
}

static bool connect(struct drilled *d, const struct rds_thing *test)
{
	struct str host = arena_fmt(d->r->arena, "%.*s", STR_ARG(test->host)), port = arena_fmt(d->r->arena, "%.*s", STR_ARG(test->port)),
		   password = arena_fmt(d->r->arena, "%.*s", STR_ARG(d->r->ask->password));
	/* What stands before dbname is only for where the owner's words are silent; an emulator's instance has no server, so there
	 * they may name one. */
	const char *const names[] = { "sslmode", "host", "port", "dbname", "password", "options", "connect_timeout", NULL };
	const char *const values[] = { d->api.emulator ? "prefer" : "require",
				       host.ptr,
				       port.ptr,
				       d->r->ask->connect.ptr,
				       password.len ? password.ptr : NULL,
				       "-c default_transaction_read_only=on",
				       "60",
				       NULL };

	if (leads_away(d, d->r->ask->connect.ptr))
		return drill_because(d->r, DRILL_BROKE_OFF, "'connect' of 'rds' (or PGHOSTADDR, PGSERVICE) leads elsewhere than to the "
							    "test instance: say user and dbname alone");
	d->c = PQconnectdbParams(names, values, 1);
	if (password.len)
		explicit_bzero((char *)(uintptr_t)password.ptr, password.len);
	stall_watch_fd(d->r->stall, PQsocket(d->c));
	return PQstatus(d->c) == CONNECTION_OK ||
	       drill_because(d->r, DRILL_BROKE_OFF, "the test instance does not let us in: %.300s", PQerrorMessage(d->c));
}

/* What the server says of damaged pages is of the backup; all else is of the asking. */
static enum drill_code fault(const struct drilled *d, const PGresult *one)
{
	const char *state = PQresultErrorField(one, PG_DIAG_SQLSTATE);

	return PQstatus(d->c) == CONNECTION_OK && state && !strncmp(state, "XX00", 4) ? DRILL_ERROR : DRILL_BROKE_OFF;
}

static bool read_table(struct drilled *d, const char *name, const char *sql)
{
	PGresult *one = drill_exec(d->r, d->c, sql);
	bool good = PQresultStatus(one) == PGRES_COPY_OUT;
	uint64_t rows = 0;
	char *row;
	int n = -1;

	for (; good && (n = PQgetCopyData(d->c, &row, 0)) > 0; rows++) {
		stall_moved(d->r->stall);
		PQfreemem(row);
	}
	while (good && n == -1) {
		PQclear(one);
		one = PQgetResult(d->c);
		if (!one)
			break;
		good = PQresultStatus(one) == PGRES_COMMAND_OK;
	}
	good = good && n == -1;
	if (!good)
		(void)drill_because(d->r, fault(d, one), "%.200s cannot be read: %.200s", name, PQerrorMessage(d->c));
	PQclear(one);
	if (good) {
		d->r->done->tables++;
		d->r->done->rows += rows;
	}
	return good;
}

static bool read_all(struct drilled *d)
{
	PGresult *list = drill_exec(d->r, d->c, "SELECT pg_catalog.format('%I.%I', nspname, relname), "
				      "pg_catalog.format('COPY (SELECT * FROM %I.%I) TO STDOUT', nspname, relname) "
				      "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = relnamespace "
				      "WHERE relkind = 'r' AND relpersistence <> 't' AND nspname !~ '^pg_' "
				      "AND nspname NOT IN ('information_schema', 'rdsadmin') "
				      "ORDER BY 1");
	bool good = PQresultStatus(list) == PGRES_TUPLES_OK;

	if (!good)
		(void)drill_because(d->r, fault(d, list), "the tables cannot be listed: %.200s", PQerrorMessage(d->c));
	else if (!PQntuples(list))
		good = drill_because(d->r, DRILL_TABLE_LOST, "there is no table in it");
	for (int i = 0; good && i < PQntuples(list); i++)
		good = read_table(d, PQgetvalue(list, i, 0), PQgetvalue(list, i, 1));
	PQclear(list);
	return good;
}

static bool answer(struct drilled *d, const struct drill_query *q)
{
	struct str sql = arena_fmt(d->r->arena, "%.*s", STR_ARG(q->sql));
	PGresult *one = drill_exec(d->r, d->c, sql.ptr);
	bool good = PQresultStatus(one) == PGRES_TUPLES_OK && PQntuples(one) == 1 && PQnfields(one) == 1;

	stall_moved(d->r->stall);
	if (good)
		good = drill_answer(d->r, DRILL_QUERY, q->name,
				    PQgetisnull(one, 0, 0) ? STR("NULL") : str_from(PQgetvalue(one, 0, 0)), q->expect);
	else
		(void)drill_because(d->r, DRILL_QUERY, "%.*s cannot be answered: %.200s", STR_ARG(q->name), PQerrorMessage(d->c));
	PQclear(one);
	return good;
}

static bool look_inside(struct drilled *d)
{
	struct rds_thing test;
	struct err err = { 0 };
	bool good;

	if (!rds_restore(&d->api, d->r->ask->rds, rds_arn_part(d->arn, ARN_NAME), &d->owner, d->r->arena, &d->test, &err) ||
	    !rds_wait(&d->api, RDS_INSTANCE, d->test, d->r->stall, d->r->arena, &test, &err))
		return drill_because(d->r, DRILL_NO_SERVER, "%s", err.msg);
	if (test.open_to_all)
		return drill_because(d->r, DRILL_BROKE_OFF, "the test instance came up open to the internet; it is deleted unasked");
	if (!connect(d, &test))
		return false;
	good = read_all(d);
	for (const struct drill_query *q = d->r->ask->queries; q; q = q->next)
		good &= answer(d, q);
	return good;
}

static bool whole(struct drilled *d)
{
	struct err err = { 0 };
	bool good;

	if (!d->r->ask->rds || !d->r->ask->connect.len)
		return drill_because(d->r, DRILL_BROKE_OFF, "backup.yaml has no 'rds' of this target any more");
	if (!d->r->ask->queries)
		return drill_because(d->r, DRILL_BROKE_OFF, "nothing says what should be in it: write 'verify' queries");
	if (!drill_unpack(d->r, gather, d) || !read_record(d) || !reach(d) || !same_snapshot(d))
		return false;
	if (!rds_sweep(&d->api, &d->owner, d->r->stall, d->r->arena, &err))
		return drill_because(d->r, DRILL_NO_SERVER, "%s", err.msg);
	good = look_inside(d);
	stall_watch_fd(d->r->stall, -1);
	PQfinish(d->c);
	/* Whatever happened; and even one that RDS says it did not make. */
	if (d->test.len && !rds_delete(&d->api, d->test, d->r->stall, &err))
		good = drill_because(d->r, DRILL_BROKE_OFF, "the test instance %.*s may still run, delete it: %s", STR_ARG(d->test),
				     err.msg);
	return good;
}

static bool drill_rds(struct drill_run *r)
{
	static const char digits[] = "0123456789abcdef";
	char key[17] = "";
	struct drilled d = { .r = r, .record = BUF_MAX(RECORD_MAX), .owner = { .target = r->ask->target } };
	bool good;

	for (size_t i = 0; i < 8; i++) {
		key[2 * i] = digits[r->ask->key[i] >> 4];
		key[2 * i + 1] = digits[r->ask->key[i] & 15];
	}
	d.owner.key = str_from(key);
	good = whole(&d);
	rds_close(&d.api);
	buf_free(&d.record);
	return good;
}

const struct source source_rds = { BACKUP_RDS, DUMP_BYTES, false, take_rds, drill_rds,
						"every row read, every query as expected" };
