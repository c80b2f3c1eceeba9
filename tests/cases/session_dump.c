/* session_dump STATE: steps of a session on standard input, a JSON object a line, played over the real journal and scars.
 * {"step":"refused","hold":"H-1",ASKED} {"step":"wrote","path":…,"content":…} {"step":"scar","why":…,"about":…,"words":…,"changes":[…]}
 * {"step":"ask",ASKED}; ASKED: "bytes" (any text), "words", "shapes", "texts", "ran", "changes". An ask prints one line: what it is.
 */
#include <stdio.h>

#include "base/fd.h"
#include "gate/session/session.h"

static struct arena arena;
static struct session_where where;

static struct session_words words_of(const struct json *v)
{
	struct str *list = ARENA_ARRAY(&arena, v ? v->n + 1 : 1, struct str);
	struct session_words w = { list, 0 };

	JSON_EACH(one, v)
		list[w.n++] = json_text(one);
	return w;
}

static bool changes_of(const struct json *v, struct change_list *ret)
{
	JSON_EACH(one, v)
	{
		struct change *c = change_add(ret, &arena);

		if (!c || !change_from_json(one, &arena, c, NULL))
			return false;
	}
	return true;
}

static bool asked_of(const struct json *v, struct request *r, struct session_asked *ret)
{
	struct str bytes = json_str(v, "bytes");

	*r = (struct request){ .bytes = digest_of(bytes.ptr, bytes.len), .summary = json_str(v, "words") };
	*ret = (struct session_asked){ .request = r, .shapes = words_of(json_get(v, "shapes")), .texts = words_of(json_get(v, "texts")),
				       .ran = words_of(json_get(v, "ran")) };
	return changes_of(json_get(v, "changes"), &r->changes);
}

static bool ask(const struct json *v, struct err *err)
{
	static const char *const names[] = { [ATTEMPT_NONE] = "none", [ATTEMPT_SAME] = "same", [ATTEMPT_SECOND] = "second" };
	struct session_memory *scars;
	const struct session_memory *scar;
	struct session_journal j;
	struct session_asked asked;
	struct attempt_found f;
	struct request r;

	if (!asked_of(v, &r, &asked) || !journal_read(&where, &arena, &j, err) || !scar_read(&where, &arena, &scars, err))
		return false;
	f = attempt_find(&j, &asked, &arena);
	scar = scar_match(scars, &asked);
	printf("%s%s%.*s%s%.*s", names[f.is], f.of ? " " : "", STR_ARG(f.of ? f.of->id : STR_NONE), f.why.len ? ": " : "", STR_ARG(f.why));
	printf("%s%.*s\n", scar ? " scar " : "", STR_ARG(scar ? scar->id : STR_NONE));
	return true;
}

static bool step(const struct json *v, struct err *err)
{
	struct str word = json_str(v, "step");
	struct session_asked asked;
	struct session_journal j;
	struct change_list changes = { 0 };
	struct request r;
	char id[24];

	if (str_is(word, "ask"))
		return ask(v, err);
	if (str_is(word, "refused"))
		return asked_of(v, &r, &asked) && journal_refused(&where, &asked, json_str(v, "hold"), err);
	if (str_is(word, "wrote"))
		return journal_read(&where, &arena, &j, err) && journal_wrote(&where, &j, json_str(v, "path"), json_str(v, "content"), err);
	if (str_is(word, "session")) {
		where.id = json_str(v, "id");
		return true;
	}
	if (str_is(word, "scar"))
		return changes_of(json_get(v, "changes"), &changes) &&
		       scar_add(&where, &(struct scar_new){ json_str(v, "why"), json_str(v, "about"), json_str(v, "words"), &changes }, id, err);
	return err_set(err, ERR_INPUT, "no such step");
}

int main(int argc, char **argv)
{
	struct buf b = BUF_MAX(1 << 24);
	struct err err = { 0 };
	struct str left;

	if (argc != 2 || !arena_map(&arena, (size_t)1 << 30) || !fd_read_all(0, &b, &err))
		return 2;
	where = (struct session_where){ str_from(argv[1]), STR("/w"), STR("one") };
	for (left = buf_str(&b); left.len;) {
		size_t end = str_find_char(left, '\n');
		struct json *v;

		if (!json_parse(str_sub(left, 0, end), &arena, &v, &err) || !step(v, &err)) {
			fprintf(stderr, "%s\n", err.msg);
			return 1;
		}
		left = end == SIZE_MAX ? STR_NONE : str_sub(left, end + 1, left.len);
	}
	buf_free(&b);
	return 0;
}
