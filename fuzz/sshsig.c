/* OpenSSH signatures: any bytes are taken apart or refused with a reason; what is taken lies within the input, has a kind of
 * key that is known, and the armour around the same blob changes nothing of what it says.
 * covers: src/hold/sshsig.c
 * options: -max_len=20000
 */
#include "fuzz.h"

#include "base/buf.h"
#include "hold/sshsig.h"

#define ARENA_SIZE ((size_t)1 << 20)

static struct arena *fresh(struct arena *a)
{
	if (!a->mem)
		PAWL_ASSERT(arena_map(a, ARENA_SIZE));
	arena_reset(a);
	return a;
}

/* The same with CRLF line ends: the armour is malleable, so what is read must not depend on it. */
static void other_armour(struct str text, const struct sshsig *was)
{
	static struct arena arena;
	static struct buf b;
	struct sshsig is;

	b.max = SSHSIG_MAX;
	buf_clear(&b);
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\n' && (i == 0 || text.ptr[i - 1] != '\r'))
			buf_addc(&b, '\r');
		buf_addc(&b, text.ptr[i]);
	}
	if (b.failed)
		return;
	FUZZ_CHECK(sshsig_parse(buf_str(&b), fresh(&arena), &is, NULL));
	FUZZ_CHECK(str_eq(is.key_blob, was->key_blob) && strcmp(is.fingerprint, was->fingerprint) == 0);
	FUZZ_CHECK(is.present == was->present && is.counter == was->counter);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena arena;
	struct str text = { (const char *)data, size };
	struct sshsig sig;
	struct sshkey key;
	struct err err = { 0 };

	if (sshsig_parse(text, fresh(&arena), &sig, &err)) {
		FUZZ_CHECK(strlen(sig.fingerprint) == 50);
		FUZZ_CHECK(sig.hardware || (!sig.present && !sig.verified && !sig.counter));
		FUZZ_CHECK(str_starts(sig.key_type, STR("sk-")) == sig.hardware);
		other_armour(text, &sig);
	} else {
		FUZZ_CHECK(err.code != ERR_NONE && err.msg[0]);
	}
	if (sshsig_key(text, fresh(&arena), &key, &err)) {
		FUZZ_CHECK(strlen(key.fingerprint) == 50 && key.blob.len > key.type.len);
		FUZZ_CHECK(str_find(text, key.type) != SIZE_MAX);
	}
	return 0;
}
