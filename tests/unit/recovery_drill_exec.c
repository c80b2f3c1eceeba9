/* Whose word was it? What a server refuses is of the backup; what a broken connection yields is of nothing, whatever is in it. */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "recovery/drill_exec.h"
#include "unit.h"

#define WELCOME "R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I"
#define REFUSES "E\0\0\0\x17SERROR\0C42P01\0Mno\0\0"
#define ENDS	"E\0\0\0\x17SFATAL\0C57P01\0Mno\0\0"
#define READY	"Z\0\0\0\x05I"

/* Lets one in, says one thing to a question, and goes. */
struct server {
	int listener, port;
	struct str says;
	pthread_t thread;
};

static void *serve(void *ctx)
{
	struct server *s = ctx;
	int fd = accept(s->listener, NULL, NULL);
	char asked[4096];

	if (fd < 0)
		return NULL;
	if (recv(fd, asked, sizeof(asked), 0) > 0 && send(fd, WELCOME, sizeof(WELCOME) - 1, MSG_NOSIGNAL) > 0 &&
	    recv(fd, asked, sizeof(asked), 0) > 0)
		(void)!send(fd, s->says.ptr, s->says.len, MSG_NOSIGNAL);
	/* Else its end could overtake what was said. */
	shutdown(fd, SHUT_WR);
	while (recv(fd, asked, sizeof(asked), 0) > 0)
		;
	close(fd);
	return NULL;
}

static PGconn *begin(struct server *s, struct str says)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const char *const names[] = { "hostaddr", "port", "user", "sslmode", "gssencmode", "connect_timeout", NULL };
	char port[20];
	const char *const values[] = { "127.0.0.1", port, "u", "disable", "disable", "10", NULL };
	socklen_t n = sizeof(at);

	*s = (struct server){ .listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .says = says };
	assert_int_equal(bind(s->listener, (struct sockaddr *)&at, n), 0);
	assert_int_equal(listen(s->listener, 1), 0);
	assert_int_equal(getsockname(s->listener, (struct sockaddr *)&at, &n), 0);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
	snprintf(port, sizeof(port), "%d", ntohs(at.sin_port));
	return PQconnectdbParams(names, values, 0);
}

static void end(struct server *s, PGconn *c)
{
	PQfinish(c);
	assert_int_equal(pthread_join(s->thread, NULL), 0);
	close(s->listener);
}

static void whose_word(void **state)
{
	static const struct {
		struct str says;
		bool lost;
	} rows[] = {
		{ STR_INIT(REFUSES READY), false },
		{ STR_INIT(REFUSES), true },
		{ STR_INIT(ENDS), true },
		{ STR_INIT(""), true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct drill_run r = { .lost = false };
		struct server s;
		PGconn *c = begin(&s, rows[i].says);

		assert_int_equal(PQstatus(c), CONNECTION_OK);
		PQclear(drill_exec(&r, c, "SELECT"));
		assert_int_equal(r.lost, rows[i].lost);
		end(&s, c);
	}
}

/* Also an answer that looks well. */
static void broken(void **state)
{
	struct drill_run r = { .lost = false };
	struct server s;
	PGconn *c = begin(&s, STR(""));
	PGresult *one;

	(void)state;
	PQclear(drill_exec(NULL, c, "SELECT"));
	assert_int_equal(PQstatus(c), CONNECTION_BAD);
	one = PQmakeEmptyPGresult(NULL, PGRES_COMMAND_OK);
	assert_ptr_equal(drill_exec_heard(NULL, c, one), one);
	assert_ptr_equal(drill_exec_heard(&r, c, one), one);
	assert_true(r.lost);
	PQclear(one);
	end(&s, c);
}

static void no_memory(void **state)
{
	struct drill_run r = { .lost = false };
	struct server s;
	PGconn *c = begin(&s, STR(""));

	(void)state;
	assert_null(drill_exec(&r, c, NULL));
	assert_true(r.lost);
	end(&s, c);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(whose_word),
	cmocka_unit_test(broken),
	cmocka_unit_test(no_memory),
};

UNIT_MAIN(tests)
