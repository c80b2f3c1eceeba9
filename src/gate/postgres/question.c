#include "gate/postgres/question.h"

#include "gate/postgres/message.h"

static void add_statements(struct digest_run *run, struct str text, struct arena *arena)
{
	struct sql_input in = { .text = text, .fingerprint = true };
	struct sql_answer *a = ARENA_NEW(arena, struct sql_answer);

	if (a)
		sql_read(&in, arena, a);
	if (!a || arena->full || !a->n) {
		digest_field(run, STR("text"), text);
		return;
	}
	for (const struct sql_statement *s = a->statements; s; s = s->next) {
		const struct sql_shape *shape = s->shape;

		if (shape && shape->has_fingerprint)
			digest_field(run, STR("tree"), (struct str){ (const char *)shape->fingerprint.b, DIGEST_LEN });
		else
			digest_field(run, STR("text"), s->text);
	}
}

/* Of a Bind: the values with their formats. In which format rows are to come is no part of the question, and drivers change it: a Bind
 * without values is as the same text in a Query. */
static struct str values_of(struct str bind)
{
	size_t at = 2, n;

	if (bind.len < 4 || (at += 2 * (size_t)message_u16(bind.ptr)) + 2 > bind.len)
		return bind;
	n = message_u16(bind.ptr + at);
	at += 2;
	if (!n)
		return STR_NONE;
	while (n--) {
		uint32_t len;

		if (bind.len - at < 4)
			return bind;
		len = message_u32(bind.ptr + at);
		at += 4;
		if (len == UINT32_MAX)
			continue;
		if (len > bind.len - at)
			return bind;
		at += len;
	}
	return str_sub(bind, 0, at);
}

/* Those that are named: by them the server picks one of several functions of a name. What it is to find out itself counts as not said. */
static struct str types_of(struct str types)
{
	if (types.len < 2 || types.len != 2 + 4 * (size_t)message_u16(types.ptr))
		return types;
	types = str_sub(types, 2, types.len);
	while (types.len && !message_u32(types.ptr + types.len - 4))
		types.len -= 4;
	return types;
}

struct digest question_digest(const struct question_about *about, struct arena *arena)
{
	struct digest_run run;
	char version[32];

	snprintf(version, sizeof(version), "%llu", (unsigned long long)about->schema_version);
	digest_begin(&run);
	digest_field(&run, STR("version"), STR("pawl-postgres-2"));
	add_statements(&run, about->text, arena);
	digest_field(&run, STR("types"), types_of(about->types));
	digest_field(&run, STR("parameters"), values_of(about->parameters));
	digest_field(&run, STR("prepared"), about->prepared);
	digest_field(&run, STR("database"), about->database);
	digest_field(&run, STR("search_path"), about->search_path);
	digest_field(&run, STR("schema"), str_from(version));
	return digest_end(&run);
}

void question_measure(struct postgres_aside *aside, const struct catalogue *c, struct statement_answer *a, const struct scope_asked *how,
		      struct arena *arena, struct str *ret_says)
{
	struct str says = STR_NONE;

	for (const struct statement *s = a->statements; s; s = s->next) {
		struct scope_asked asked = *how;
		struct scope scope;
		struct err err;
		bool all;

		if (s->ruling != RULING_ASK || !s->n_changes)
			continue;
		asked.text = s->text;
		asked.first_change = s->first_change;
		asked.n_changes = s->n_changes;
		all = scope_measure(aside, c, &asked, arena, &a->changes, &scope, &err);
		if (scope.says.len && says.len < 1000)
			says = arena_fmt(arena, "%.*s%s%.*s%s", STR_ARG(says), says.len ? "; " : "", STR_ARG(scope.says),
					 all ? "" : " (not all of it measured)");
	}
	*ret_says = says;
}

bool question_schema_same(struct postgres_aside *aside, uint64_t version, struct err *err)
{
	uint64_t now;

	if (!catalogue_version_now(aside, &now, err))
		return err_prefix(err, "whether the schema is still the same is not known, so nothing was done");
	if (now == version)
		return true;
	return err_set(err, ERR_STATE, "the schema changed while this was decided, so nothing was done: send it again, to be judged anew");
}
