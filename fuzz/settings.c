/* Settings files of agents: whatever stands there, what pawl writes holds every byte of it in order, is found again, changes nothing a
 * second time, and what is taken out leaves no trace of pawl's and a text that still reads.
 * covers: src/gate/hook/{jsonc,agents,agents_ask,agents_codex}.c
 * options: -max_len=4096
 */
#include "fuzz.h"

#include "gate/hook/agents.h"
#include "gate/hook/jsonc.h"

#define MAX ((size_t)1 << 22)
#define PROGRAM "/opt/it's here/pawl"

/* Is ${part} in ${whole}, byte for byte, with more between? */
static bool within(struct str part, struct str whole)
{
	size_t at = 0;

	for (size_t i = 0; i < whole.len && at < part.len; i++)
		at += whole.ptr[i] == part.ptr[at];
	return at == part.len;
}

static bool is_new(const struct agent *a, struct str text)
{
	auto_buf name = BUF_MAX(100);

	buf_addf(&name, "hook %s", hook_host_row(a->host)->name);
	return str_find(text, buf_str(&name)) == SIZE_MAX && str_find(text, STR("pawl")) == SIZE_MAX &&
	       str_find(text, STR("\"version\"")) == SIZE_MAX;
}

static void check_json(const struct agent *a, struct str text)
{
	auto_buf written = BUF_MAX(MAX), again = BUF_MAX(MAX), less = BUF_MAX(MAX), command = BUF_MAX(MAX);
	struct err err = { 0 };
	struct buf swap;

	if (!agent_write(&a->file[0], a->host, PROGRAM, text, &written, &err)) {
		FUZZ_CHECK(err.code != ERR_NONE && err.msg[0]);
		return;
	}
	FUZZ_CHECK(jsonc_check(buf_str(&written), &err) && within(text, buf_str(&written)));
	FUZZ_CHECK(agent_installed(&a->file[0], a->host, "/x", buf_str(&written), &command));
	FUZZ_CHECK(agent_write(&a->file[0], a->host, PROGRAM, buf_str(&written), &again, &err));
	FUZZ_CHECK(str_eq(buf_str(&written), buf_str(&again)));
	buf_clear(&again);
	for (int i = 0; agent_unwrite(&a->file[0], a->host, buf_str(&written), &less, &err); i++) {
		FUZZ_CHECK(i < 8);
		FUZZ_CHECK(jsonc_check(buf_str(&less), &err));
		swap = written, written = less, less = swap;
		buf_clear(&less);
	}
	FUZZ_CHECK(!agent_installed(&a->file[0], a->host, "/x", buf_str(&written), &command));
	FUZZ_CHECK(within(text, buf_str(&written)));
}

static void check_toml(struct str text)
{
	static const char hooks[] = "{\"hooks\":{\"PreToolUse\":[{},{}]}}";
	struct agent_codex c = { .hooks_path = STR("/h/hooks.json"), .hooks = STR(hooks), .program = PROGRAM };
	auto_buf written = BUF_MAX(MAX), again = BUF_MAX(MAX), less = BUF_MAX(MAX);
	struct err err = { 0 };

	if (!agent_write_codex(&c, text, &written, &err))
		return;
	FUZZ_CHECK(within(text, buf_str(&written)));
	FUZZ_CHECK(agent_write_codex(&c, buf_str(&written), &again, &err) && str_eq(buf_str(&written), buf_str(&again)));
	agent_unwrite_codex(PROGRAM, buf_str(&written), &less);
	FUZZ_CHECK(less.len <= written.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };

	for (const struct agent *a = agents; a->host != HOOK_HOST_NONE; a++) {
		if (a->file[0].format == AGENT_JSON && is_new(a, text))
			check_json(a, text);
	}
	if (str_find(text, STR("trusted_hash")) == SIZE_MAX)
		check_toml(text);
	return 0;
}
