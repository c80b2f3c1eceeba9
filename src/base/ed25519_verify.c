#include "base/ed25519.h"

#include <sodium/crypto_sign_ed25519.h>

bool ed25519_verify(const uint8_t key[ED25519_KEY_LEN], const uint8_t signature[ED25519_SIGNATURE_LEN], struct str text)
{
	return crypto_sign_ed25519_verify_detached(signature, (const unsigned char *)text.ptr, text.len, key) == 0;
}
