#include "cli/gate_config.h"

#include <arpa/inet.h>
#include <libpq-fe.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "core/policy_read.h"

#define WAIT_S 60
#define MOST_THREADS 64
#define MOST_CONNECTIONS 100000

/* --- texts --- */

/* What ends up in the hands of C functions: no NUL, no control characters. */
static bool plain_text(struct policy_file *f, const struct doc *v, const char **ret)
{
	struct str s;

	if (!policy_text(f, v, &s))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if ((unsigned char)s.ptr[i] < ' ' || s.ptr[i] == 127)
			return policy_fail(f, v, "'%.*s' has a control character in it", STR_ARG(v->key));
	}
	*ret = arena_str(f->arena, s).ptr;
	return *ret || policy_fail(f, v, "too large");
}

static bool absolute_path(struct policy_file *f, const struct doc *v, const char **ret)
{
	const char *s;

	if (!plain_text(f, v, &s))
		return false;
	if (s[0] != '/')
		return policy_fail(f, v, "'%.*s' wants an absolute path", STR_ARG(v->key));
	*ret = s;
	return true;
}

static bool small_number(struct policy_file *f, const struct doc *v, unsigned most, unsigned *ret)
{
	uint64_t n;

	if (!policy_number(f, v, &n))
		return false;
	if (n < 1 || n > most)
		return policy_fail(f, v, "'%.*s' wants 1 to %u", STR_ARG(v->key), most);
	*ret = (unsigned)n;
	return true;
}

/* --- one upstream --- */

struct upstream_reading {
	struct database_upstream *u;
	const struct doc *connect;
	bool has_password;
};

static bool take_name(struct policy_file *f, const struct doc *v, void *target)
{
	struct upstream_reading *r = target;
	const char *s;

	if (!plain_text(f, v, &s))
		return false;
	r->u->name = str_from(s);
	for (size_t i = 0; s[i]; i++) {
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-", s[i]))
			return policy_fail(f, v, "a name is letters, digits, '_', '.' and '-': it stands in URLs");
	}
	return r->u->name.len <= GATE_CONFIG_NAME_MAX ||
	       policy_fail(f, v, "a name has at most %d bytes", GATE_CONFIG_NAME_MAX);
}

static bool take_connect(struct policy_file *f, const struct doc *v, void *target)
{
	struct upstream_reading *r = target;
	const char *s;

	if (!plain_text(f, v, &s))
		return false;
	r->u->connect = str_from(s);
	r->connect = v;
	return true;
}

static bool take_secret(struct policy_file *f, const struct doc *v, void *target)
{
	struct upstream_reading *r = target;
	char *words[64];
	const char *s;

	if (!plain_text(f, v, &s))
		return false;
	if (!database_words(str_from(s), f->arena, words, ARRAY_LEN(words)))
		return policy_fail(f, v, "'secret-command' wants a program and its words, at most %zu; is a quote left open?",
				   ARRAY_LEN(words) - 2);
	r->u->secret_command = str_from(s);
	return true;
}

static bool take_environment(struct policy_file *f, const struct doc *v, void *target)
{
	return policy_text(f, v, &((struct upstream_reading *)target)->u->environment);
}

static bool take_critical(struct policy_file *f, const struct doc *v, void *target)
{
	struct upstream_reading *r = target;
	struct str_list *list;
	struct str *item;

	if (!policy_list(f, v, &list))
		return false;
	r->u->n_critical = 0;
	for (const struct str_list *l = list; l; l = l->next)
		r->u->n_critical++;
	item = ARENA_ARRAY(f->arena, r->u->n_critical, struct str);
	if (!item)
		return policy_fail(f, v, "too large");
	for (const struct str_list *l = list; l; l = l->next)
		*item++ = l->item;
	r->u->critical = item - r->u->n_critical;
	return true;
}

static const struct policy_key upstream_keys[] = {
	{ "name", take_name },		   { "connect", take_connect },	  { "secret-command", take_secret },
	{ "environment", take_environment }, { "critical", take_critical }, { NULL, NULL },
};

/* Words of libpq that would change what the gate relies on, or are the gate's to say. */
static const struct {
	const char *word, *why;
} refused_words[] = {
	{ "replication", "the gate speaks no replication protocol" },
	{ "options", "the gate says itself how a session begins" },
	{ "client_encoding", "the gate says itself how a session begins" },
	{ "target_session_attrs", "the gate's sessions write where they may: name the primary" },
};

