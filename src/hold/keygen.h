/* keygen.h -- signing and verifying by ssh-keygen -Y, and what is known of where a private key lies.
 * Room: hold.
 * ssh-keygen is run from the system's own folders, never from PATH (who asks may set PATH), with an environment of ours.
 */
#ifndef PAWL_HOLD_KEYGEN_H
#define PAWL_HOLD_KEYGEN_H

#include "hold/signer.h"

/* Is ${signature} one by ${who}, in pawl's namespace, over exactly ${text}? */
bool keygen_verify(const struct signer *who, struct str text, struct str signature, struct err *err) PAWL_MUST_USE;
/* Have ssh-keygen sign with ${key_file} (private, or public with its private half in an agent). It may ask the person for a
 * passphrase or a touch. ${dir} is a folder of ours for the text while it is signed. */
bool keygen_sign(const char *key_file, const char *dir, struct str text, struct buf *ret_signature,
		 struct err *err) PAWL_MUST_USE;

/* Can whoever has our uid sign with this key without a person: a private key file in ~/.ssh that we may read, or an agent
 * that holds it? Says which in ${ret_where}. False is no promise: the key may lie elsewhere. */
bool keygen_reachable(const struct sshkey *key, char *ret_where, size_t size);
/* The public key of ${key_file} (a private file with FILE.pub beside it, an OpenSSH private file, or a .pub itself). */
bool keygen_public(const char *key_file, struct arena *arena, struct sshkey *ret, struct err *err) PAWL_MUST_USE;
/* A private key file in ~/.ssh of one of ${list} (of ${name} only, when given). */
bool keygen_pick(const struct signer *list, struct str name, struct arena *arena, struct str *ret_file,
		 const struct signer **ret_who) PAWL_MUST_USE;

#endif
