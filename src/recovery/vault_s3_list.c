/* What lies in a bucket: seen, hidden, locked; and what is done about it. */
#include "base/clock.h"
#include "base/timestamp.h"
#include "cloud/xml.h"
#include "recovery/vault_s3.h"

#define ENTRIES_MAX 1000000u
#define LISTING ((size_t)256 << 20)

static bool say(const struct vault_s3 *d, struct err *err)
{
	return err_prefix(err, "vault %.*s", STR_ARG(d->v.place.name));
}

/* Of a backup while its versions go by: they come by key. */
struct file {
	struct str name;
	bool real, over; /* lies there; something lies over it */
	uint64_t bytes;	 /* of the oldest version, which is the backup's */
};

struct listing {
	struct vault_s3 *d;
	struct arena *arena;
	struct vault_entry *first;
	size_t n, marks;
	struct file file;
	struct str manifest_version;
};

/* "TARGET/ID/FILE" behind the prefix. */
static bool take_apart(struct str key, size_t skip, struct vault_name *ret)
{
	struct str parts[3];

	key = str_sub(key, skip, SIZE_MAX);
	for (size_t i = 0; i < 3; i++) {
		size_t slash = i < 2 ? str_find_char(key, '/') : key.len;

		if (slash == SIZE_MAX)
			return false;
		parts[i] = str_sub(key, 0, slash);
		key = str_sub(key, slash + 1, SIZE_MAX);
		if (!vault_name_good(parts[i]))
			return false;
	}
	*ret = (struct vault_name){ parts[0], parts[1], parts[2] };
	return true;
}

/* All versions of one file went by. */
static void end_file(struct listing *l)
{
	struct vault_entry *e = l->first;

	if (e && l->file.real) {
		l->marks += str_is(l->file.name, VAULT_MANIFEST) ||
			    str_is(l->file.name, VAULT_SIGNATURE);
		e->hidden |= l->file.over;
		e->bytes += l->file.bytes;
	}
	l->file = (struct file){ 0 };
}

static bool end_backup(struct listing *l, struct err *err)
{
	struct vault_entry *e = l->first;
	struct str key;

	end_file(l);
	if (!e)
		return true;
	e->whole = l->marks == 2;
	l->marks = 0;
	if (!l->manifest_version.len)
		return true;
	key = s3_key(l->d->s3, l->arena, e->target, e->id, STR(VAULT_MANIFEST));
	if (!s3_locked_until(l->d->s3, key, l->manifest_version, &e->locked_until_us, NULL, err))
		return false;
	l->manifest_version = STR_NONE;
	return true;
}

static bool new_backup(struct listing *l, const struct vault_name *n, struct err *err)
{
	struct vault_entry *e;

	if (l->first && str_eq(l->first->target, n->target) && str_eq(l->first->id, n->id))
		return true;
	e = arena_alloc(l->arena, sizeof(*e));
	if (!e || ++l->n > ENTRIES_MAX)
		return err_set(err, ERR_LIMIT, "more backups than can be listed");
	if (!end_backup(l, err))
		return false;
	*e = (struct vault_entry){ .target = arena_str(l->arena, n->target),
				   .id = arena_str(l->arena, n->id),
				   .sized = true,
				   .next = l->first };
	l->first = e;
	return true;
}

static bool take(struct listing *l, const struct s3_version *v, size_t skip, struct err *err)
{
	struct vault_name n;

	if (!take_apart(v->key, skip, &n))
		return true;
	if (!new_backup(l, &n, err))
		return false;
	if (!str_eq(n.file, l->file.name)) {
		end_file(l);
		l->file.name = n.file;
	}
	/* A version that is not the latest lies under something, be it a marker or another version. */
	if (v->marker)
		return true;
	l->file.over |= !v->latest;
	l->file.real = true;
	l->file.bytes = v->bytes;
	if (str_is(n.file, VAULT_MANIFEST)) {
		l->first->put_us = v->modified_us;
		l->manifest_version = v->id;
	}
	return true;
}

