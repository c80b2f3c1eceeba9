/* What goes into a vault comes out of it byte for byte, or not at all: whatever is cut, changed, swapped or added is named. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "recovery/pack.h"
#include "unit.h"

#define N ((size_t)10 << 20)

static char folder[] = "/tmp/pawl-vault-XXXXXX", file[200];
static char memory[1 << 20];
static struct arena a;
static char *plain, *got;
static size_t n_got;
static struct vault *v;

static int begin(void **state)
{
	struct err err = { 0 };
	struct vault_place place = { .name = STR("local"), .kind = VAULT_DIRECTORY };
	uint32_t x = 1;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	arena_init(&a, memory, sizeof(memory));
	plain = malloc(N);
	got = malloc(N);
	if (!mkdtemp(folder) || !plain || !got)
		return -1;
	/* Half of it packs, half does not. */
	for (size_t i = 0; i < N; i++) {
		x = x * 1664525 + 1013904223;
		plain[i] = i & 4096 ? (char)(x >> 24) : (char)('a' + i % 7);
	}
	place.directory = str_from(folder);
	snprintf(file, sizeof(file), "%s/shop/one/data.zst", folder);
	return vault_open(&place, &v, &err) ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	vault_close(v);
	free(plain);
	free(got);
	return dir_remove(folder, NULL) ? 0 : -1;
}

static void put(const char *id, char *const *filter, struct packed *ret)
{
	struct err err = { 0 };
	struct vault_put *to;
	struct pack *p;
	uint64_t have;

	assert_true(
		vault_put_begin(v, STR("shop"), str_from(id), STR("data.zst"), &to, &have, &err));
	assert_int_equal(have, 0);
	assert_true(pack_begin(to, filter, &p, &err));
	for (size_t at = 0, n; at < N; at += n) {
		n = at % 300000 + 1 < N - at ? at % 300000 + 1 : N - at;
		assert_true(pack_add(p, plain + at, n, &err));
	}
	assert_true(pack_end(p, &a, ret, &err));
	ret->file.name = STR("data.zst");
}

static bool take(void *ctx, const void *p, size_t n, struct err *err)
{
	(void)ctx;
	if (n_got + n > N)
		return err_set(err, ERR_LIMIT, "too much");
	memcpy(got + n_got, p, n);
	n_got += n;
	return true;
}

static int lie; /* of the manifest, about what is in it */

static bool get(const char *id, const struct packed *p, char *const *filter, struct err *err)
{
	struct digest_lanes *l = digest_lanes_new(DIGEST_LANES_MANY);
	struct digest_tree *t = digest_tree_begin(l, NULL);
	struct manifest m = { .target = STR("shop"), .id = str_from(id), .files = &p->file, .plain_bytes = p->plain_bytes };
	struct unpack_from from = { v, filter, &m, DUMP_BYTES, &a, NULL };
	struct fingerprint_found found;

	digest_tree_add(t, plain, N);
	digest_tree_end(t, &m.plain);
	digest_lanes_wait(l);
	digest_lanes_free(l);
	m.plain.b[3] ^= (uint8_t)lie;

	n_got = 0;
	*err = (struct err){ 0 };
	return unpack(&from, take, NULL, &found, err);
}

static void there_and_back(void **state)
{
	char *const cat[] = { (char[]){ "cat" }, NULL };
	struct packed p, q;
	struct err err;

	(void)state;
	put("one", NULL, &p);
	assert_true(get("one", &p, NULL, &err));
	assert_int_equal(n_got, N);
	assert_memory_equal(plain, got, N);
	put("two", cat, &q);
	assert_true(digest_eq(&p.file.digest, &q.file.digest));
	assert_true(get("two", &q, cat, &err));
	assert_memory_equal(plain, got, N);
	assert_true(p.file.n_parts > 1);
}

static void refused(const struct packed *p, const char *why)
{
	struct err err;

	assert_false(get("one", p, NULL, &err));
	if (!strstr(err.msg, why))
		print_error("%s: wanted %s\n", err.msg, why);
	assert_non_null(strstr(err.msg, why));
}

static void flip(off_t at)
{
	auto_fd fd = open(file, O_RDWR);
	char c;

	assert_int_equal(pread(fd, &c, 1, at), 1);
	c ^= 1;
	assert_int_equal(pwrite(fd, &c, 1, at), 1);
}

static void tampered(void **state)
{
	static struct digest parts[64];
	struct packed p, other;
	struct stat st;
	auto_fd fd = -1;

	(void)state;
	/* There already: nothing is written over. */
	assert_int_equal(unlink(file), 0);
	put("one", NULL, &p);
	assert_int_equal(chmod(file, 0600), 0);
	assert_int_equal(stat(file, &st), 0);
	for (off_t at = 0; at < st.st_size; at += 1000003) {
		flip(at);
		refused(&p, "not those that were stored");
		flip(at);
	}
	fd = open(file, O_RDWR | O_APPEND);
	assert_int_equal(write(fd, "x", 1), 1);
	refused(&p, "more behind its end");
	for (off_t at = st.st_size - 1; at >= 0; at -= 65536) {
		assert_int_equal(ftruncate(fd, at), 0);
		refused(&p, "cut off here");
	}
	assert_int_equal(unlink(file), 0);
	put("one", NULL, &p);
	/* A manifest that lies about what lies there, or about what is in it. */
	other = p;
	other.file.parts = parts;
	memcpy(parts, p.file.parts, p.file.n_parts * sizeof(*parts));
	parts[0] = p.file.parts[1];
	refused(&other, "not those that were stored");
	other = p;
	other.plain_bytes--;
	refused(&other, "more than its manifest says");
	other.plain_bytes += 2;
	refused(&other, "less than its manifest says");
	other = p;
	lie = 1;
	refused(&other, "not what its manifest says");
	lie = 0;
}

