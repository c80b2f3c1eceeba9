/* ed25519_check.h -- does a signature hold? Without EVP: what the small, static program can afford, and no configuration file
 * of libcrypto's has a say in it. Only ever sees what is public, so it need not take the same time for all.
 * Room: base. RFC 8032, Ed25519 pure; S at least the group's order is refused, and so is a key that is no point.
 */
#ifndef PAWL_BASE_ED25519_CHECK_H
#define PAWL_BASE_ED25519_CHECK_H

#include "base/ed25519.h"

/* As ed25519_verify. */
bool ed25519_check(const uint8_t key[ED25519_KEY_LEN], const uint8_t signature[ED25519_SIGNATURE_LEN],
		   struct str text) PAWL_MUST_USE;

#endif
