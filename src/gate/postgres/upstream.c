/* OpenSSL has a type of this name, base/err.h a constant. */
#define ERR_STATE openssl_err_state
#include <openssl/crypto.h>
#undef ERR_STATE

#include "gate/postgres/upstream.h"

#include <libpq-fe.h>

#include "base/clock.h"
#include "gate/postgres/aside.h"

#define OPTIONS_MAX ((size_t)64 << 10)
#define CONNECT_SECONDS "10"

bool upstream_init(struct upstream *u, const struct database_upstream *of, const struct policy *p, struct err *err)
{
	*u = (struct upstream){ .of = of, .environment = database_environment(p, of) };
	return (!pthread_mutex_init(&u->lock, NULL) && !pthread_mutex_init(&u->aside_lock, NULL)) ||
	       err_set(err, ERR_LIMIT, "no memory for a lock");
}

void upstream_free(struct upstream *u)
{
	if (!u->of)
		return;
	catalogue_unref(u->catalogue);
	if (u->aside)
		aside_close(u->aside);
	pthread_mutex_destroy(&u->lock);
	pthread_mutex_destroy(&u->aside_lock);
	u->of = NULL;
}

const struct catalogue *upstream_catalogue(struct upstream *u)
{
	const struct catalogue *c;

	pthread_mutex_lock(&u->lock);
	c = u->catalogue ? catalogue_ref(u->catalogue) : NULL;
	pthread_mutex_unlock(&u->lock);
	return c;
}

struct postgres_aside *upstream_aside(struct upstream *u, struct err *err)
{
	pthread_mutex_lock(&u->aside_lock);
	if (u->aside || aside_open(u->of, &u->aside, err))
		return u->aside;
	pthread_mutex_unlock(&u->aside_lock);
	return NULL;
}

void upstream_aside_done(struct upstream *u)
{
	pthread_mutex_unlock(&u->aside_lock);
}

void upstream_read(struct upstream *u)
{
	const struct catalogue *fresh = NULL, *old;
	struct catalogue *c = NULL;
	struct postgres_aside *a = upstream_aside(u, NULL);
	struct err err;

	if (!a)
		return;
	if (catalogue_read(a, u->of->critical, u->of->n_critical, &c, &err))
		fresh = c;
	upstream_aside_done(u);
	if (!fresh)
		return;
	pthread_mutex_lock(&u->lock);
	old = u->catalogue;
	u->catalogue = fresh;
	u->read_us = clock_now_us();
	pthread_mutex_unlock(&u->lock);
	__atomic_add_fetch(&u->generation, 1, __ATOMIC_SEQ_CST);
	catalogue_unref(old);
}

/* --- logging in --- */

/* " -c name=value" with what PostgreSQL's splitter takes for the end of a word escaped. */
static void add_setting(struct buf *b, struct str setting)
{
	buf_adds(b, " -c ");
	for (size_t i = 0; i < setting.len; i++) {
		if (strchr(" \\\t\n\v\f\r", setting.ptr[i]))
			buf_addc(b, '\\');
		buf_addc(b, setting.ptr[i]);
	}
}

static void configured_options(const char *connect, struct buf *b)
{
	PQconninfoOption *all = PQconninfoParse(connect, NULL);

	for (PQconninfoOption *o = all; o && o->keyword; o++) {
		if (!strcmp(o->keyword, "options") && o->val)
			buf_adds(b, o->val);
	}
	PQconninfoFree(all);
}

/* The owner's, then the client's, then the gate's own, which are last and so in force. */
static bool make_options(const struct upstream_login *l, const char *connect, struct buf *b)
{
	struct str left = l->settings;

	configured_options(connect, b);
	while (left.len) {
		size_t n = str_find_char(left, '\0');

		if (n == SIZE_MAX)
			break;
		add_setting(b, str_sub(left, 0, n));
		left = str_sub(left, n + 1, left.len);
	}
	if (!l->may_write)
		add_setting(b, STR("default_transaction_read_only=on"));
	add_setting(b, STR("standard_conforming_strings=on"));
	return !b->failed;
}

static void finish(PGconn *c, struct err *err)
{
	err_said(err, ERR_IO, NULL, c ? PQerrorMessage(c) : "no memory");
	PQfinish(c);
}

bool upstream_connect(const struct upstream *u, const struct upstream_login *l, struct pg_conn **ret, struct err *err)
{
	auto_buf connect = BUF_MAX(OPTIONS_MAX), options = BUF_MAX(OPTIONS_MAX),
		 secret = BUF_MAX(DATABASE_SECRET_MAX), name = BUF_MAX(256),
		 encoding = BUF_MAX(256);
	const char *keys[8] = { "dbname", "options", "application_name", "client_encoding", "connect_timeout", NULL, NULL };
	const char *values[8] = { NULL };
	PGconn *c;

	buf_add(&connect, u->of->connect);
	buf_addc(&connect, '\0');
	buf_add(&name, l->application.len ? l->application : STR("pawl"));
	buf_add(&encoding, l->encoding.len ? l->encoding : STR("UTF8"));
	if (connect.failed || name.failed || encoding.failed || !make_options(l, connect.ptr, &options))
		return err_set(err, ERR_LIMIT, "too many settings");
	if (!database_secret(u->of, &secret, err))
		return false;
	values[0] = connect.ptr;
	values[1] = options.ptr;
	values[2] = name.ptr;
	values[3] = encoding.ptr;
	values[4] = CONNECT_SECONDS;
	if (secret.len) {
		keys[5] = "password";
		values[5] = secret.ptr;
	}
	c = PQconnectdbParams(keys, values, 1);
	if (secret.ptr)
		OPENSSL_cleanse(secret.ptr, secret.cap);
	if (!c || PQstatus(c) != CONNECTION_OK) {
		finish(c, err);
		return false;
	}
	*ret = (struct pg_conn *)c;
	return true;
}
