/* Who accepts, and never answers, is not waited for in vain; and a connection that is kept is no child's. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "cloud/http.h"
#include "unit.h"

/* The kernel accepts; nobody reads. */
static int deaf(char url[64])
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0 && !bind(fd, (struct sockaddr *)&a, n) && !listen(fd, 4) && !getsockname(fd, (struct sockaddr *)&a, &n));
	snprintf(url, 64, "http://127.0.0.1:%u/", ntohs(a.sin_port));
	return fd;
}

static void no_answer(void **state)
{
	struct err err = { 0 };
	struct http *h = http_open(&err);
	struct http_answer a = { 0 };
	char url[64];
	auto_fd fd = deaf(url);
	time_t began = time(NULL);

	(void)state;
	assert_non_null(h);
	assert_false(http_send(h, &(struct http_request){ .method = STR("GET"), .url = str_from(url), .total_s = 600, .silent_s = 1 }, &a, &err));
	assert_true(time(NULL) - began < 300);
	buf_free(&a.body);
	http_close(h);
}

/* Answers one request, and keeps the connection. */
static pid_t answers(int listening)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
	pid_t pid = fork();
	char asked[4096];
	int fd;

	if (pid)
		return pid;
	fd = accept(listening, NULL, NULL);
	if (fd < 0 || read(fd, asked, sizeof(asked)) <= 0 || write(fd, answer, sizeof(answer) - 1) < 0)
		_exit(1);
	alarm(600);
	pause();
	_exit(0);
}

/* Of the network; its own pair to be woken by is nobody's way out. */
static unsigned sockets(bool inherited)
{
	unsigned n = 0;

	for (int fd = 3; fd < 1024; fd++) {
		struct sockaddr_in a;
		socklen_t len = sizeof(a);

		if (getsockname(fd, (struct sockaddr *)&a, &len) == 0 && a.sin_family == AF_INET)
			n += !inherited || !(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	}
	return n;
}

static void kept(void **state)
{
	unsigned before, inherited = sockets(true);
	struct http_answer a = { 0 };
	struct err err = { 0 };
	struct http *h = http_open(&err);
	char url[64];
	auto_fd fd = deaf(url);
	pid_t pid = answers(fd);

	(void)state;
	assert_true(h && pid > 0);
	before = sockets(false);
	assert_true(http_send(h, &(struct http_request){ .method = STR("GET"), .url = str_from(url) }, &a, &err));
	assert_true(a.status == 200 && sockets(false) > before); /* it is kept */
	assert_int_equal(sockets(true), inherited);
	buf_free(&a.body);
	http_close(h);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_answer),
		cmocka_unit_test(kept),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
