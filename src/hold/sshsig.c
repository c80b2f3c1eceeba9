#include "hold/sshsig.h"

#include "base/digest.h"

#define BEGIN "-----BEGIN SSH SIGNATURE-----"
#define END "-----END SSH SIGNATURE-----"
#define MAGIC "SSHSIG"
#define TOUCHED 0x01
#define KNOWN_PERSON 0x04

/* clang-format off */
static const struct { struct str type, sig; bool hardware; } key_types[] = {
	{ STR_INIT("ssh-ed25519"),                        STR_INIT("ssh-ed25519"),                        false },
	{ STR_INIT("sk-ssh-ed25519@openssh.com"),         STR_INIT("sk-ssh-ed25519@openssh.com"),         true },
	{ STR_INIT("sk-ecdsa-sha2-nistp256@openssh.com"), STR_INIT("sk-ecdsa-sha2-nistp256@openssh.com"), true },
	{ STR_INIT("ecdsa-sha2-nistp256"),                STR_INIT("ecdsa-sha2-nistp256"),                false },
	{ STR_INIT("ecdsa-sha2-nistp384"),                STR_INIT("ecdsa-sha2-nistp384"),                false },
	{ STR_INIT("ecdsa-sha2-nistp521"),                STR_INIT("ecdsa-sha2-nistp521"),                false },
	{ STR_INIT("ssh-rsa"),                            STR_INIT("rsa-sha2-512"),                       false },
	{ STR_INIT("ssh-rsa"),                            STR_INIT("rsa-sha2-256"),                       false },
};
/* clang-format on */

/* --- base64 --- */

static int sextet(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* Line ends are skipped; padding only at the end; left-over bits must be zero. */
static bool decode(struct str text, struct arena *arena, struct str *ret)
{
	char *p = arena_alloc(arena, text.len / 4 * 3 + 4);
	size_t n = 0, pad = 0;
	unsigned bits = 0, have = 0;

	if (!p)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		int v = sextet(text.ptr[i]);

		if (text.ptr[i] == '\n' || text.ptr[i] == '\r')
			continue;
		if (text.ptr[i] == '=') {
			pad++;
			continue;
		}
		if (v < 0 || pad)
			return false;
		bits = (bits << 6 | (unsigned)v) & 0xffffff;
		have += 6;
		if (have >= 8) {
			have -= 8;
			p[n++] = (char)(bits >> have & 0xff);
		}
	}
	if (pad > 2 || have >= 6 || (bits & ((1u << have) - 1)))
		return false;
	*ret = (struct str){ p, n };
	return true;
}

static void fingerprint(struct str blob, char ret[SSHSIG_FINGERPRINT])
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct digest d = digest_of(blob.ptr, blob.len);
	unsigned bits = 0, have = 0;
	size_t n = 7;

	memcpy(ret, "SHA256:", 7);
	for (size_t i = 0; i < DIGEST_LEN; i++) {
		bits = bits << 8 | d.b[i];
		for (have += 8; have >= 6; have -= 6)
			ret[n++] = set[bits >> (have - 6) & 63];
		bits &= 0x3f;
	}
	ret[n++] = set[bits << (6 - have) & 63];
	ret[n] = '\0';
}

/* --- the wire --- */

static bool take_u32(struct str *s, uint32_t *ret)
{
	uint32_t v = 0;

	if (s->len < 4)
		return false;
	for (size_t i = 0; i < 4; i++)
		v = v << 8 | (uint8_t)s->ptr[i];
	*s = str_sub(*s, 4, SIZE_MAX);
	*ret = v;
	return true;
}

static bool take_str(struct str *s, struct str *ret)
{
	struct str rest = *s;
	uint32_t n;

	if (!take_u32(&rest, &n) || n > rest.len)
		return false;
	*ret = str_sub(rest, 0, n);
	*s = str_sub(rest, n, SIZE_MAX);
	return true;
}