static void filters_fail(void **state)
{
	char *const gone[] = { (char[]){ "pawl-no-such-program" }, NULL };
	char *const early[] = { (char[]){ "head" }, (char[]){ "-c100" }, NULL };
	char *const late[] = { (char[]){ "sh" }, (char[]){ "-c" },
			       (char[]){ "cat; echo no key >&2; exit 3" }, NULL };
	char *const *const filters[] = { gone, early, late };
	const char *const why[] = { "cannot be started", "before it had read all",
				    "status 3: no key" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct err err = { 0 };
		struct vault_put *to;
		struct pack *p;
		struct packed done;
		uint64_t have;
		bool good;

		assert_true(vault_put_begin(v, STR("shop"), STR("bad"), STR("data.zst"), &to, &have,
					    &err));
		good = pack_begin(to, filters[i], &p, &err);
		if (good && !pack_add(p, plain, N, &err)) {
			pack_stop(p);
			good = false;
		} else if (good) {
			good = pack_end(p, &a, &done, &err);
		}
		assert_false(good);
		assert_non_null(strstr(err.msg, why[i]));
	}
}

static void listing(void **state)
{
	struct err err = { 0 };
	struct vault_entry *e;
	struct vault_put *p;
	uint64_t have;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_true(vault_put_begin(v, STR("shop"), STR("two"),
					    i ? STR("manifest.sig") : STR("manifest.json"), &p,
					    &have, &err));
		assert_true(vault_put_bytes(p, "{}", 2, &err));
		assert_true(vault_put_end(p, &err));
	}
	assert_true(vault_list(v, STR("shop"), &a, &e, &err));
	assert_str(e->id, "two");
	assert_true(e->whole);
	assert_str(e->next->id, "one");
	assert_false(e->next->whole);
	assert_str(e->next->next->id, "bad");
	assert_null(e->next->next->next);
	assert_true(vault_list(v, STR("other"), &a, &e, &err));
	assert_null(e);
	assert_false(
		vault_put_begin(v, STR("shop"), STR("two"), STR("manifest.json"), &p, &have, &err));
	assert_non_null(strstr(err.msg, "nothing in a vault is written over"));
	assert_false(vault_put_begin(v, STR("shop"), STR(".."), STR("x"), &p, &have, &err));
	assert_false(vault_put_begin(v, STR("shop"), STR("a/b"), STR("x"), &p, &have, &err));
	assert_true(vault_remove(v, STR("shop"), STR("two"), &err));
	assert_true(vault_list(v, STR_NONE, &a, &e, &err));
	assert_str(e->id, "one");
}

/* A name is the target's and the backup's: another target may have one of the same second. */
static void found(void **state)
{
	struct vault_entry shop = { .target = STR("shop"), .id = STR("one") };
	struct vault_entry other = { .target = STR("other"), .id = STR("one"), .next = &shop };

	(void)state;
	assert_ptr_equal(vault_find(&other, STR("shop"), STR("one")), &shop);
	assert_ptr_equal(vault_find(&other, STR("other"), STR("one")), &other);
	assert_null(vault_find(&other, STR("shop"), STR("two")));
	assert_null(vault_find(NULL, STR("shop"), STR("one")));
}

static void continued(void **state)
{
	struct err err = { 0 };
	struct vault_put *p;
	uint64_t have;

	(void)state;
	assert_true(vault_put_begin(v, STR("shop"), STR("three"), STR("data"), &p, &have, &err));
	assert_true(vault_put_bytes(p, "first ", 6, &err));
	vault_put_stop(p);
	assert_true(vault_put_begin(v, STR("shop"), STR("three"), STR("data"), &p, &have, &err));
	assert_int_equal(have, 6);
	assert_true(vault_put_bytes(p, "second", 6, &err));
	assert_true(vault_put_end(p, &err));
	assert_false(vault_put_begin(v, STR("shop"), STR("three"), STR("data"), &p, &have, &err));
}

static void open_to_others(void **state)
{
	struct err err = { 0 };
	struct vault_place place = { .name = STR("x"),
				     .kind = VAULT_DIRECTORY,
				     .directory = str_from(folder) };
	struct vault *w;

	(void)state;
	assert_int_equal(chmod(folder, 0750), 0);
	assert_false(vault_open(&place, &w, &err));
	assert_non_null(strstr(err.msg, "mode 0700"));
	assert_int_equal(chmod(folder, 0700), 0);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(there_and_back), cmocka_unit_test(tampered),
	cmocka_unit_test(filters_fail),	  cmocka_unit_test(listing),
	cmocka_unit_test(continued),	  cmocka_unit_test(open_to_others),
	cmocka_unit_test(found),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, begin, end);
}
