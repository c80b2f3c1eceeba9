/* What is too much to be copied is dumped while the client's transaction, which will destroy it, holds it against writers: a job, as asking
 * is, and its client is told how far it came. */
#include <stddef.h>

#include "base/clock.h"
#include "gate/postgres/aside.h"
#include "gate/postgres/keeping.h"
#include "gate/postgres/relay_keep.h"
#include "gate/postgres/session.h"

#define TELL_US (2 * CLOCK_SECOND)

/* --- on the asker's thread --- */

static bool stopped(void *ctx)
{
	return relay_passage_gone(ctx);
}

static void progress(void *ctx, uint64_t bytes)
{
	struct relay_passage *p = ctx;
	int64_t now = clock_now_us();

	__atomic_store_n(&p->dumped, bytes, __ATOMIC_SEQ_CST);
	if (now - p->told_us < TELL_US || __atomic_exchange_n(&p->telling, true, __ATOMIC_SEQ_CST))
		return;
	p->told_us = now;
	loop_post(p->job.home, &p->tell);
}

bool relay_dump_take(struct relay_passage *p, const struct keeping_plan *plan, const char *path, uint64_t *ret_bytes, struct err *err)
{
	struct keeping_dumping how = { .path = path, .progress = progress, .stopped = stopped, .ctx = p };
	struct postgres_aside *own;
	bool ok;

	/* One of its own: the gate's other questions do not wait for it, and it is of no more use when it failed. */
	if (!aside_open(p->upstream->of, &own, err))
		return err_prefix(err, "it could not be dumped");
	ok = keeping_dump(own, plan, &how, ret_bytes, err);
	aside_close(own);
	return ok;
}

static void work(struct asking_job *job)
{
	struct relay_passage *p = (struct relay_passage *)(void *)job;

	relay_keep_dumped(p);
}

/* --- on the worker's --- */

static void tell(struct loop_note *n)
{
	struct relay_passage *p = (struct relay_passage *)(void *)((char *)n - offsetof(struct relay_passage, tell));
	struct message_error e = { "NOTICE", "00000", STR_NONE, STR_NONE };
	auto_buf text = BUF_MAX(400);

	__atomic_store_n(&p->telling, false, __ATOMIC_SEQ_CST);
	if (!p->session)
		return;
	buf_addf(&text, "pawl: kept first by a dump: %llu MB of some %llu MB so far",
		 (unsigned long long)(__atomic_load_n(&p->dumped, __ATOMIC_SEQ_CST) >> 20),
		 (unsigned long long)(p->keeps[p->dumping].plan->dump_bytes >> 20) + 1);
	e.message = buf_str(&text);
	p->session->worker->loop.n_made = 0;
	relay_error(p->session, &e);
	session_pump(p->session);
}

bool relay_dump(struct session *s, struct relay_passage *p, size_t nth, void (*then)(struct session *s))
{
	p->dumping = nth;
	p->told_us = 0;
	p->tell.run = tell;
	p->then = then;
	p->job.work = work;
	return relay_ask_submit(s, p);
}
