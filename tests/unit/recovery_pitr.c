/* A server that lets one in and says no more: of its WAL nothing is known, and nobody waits for it. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "recovery/pitr.h"
#include "recovery/stall.h"
#include "unit.h"

/* AuthenticationOk, ReadyForQuery; then nothing until it is killed. */
static void be_silent(int listening)
{
	static const char hello[] = "R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I";
	char startup[1000];
	int c;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	c = accept(listening, NULL, NULL);
	if (c < 0 || read(c, startup, sizeof(startup)) <= 0 || write(c, hello, sizeof(hello) - 1) < 0)
		_exit(1);
	for (;;)
		pause();
}

static void a_silent_server(void **state)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char connect[120];
	struct str ret = STR_INIT("untouched");
	struct err err = { 0 };
	struct arena arena;
	int64_t began = stall_clock();
	pid_t server;

	(void)state;
	assert_int_equal(bind(listening, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(listening, 1), 0);
	assert_int_equal(getsockname(listening, (struct sockaddr *)&a, &len), 0);
	server = fork();
	if (server == 0)
		be_silent(listening);
	assert_true(server > 0);
	assert_true(arena_map(&arena, 1 << 20));
	snprintf(connect, sizeof(connect), "host=127.0.0.1 port=%u user=u dbname=d sslmode=disable gssencmode=disable", ntohs(a.sin_port));
	assert_false(pitr_ask(&(struct pitr){ .connect = str_from(connect), .patience_s = 1 }, &arena, &ret, &err));
	assert_true(str_is(ret, "untouched"));
	assert_in_range(stall_clock() - began, 1, 110);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	close(listening);
	arena_unmap(&arena);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_silent_server),
};

UNIT_MAIN(tests)