static bool take_word(struct policy_file *f, struct upstream_reading *r, const PQconninfoOption *o)
{
	struct place *p = &r->u->place;

	for (size_t i = 0; i < ARRAY_LEN(refused_words); i++) {
		if (strcmp(o->keyword, refused_words[i].word) == 0 &&
		    !(strcmp(o->keyword, "target_session_attrs") == 0 && strcmp(o->val, "read-write") == 0))
			return policy_fail(f, r->connect, "'connect' says %s: %s", o->keyword, refused_words[i].why);
	}
	r->has_password = r->has_password || strcmp(o->keyword, "password") == 0 || strcmp(o->keyword, "sslpassword") == 0;
	if (strcmp(o->keyword, "host") == 0 || (strcmp(o->keyword, "hostaddr") == 0 && !p->host.len))
		p->host = arena_str(f->arena, str_from(o->val));
	else if (strcmp(o->keyword, "dbname") == 0)
		p->database = arena_str(f->arena, str_from(o->val));
	else if (strcmp(o->keyword, "service") == 0 && !p->host.len)
		p->host = arena_fmt(f->arena, "service:%s", o->val);
	return true;
}

static bool read_connect(struct policy_file *f, struct upstream_reading *r)
{
	char *why = NULL;
	PQconninfoOption *all = PQconninfoParse(r->u->connect.ptr, &why);
	bool service = false, ok = true;

	if (!all) {
		/* libpq quotes what it did not understand, which may be a password: only the first words of it are said. */
		policy_fail(f, r->connect, "'connect' is no connection string (host=… dbname=… user=…, or postgres://…)");
		PQfreemem(why);
		return false;
	}
	for (const PQconninfoOption *o = all; ok && o->keyword; o++) {
		if (!o->val || !*o->val)
			continue;
		service = service || strcmp(o->keyword, "service") == 0;
		ok = take_word(f, r, o);
	}
	PQconninfoFree(all);
	if (ok && !r->u->place.database.len && !service)
		return policy_fail(f, r->connect, "'connect' names no database: say dbname=…, or service=…");
	return ok;
}

static bool read_upstream(struct policy_file *f, const struct doc *v, struct gate_config *c)
{
	struct upstream_reading r = { .u = &c->upstreams[c->n_upstreams] };

	if (!policy_map(f, v, upstream_keys, &r))
		return false;
	if (!r.u->name.len || !r.connect)
		return policy_fail(f, v, "an upstream needs 'name' and 'connect'");
	for (size_t i = 0; i < c->n_upstreams; i++) {
		if (str_eq(c->upstreams[i].name, r.u->name))
			return policy_fail(f, doc_get(v, "name"), "two upstreams are called '%.*s'", STR_ARG(r.u->name));
	}
	if (!read_connect(f, &r))
		return false;
	c->has_password = c->has_password || r.has_password;
	c->n_upstreams++;
	return true;
}

static bool take_upstreams(struct policy_file *f, const struct doc *v, void *target)
{
	struct gate_config *c = target;

	if (v->type != DOC_LIST || !v->n)
		return policy_fail(f, v, "'upstreams' is a list: each item begins with '-'");
	if (v->n > GATE_CONFIG_MAX_UPSTREAMS)
		return policy_fail(f, v, "at most %d upstreams", GATE_CONFIG_MAX_UPSTREAMS);
	c->upstreams = ARENA_ARRAY(f->arena, v->n, struct database_upstream);
	if (!c->upstreams)
		return policy_fail(f, v, "too large");
	DOC_EACH(it, v) {
		if (!read_upstream(f, it, c))
			return false;
	}
	return true;
}

/* --- the rest --- */

bool gate_config_address(struct str listen, struct str *ret_host, unsigned *ret_port)
{
	size_t colon = str_rfind_char(listen, ':');
	struct str host = str_sub(listen, 0, colon == SIZE_MAX ? 0 : colon), digits;
	unsigned char bytes[16];
	char text[64];
	uint64_t port;
	bool six = str_starts(host, STR("[")) && str_ends(host, STR("]"));

	if (colon == SIZE_MAX)
		return false;
	digits = str_sub(listen, colon + 1, listen.len);
	if (six)
		host = str_sub(host, 1, host.len - 2);
	if (!str_to_u64(digits, &port) || port > 65535 || host.len >= sizeof(text))
		return false;
	snprintf(text, sizeof(text), "%.*s", STR_ARG(host));
	if (inet_pton(six ? AF_INET6 : AF_INET, text, bytes) != 1)
		return false;
	*ret_host = host;
	*ret_port = (unsigned)port;
	return true;
}

static bool is_loopback(struct str host)
{
	return str_starts(host, STR("127.")) || str_is(host, "::1");
}

static bool take_listen(struct policy_file *f, const struct doc *v, void *target)
{
	struct gate_config *c = target;
	struct str host;
	unsigned port;

	return plain_text(f, v, &c->listen) &&
	       (gate_config_address(str_from(c->listen), &host, &port) ||
		policy_fail(f, v, "'listen' wants ADDRESS:PORT in numbers: 127.0.0.1:6543, [::1]:6543"));
}

static bool take_socket(struct policy_file *f, const struct doc *v, void *target)
{
	return absolute_path(f, v, &((struct gate_config *)target)->socket_dir);
}

static bool take_wait(struct policy_file *f, const struct doc *v, void *target)
{
	int64_t s = 0;

	if ((v->type != DOC_TEXT || !str_is(v->text, "0s")) && !policy_duration(f, v, &s))
		return false;
	if (s > GATE_CONFIG_WAIT_MAX_S)
		return policy_fail(f, v, "'wait' is at most 1h: what waits longer is answered by trying again");
	((struct gate_config *)target)->wait_s = (unsigned)s;
	return true;
}