/* How much was sent of it; 0 where that is not told. */
static uint64_t sent(struct listing *l, const struct s3_upload *u)
{
	auto_buf q = BUF_MAX(8192);
	struct json *root = NULL;
	struct s3_answer a;
	struct arena page;
	uint64_t all = 0, one;
	struct err err;

	buf_adds(&q, "max-parts=1000&uploadId=");
	sigv4_encode(u->id, false, &q);
	if (!s3_call(l->d->s3, &(struct s3_call){ .method = "GET", .key = u->key, .query = buf_str(&q) }, &a, &err) || a.status != 200 ||
	    !arena_map(&page, (size_t)16 << 20))
		return 0;
	if (xml_parse(a.body, &page, &root, &err)) {
		JSON_EACH(v, root) {
			if (str_is(v->key, "Part") && str_to_u64(json_text(json_get(v, "Size")), &one))
				all += one;
		}
	}
	arena_unmap(&page);
	return all;
}

static bool take_upload(struct listing *l, const struct s3_upload *u, size_t skip, struct err *err)
{
	struct vault_entry *e;
	struct vault_name n;

	if (!take_apart(u->key, skip, &n))
		return true;
	e = vault_find(l->first, n.target, n.id);
	if (!e) {
		e = arena_alloc(l->arena, sizeof(*e));
		if (!e || ++l->n > ENTRIES_MAX)
			return err_set(err, ERR_LIMIT, "more backups than can be listed");
		*e = (struct vault_entry){ .target = arena_str(l->arena, n.target), .id = arena_str(l->arena, n.id),
					   .put_us = u->begun_us, .next = l->first };
		l->first = e;
	}
	if (!e->whole)
		e->bytes += sent(l, u);
	return true;
}

/* What was begun there and is no version yet: half of a backup. Who may not see uploads sees the rest. */
static bool take_uploads(struct listing *l, struct str prefix, struct arena *names, size_t skip, struct err *err)
{
	struct s3_upload *list = NULL;
	struct err unseen = { 0 };

	if (!vault_s3_uploads(l->d, prefix, names, &list, &unseen))
		return unseen.code == ERR_DENIED || (err && (*err = unseen, false));
	for (; list; list = list->next) {
		if (!take_upload(l, list, skip, err))
			return false;
	}
	return true;
}

static int newer_first(const void *a, const void *b)
{
	const struct vault_entry *x = *(const struct vault_entry *const *)a,
				 *y = *(const struct vault_entry *const *)b;

	return str_cmp(y->id, x->id);
}

static bool sort(struct listing *l, struct vault_entry **ret)
{
	struct vault_entry **sorted = arena_array(l->arena, l->n ? l->n : 1,
						  sizeof(struct vault_entry *)),
			   **end = ret;
	size_t n = 0;

	if (!sorted)
		return false;
	for (struct vault_entry *e = l->first; e; e = e->next)
		sorted[n++] = e;
	qsort(sorted, n, sizeof(struct vault_entry *), newer_first);
	for (size_t i = 0; i < n; i++) {
		*end = sorted[i];
		end = &sorted[i]->next;
	}
	*end = NULL;
	return true;
}

bool vault_s3_list(struct vault *v, struct str target, struct arena *arena,
		   struct vault_entry **ret, struct err *err)
{
	struct vault_s3 *d = (struct vault_s3 *)v;
	struct listing l = { .d = d, .arena = arena };
	struct s3_version *all = NULL;
	struct arena versions;
	struct str prefix;
	size_t skip;
	bool good;

	if (!arena_map(&versions, LISTING))
		return err_set(err, ERR_LIMIT, "no memory for a listing");
	skip = s3_key(d->s3, &versions, STR_NONE, STR_NONE, STR_NONE).len;
	prefix = s3_key(d->s3, &versions, target, STR_NONE, STR_NONE);
	good = s3_versions(d->s3, prefix, &versions, &all, err);
	for (; good && all; all = all->next)
		good = take(&l, all, skip, err);
	good = good && end_backup(&l, err) && take_uploads(&l, prefix, &versions, skip, err) &&
	       (sort(&l, ret) || err_set(err, ERR_LIMIT, "more backups than can be listed"));
	arena_unmap(&versions);
	return good || say(d, err);
}

/* --- locks and removal --- */