static bool take_flags(struct str *s, struct sshsig *g)
{
	uint8_t flags;

	if (s->len < 5)
		return false;
	flags = (uint8_t)s->ptr[0];
	*s = str_sub(*s, 1, SIZE_MAX);
	g->present = flags & TOUCHED;
	g->verified = flags & KNOWN_PERSON;
	return take_u32(s, &g->counter);
}

static bool known_type(struct str type, struct str sig, bool *ret_hardware)
{
	for (size_t i = 0; i < ARRAY_LEN(key_types); i++) {
		if (str_eq(type, key_types[i].type) && (!sig.len || str_eq(sig, key_types[i].sig))) {
			*ret_hardware = key_types[i].hardware;
			return true;
		}
	}
	return false;
}

static bool read_blob(struct str s, struct sshsig *g)
{
	struct str reserved, signature, raw, key;
	uint32_t version;

	if (!str_starts(s, STR(MAGIC)))
		return false;
	s = str_sub(s, sizeof(MAGIC) - 1, SIZE_MAX);
	if (!take_u32(&s, &version) || version != 1 || !take_str(&s, &g->key_blob) || !take_str(&s, &g->name_space) ||
	    !take_str(&s, &reserved) || !take_str(&s, &g->hash) || !take_str(&s, &signature) || s.len)
		return false;
	key = g->key_blob;
	if (!take_str(&key, &g->key_type) || !take_str(&signature, &g->sig_type) || !take_str(&signature, &raw))
		return false;
	if (!known_type(g->key_type, g->sig_type, &g->hardware))
		return false;
	return (!g->hardware || take_flags(&signature, g)) && signature.len == 0;
}

static bool unarmour(struct str s, struct arena *arena, struct str *ret)
{
	size_t end;

	s = str_trim(s);
	if (!str_starts(s, STR(BEGIN)))
		return false;
	s = str_sub(s, sizeof(BEGIN) - 1, SIZE_MAX);
	end = str_find(s, STR(END));
	if (end == SIZE_MAX || s.len != end + sizeof(END) - 1)
		return false;
	return decode(str_sub(s, 0, end), arena, ret);
}

bool sshsig_parse(struct str armoured, struct arena *arena, struct sshsig *ret, struct err *err)
{
	struct sshsig g = { 0 };
	struct str blob;

	if (armoured.len > SSHSIG_MAX)
		return err_set(err, ERR_LIMIT, "signature: larger than %zu bytes", SSHSIG_MAX);
	if (!unarmour(armoured, arena, &blob))
		return err_set(err, ERR_INPUT, "signature: not in the armour of ssh-keygen -Y sign");
	if (!read_blob(blob, &g))
		return err_set(err, ERR_INPUT, "signature: damaged, or of a kind of key that is not taken here");
	fingerprint(g.key_blob, g.fingerprint);
	*ret = g;
	return true;
}

static struct str word(struct str *s)
{
	size_t start = 0, end;
	struct str w;

	while (start < s->len && (s->ptr[start] == ' ' || s->ptr[start] == '\t'))
		start++;
	end = start;
	while (end < s->len && s->ptr[end] != ' ' && s->ptr[end] != '\t')
		end++;
	w = str_sub(*s, start, end - start);
	*s = str_sub(*s, end, SIZE_MAX);
	return w;
}

bool sshsig_key(struct str line, struct arena *arena, struct sshkey *ret, struct err *err)
{
	struct str rest = str_trim(line), type = word(&rest), text = word(&rest), blob, inner, named;
	struct sshkey key = { 0 };
	bool hardware;

	if (!known_type(type, STR_NONE, &hardware))
		return err_set(err, ERR_INPUT, "key: '%.*s' is no kind of key that is taken here", STR_ARG(str_sub(type, 0, 60)));
	if (text.len > SSHSIG_MAX || !decode(text, arena, &blob))
		return err_set(err, ERR_INPUT, "key: not base64");
	inner = blob;
	if (!take_str(&inner, &named) || !str_eq(named, type))
		return err_set(err, ERR_INPUT, "key: damaged");
	key.type = arena_str(arena, type);
	key.blob = blob;
	fingerprint(blob, key.fingerprint);
	*ret = key;
	return !arena->full;
}
