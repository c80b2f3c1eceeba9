/* A name of ours that OpenSSL gives to a type. */
#define ERR_STATE OPENSSL_ERR_STATE
#include <openssl/crypto.h>
#include <openssl/evp.h>
#undef ERR_STATE

#include "cli/gate_keys.h"

#include <dirent.h>
#include <errno.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"
#include "gate/postgres/scram.h"

#define ITERATIONS 4096 /* the secret has 256 random bits: more would slow down log-in and nothing else */
#define FILE_MAX ((size_t)4096)
#define PATH_MAX_ 4200
#define KEYS_MAX 4096

/* --- names and places --- */

static bool is_word(struct str s, size_t most)
{
	if (!s.len || s.len > most || s.ptr[0] < 'a' || s.ptr[0] > 'z')
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
			return false;
	}
	return true;
}

bool gate_key_name_ok(struct str name)
{
	return is_word(name, GATE_KEY_NAME_MAX);
}

bool gate_key_id_ok(struct str id)
{
	return is_word(id, GATE_KEY_ID_MAX);
}

static bool key_path(const char *state_dir, struct str id, char ret[PATH_MAX_], struct err *err)
{
	int n = snprintf(ret, PATH_MAX_, "%s/postgres/keys%s%.*s", state_dir, id.len ? "/" : "", STR_ARG(id));

	return (n > 0 && n < PATH_MAX_) || err_set(err, ERR_LIMIT, "%s: path too long", state_dir);
}

/* --- the verifier --- */

static bool random_bytes(unsigned char *p, size_t n, struct err *err)
{
	return getrandom(p, n, 0) == (ssize_t)n || err_sys(err, "no random numbers to be had");
}

static bool make_secret(struct gate_key *k, char ret[GATE_KEY_SECRET_LEN + 1], struct err *err)
{
	unsigned char bytes[32];
	char text[48];

	if (!random_bytes(bytes, sizeof(bytes), err) || !random_bytes(k->verifier.salt, sizeof(k->verifier.salt), err))
		return false;
	EVP_EncodeBlock((unsigned char *)text, bytes, sizeof(bytes));
	for (size_t i = 0; i < GATE_KEY_SECRET_LEN; i++)
		ret[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i];
	ret[GATE_KEY_SECRET_LEN] = '\0';
	k->verifier.iterations = ITERATIONS;
	scram_verifier(str_from(ret), &k->verifier); /* ASCII, which SASLprep leaves as it is */
	OPENSSL_cleanse(bytes, sizeof(bytes));
	OPENSSL_cleanse(text, sizeof(text));
	return true;
}

/* --- its file --- */

static void put_bytes(const char *key, const unsigned char *p, size_t n, struct json_out *o)
{
	char text[64];

	EVP_EncodeBlock((unsigned char *)text, p, (int)n);
	json_out_kv(o, key, str_from(text));
}

/* 16 and 32 bytes end in "==" and "=". */
static bool take_bytes(const struct json *v, const char *key, unsigned char *ret, size_t n)
{
	struct str s = json_str(v, key);
	unsigned char bytes[64];
	size_t want = (n + 2) / 3 * 4, pad = (3 - n % 3) % 3;

	if (s.len != want || want > 60 || EVP_DecodeBlock(bytes, (const unsigned char *)s.ptr, (int)s.len) < (int)n)
		return false;
	for (size_t i = 0; i < pad; i++) {
		if (s.ptr[s.len - 1 - i] != '=')
			return false;
	}
	memcpy(ret, bytes, n);
	return true;
}

static void write_key(const struct gate_key *k, struct buf *b)
{
	struct json_out o = { .buf = b };

	json_out_open(&o, '{');
	json_out_kv(&o, "id", str_from(k->id));
	json_out_kv(&o, "name", str_from(k->name));
	json_out_key(&o, "made_us");
	json_out_i64(&o, k->made_us);
	json_out_key(&o, "expires_us");
	json_out_i64(&o, k->expires_us);
	json_out_key(&o, "iterations");
	json_out_u64(&o, k->verifier.iterations);
	put_bytes("salt", k->verifier.salt, sizeof(k->verifier.salt), &o);
	put_bytes("stored_key", k->verifier.stored_key, sizeof(k->verifier.stored_key), &o);
	put_bytes("server_key", k->verifier.server_key, sizeof(k->verifier.server_key), &o);
	json_out_close(&o, '}');
	buf_addc(b, '\n');
}

static bool parse_key(const struct json *v, struct str id, struct gate_key *k)
{
	struct str name = json_str(v, "name");
	uint64_t made, expires, iterations;

	if (!str_eq(json_str(v, "id"), id) || !gate_key_name_ok(name) || !json_u64(v, "made_us", &made) ||
	    !json_u64(v, "expires_us", &expires) || !json_u64(v, "iterations", &iterations) || iterations < ITERATIONS ||
	    iterations > 10000000 || made > INT64_MAX || expires > INT64_MAX)
		return false;
	snprintf(k->id, sizeof(k->id), "%.*s", STR_ARG(id));
	snprintf(k->name, sizeof(k->name), "%.*s", STR_ARG(name));
	k->made_us = (int64_t)made;
	k->expires_us = k->verifier.expires_us = (int64_t)expires;
	k->verifier.iterations = (unsigned)iterations;
	return take_bytes(v, "salt", k->verifier.salt, sizeof(k->verifier.salt)) &&
	       take_bytes(v, "stored_key", k->verifier.stored_key, sizeof(k->verifier.stored_key)) &&
	       take_bytes(v, "server_key", k->verifier.server_key, sizeof(k->verifier.server_key));
}

