/* hold_tool -- for tests of holds: opens and uses them as a gate does, over the real ledger, policy and judge.
 * usage: hold_tool open REQUEST.json [NOW_OFFSET_S]
 *        hold_tool use REQUEST.json [NOW_OFFSET_S [APPROVAL_FILE]]
 *        hold_tool append KIND BODY.json
 *        hold_tool log
 *        hold_tool banner
 * Prints one JSON object; exit status 0 when it was done, 1 when refused. State, policy and project as pawl finds them.
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/fd.h"
#include "cli/hold_index.h"
#include "cli/hosts.h"
#include "cli/policies.h"
#include "cli/recovery_look.h"
#include "core/judge.h"

#define ARENA_SIZE ((size_t)4 << 30)

struct tool {
	struct places places;
	struct arena arena;
	const struct policy *policy;
	struct ledger *ledger;
	struct hold_host host;
	struct hold_index index;
	struct request request;
	struct evidence evidence;
	struct judgement judgement;
};

static int say(bool ok, const char *hold, uint64_t seq, const struct err *err)
{
	auto_buf b = BUF_MAX(65536);
	struct json_out o = { .buf = &b };

	json_out_open(&o, '{');
	json_out_key(&o, "ok");
	json_out_bool(&o, ok);
	json_out_kv(&o, "hold", str_from(hold));
	json_out_key(&o, "seq");
	json_out_u64(&o, seq);
	if (!ok)
		json_out_kv(&o, "error", str_from(err->msg));
	json_out_close(&o, '}');
	printf("%.*s\n", STR_ARG(buf_str(&b)));
	return ok ? 0 : 1;
}

static bool begin(struct tool *t, struct err *err)
{
	if (!arena_map(&t->arena, ARENA_SIZE))
		return err_set(err, ERR_LIMIT, "no memory");
	if (!places_find(NULL, &t->places, err) || !dir_make(t->places.state, 0700, err) ||
	    !policies_load(&t->places, &t->arena, &t->policy, err))
		return false;
	t->ledger = ledger_open(t->places.ledger, err);
	if (!t->ledger)
		return false;
	t->host = hosts_hold(t->ledger, &t->places, t->policy);
	hold_index_open(&t->index, &t->places, &t->host);
	return true;
}

static bool ask(struct tool *t, const char *path, const char *offset, struct err *err)
{
	struct buf text = BUF_MAX((size_t)64 << 20);
	struct json *root;

	if (!file_read(path, &text, err) || !json_parse(arena_str(&t->arena, buf_str(&text)), &t->arena, &root, err) ||
	    !request_from_json(root, &t->arena, &t->request, err))
		return false;
	buf_free(&text);
	t->evidence.now_us = clock_now_us() + (offset ? strtoll(offset, NULL, 10) : 0) * CLOCK_SECOND;
	request_redact(&t->request, &t->arena);
	recovery_look(&t->places, &t->request, STR_NONE, &t->arena, &t->evidence);
	judge(t->policy, &t->request, &t->evidence, &t->arena, &t->judgement);
	return true;
}

static int do_open(struct tool *t, char **argv)
{
	struct err err = { 0 };
	char id[HOLD_ID_LEN] = "";
	bool ok = ask(t, argv[0], argv[1], &err) && hold_open(&t->host, &t->request, &t->judgement, &t->evidence, id, &err);

	return say(ok, id, 0, &err);
}

static int do_use(struct tool *t, char **argv)
{
	auto_buf file = BUF_MAX((size_t)16 << 20);
	struct hold_request q = { .request = &t->request, .judgement = &t->judgement, .evidence = &t->evidence };
	struct grant_use use = { 0 };
	struct err err = { 0 };
	bool ok = ask(t, argv[0], argv[1], &err);

	if (ok && argv[1] && argv[2])
		ok = file_read(argv[2], &file, &err) && hold_use_file(&t->host, &q, buf_str(&file), &t->arena, &use, &err);
	else if (ok)
		ok = hold_use(&t->host, &t->request, &t->judgement, &t->evidence, &t->arena, &use, &err);
	return say(ok, use.hold.ptr, use.ledger_seq, &err);
}

static int do_append(struct tool *t, char **argv)
{
	auto_buf body = BUF_MAX((size_t)4 << 20);
	struct err err = { 0 };
	uint64_t seq = 0;
	bool ok = file_read(argv[1], &body, &err) &&
		  ledger_append(t->ledger, str_from(argv[0]), str_trim(buf_str(&body)), &seq, &err);

	return say(ok, "", seq, &err);
}

static bool print_entry(const struct ledger_entry *e, void *ctx)
{
	(void)ctx;
	printf("{\"seq\":%llu,\"kind\":\"%.*s\",\"body\":%.*s}\n", (unsigned long long)e->seq, STR_ARG(e->kind), STR_ARG(e->body));
	return true;
}

static int do_log(struct tool *t, char **argv)
{
	struct err err = { 0 };

	(void)argv;
	return ledger_walk(t->ledger, 0, print_entry, NULL, &err) ? 0 : say(false, "", 0, &err);
}

static int do_banner(struct tool *t, char **argv)
{
	auto_buf b = BUF_MAX(65536);

	(void)argv;
	hold_banner(t->places.state, clock_now_us(), &b);
	printf("%.*s", STR_ARG(buf_str(&b)));
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int words;
		int (*run)(struct tool *t, char **argv);
	} verbs[] = { { "open", 1, do_open }, { "use", 1, do_use }, { "append", 2, do_append }, { "log", 0, do_log }, { "banner", 0, do_banner } };
	struct tool t = { 0 };
	struct err err = { 0 };

	for (size_t i = 0; argc > 1 && i < ARRAY_LEN(verbs); i++) {
		if (strcmp(argv[1], verbs[i].name) != 0 || argc < 2 + verbs[i].words)
			continue;
		int status = begin(&t, &err) ? verbs[i].run(&t, argv + 2) : say(false, "", 0, &err);

		hold_index_close(&t.index);
		ledger_close(t.ledger);
		arena_unmap(&t.arena);
		return status;
	}
	fputs("usage: hold_tool open|use|append|log|banner …\n", stderr);
	return 2;
}
