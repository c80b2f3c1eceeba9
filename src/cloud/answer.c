#include "cloud/answer.h"

#include <errno.h>
#include <math.h>

#include "base/timestamp.h"
#include "cloud/sigv4.h"
#include "cloud/xml.h"

#define MAX_FOUND 1000

/* --- templates */

static void add_json(struct str s, struct buf *out)
{
	auto_buf quoted = BUF_MAX(65536);
	struct json_out o = { .buf = &quoted };

	json_out_str(&o, s);
	if (quoted.failed)
		out->failed = true;
	else
		buf_add(out, str_sub(buf_str(&quoted), 1, quoted.len - 2));
}

/* The filters of EC2 know * and ?; here they mean themselves. */
static void add_filter(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '*' || s.ptr[i] == '?' || s.ptr[i] == '\\')
			buf_adds(out, "%5C");
		sigv4_encode(str_sub(s, i, 1), false, out);
	}
}

static bool add_placeholder(struct str word, const struct answer_names *n, enum answer_escape how,
			    struct buf *out)
{
	struct {
		const char *word;
		struct str value;
	} known[] = { { "name", n->name },     { "filter", n->name },
		      { "id", n->id },	       { "account", n->account },
		      { "region", n->region }, { "partition", n->partition } };

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (!str_is(word, known[i].word))
			continue;
		if (str_is(word, "filter"))
			add_filter(known[i].value, out);
		else if (how == ANSWER_URI)
			sigv4_encode(known[i].value, false, out);
		else if (how == ANSWER_JSON)
			add_json(known[i].value, out);
		else
			buf_add(out, known[i].value);
		return true;
	}
	return false;
}

/* A brace that opens a placeholder is followed by a letter; those of JSON are not. */
bool answer_expand(struct str t, const struct answer_names *names, enum answer_escape how,
		   struct buf *out)
{
	for (size_t i = 0; i < t.len; i++) {
		struct str rest = str_sub(t, i + 1, SIZE_MAX);
		size_t end = str_find_char(rest, '}');
		bool word = t.ptr[i] == '{' && rest.len && rest.ptr[0] >= 'a' &&
			    rest.ptr[0] <= 'z' && end != SIZE_MAX;

		if (!word) {
			buf_addc(out, t.ptr[i]);
			continue;
		}
		if (!add_placeholder(str_sub(rest, 0, end), names, how, out))
			return false;
		i += end + 1;
	}
	return !out->failed;
}

/* --- trees */

bool answer_parse(const struct aws_service *service, struct str body, struct arena *arena,
		  const struct json **ret_root, struct err *err)
{
	struct str text = str_trim(body);
	struct json *root;

	if (text.len && text.ptr[0] == '<') {
		if (!xml_parse(text, arena, &root, err))
			return false;
	} else if (service->protocol == AWS_QUERY) {
		return err_set(err, ERR_INPUT, "the answer is no XML");
	} else if (!json_parse(text, arena, &root, err)) {
		return false;
	}
	*ret_root = root;
	return true;
}

typedef bool (*each_fn)(const struct json *v, void *ctx); /* false stops */

/* Depth is bounded by the parsers' own limits. */
static bool walk(const struct json *v, struct str path, each_fn each, void *ctx)
{
	struct str head, rest;
	size_t dot;

	if (v->type == JSON_ARRAY) {
		JSON_EACH(it, v) {
			if (!walk(it, path, each, ctx))
				return false;
		}
		return true;
	}
	if (path.len == 0)
		return each(v, ctx);
	if (v->type != JSON_OBJECT)
		return true;
	dot = str_find_char(path, '.');
	head = str_sub(path, 0, dot == SIZE_MAX ? path.len : dot);
	rest = str_sub(path, head.len + 1, SIZE_MAX);
	JSON_EACH(it, v) {
		if (str_eq(it->key, head) && !walk(it, rest, each, ctx))
			return false;
	}
	return true;
}

static bool take_text(const struct json *v, void *ctx)
{
	struct str *ret = ctx;

	if (v->type == JSON_STRING || v->type == JSON_NUMBER)
		*ret = v->text;
	return ret->len == 0;
}

struct str answer_text(const struct json *root, struct str path)
{
	struct str found = STR_NONE;

	if (root && path.len)
		walk(root, path, take_text, &found);
	return found;
}

