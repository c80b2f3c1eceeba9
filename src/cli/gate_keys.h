/* gate_keys.h -- session keys: what an agent logs in to a database gate with.
 * Room: cli, pawl-full.
 * Only a SCRAM-SHA-256 verifier is kept, one file a key: STATE/postgres/keys/ID, mode 0600. The id is NAME-SEQ, SEQ the key's entry in
 * the ledger ("credential.made"), so that no id is ever given twice; it is also the user name of the URL.
 */
#ifndef PAWL_CLI_GATE_KEYS_H
#define PAWL_CLI_GATE_KEYS_H

#include "gate/database/database.h"
#include "ledger/ledger.h"

#define GATE_KEY_NAME_MAX 32
#define GATE_KEY_ID_MAX 56
#define GATE_KEY_SECRET_LEN 43 /* 32 random bytes in base64url */

struct gate_key {
	char id[GATE_KEY_ID_MAX + 1], name[GATE_KEY_NAME_MAX + 1];
	int64_t made_us, expires_us; /* expires 0: never */
	struct database_key verifier; /* its session's texts are not set */
};

/* a-z, 0-9, '-' and '_', beginning with a letter. */
bool gate_key_name_ok(struct str name);
bool gate_key_id_ok(struct str id);

/* Make one: into the ledger, then into its file. ${seconds} 0: it never expires. The secret is nowhere but in ${ret_secret}. */
bool gate_key_make(const char *state_dir, struct ledger *l, struct str name, int64_t seconds, struct gate_key *ret,
		   char ret_secret[GATE_KEY_SECRET_LEN + 1], struct err *err) PAWL_MUST_USE;
/* ERR_IO with sys ENOENT: no such key. An expired one is read all the same. */
bool gate_key_read(const char *state_dir, struct str id, struct gate_key *ret, struct err *err) PAWL_MUST_USE;
/* Into the ledger, then gone. */
bool gate_key_revoke(const char *state_dir, struct ledger *l, struct str id, struct err *err) PAWL_MUST_USE;
/* Every key, by id; unreadable files are passed over and counted. False from ${each} stops. */
bool gate_key_each(const char *state_dir, bool (*each)(const struct gate_key *k, void *ctx), void *ctx, size_t *ret_bad,
		   struct err *err) PAWL_MUST_USE;

#endif
