/* postgres.yaml: any bytes are a configuration or an error that names a line; what is taken keeps its promises.
 * covers: src/cli/gate_config.c
 * seeds: fuzz/corpus/gate_config/?*
 * options: -max_len=4096
 */
#include "fuzz.h"

#include "cli/gate_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena arena;
	struct doc_source s = { STR("postgres.yaml"), { (const char *)data, size } };
	struct gate_config c = { .threads = 12345 };
	struct err err = { 0 };
	struct str host;
	unsigned port;

	if (!arena.mem)
		FUZZ_CHECK(arena_map(&arena, (size_t)16 << 20));
	arena_reset(&arena);
	if (!gate_config_read(&s, &arena, &c, &err)) {
		FUZZ_CHECK(err.code != ERR_NONE && err.msg[0] && c.threads == 12345);
		return 0;
	}
	FUZZ_CHECK(c.n_upstreams > 0 && c.wait_s <= GATE_CONFIG_WAIT_MAX_S);
	FUZZ_CHECK(gate_config_address(str_from(c.listen), &host, &port));
	FUZZ_CHECK(c.certificate || str_starts(host, STR("127.")) || str_is(host, "::1"));
	FUZZ_CHECK(!c.certificate == !c.key);
	for (size_t i = 0; i < c.n_upstreams; i++) {
		FUZZ_CHECK(c.upstreams[i].name.len && c.upstreams[i].connect.len);
		FUZZ_CHECK(gate_config_find(&c, c.upstreams[i].name) == &c.upstreams[i]);
	}
	return 0;
}