static bool take_certificate(struct policy_file *f, const struct doc *v, void *target)
{
	return absolute_path(f, v, &((struct gate_config *)target)->certificate);
}

static bool take_key(struct policy_file *f, const struct doc *v, void *target)
{
	return absolute_path(f, v, &((struct gate_config *)target)->key);
}

static bool take_client_ca(struct policy_file *f, const struct doc *v, void *target)
{
	return absolute_path(f, v, &((struct gate_config *)target)->client_ca);
}

static bool take_tls(struct policy_file *f, const struct doc *v, void *target)
{
	static const struct policy_key keys[] = {
		{ "certificate", take_certificate }, { "key", take_key }, { "client-ca", take_client_ca }, { NULL, NULL },
	};
	const struct gate_config *c = target;

	return policy_map(f, v, keys, target) &&
	       ((c->certificate && c->key) || policy_fail(f, v, "'tls' needs 'certificate' and 'key'"));
}

static bool take_threads(struct policy_file *f, const struct doc *v, void *target)
{
	return small_number(f, v, MOST_THREADS, &((struct gate_config *)target)->threads);
}

static bool take_connections(struct policy_file *f, const struct doc *v, void *target)
{
	return small_number(f, v, MOST_CONNECTIONS, &((struct gate_config *)target)->connections);
}

static bool take_version(struct policy_file *f, const struct doc *v, void *target)
{
	(void)target;
	return (v->type == DOC_TEXT && str_is(v->text, "1")) || policy_fail(f, v, "version: 1 is the only one there is");
}

static const struct policy_key keys[] = {
	{ "version", take_version }, { "listen", take_listen },	  { "socket", take_socket },	       { "wait", take_wait },
	{ "tls", take_tls },	     { "threads", take_threads }, { "connections", take_connections }, { "upstreams", take_upstreams },
	{ NULL, NULL },
};

static bool fits(struct policy_file *f, const struct doc *root, const struct gate_config *c)
{
	struct str host;
	unsigned port;

	if (!c->n_upstreams)
		return policy_fail(f, root, "no 'upstreams': the gate would stand before nothing");
	if (!doc_get(root, "version"))
		return policy_fail(f, root, "say 'version: 1'");
	if (gate_config_address(str_from(c->listen), &host, &port) && !is_loopback(host) && !c->certificate)
		return policy_fail(f, doc_get(root, "listen"), "beside loopback the gate listens with 'tls' only");
	return true;
}

bool gate_config_read(const struct doc_source *source, struct arena *arena, struct gate_config *ret, struct err *err)
{
	struct policy_source named = { .layer = POLICY_USER, .path = source->path, .text = source->text };
	struct policy_file f = { .source = &named, .arena = arena, .err = err };
	struct gate_config c = { .path = source->path, .listen = "127.0.0.1:6543", .wait_s = WAIT_S };
	const struct doc *root;

	if (!doc_parse(source, arena, &root, err) || !policy_map(&f, root, keys, &c) || !fits(&f, root, &c))
		return false;
	if (arena->full)
		return err_set(err, ERR_LIMIT, "%.*s: too large", STR_ARG(source->path));
	*ret = c;
	return true;
}

static bool kept_private(const char *path, const struct gate_config *c, struct err *err)
{
	struct stat st;

	if (!file_kept(path, err))
		return false;
	if (stat(path, &st) != 0)
		return err_sys(err, "%s", path);
	if (c->has_password && (st.st_mode & 077))
		return err_set(err, ERR_DENIED,
			       "%s has a password in it and others may read it (mode %03o): chmod 600, or better a service file, "
			       "passfile= or secret-command",
			       path, (unsigned)st.st_mode & 0777);
	return true;
}

bool gate_config_load(const struct places *places, const char *path, struct arena *arena, struct gate_config *ret,
		      struct err *err)
{
	auto_buf text = BUF_MAX(GATE_CONFIG_MAX_BYTES);
	char usual[PLACES_MAX + 16];
	struct gate_config c;
	struct doc_source source;

	snprintf(usual, sizeof(usual), "%s/postgres.yaml", places->config);
	if (!path)
		path = usual;
	if (!file_read(path, &text, err))
		return err_prefix(err, "the gate's configuration (docs/postgres.md)");
	source.path = arena_str(arena, str_from(path));
	source.text = arena_str(arena, buf_str(&text));
	if (!gate_config_read(&source, arena, &c, err) || !kept_private(path, &c, err))
		return false;
	*ret = c;
	return true;
}

const struct database_upstream *gate_config_find(const struct gate_config *c, struct str name)
{
	for (size_t i = 0; i < c->n_upstreams; i++) {
		if (str_eq(c->upstreams[i].name, name))
			return &c->upstreams[i];
	}
	return NULL;
}
