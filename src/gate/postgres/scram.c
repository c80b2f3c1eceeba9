/* OpenSSL has a type of this name, base/err.h a constant. */
#define ERR_STATE openssl_err_state
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#undef ERR_STATE

#include "gate/postgres/scram.h"

#define HASH 32

void scram_free(struct scram *s)
{
	buf_free(&s->gs2);
	buf_free(&s->bare);
	buf_free(&s->first);
	OPENSSL_cleanse(&s->key, sizeof(s->key));
}

static bool hmac(const unsigned char key[HASH], struct str text, unsigned char ret[HASH])
{
	unsigned n = HASH;

	return HMAC(EVP_sha256(), key, HASH, (const unsigned char *)text.ptr, text.len, ret, &n) && n == HASH;
}

void scram_nobody(struct str user, struct database_key *ret)
{
	static unsigned char secret[HASH];
	static bool made;
	unsigned char salt[HASH];

	/* A race makes two secrets at worst, once. */
	if (!__atomic_load_n(&made, __ATOMIC_ACQUIRE) && RAND_bytes(secret, HASH) == 1)
		__atomic_store_n(&made, true, __ATOMIC_RELEASE);
	*ret = (struct database_key){ .iterations = 4096 };
	if (hmac(secret, user, salt))
		memcpy(ret->salt, salt, sizeof(ret->salt));
	if (RAND_bytes(ret->stored_key, HASH) != 1 || RAND_bytes(ret->server_key, HASH) != 1)
		abort();
}

void scram_verifier(struct str password, struct database_key *key)
{
	unsigned char salted[HASH], client[HASH];
	struct digest stored;

	if (PKCS5_PBKDF2_HMAC(password.ptr, (int)password.len, key->salt, sizeof(key->salt),
			      (int)key->iterations, EVP_sha256(), HASH, salted) != 1 ||
	    !hmac(salted, STR("Client Key"), client) ||
	    !hmac(salted, STR("Server Key"), key->server_key))
		abort();
	stored = digest_of(client, HASH);
	memcpy(key->stored_key, stored.b, HASH);
	OPENSSL_cleanse(salted, sizeof(salted));
	OPENSSL_cleanse(client, sizeof(client));
}

static void add_base64(struct buf *b, const void *p, size_t n)
{
	char text[256];

	PAWL_ASSERT(n <= 128);
	EVP_EncodeBlock((unsigned char *)text, p, (int)n);
	buf_adds(b, text);
}

/* Bytes of strict base64; at most ${room}. */
static bool from_base64(struct str s, unsigned char *ret, size_t room, size_t *ret_n)
{
	unsigned char text[1024];
	size_t pad = 0;
	int n;

	if (!s.len || s.len % 4 || s.len > sizeof(text) || s.len / 4 * 3 > room)
		return false;
	n = EVP_DecodeBlock(text, (const unsigned char *)s.ptr, (int)s.len);
	while (pad < 2 && s.ptr[s.len - 1 - pad] == '=')
		pad++;
	if (n < 0 || (size_t)n < pad)
		return false;
	memcpy(ret, text, (size_t)n - pad);
	*ret_n = (size_t)n - pad;
	return true;
}

/* "x=value" from the front, up to a comma or the end. */
static bool attribute(struct str *s, char name, struct str *ret)
{
	size_t n;

	if (s->len < 2 || s->ptr[0] != name || s->ptr[1] != '=')
		return false;
	n = str_find_char(*s, ',');
	if (n == SIZE_MAX)
		n = s->len;
	*ret = str_sub(*s, 2, n - 2);
	*s = str_sub(*s, n < s->len ? n + 1 : n, s->len);
	return true;
}

static bool read_header(struct scram *s, struct str *message)
{
	struct str all = *message, type;
	size_t comma = str_find_char(all, ',');

	if (comma == SIZE_MAX || comma + 1 >= all.len || all.ptr[comma + 1] != ',')
		return false; /* no second comma, or an identity to act as */
	type = str_sub(all, 0, comma);
	if (s->plus ? !str_is(type, "p=tls-server-end-point") : !str_is(type, "n") && !str_is(type, "y"))
		return false;
	/* "y": it thinks that we cannot bind to the channel. We said that we can: somebody stands between. */
	if (str_is(type, "y") && s->offered_plus)
		return false;
	s->gs2 = BUF_MAX(SCRAM_MESSAGE_MAX);
	buf_add(&s->gs2, str_sub(all, 0, comma + 2));
	*message = str_sub(all, comma + 2, all.len);
	return true;
}