bool gate_key_read(const char *state_dir, struct str id, struct gate_key *ret, struct err *err)
{
	auto_buf b = BUF_MAX(FILE_MAX);
	_Alignas(16) char memory[16384] = { 0 };
	char path[PATH_MAX_];
	struct gate_key k = { .made_us = 0 };
	struct json *root;
	struct arena arena;

	if (!gate_key_id_ok(id))
		return err_set(err, ERR_INPUT, "'%.*s' is no id of a key", STR_ARG(str_sub(id, 0, 60)));
	if (!key_path(state_dir, id, path, err) || !file_read(path, &b, err))
		return false;
	arena_init(&arena, memory, sizeof(memory));
	if (!json_parse(buf_str(&b), &arena, &root, err) || !parse_key(root, id, &k))
		return err_set(err, ERR_BROKEN, "%s is no key of pawl's: revoke it and make a new one", path);
	*ret = k;
	return true;
}

/* --- making and revoking --- */

static bool record_made(struct ledger *l, const struct gate_key *k, uint64_t *ret_seq, struct err *err)
{
	auto_buf b = BUF_MAX(FILE_MAX);
	struct json_out o = { .buf = &b };

	json_out_open(&o, '{');
	json_out_kv(&o, "gate", STR("postgres"));
	json_out_kv(&o, "name", str_from(k->name));
	json_out_key(&o, "expires_us");
	json_out_i64(&o, k->expires_us);
	json_out_key(&o, "uid");
	json_out_u64(&o, (uint64_t)getuid());
	json_out_close(&o, '}');
	return ledger_append(l, STR("credential.made"), buf_str(&b), ret_seq, err);
}

bool gate_key_make(const char *state_dir, struct ledger *l, struct str name, int64_t seconds, struct gate_key *ret,
		   char ret_secret[GATE_KEY_SECRET_LEN + 1], struct err *err)
{
	auto_buf b = BUF_MAX(FILE_MAX);
	char path[PATH_MAX_], secret[GATE_KEY_SECRET_LEN + 1];
	struct gate_key k = { .made_us = clock_now_us() };
	uint64_t seq;

	if (!gate_key_name_ok(name))
		return err_set(err, ERR_INPUT, "a name is a letter, then a-z, 0-9, - or _, at most %d: '%.*s'", GATE_KEY_NAME_MAX,
			       STR_ARG(str_sub(name, 0, 60)));
	snprintf(k.name, sizeof(k.name), "%.*s", STR_ARG(name));
	k.expires_us = k.verifier.expires_us = seconds ? k.made_us + seconds * CLOCK_SECOND : 0;
	if (!make_secret(&k, secret, err) || !key_path(state_dir, STR_NONE, path, err) || !dir_make(path, 0700, err) ||
	    !record_made(l, &k, &seq, err))
		return false;
	snprintf(k.id, sizeof(k.id), "%s-%llu", k.name, (unsigned long long)seq);
	write_key(&k, &b);
	if (!key_path(state_dir, str_from(k.id), path, err) || !file_replace(path, buf_str(&b), 0600, err))
		return false;
	*ret = k;
	memcpy(ret_secret, secret, sizeof(secret));
	OPENSSL_cleanse(secret, sizeof(secret));
	return true;
}

bool gate_key_revoke(const char *state_dir, struct ledger *l, struct str id, struct err *err)
{
	char path[PATH_MAX_], body[200];
	uint64_t seq;

	if (!gate_key_id_ok(id))
		return err_set(err, ERR_INPUT, "'%.*s' is no id of a key", STR_ARG(str_sub(id, 0, 60)));
	if (!key_path(state_dir, id, path, err))
		return false;
	if (!file_exists(path))
		return err_set(err, ERR_INPUT, "there is no key %.*s: pawl postgres keys list", STR_ARG(id));
	snprintf(body, sizeof(body), "{\"gate\":\"postgres\",\"session\":\"%.*s\",\"uid\":%u}", STR_ARG(id), (unsigned)getuid());
	if (!ledger_append(l, STR("credential.revoked"), str_from(body), &seq, err))
		return false;
	return unlink(path) == 0 || errno == ENOENT || err_sys(err, "%s", path);
}

/* --- all of them --- */

static int by_number(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t read_names(DIR *d, char **ret)
{
	size_t n = 0;

	for (struct dirent *e; n < KEYS_MAX && (e = readdir(d));) {
		if (gate_key_id_ok(str_from(e->d_name)) && (ret[n] = strdup(e->d_name)))
			n++;
	}
	qsort(ret, n, sizeof(*ret), by_number);
	return n;
}

bool gate_key_each(const char *state_dir, bool (*each)(const struct gate_key *k, void *ctx), void *ctx, size_t *ret_bad,
		   struct err *err)
{
	static const struct gate_key none;
	char path[PATH_MAX_], **names;
	size_t n = 0, bad = 0;
	bool go = true;
	DIR *d;

	if (!key_path(state_dir, STR_NONE, path, err))
		return false;
	d = opendir(path);
	if (!d && errno != ENOENT)
		return err_sys(err, "%s", path);
	names = calloc(KEYS_MAX, sizeof(*names));
	if (d && names)
		n = read_names(d, names);
	if (d)
		closedir(d);
	for (size_t i = 0; i < n; i++) {
		struct gate_key k = none;

		if (go && !gate_key_read(state_dir, str_from(names[i]), &k, NULL))
			bad++;
		else
			go = go && each(&k, ctx);
		free(names[i]);
	}
	free(names);
	*ret_bad = bad;
	return true;
}
