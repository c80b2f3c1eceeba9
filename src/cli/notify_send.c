/* One message to one target: a command, a webhook, sendmail. */
#include <stdio.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/fd.h"
#include "base/json.h"
#include "base/proc.h"
#include "cli/notify.h"

#define TREE ((size_t)16 << 20)
#define SAID ((size_t)4096)
#define TIMEOUT_S 20
#define MAX_ARGV 64

struct letter {
	const struct store_message *message;
	const struct json *target, *body;
	char id[17]; /* the same for every attempt, so that the other side can tell a repetition */
};

static bool run_program(char *const argv[], struct str input, struct err *err)
{
	auto_buf said = BUF_MAX(SAID);
	struct proc_opts opts = { .input = input, .out = &said, .errout = &said, .timeout_s = TIMEOUT_S };
	int status = 0;

	if (!proc_run(argv, &opts, &status, err))
		return err_prefix(err, "%s", argv[0]);
	if (status != 0)
		return err_set(err, ERR_TOOL, "%s: exit status %d%s%.*s", argv[0], status, said.len ? ": " : "",
			       STR_ARG(str_trim(str_sub(buf_str(&said), 0, 300))));
	return true;
}

static bool by_command(const struct letter *l, struct err *err)
{
	const struct json *list = json_get(l->target, "argv");
	static char program[4096];
	char *argv[MAX_ARGV + 1];
	auto_buf words = BUF_MAX((size_t)65536);
	size_t n = 0, at[MAX_ARGV];

	JSON_EACH(word, list)
	{
		if (n == MAX_ARGV)
			return err_set(err, ERR_LIMIT, "notify: command of more than %d words", MAX_ARGV);
		at[n++] = words.len;
		buf_add(&words, word->text);
		buf_addc(&words, '\0');
	}
	if (!n || words.failed)
		return err_set(err, ERR_INPUT, "notify: empty or too long command");
	for (size_t i = 0; i < n; i++)
		argv[i] = words.ptr + at[i];
	argv[n] = NULL;
	if (!strchr(argv[0], '/')) {
		if (!proc_find(argv[0], getenv("PATH"), NULL, program, sizeof(program)))
			return err_set(err, ERR_TOOL, "%s: not on PATH", argv[0]);
		argv[0] = program;
	}
	return run_program(argv, l->message->body, err);
}

static size_t swallow(char *p, size_t size, size_t n, void *ctx)
{
	(void)p;
	(void)ctx;
	return size * n;
}

static bool post(CURL *curl, struct curl_slist *headers, const char *url, const struct letter *l, struct err *err)
{
	char why[CURL_ERROR_SIZE] = "";
	long status = 0;
	CURLcode code;

	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)l->message->body.len);
	curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, l->message->body.ptr);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "pawl/" PAWL_VERSION);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, swallow);
	code = curl_easy_perform(curl);
	if (code != CURLE_OK)
		return err_set(err, ERR_IO, "webhook: %s", why[0] ? why : curl_easy_strerror(code));
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	return (status >= 200 && status < 300) || err_set(err, ERR_IO, "webhook: answered %ld", status);
}

static bool by_webhook(const struct letter *l, struct err *err)
{
	struct str to = json_str(l->target, "to");
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	char url[4096], key[64];
	CURL *curl = curl_easy_init();
	bool ok;

	snprintf(key, sizeof(key), "Idempotency-Key: pawl-%s", l->id);
	headers = curl_slist_append(headers, key);
	if (!curl || to.len >= sizeof(url) || memchr(to.ptr, '\0', to.len)) {
		ok = err_set(err, ERR_INPUT, "webhook: no usable URL");
	} else {
		snprintf(url, sizeof(url), "%.*s", STR_ARG(to));
		ok = post(curl, headers, url, l, err);
	}
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	return ok;
}

/* One line of a header: what could end it is a blank. */
static void put_header(struct buf *b, const char *name, struct str value)
{
	buf_addf(b, "%s: ", name);
	for (size_t i = 0; i < value.len && i < 200; i++)
		buf_addc(b, (unsigned char)value.ptr[i] < 0x20 || (unsigned char)value.ptr[i] >= 0x7f ? ' ' : value.ptr[i]);
	buf_addc(b, '\n');
}

static bool by_sendmail(const struct letter *l, struct err *err)
{
	const char *other = getenv("PAWL_SENDMAIL");
	char program[4096], flag[] = "-t", *argv[] = { program, flag, NULL };
	auto_buf mail = BUF_MAX((size_t)131072), subject = BUF_MAX(512);

	snprintf(program, sizeof(program), "%s", other && other[0] == '/' ? other : "/usr/sbin/sendmail");
	buf_addf(&subject, "[pawl] %.*s %.*s", STR_ARG(str_sub(json_str(l->body, "id"), 0, 60)),
		 STR_ARG(str_sub(json_str(l->body, "title"), 0, 120)));
	put_header(&mail, "To", json_str(l->target, "to"));
	put_header(&mail, "Subject", buf_str(&subject));
	buf_addf(&mail, "Message-ID: <%s@pawl.invalid>\nAuto-Submitted: auto-generated\n"
			"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n",
		 l->id);
	buf_add(&mail, json_str(l->body, "text"));
	buf_addf(&mail, "\n\nEnvironment: %.*s\nWhen: %.*s\n\nTo look at it: %.*s\n", STR_ARG(json_str(l->body, "environment")),
		 STR_ARG(json_str(l->body, "time")), STR_ARG(json_str(l->body, "look")));
	return run_program(argv, buf_str(&mail), err);
}

static const struct {
	const char *kind;
	bool (*send)(const struct letter *l, struct err *err);
} ways[] = {
	{ "command", by_command },
	{ "webhook", by_webhook },
	{ "sendmail", by_sendmail },
};

static bool by_kind(const struct letter *l, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		if (str_is(json_str(l->target, "kind"), ways[i].kind))
			return ways[i].send(l, err);
	}
	return err_set(err, ERR_INPUT, "notify: no such way to tell");
}

bool notify_send(const struct store_message *m, struct err *err)
{
	struct letter l = { .message = m };
	struct json *target = NULL, *body = NULL;
	auto_buf both = BUF_MAX((size_t)262144);
	struct arena arena;
	bool ok;

	if (!arena_map(&arena, TREE))
		return err_set(err, ERR_LIMIT, "no memory");
	buf_add(&both, m->key);
	buf_addc(&both, '\n');
	buf_add(&both, m->target);
	notify_target_digest(buf_str(&both), l.id);
	ok = json_parse(m->target, &arena, &target, err) && json_parse(m->body, &arena, &body, err);
	l.target = target;
	l.body = body;
	ok = ok && by_kind(&l, err);
	arena_unmap(&arena);
	return ok;
}