static bool lock_one(struct vault_s3 *d, const struct s3_version *v, struct err *err)
{
	auto_buf q = BUF_MAX(4096);
	char until[TIMESTAMP_LEN + 1], body[300], sum[S3_SUM];
	int64_t have, want = s3_now_us(d->s3) + d->v.place.lock_s * CLOCK_SECOND;
	struct s3_answer a;
	bool compliance;
	int n;

	timestamp_text(want, until);
	n = snprintf(body, sizeof(body),
		     "<Retention "
		     "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Mode>COMPLIANCE</"
		     "Mode><RetainUntilDate>%s</RetainUntilDate></Retention>",
		     until);
	s3_sum((struct str){ body, (size_t)n }, sum);
	buf_adds(&q, "retention=&versionId=");
	sigv4_encode(v->id, false, &q);
	if (!s3_must(d->s3,
		     &(struct s3_call){
			     .method = "PUT",
			     .key = v->key,
			     .query = buf_str(&q),
			     .headers = { { STR("x-amz-checksum-sha256"), str_from(sum) } },
			     .body = { body, (size_t)n } },
		     "lock a file", &a, err) ||
	    !s3_locked_until(d->s3, v->key, v->id, &have, &compliance, err))
		return false;
	return (compliance && have >= want - 2 * CLOCK_SECOND) ||
	       err_set(err, ERR_DENIED,
		       "%.*s is not locked, though the cloud said that it would be",
		       STR_ARG(v->key));
}

/* All versions of a backup, in an arena of the caller's. */
static bool of_backup(struct vault_s3 *d, const struct vault_name *n, struct arena *arena,
		      struct s3_version **ret, struct err *err)
{
	if (!arena_map(arena, LISTING))
		return err_set(err, ERR_LIMIT, "no memory for a listing");
	if (s3_versions(d->s3, s3_key(d->s3, arena, n->target, n->id, STR_NONE), arena, ret, err))
		return true;
	arena_unmap(arena);
	return say(d, err);
}

bool vault_s3_lock(struct vault *v, const struct vault_name *n, struct err *err)
{
	struct vault_s3 *d = (struct vault_s3 *)v;
	struct s3_version *all;
	struct arena arena;
	size_t locked = 0;
	bool good = true;

	if (!d->v.place.lock_s)
		return true;
	if (!of_backup(d, n, &arena, &all, err))
		return false;
	for (; good && all; all = all->next) {
		if (all->marker)
			continue;
		good = lock_one(d, all, err);
		locked++;
	}
	arena_unmap(&arena);
	if (good && !locked)
		good = err_set(err, ERR_STATE, "%.*s is not there", STR_ARG(n->id));
	return good || say(d, err);
}

static bool delete_one(struct vault_s3 *d, const struct s3_version *v, struct err *err)
{
	auto_buf q = BUF_MAX(4096);
	struct s3_answer a;

	buf_adds(&q, "versionId=");
	sigv4_encode(v->id, false, &q);
	return s3_must(d->s3,
		       &(struct s3_call){ .method = "DELETE", .key = v->key, .query = buf_str(&q) },
		       "remove a file", &a, err);
}

/* No lock of any of its files may hold. */
static bool unlocked(struct vault_s3 *d, const struct s3_version *all, struct err *err)
{
	for (; all; all = all->next) {
		int64_t until = 0;

		if (!all->marker && !s3_locked_until(d->s3, all->key, all->id, &until, NULL, err))
			return false;
		if (until > s3_now_us(d->s3))
			return err_set(err, ERR_DENIED, "%.*s is locked yet", STR_ARG(all->key));
	}
	return true;
}

static bool is_manifest(const struct s3_version *v)
{
	return str_ends(v->key, STR("/" VAULT_MANIFEST));
}

bool vault_s3_remove(struct vault *v, const struct vault_name *n, struct err *err)
{
	struct vault_s3 *d = (struct vault_s3 *)v;
	struct s3_version *all;
	struct arena arena;
	bool good;

	if (!of_backup(d, n, &arena, &all, err))
		return false;
	/* No lock holds what was never finished, and it costs as if it were. */
	good = vault_s3_abort_all(d, s3_key(d->s3, &arena, n->target, n->id, STR_NONE), err) && unlocked(d, all, err);
	/* The manifest first: what is half removed is no backup any more, and is swept the next time. */
	for (int manifest = 1; manifest >= 0; manifest--) {
		for (const struct s3_version *one = all; good && one; one = one->next)
			good = is_manifest(one) != (manifest == 1) || delete_one(d, one, err);
	}
	arena_unmap(&arena);
	return good || say(d, err);
}