struct str answer_error(const struct json *root)
{
	static const struct str places[] = { STR_INIT("Error.Code"), STR_INIT("Errors.Error.Code"),
					     STR_INIT("Code"), STR_INIT("__type"),
					     STR_INIT("code") };

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		struct str code = answer_text(root, places[i]);
		size_t hash = str_rfind_char(code, '#');

		if (code.len)
			return hash == SIZE_MAX ? code : str_sub(code, hash + 1, SIZE_MAX);
	}
	return STR_NONE;
}

int64_t answer_time(struct str text)
{
	char number[64], *end;
	double v;
	int64_t us;

	if (timestamp_parse(text, &us))
		return us;
	if (text.len == 0 || text.len >= sizeof(number))
		return 0;
	memcpy(number, text.ptr, text.len);
	number[text.len] = 0;
	v = strtod(number, &end);
	if (*end || !isfinite(v) || v <= 0 || v > 1e14)
		return 0;
	return (int64_t)((v > 1e11 ? v / 1000 : v) * 1e6);
}

/* --- items */

struct gather {
	const struct aws_lookup *row;
	const struct answer_names *names;
	struct arena *arena;
	struct cloud_answer *ret;
	struct cloud_found **next;
};

static bool same_name(struct str found, struct str wanted)
{
	if (found.len == wanted.len + 1 && found.ptr[found.len - 1] == '.')
		found.len--;
	if (wanted.len && wanted.ptr[wanted.len - 1] == '.' && found.len == wanted.len - 1)
		wanted.len--;
	return str_eq_nocase(found, wanted);
}

/* "path=value,value": does the item carry one of the values? */
static bool is_dead(const struct json *item, struct str rule)
{
	size_t eq = str_find_char(rule, '=');
	struct str values, have;

	if (eq == SIZE_MAX)
		return false;
	have = answer_text(item, str_sub(rule, 0, eq));
	values = str_sub(rule, eq + 1, SIZE_MAX);
	while (values.len) {
		size_t comma = str_find_char(values, ',');
		struct str one = str_sub(values, 0, comma == SIZE_MAX ? values.len : comma);

		if (str_eq(one, have))
			return true;
		values = str_sub(values, one.len + 1, SIZE_MAX);
	}
	return false;
}

/* A path into the item, or a template. */
static struct str value_of(const struct gather *g, const struct json *item, struct str path,
			   struct str id)
{
	struct answer_names names = *g->names;
	auto_buf out = BUF_MAX(8192);

	if (str_find_char(path, '{') == SIZE_MAX)
		return arena_str(g->arena, answer_text(item, path));
	names.id = id;
	return answer_expand(path, &names, ANSWER_PLAIN, &out) ? arena_str(g->arena, buf_str(&out))
							       : STR_NONE;
}

static bool take_item(const struct json *item, void *ctx)
{
	struct gather *g = ctx;
	const struct aws_lookup *row = g->row;
	struct cloud_found *f;
	size_t slash;

	if (item->type != JSON_OBJECT ||
	    (row->match.len && !same_name(answer_text(item, row->match), g->names->name)) ||
	    is_dead(item, row->dead))
		return true;
	if (g->ret->n_found == MAX_FOUND)
		return false;
	f = ARENA_NEW(g->arena, struct cloud_found);
	if (!f)
		return false;
	f->id = value_of(g, item, row->id, STR_NONE);
	/* Route 53 writes /hostedzone/Z…; Terraform knows it by the last part. */
	slash = str_starts(f->id, STR("/hostedzone/")) ? str_rfind_char(f->id, '/') : SIZE_MAX;
	if (slash != SIZE_MAX)
		f->id = str_sub(f->id, slash + 1, SIZE_MAX);
	f->identity = value_of(g, item, row->identity, f->id);
	f->title = arena_str(g->arena, g->names->name);
	f->created_us = answer_time(answer_text(item, row->created));
	*g->next = f;
	g->next = &f->next;
	g->ret->n_found++;
	return true;
}

void answer_items(const struct aws_lookup *row, const struct json *root,
		  const struct answer_names *names, struct arena *arena, struct cloud_answer *ret)
{
	struct gather g = {
		.row = row, .names = names, .arena = arena, .ret = ret, .next = &ret->found
	};

	*ret = (struct cloud_answer){ .result = CLOUD_UNKNOWN };
	walk(root, row->items, take_item, &g);
	ret->result = ret->n_found ? CLOUD_ALIVE : CLOUD_ABSENT;
}
