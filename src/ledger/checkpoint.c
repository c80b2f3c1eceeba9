#include "ledger/checkpoint.h"

#include <sys/stat.h>

#include "base/fd.h"
#include "base/timestamp.h"
#include "base/ed25519.h"
#include "ledger/inner.h"

#define FILE_MAX ((size_t)16384)
#define TEXT_MAX 320

static void put_hex(const uint8_t *p, size_t n, char *ret_text)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		ret_text[2 * i] = hex[p[i] >> 4];
		ret_text[2 * i + 1] = hex[p[i] & 15];
	}
	ret_text[2 * n] = '\0';
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool get_hex(struct str s, uint8_t *ret_bytes, size_t n)
{
	if (s.len != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int hi = nibble(s.ptr[2 * i]), lo = nibble(s.ptr[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		ret_bytes[i] = (uint8_t)(hi * 16 + lo);
	}
	return true;
}

static size_t text_of(const struct checkpoint *c, char ret_text[TEXT_MAX])
{
	char chain[DIGEST_HEX_LEN + 1], time[TIMESTAMP_LEN + 1];
	int n;

	digest_hex(&c->chain, chain);
	timestamp_text(c->time_us, time);
	n = snprintf(ret_text, TEXT_MAX, "pawl checkpoint 1\nledger %s\nentries %llu\nchain %s\ntime %s\n", c->id,
		     (unsigned long long)c->entries, chain, time);
	PAWL_ASSERT(n > 0 && n < TEXT_MAX);
	return (size_t)n;
}

/* --- the key --- */

/* The private key as PEM, made when there is none. */
static bool load_key(const char *path, struct buf *ret_pem, struct err *err)
{
	char pem[ED25519_PEM_MAX];
	size_t n = 0;
	struct stat st;

	if (file_exists(path)) {
		if (!file_read(path, ret_pem, err))
			return false;
		if (stat(path, &st) == 0 && (st.st_mode & 077))
			return err_set(err, ERR_DENIED, "%s can be read by others; chmod 600 it, or move it away for a new key",
				       path);
		return true;
	}
	if (!ed25519_make(pem, &n))
		return err_set(err, ERR_TOOL, "libcrypto made no Ed25519 key");
	buf_add(ret_pem, (struct str){ pem, n });
	return file_replace(path, buf_str(ret_pem), 0600, err);
}

static bool sign(const char *key_path, struct checkpoint *c, struct err *err)
{
	auto_buf pem = BUF_MAX(FILE_MAX);
	char text[TEXT_MAX];
	struct str signed_text = { text, text_of(c, text) };

	if (!load_key(key_path, &pem, err))
		return false;
	if (!ed25519_sign(buf_str(&pem), signed_text, c->key, c->signature))
		return err_set(err, ERR_BROKEN, "%s: not an Ed25519 key in PEM; move it away for a new one", key_path);
	return true;
}

static bool signed_right(const struct checkpoint *c)
{
	char text[TEXT_MAX];
	struct str signed_text = { text, text_of(c, text) };

	return ed25519_verify(c->key, c->signature, signed_text);
}

/* --- text --- */

void checkpoint_put(const struct checkpoint *c, struct buf *out)
{
	struct json_out o = { .buf = out };
	char hex[2 * ED25519_SIGNATURE_LEN + 1], time[TIMESTAMP_LEN + 1];

	json_out_open(&o, '{');
	json_out_key(&o, "pawl_checkpoint");
	json_out_u64(&o, 1);
	json_out_kv(&o, "ledger", str_from(c->id));
	json_out_key(&o, "entries");
	json_out_u64(&o, c->entries);
	digest_hex(&c->chain, hex);
	json_out_kv(&o, "chain", str_from(hex));
	timestamp_text(c->time_us, time);
	json_out_kv(&o, "time", str_from(time));
	put_hex(c->key, sizeof(c->key), hex);
	json_out_kv(&o, "public_key", str_from(hex));
	put_hex(c->signature, sizeof(c->signature), hex);
	json_out_kv(&o, "signature", str_from(hex));
	json_out_close(&o, '}');
}

static bool fields(const struct json *root, struct checkpoint *c)
{
	struct str id = json_str(root, "ledger");
	uint8_t raw[FORMAT_ID_LEN];
	uint64_t version = 0;

	if (!json_u64(root, "pawl_checkpoint", &version) || version != 1 || !get_hex(id, raw, sizeof(raw)))
		return false;
	put_hex(raw, sizeof(raw), c->id);
	return json_u64(root, "entries", &c->entries) && digest_from_hex(json_str(root, "chain"), &c->chain) &&
	       timestamp_parse(json_str(root, "time"), &c->time_us) &&
	       get_hex(json_str(root, "public_key"), c->key, sizeof(c->key)) &&
	       get_hex(json_str(root, "signature"), c->signature, sizeof(c->signature));
}

bool checkpoint_parse(struct str json, struct checkpoint *ret, struct err *err)
{
	struct arena arena;
	struct json *root = NULL;
	struct checkpoint c = { .entries = 0 };
	bool ok;

	if (!arena_map(&arena, (size_t)1 << 20))
		return err_set(err, ERR_LIMIT, "no memory to read the checkpoint");
	ok = json_parse(json, &arena, &root, err) &&
	     (fields(root, &c) || err_set(err, ERR_INPUT, "not a checkpoint of a pawl ledger"));
	arena_unmap(&arena);
	if (ok && !signed_right(&c))
		return err_set(err, ERR_INPUT, "the checkpoint's signature is not over what it says");
	if (ok)
		*ret = c;
	return ok;
}

bool checkpoint_load(const char *path, struct checkpoint *ret, struct err *err)
{
	auto_buf b = BUF_MAX(FILE_MAX);

	if (!file_read(path, &b, err))
		return false;
	return checkpoint_parse(buf_str(&b), ret, err) || err_prefix(err, "%s", path);
}

/* --- making one --- */

static bool state_head(struct ledger *l, const char *key_path, struct checkpoint *c, struct err *err)
{
	auto_buf body = BUF_MAX(FILE_MAX);
	uint64_t seq;

	if (!ledger_head(l, &c->entries, &c->chain, err))
		return false;
	put_hex(l->id, sizeof(l->id), c->id);
	if (!sign(key_path, c, err))
		return false;
	checkpoint_put(c, &body);
	return ledger_append(l, STR("checkpoint"), buf_str(&body), &seq, err);
}

static bool nothing(const struct ledger_entry *e, void *ctx)
{
	(void)e;
	(void)ctx;
	return true;
}

bool checkpoint_make(struct ledger *l, const char *key_path, int64_t now_us, struct checkpoint *ret, struct err *err)
{
	struct checkpoint c = { .time_us = now_us };
	bool ok;

	if (!ledger_lock(l, err))
		return false;
	/* Walking checks: a broken chain gets no signature. */
	ok = ledger_walk(l, 0, nothing, NULL, err) && state_head(l, key_path, &c, err);
	ledger_unlock(l);
	if (ok)
		*ret = c;
	return ok;
}
