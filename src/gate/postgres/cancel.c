/* OpenSSL has a type of this name, base/err.h a constant. */
#define ERR_STATE openssl_err_state
#include <openssl/crypto.h>
#include <openssl/rand.h>
#undef ERR_STATE

#include <libpq-fe.h>

#include "gate/postgres/session.h"

/* Its PGcancel is made under the lock: what the session had may be gone when the request is worked on. */
struct cancel_job {
	struct asking_job job;
	PGcancel *cancel;
};

static struct session **slot(struct postgres_server *v, uint32_t id)
{
	return &v->cancels[id % ARRAY_LEN(v->cancels)];
}

void cancel_list(struct session *s)
{
	struct postgres_server *v = s->worker->server;

	if (RAND_bytes(s->cancel_key, sizeof(s->cancel_key)) != 1)
		return;
	pthread_mutex_lock(&v->cancel_lock);
	s->cancel_id = ++v->next_cancel & 0x7fffffff;
	s->cancel_next = *slot(v, s->cancel_id);
	*slot(v, s->cancel_id) = s;
	s->cancel_listed = true;
	pthread_mutex_unlock(&v->cancel_lock);
}

void cancel_unlist(struct session *s)
{
	struct postgres_server *v = s->worker->server;

	if (!s->cancel_listed)
		return;
	pthread_mutex_lock(&v->cancel_lock);
	for (struct session **p = slot(v, s->cancel_id); *p; p = &(*p)->cancel_next) {
		if (*p == s) {
			*p = s->cancel_next;
			break;
		}
	}
	s->cancel_listed = false;
	pthread_mutex_unlock(&v->cancel_lock);
}

static void work(struct asking_job *j)
{
	struct cancel_job *c = (struct cancel_job *)(void *)j;
	char why[256];

	PQcancel(c->cancel, why, sizeof(why));
	PQfreeCancel(c->cancel);
	free(c);
}

static PGcancel *take(struct postgres_server *v, uint32_t id, struct str key)
{
	PGcancel *c = NULL;

	pthread_mutex_lock(&v->cancel_lock);
	for (struct session *s = *slot(v, id); s; s = s->cancel_next) {
		if (s->cancel_id != id || key.len != sizeof(s->cancel_key) || CRYPTO_memcmp(key.ptr, s->cancel_key, key.len))
			continue;
		if (s->relay.asking)
			__atomic_store_n(s->relay.asking, true, __ATOMIC_SEQ_CST);
		else if (s->pg)
			c = PQgetCancel((PGconn *)s->pg);
		break;
	}
	pthread_mutex_unlock(&v->cancel_lock);
	return c;
}

void cancel_request(struct worker *w, struct str body)
{
	struct cancel_job *j;
	PGcancel *c;

	if (body.len < 5)
		return;
	c = take(w->server, message_u32(body.ptr), str_sub(body, 4, body.len));
	if (!c)
		return;
	j = calloc(1, sizeof(*j));
	if (j) {
		j->job.work = work;
		j->cancel = c;
	}
	if (!j || !asking_submit(&w->server->connects, &j->job)) {
		PQfreeCancel(c);
		free(j);
	}
}
