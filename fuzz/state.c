/* Terraform states: total; the same bytes give the same identities; cut short never accepted; every object has an address.
 * covers: src/read/state.c
 * options: -max_len=16384
 */
#include "fuzz.h"

#include "read/state.h"

#define ARENA_SIZE ((size_t)8 << 20)

static bool read_in(struct arena *a, struct str text, struct state *ret)
{
	struct err err = { 0 };

	if (!a->mem)
		PAWL_ASSERT(arena_map(a, ARENA_SIZE));
	arena_reset(a);
	if (state_read(text, a, ret, &err))
		return true;
	FUZZ_CHECK(err.code != ERR_NONE && err.msg[0]);
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena first, second;
	struct str text = { (const char *)data, size };
	struct state s, again, cut;
	size_t n = 0;

	if (!read_in(&first, text, &s)) {
		FUZZ_CHECK(!read_in(&second, text, &again));
		return 0;
	}
	FUZZ_CHECK(read_in(&second, text, &again));
	FUZZ_CHECK(digest_eq(&s.content, &again.content) && digest_eq(&s.digest, &again.digest));
	FUZZ_CHECK(s.serial == again.serial && str_eq(s.lineage, again.lineage) && s.n_managed == again.n_managed);
	for (const struct state_object *o = s.objects; o; o = o->next, n++) {
		FUZZ_CHECK(o->address.len > 0 && o->type.len > 0 && str_is_utf8(o->address) && str_is_utf8(o->identity));
		FUZZ_CHECK(state_arn_part(o->identity, STATE_ARN_ACCOUNT).len <= o->identity.len);
		if (n < 50)
			FUZZ_CHECK(state_find(&s, o->address) != NULL);
		(void)state_type_is_cloud(o->type);
	}
	FUZZ_CHECK(n == s.n_managed);
	text = fuzz_trim_json(text);
	FUZZ_CHECK(!read_in(&second, str_sub(text, 0, text.len - 1), &cut));
	FUZZ_CHECK(!read_in(&second, str_sub(text, 0, text.len / 2), &cut));
	return 0;
}
