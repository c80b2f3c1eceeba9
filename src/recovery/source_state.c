/* A Terraform state, whole: from its file, from `terraform state pull`, or out of S3. Lineage, serial and resources stand in the
 * manifest, and what came back must say the same.
 */
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"
#include "recovery/source.h"
#include "recovery/tools.h"

#define STATE_MAX ((size_t)256 << 20)
#define TREE_MAX ((size_t)1 << 30) /* of address space; pages come as they are touched */

/* What is asked of a state, in the order of the manifest. */
enum { ANSWER_LINEAGE, ANSWER_SERIAL, ANSWER_VERSION, ANSWER_RESOURCES, ANSWERS };
static const struct str answers[ANSWERS] = { STR_INIT("lineage"), STR_INIT("serial"),
					     STR_INIT("terraform_version"), STR_INIT("resources") };

struct state {
	struct buf bytes;
	struct str values[ANSWERS];
};

/* Objects that a state manages: instances, not blocks. */
static uint64_t managed(const struct json *root)
{
	uint64_t n = 0;

	JSON_EACH(resource, json_get(root, "resources")) {
		if (str_is(json_str(resource, "mode"), "managed")) {
			const struct json *instances = json_get(resource, "instances");

			n += instances ? instances->n : 0;
		}
	}
	return n;
}

static bool read_state(struct state *s, struct arena *arena, struct err *err)
{
	struct arena tree;
	struct json *root;
	uint64_t version, serial;
	bool good;

	if (!arena_map(&tree, TREE_MAX))
		return err_set(err, ERR_LIMIT, "no memory to read a state");
	good = json_parse(buf_str(&s->bytes), &tree, &root, err);
	if (good && (!json_u64(root, "version", &version) || version != 4 ||
		     !json_u64(root, "serial", &serial) || !json_str(root, "lineage").len ||
		     !json_is(json_get(root, "resources"), JSON_ARRAY)))
		good = err_set(err, ERR_INPUT,
			       "no state of Terraform: version 4, lineage, serial and resources are wanted");
	if (good) {
		s->values[ANSWER_LINEAGE] = arena_str(arena, json_str(root, "lineage"));
		s->values[ANSWER_SERIAL] = arena_fmt(arena, "%llu", (unsigned long long)serial);
		s->values[ANSWER_VERSION] = arena_str(arena, json_str(root, "terraform_version"));
		s->values[ANSWER_RESOURCES] =
			arena_fmt(arena, "%llu", (unsigned long long)managed(root));
	}
	arena_unmap(&tree);
	return good;
}

static bool gather(void *ctx, const void *p, size_t n, struct err *err)
{
	struct state *s = ctx;

	buf_add(&s->bytes, (struct str){ p, n });
	return !s->bytes.failed || err_set(err, ERR_LIMIT, "a state that is larger than it may be");
}

/* --- taking --- */

static bool of_file(struct backup_run *r, struct state *s, struct err *err)
{
	struct str path = arena_fmt(r->arena, "%.*s", STR_ARG(r->ask->connect));

	r->m->tool = STR("file");
	r->m->host = r->m->host.len ? r->m->host : path;
	return path.ptr && file_read(path.ptr, &s->bytes, err);
}

static bool of_folder(struct backup_run *r, struct state *s, struct err *err)
{
	const struct backup_state *from = &r->ask->state;
	struct str at = arena_fmt(r->arena, "-chdir=%.*s", STR_ARG(from->folder));
	struct str workspace = arena_fmt(r->arena, "TF_WORKSPACE=%.*s", STR_ARG(from->workspace));
	char program[TOOLS_PATH];
	char *argv[] = { (char[]){ "env" }, (char *)(uintptr_t)workspace.ptr, program, (char *)(uintptr_t)at.ptr,
			 (char[]){ "state" }, (char[]){ "pull" }, NULL };
	struct backup_reader into = { gather, s, r->stall };

	if (!tools_find("terraform", program, err) && !tools_find("tofu", program, err))
		return false;
	r->m->tool = arena_fmt(r->arena, "%s", program);
	r->m->host = r->m->host.len ? r->m->host : from->folder;
	if (!at.ptr || !workspace.ptr || !r->m->tool.ptr)
		return err_set(err, ERR_LIMIT, "no memory to take a backup");
	return backup_read(from->workspace.len ? argv : argv + 2, NULL, &into, err);
}

