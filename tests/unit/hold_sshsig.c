/* Real signatures by ssh-keygen, and FIDO ones put together by hand from PROTOCOL.u2f (a touch cannot be had in a test). */
#include "unit.h"

#include "base/buf.h"
#include "base/fd.h"
#include "hold/sshsig.h"

static char memory[1 << 18];

static struct arena *arena(void)
{
	static struct arena a;

	memset(memory, 0, sizeof(memory));
	arena_init(&a, memory, sizeof(memory));
	return &a;
}

static void read_fixture(const char *name, struct buf *b)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/tests/fixtures/sshsig/%s", getenv("PAWL_SOURCE") ? getenv("PAWL_SOURCE") : ".", name);
	assert_true(file_read(path, b, NULL));
}

static void test_real(void **state)
{
	static const struct {
		const char *file, *key, *type;
	} rows[] = { { "ed.sig", "ed.pub", "ssh-ed25519" },
		     { "ec.sig", "ec.pub", "ecdsa-sha2-nistp256" },
		     { "rsa.sig", "rsa.pub", "ssh-rsa" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_buf sig_text = BUF_MAX(20000), key_text = BUF_MAX(20000);
		struct arena *a = arena();
		struct sshsig sig;
		struct sshkey key;
		struct err err = { 0 };

		read_fixture(rows[i].file, &sig_text);
		read_fixture(rows[i].key, &key_text);
		assert_true(sshsig_parse(buf_str(&sig_text), a, &sig, &err));
		assert_true(sshsig_key(buf_str(&key_text), a, &key, &err));
		assert_str(sig.key_type, rows[i].type);
		assert_str(sig.name_space, "pawl");
		assert_true(str_eq(sig.key_blob, key.blob));
		assert_string_equal(sig.fingerprint, key.fingerprint);
		assert_false(sig.hardware);
	}
}

/* As `ssh-keygen -lf` prints it. */
static void test_fingerprint(void **state)
{
	auto_buf key_text = BUF_MAX(20000);
	struct sshkey key;

	(void)state;
	read_fixture("ed.pub", &key_text);
	assert_true(sshsig_key(buf_str(&key_text), arena(), &key, NULL));
	assert_string_equal(key.fingerprint, "SHA256:P5e6w1Owy+tWCxcarfqYG3jKJr+s2epde3cIC89MM8A");
}

static void put_u32(struct buf *b, uint32_t v)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_addc(b, (char)(v >> shift & 0xff));
}

static void put_str(struct buf *b, struct str s)
{
	put_u32(b, (uint32_t)s.len);
	buf_add(b, s);
}

static void armour(struct str blob, struct buf *out)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	buf_adds(out, "-----BEGIN SSH SIGNATURE-----\n");
	for (size_t i = 0; i < blob.len; i += 3) {
		unsigned v = 0;

		for (size_t k = 0; k < 3; k++)
			v = v << 8 | (i + k < blob.len ? (uint8_t)blob.ptr[i + k] : 0);
		buf_addc(out, set[v >> 18]);
		buf_addc(out, set[v >> 12 & 63]);
		buf_addc(out, i + 1 < blob.len ? set[v >> 6 & 63] : '=');
		buf_addc(out, i + 2 < blob.len ? set[v & 63] : '=');
	}
	buf_adds(out, "\n-----END SSH SIGNATURE-----\n");
}

/* A FIDO signature with these flags; ${tail} behind it is damage. */
static bool fido(char flags, const char *tail, struct sshsig *ret)
{
	static char zero[64];
	auto_buf key = BUF_MAX(4096), sig = BUF_MAX(4096), blob = BUF_MAX(4096), text = BUF_MAX(8192);

	put_str(&key, STR("sk-ssh-ed25519@openssh.com"));
	put_str(&key, (struct str){ zero, 32 });
	put_str(&key, STR("ssh:"));
	put_str(&sig, STR("sk-ssh-ed25519@openssh.com"));
	put_str(&sig, (struct str){ zero, 64 });
	buf_addc(&sig, flags);
	put_u32(&sig, 7);
	buf_adds(&sig, tail);
	buf_adds(&blob, "SSHSIG");
	put_u32(&blob, 1);
	put_str(&blob, buf_str(&key));
	put_str(&blob, STR("pawl"));
	put_str(&blob, STR(""));
	put_str(&blob, STR("sha512"));
	put_str(&blob, buf_str(&sig));
	armour(buf_str(&blob), &text);
	return sshsig_parse(buf_str(&text), arena(), ret, NULL);
}

static void test_touch(void **state)
{
	struct sshsig sig;

	(void)state;
	assert_true(fido(0, "", &sig));
	assert_true(sig.hardware && !sig.present && !sig.verified && sig.counter == 7);
	assert_true(fido(1, "", &sig));
	assert_true(sig.present && !sig.verified);
	assert_true(fido(5, "", &sig));
	assert_true(sig.present && sig.verified);
	assert_false(fido(1, "x", &sig));
}

/* Cut anywhere or with any one byte of the armour changed to one outside of base64: refused, never half read. */
static void test_damage(void **state)
{
	auto_buf whole = BUF_MAX(20000);
	struct sshsig sig;

	(void)state;
	read_fixture("ed.sig", &whole);
	for (size_t n = 0; n + 1 < whole.len; n++)
		assert_false(sshsig_parse(str_sub(buf_str(&whole), 0, n), arena(), &sig, NULL));
	for (size_t i = 30; i < whole.len - 32; i++) {
		char was = whole.ptr[i];

		whole.ptr[i] = '!';
		assert_false(sshsig_parse(buf_str(&whole), arena(), &sig, NULL));
		whole.ptr[i] = was;
	}
	buf_adds(&whole, "more");
	assert_false(sshsig_parse(buf_str(&whole), arena(), &sig, NULL));
}

static void test_keys_refused(void **state)
{
	static const char *const bad[] = { "", "ssh-ed25519", "ssh-ed25519 AAAA", "ssh-dss AAAAB3NzaC1kc3MAAAA=",
					   "ssh-ed25519-cert-v01@openssh.com AAAA", "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAA",
					   "ssh-ed25519 !!!!" };
	struct sshkey key;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(sshsig_key(str_from(bad[i]), arena(), &key, NULL));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_real),   cmocka_unit_test(test_fingerprint),  cmocka_unit_test(test_touch),
	cmocka_unit_test(test_damage), cmocka_unit_test(test_keys_refused),
};
UNIT_MAIN(tests)
