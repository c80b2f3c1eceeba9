/* sshsig.h -- an OpenSSH signature (`ssh-keygen -Y sign`) taken apart: whose key, what kind, was it touched.
 * Room: hold. Pure and total over bytes; verifies nothing (hold/keygen.h does).
 * Format: PROTOCOL.sshsig and PROTOCOL.u2f of OpenSSH. `ssh-keygen -Y verify` takes a FIDO signature without a touch, so
 * the flags are looked at here. The armour is malleable: never take its bytes as an identity.
 */
#ifndef PAWL_HOLD_SSHSIG_H
#define PAWL_HOLD_SSHSIG_H

#include "base/arena.h"
#include "base/err.h"

#define SSHSIG_MAX ((size_t)16384) /* armoured */
#define SSHSIG_FINGERPRINT 64	   /* "SHA256:" and 43 characters, NUL */

struct sshsig {
	struct str key_type; /* "ssh-ed25519", "sk-ssh-ed25519@openssh.com" */
	struct str key_blob; /* the public key as on the wire */
	struct str name_space;
	struct str hash;     /* "sha512", "sha256" */
	struct str sig_type;
	bool hardware;	     /* a FIDO key: the next three mean something */
	bool present;	     /* somebody touched it */
	bool verified;	     /* and gave a PIN or a finger */
	uint32_t counter;
	char fingerprint[SSHSIG_FINGERPRINT];
};

/* Strings live with ${arena}. False, saying what is wrong, when it is no such signature or of a key type not taken here. */
bool sshsig_parse(struct str armoured, struct arena *arena, struct sshsig *ret, struct err *err) PAWL_MUST_USE;

struct sshkey {
	struct str type;
	struct str blob;
	char fingerprint[SSHSIG_FINGERPRINT];
};
/* "ssh-ed25519 AAAA… comment", options already cut off. Certificates are refused: their authority is not the policy's. */
bool sshsig_key(struct str line, struct arena *arena, struct sshkey *ret, struct err *err) PAWL_MUST_USE;

#endif
