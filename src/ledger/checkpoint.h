/* checkpoint.h -- a signed statement of how far the ledger had come: what catches a clean truncation once it is kept elsewhere.
 * Room: ledger. Ed25519 by libcrypto's EVP, whose start-up is dear: never on a verdict's path.
 * The text that is signed, each line ended by a newline:
 *	pawl checkpoint 1
 *	ledger HEX(16 bytes)
 *	entries N
 *	chain HEX(32 bytes)
 *	time RFC3339
 */
#ifndef PAWL_LEDGER_CHECKPOINT_H
#define PAWL_LEDGER_CHECKPOINT_H

#include "base/ed25519.h"
#include "ledger/ledger.h"

struct checkpoint {
	char id[33]; /* of the ledger */
	uint64_t entries;
	struct digest chain;
	int64_t time_us;
	uint8_t key[ED25519_KEY_LEN];
	uint8_t signature[ED25519_SIGNATURE_LEN];
};

/**
 * checkpoint_make(l, key_path, now_us, ret, err):
 * State the ledger's head as of now, signed with the key in ${key_path} (PEM, mode 0600; made at first use), and append an
 * entry "checkpoint" that holds it. Every entry is checked first: a broken chain gets no signature.
 */
bool checkpoint_make(struct ledger *l, const char *key_path, int64_t now_us, struct checkpoint *ret,
		     struct err *err) PAWL_MUST_USE;
/* As a JSON object, without a newline. */
void checkpoint_put(const struct checkpoint *c, struct buf *out);
/* Read that; false when it is none or its signature is not over what it says. */
bool checkpoint_parse(struct str json, struct checkpoint *ret, struct err *err) PAWL_MUST_USE;
bool checkpoint_load(const char *path, struct checkpoint *ret, struct err *err) PAWL_MUST_USE;

#endif
