/* scram.h -- SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, 7677), the server's side, against a verifier.
 * Room: gate/postgres. Pure but for randomness; libcrypto.
 * Who is not known goes through the same steps and fails at the end, so that names cannot be tried.
 */
#ifndef PAWL_GATE_POSTGRES_SCRAM_H
#define PAWL_GATE_POSTGRES_SCRAM_H

#include "base/buf.h"
#include "gate/database/database.h"

#define SCRAM_MESSAGE_MAX ((size_t)4096)

struct scram {
	struct database_key key;
	bool known;		  /* the key is a real one */
	bool offered_plus;	  /* TLS, with a certificate to bind to */
	struct str binding;	  /* tls-server-end-point; owned by the server */
	bool plus;		  /* the client chose SCRAM-SHA-256-PLUS */
	struct buf gs2, bare, first; /* client's header, client-first-bare, server-first */
	char nonce[256];
};

void scram_free(struct scram *s);
/* A verifier that no password fits; its salt is the same each time for ${user}, as that of a real one is. */
void scram_nobody(struct str user, struct database_key *ret);
/* Client-first in, server-first out. False: not SCRAM, or not with these bounds. */
bool scram_first(struct scram *s, struct str mechanism, struct str message, struct buf *ret) PAWL_MUST_USE;
/* Client-final in, server-final out. False: not the password. */
bool scram_final(struct scram *s, struct str message, struct buf *ret) PAWL_MUST_USE;
/* Fills in the verifier of ${password}, by the salt and iterations of *${key}. */
void scram_verifier(struct str password, struct database_key *key);

#endif
