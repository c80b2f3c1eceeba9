#include "base/ed25519.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

bool ed25519_make(char ret_pem[ED25519_PEM_MAX], size_t *ret_len)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem = NULL;
	long n = 0;

	if (key && bio && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1)
		n = BIO_get_mem_data(bio, &pem);
	if (n > 0 && n < ED25519_PEM_MAX) {
		memcpy(ret_pem, pem, (size_t)n);
		*ret_len = (size_t)n;
	}
	BIO_free(bio);
	EVP_PKEY_free(key);
	return n > 0 && n < ED25519_PEM_MAX;
}

bool ed25519_sign(struct str pem, struct str text, uint8_t ret_key[ED25519_KEY_LEN],
		  uint8_t ret_signature[ED25519_SIGNATURE_LEN])
{
	BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t n = ED25519_SIGNATURE_LEN, key_len = ED25519_KEY_LEN;
	bool ok = key && ctx && EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 &&
		  EVP_PKEY_get_raw_public_key(key, ret_key, &key_len) == 1 &&
		  EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
		  EVP_DigestSign(ctx, ret_signature, &n, (const unsigned char *)text.ptr, text.len) == 1 &&
		  n == ED25519_SIGNATURE_LEN;

	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	BIO_free(bio);
	return ok;
}
