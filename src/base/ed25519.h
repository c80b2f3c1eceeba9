/* ed25519.h -- a key and a signature (RFC 8032, Ed25519 pure): made by libcrypto's EVP, checked by libsodium, which the small, static
 * program can afford, and which no configuration file has a say in. Apart from the rest, because openssl's headers and base/err.h both
 * want the name ERR_STATE.
 * Room: base, not pure. Each yields false when its library does.
 */
#ifndef PAWL_BASE_ED25519_H
#define PAWL_BASE_ED25519_H

#include "base/str.h"

#define ED25519_KEY_LEN 32
#define ED25519_SIGNATURE_LEN 64
#define ED25519_PEM_MAX 512

/* A new private key, as PEM (PKCS 8). */
bool ed25519_make(char ret_pem[ED25519_PEM_MAX], size_t *ret_len) PAWL_MUST_USE;
/* Sign ${text} with the private key ${pem}; also tells the public key. False as well when ${pem} is no such key. */
bool ed25519_sign(struct str pem, struct str text, uint8_t ret_key[ED25519_KEY_LEN],
		  uint8_t ret_signature[ED25519_SIGNATURE_LEN]) PAWL_MUST_USE;
/* False as well for a key of small order, and for an S that is not below the group's order. */
bool ed25519_verify(const uint8_t key[ED25519_KEY_LEN], const uint8_t signature[ED25519_SIGNATURE_LEN],
		    struct str text) PAWL_MUST_USE;

#endif