static bool of_s3(struct backup_run *r, struct state *s, struct err *err)
{
	const struct backup_state *from = &r->ask->state;
	struct str rest = str_sub(from->backend, 3, from->backend.len);
	size_t slash = str_find_char(rest, '/');
	bool other = from->workspace.len && !str_is(from->workspace, "default");
	/* Terraform puts other workspaces' states below env:/ of the same bucket. */
	struct str url = arena_fmt(r->arena, "s3://%.*s/%s%.*s%s%.*s", STR_ARG(str_sub(rest, 0, slash)),
				   other ? "env:/" : "", STR_ARG(other ? from->workspace : STR_NONE),
				   other ? "/" : "", STR_ARG(str_sub(rest, slash + 1, rest.len)));
	struct str region = arena_fmt(r->arena, "%.*s", STR_ARG(from->region));
	char *argv[] = { (char[]){ "aws" }, (char[]){ "s3" }, (char[]){ "cp" }, (char[]){ "--only-show-errors" },
			 (char *)(uintptr_t)url.ptr, (char[]){ "-" }, region.len ? (char[]){ "--region" } : NULL,
			 (char *)(uintptr_t)region.ptr, NULL };
	struct backup_reader into = { gather, s, r->stall };

	if (!url.ptr || !region.ptr || !str_starts(from->backend, STR("s3:")) || slash >= rest.len)
		return err_set(err, ERR_INPUT, "a state's backend is s3:BUCKET/KEY");
	r->m->tool = STR("aws s3 cp");
	r->m->host = r->m->host.len ? r->m->host : url;
	return backup_read(argv, NULL, &into, err);
}

static bool remember(struct backup_run *r, const struct state *s, struct err *err)
{
	const struct manifest_invariant **end = &r->m->invariants;

	for (size_t n = 0; n < ANSWERS; n++) {
		struct manifest_invariant *i = arena_alloc(r->arena, sizeof(*i));

		if (!i)
			return err_set(err, ERR_LIMIT, "no memory to take a backup");
		*i = (struct manifest_invariant){ answers[n], answers[n], s->values[n], NULL };
		*end = i;
		end = (const struct manifest_invariant **)(uintptr_t)&i->next;
	}
	r->m->server = s->values[ANSWER_VERSION];
	return true;
}

static bool take_state(struct backup_run *r, struct err *err)
{
	struct state s = { .bytes = BUF_MAX(STATE_MAX) };
	bool good;

	r->m->taken_us = clock_now_us();
	if (r->ask->connect.len)
		good = of_file(r, &s, err);
	else if (r->ask->state.folder.len)
		good = of_folder(r, &s, err);
	else
		good = of_s3(r, &s, err);
	good = good && read_state(&s, r->arena, err) && remember(r, &s, err) &&
	       backup_chunk(r, s.bytes.ptr, s.bytes.len, err);
	buf_wipe(&s.bytes);
	buf_free(&s.bytes);
	return good;
}

/* --- drilling --- */

static struct str value_of(const struct state *s, struct str name)
{
	for (size_t n = 0; n < ANSWERS; n++) {
		if (str_eq(answers[n], name))
			return s->values[n];
	}
	return STR_NONE;
}

static bool compare(struct drill_run *r, struct state *s)
{
	struct err err = { 0 };
	bool all = true;
	uint64_t n;

	if (!read_state(s, r->arena, &err))
		return drill_because(r, DRILL_ERROR, "%s", err.msg);
	for (const struct manifest_invariant *i = r->done->manifest.invariants; i; i = i->next)
		all &= drill_answer(r, DRILL_INVARIANT, i->name, value_of(s, i->sql), i->value);
	for (const struct drill_query *q = r->ask->queries; q; q = q->next)
		all &= drill_answer(r, DRILL_QUERY, q->name, value_of(s, q->sql), q->expect);
	r->done->tables = 1;
	r->done->rows = str_to_u64(s->values[ANSWER_RESOURCES], &n) ? n : 0;
	return all;
}

static bool drill_state(struct drill_run *r)
{
	struct state s = { .bytes = BUF_MAX(STATE_MAX) };
	bool good = drill_unpack(r, gather, &s) && compare(r, &s);

	buf_wipe(&s.bytes);
	buf_free(&s.bytes);
	return good;
}

const struct source source_state = { BACKUP_STATE, DUMP_BYTES, false, take_state, drill_state,
						"every byte as it was taken" };
