#include "read/command_tool.h"

/* Ports of databases and brokers with an API: what is deleted there is data, on this machine too. */
static const char data_ports[] = "9200|9201|5984|8086|8123|15672|8983|6333|8200|8500|2379|2375|2376|19530|7700|8108|9000";

struct call {
	struct str url, host, port, path, method, body;
};

static void split_url(struct call *c)
{
	size_t at = str_find(c->url, STR("://"));
	struct str rest = at == SIZE_MAX ? c->url : str_sub(c->url, at + 3, c->url.len), authority;
	size_t slash = str_find_char(rest, '/'), colon;

	authority = str_sub(rest, 0, slash == SIZE_MAX ? rest.len : slash);
	c->path = slash == SIZE_MAX ? STR_NONE : str_sub(rest, slash, rest.len);
	at = str_rfind_char(authority, '@');
	if (at != SIZE_MAX)
		authority = str_sub(authority, at + 1, authority.len);
	colon = str_rfind_char(authority, ':');
	c->host = str_sub(authority, 0, colon == SIZE_MAX ? authority.len : colon);
	c->port = colon == SIZE_MAX ? STR_NONE : str_sub(authority, colon + 1, authority.len);
	if (!c->host.len && str_starts(authority, STR(":")))
		c->host = STR("localhost");
}

static bool nocase_find(struct str text, const char *needle)
{
	size_t len = strlen(needle);

	for (size_t i = 0; i + len <= text.len; i++) {
		if (str_eq_nocase(str_sub(text, i, len), str_from(needle)))
			return true;
	}
	return false;
}

static bool any_in(struct str text, struct str list)
{
	struct str one;

	while (command_next(&list, '|', &one)) {
		char needle[40];

		snprintf(needle, sizeof(needle), "%.*s", STR_ARG(one));
		if (nocase_find(text, needle))
			return true;
	}
	return false;
}

/* Does it delete by another method than DELETE? */
static bool deletes(const struct call *c)
{
	if (str_eq_nocase(c->method, STR("DELETE")))
		return true;
	if (!command_known(c->method) && c->method.len)
		return false;
	if (any_in(c->path, STR("_delete_by_query|/delete_all|/purge_cache|/force-delete")))
		return true;
	return any_in(c->body, STR("mutation")) && any_in(c->body, STR("delete|remove|destroy|purge|reset|wipe"));
}

/* curl's way. */
static bool curl(const struct command_words *s, struct call *c)
{
	if (!command_value(s, "-X|--request", &c->method))
		c->method = STR_NONE;
	if (!command_value(s, "-d|--data|--data-raw|--data-binary|--data-ascii|--json|--data-urlencode|-F|--form", &c->body))
		c->body = STR_NONE;
	if (!command_value(s, "--url", &c->url))
		c->url = command_nth(s, 0);
	return true;
}

/* http DELETE host/path a=b */
static bool httpie(const struct command_words *s, struct call *c)
{
	struct str first = command_nth(s, 0);
	bool upper = first.len > 2;

	for (size_t i = 0; i < first.len; i++)
		upper = upper && first.ptr[i] >= 'A' && first.ptr[i] <= 'Z';
	c->method = upper || str_eq_nocase(first, STR("delete")) ? first : STR_NONE;
	c->url = c->method.len ? command_nth(s, 1) : first;
	for (size_t i = 0; i < s->n; i++) {
		if (!s->item[i].flag && str_find_char(s->item[i].text, '=') != SIZE_MAX)
			c->body = s->item[i].text;
	}
	return true;
}

static bool wget(const struct command_words *s, struct call *c)
{
	if (!command_value(s, "--method", &c->method))
		c->method = STR_NONE;
	if (!command_value(s, "--body-data|--post-data", &c->body))
		c->body = STR_NONE;
	c->url = command_nth(s, 0);
	return true;
}

static const struct {
	const char *name;
	bool (*take)(const struct command_words *s, struct call *c);
} clients[] = { { "curl", curl },    { "curlie", curl }, { "wget", wget }, { "http", httpie },
		{ "https", httpie }, { "xh", httpie },	 { "xhs", httpie } };

bool command_http(struct command_work *w, const struct command_words *s)
{
	struct call call = { 0 };
	struct change *c;
	struct place *p;
	bool is_data, known = false;

	for (size_t i = 0; i < ARRAY_LEN(clients); i++)
		known = known || (str_is(s->program, clients[i].name) && clients[i].take(s, &call));
	if (!known)
		return false;
	if (!call.body.len && w->act->input == SHELL_INPUT_TEXT)
		call.body = w->act->input_text.text;
	split_url(&call);
	if (!deletes(&call)) {
		w->means = STR("calls an HTTP API; no deletion is seen in it");
		return true;
	}
	is_data = call.port.len && command_one_of(call.port, STR(data_ports), '|');
	if (command_local_host(w, call.host) && (!is_data || command_scratch_name(call.path))) {
		w->means = STR("calls a program of this machine");
		return true;
	}
	c = command_effect_add(
		w, &(struct command_effect_words){ .kind = CHANGE_DELETE,
						   .finding = "cloud.resource",
						   .type = "HTTP resource",
						   .reversible = REVERSIBLE_UNKNOWN,
						   .holds_data = HOLDS_DATA_UNKNOWN,
						   .name = call.url,
						   .reason = STR("a request to an API deletes what its token can reach"),
						   .safer = "GET it first; a token that cannot delete" });
	p = ARENA_NEW(w->arena, struct place);
	if (!c || !p)
		return true;
	p->host = call.host;
	c->place = p;
	return true;
}