static bool printable(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] < 0x21 || s.ptr[i] > 0x7e || s.ptr[i] == ',')
			return false;
	return s.len > 0;
}

bool scram_first(struct scram *s, struct str mechanism, struct str message, struct buf *ret)
{
	struct str rest, user, nonce;
	unsigned char own[18];
	auto_buf text = BUF_MAX(SCRAM_MESSAGE_MAX);

	s->plus = str_is(mechanism, "SCRAM-SHA-256-PLUS");
	if ((!s->plus && !str_is(mechanism, "SCRAM-SHA-256")) || (s->plus && !s->offered_plus) || !read_header(s, &message))
		return false;
	rest = message;
	if (!attribute(&rest, 'n', &user) || !attribute(&rest, 'r', &nonce) || !printable(nonce) || nonce.len > 128 ||
	    message.len > SCRAM_MESSAGE_MAX / 4 || RAND_bytes(own, sizeof(own)) != 1)
		return false;
	buf_add(&text, nonce);
	add_base64(&text, own, sizeof(own));
	if (text.failed || text.len >= sizeof(s->nonce))
		return false;
	memcpy(s->nonce, text.ptr, text.len + 1);
	s->bare = s->first = BUF_MAX(SCRAM_MESSAGE_MAX);
	buf_add(&s->bare, message);
	buf_addf(&s->first, "r=%s,s=", s->nonce);
	add_base64(&s->first, s->key.salt, sizeof(s->key.salt));
	buf_addf(&s->first, ",i=%u", s->key.iterations);
	buf_add(ret, buf_str(&s->first));
	return !s->first.failed && !s->bare.failed && !s->gs2.failed;
}

/* c=: the header again, and behind it what the channel is bound to. */
static bool binding_fits(const struct scram *s, struct str encoded)
{
	auto_buf want = BUF_MAX(SCRAM_MESSAGE_MAX);
	unsigned char got[512];
	size_t n;

	buf_add(&want, buf_str(&s->gs2));
	if (s->plus)
		buf_add(&want, s->binding);
	return !want.failed && from_base64(encoded, got, sizeof(got), &n) && n == want.len && !CRYPTO_memcmp(got, want.ptr, n);
}

static bool proof_fits(const struct scram *s, struct str auth, const unsigned char proof[HASH])
{
	unsigned char signature[HASH], client[HASH];
	struct digest stored;

	if (!hmac(s->key.stored_key, auth, signature))
		return false;
	for (size_t i = 0; i < HASH; i++)
		client[i] = (unsigned char)(proof[i] ^ signature[i]);
	stored = digest_of(client, HASH);
	return CRYPTO_memcmp(stored.b, s->key.stored_key, HASH) == 0 && s->known;
}

bool scram_final(struct scram *s, struct str message, struct buf *ret)
{
	auto_buf auth = BUF_MAX(SCRAM_MESSAGE_MAX * 3);
	unsigned char proof[512], signature[HASH];
	struct str rest = message, binding, nonce;
	size_t at = str_rfind_char(message, ','), n = 0;

	if (at == SIZE_MAX || !s->first.len || message.len > SCRAM_MESSAGE_MAX / 2 || str_sub(message, at + 1, 2).len != 2 ||
	    memcmp(message.ptr + at + 1, "p=", 2) || !attribute(&rest, 'c', &binding) || !attribute(&rest, 'r', &nonce) ||
	    !str_is(nonce, s->nonce) || !binding_fits(s, binding) ||
	    !from_base64(str_sub(message, at + 3, message.len), proof, sizeof(proof), &n) || n != HASH)
		return false;
	buf_add(&auth, buf_str(&s->bare));
	buf_addc(&auth, ',');
	buf_add(&auth, buf_str(&s->first));
	buf_addc(&auth, ',');
	buf_add(&auth, str_sub(message, 0, at));
	if (auth.failed || !proof_fits(s, buf_str(&auth), proof) || !hmac(s->key.server_key, buf_str(&auth), signature))
		return false;
	buf_adds(ret, "v=");
	add_base64(ret, signature, HASH);
	return true;
}
