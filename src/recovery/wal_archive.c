#include "recovery/wal_archive.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "recovery/backup.h"
#include "recovery/pack.h"
#include "recovery/vault_inner.h"

#define DATA "data.zst"
#define DATA_AGE "data.zst.age"
/* With synchronous_commit = off a commit is on the server's disk up to three wal_writer_delay later than it says, of 10 s each at most. */
#define LATE_US (31 * CLOCK_SECOND)

bool wal_archive_list(struct wal_archive *a, struct err *err)
{
	struct vault_entry *list;
	size_t n = 0;

	if (!vault_list(a->vault, a->target, a->arena, &list, err))
		return false;
	for (const struct vault_entry *e = list; e; e = e->next)
		n++;
	a->pieces = ARENA_ARRAY(a->arena, n + 1, struct wal_piece);
	if (!a->pieces)
		return err_set(err, ERR_LIMIT, "more pieces of WAL than can be listed");
	a->n = 0;
	for (const struct vault_entry *e = list; e; e = e->next) {
		struct wal_piece *p = &a->pieces[a->n];

		/* What has another name is none of ours. */
		if (!wal_id_read(e->id, p))
			continue;
		p->whole = e->whole;
		p->hidden = e->hidden;
		p->locked_until_us = e->locked_until_us;
		a->n++;
	}
	wal_sort(a->pieces, a->n);
	return true;
}

bool wal_archive_said(const struct wal_archive *a, const struct wal_piece *p, struct manifest *ret_manifest, struct wal_said *ret,
		      struct err *err)
{
	return backup_manifest(a->vault, a->target, p->id, a->key, a->arena, ret_manifest, err) && wal_said(ret_manifest, ret, err);
}

/* --- putting --- */

static bool put_text(const struct wal_archive *a, struct str id, const char *name, struct str bytes, struct err *err)
{
	struct vault_put *p;
	uint64_t have;

	if (!vault_put_begin(a->vault, a->target, id, str_from(name), &p, &have, err))
		return false;
	if (have || !vault_put_bytes(p, bytes.ptr, bytes.len, err)) {
		vault_put_stop(p);
		return have ? err_set(err, ERR_STATE, "%.*s/%.*s lies there already", STR_ARG(a->target), STR_ARG(id)) : false;
	}
	return vault_put_end(p, err);
}

static bool plain_digest(const struct wal_archive *a, struct str bytes, struct manifest *m, struct err *err)
{
	struct fingerprint *f = fingerprint_new(DUMP_BYTES, a->arena);
	struct fingerprint_found found;
	bool good = f ? fingerprint_add(f, bytes.ptr, bytes.len, err) && fingerprint_end(f, &found, err)
		      : err_set(err, ERR_LIMIT, "no memory to keep WAL");

	if (good) {
		m->plain = found.plain;
		m->schema = found.schema;
	}
	fingerprint_free(f);
	return good;
}

static bool put_data(const struct wal_archive *a, struct str id, struct str bytes, struct manifest *m, struct err *err)
{
	const char *name = a->encrypt ? DATA_AGE : DATA;
	struct manifest_file *file = ARENA_NEW(a->arena, struct manifest_file);
	struct vault_put *to;
	struct packed packed;
	struct pack *pack;
	uint64_t have;

	if (!file)
		return err_set(err, ERR_LIMIT, "no memory to keep WAL");
	if (!vault_put_begin(a->vault, a->target, id, str_from(name), &to, &have, err) || !pack_begin(to, a->encrypt, &pack, err))
		return false;
	if (!pack_add(pack, bytes.ptr, bytes.len, err)) {
		pack_stop(pack);
		return false;
	}
	if (!pack_end(pack, a->arena, &packed, err))
		return false;
	*file = packed.file;
	file->name = str_from(name);
	m->files = file;
	m->plain_bytes = packed.plain_bytes;
	return plain_digest(a, bytes, m, err);
}

bool wal_archive_put(const struct wal_archive *a, struct wal_said *s, struct str server, struct str host, struct str bytes,
		     struct buf *notes, struct err *err)
{
	struct manifest m = { .target = a->target, .server = server, .host = host, .encrypted_to = a->encrypted_to };
	struct manifest_signature signature;
	struct err unlocked = { 0 };
	uint32_t random = 0;
	struct str json;

	if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return err_sys(err, "random bytes");
	/* A name of its own: what a killed run began under the same positions is not in the way. */
	s->piece.id = wal_id(&s->piece, random, a->arena);
	if (!s->piece.id.ptr || !wal_say(s, a->arena, &m))
		return err_set(err, ERR_LIMIT, "no memory to keep WAL");
	m.finished_us = clock_now_us();
	m.finished_us = m.finished_us < m.taken_us ? m.taken_us : m.finished_us; /* the server's clock may be ahead of ours */
	if (!put_data(a, m.id, bytes, &m, err) || !manifest_write(&m, a->arena, &json, err) ||
	    !manifest_sign(a->pem, json, a->arena, &signature, err) || !put_text(a, m.id, VAULT_MANIFEST, json, err) ||
	    !put_text(a, m.id, VAULT_SIGNATURE, (struct str){ (const char *)&signature, sizeof(signature) }, err))
		return false;
	if (a->lock && !vault_lock(a->vault, a->target, m.id, &unlocked) && notes)
		buf_addf(notes, "%snot locked: %s", notes->len ? "\n" : "", unlocked.msg);
	return true;
}

void wal_archive_sweep(const struct wal_archive *a)
{
	struct err ignored = { 0 };

	for (size_t i = 0; i < a->n; i++) {
		if (!a->pieces[i].whole && !a->pieces[i].hidden && !vault_remove(a->vault, a->target, a->pieces[i].id, &ignored))
			return;
	}
}

/* --- bases --- */

static const struct wal_base *known(const struct wal_bases *b, struct str id)
{
	for (size_t i = 0; i < b->n_known; i++) {
		if (str_eq(b->known[i].id, id))
			return &b->known[i];
	}
	return NULL;
}

bool wal_bases(struct vault *v, struct str target, const uint8_t key[ED25519_KEY_LEN], struct arena *arena, struct wal_bases *b,
	       struct err *err)
{
	struct wal_bases now = { .n = 0 };
	struct vault_entry *list;
	size_t n = 0;

	if (!vault_list(v, target, arena, &list, err))
		return false;
	for (const struct vault_entry *e = list; e; e = e->next)
		n++;
	now.list = ARENA_ARRAY(arena, n + 1, struct wal_base);
	if (!now.list)
		return err_set(err, ERR_LIMIT, "more backups of %.*s than can be looked at", STR_ARG(target));
	for (const struct vault_entry *e = list; e; e = e->next) {
		const struct wal_base *before = known(b, e->id);
		struct manifest m;

		if (!e->whole || e->hidden)
			continue;
		if (before)
			now.list[now.n++] = *before;
		else if (backup_manifest(v, target, e->id, key, arena, &m, NULL) && wal_base(&m, &now.list[now.n]))
			now.n++;
		else
			now.unknown++;
	}
	now.known = now.list;
	now.n_known = now.n;
	*b = now;
	return true;
}

size_t wal_archive_let_go(const struct wal_archive *a, const struct wal_bases *b, int64_t now_us, struct err *err)
{
	size_t n = b->unknown ? 0 : wal_spare(a->pieces, a->n, b->list, b->n), gone = 0;

	for (size_t i = 0; i < n; i++) {
		const struct wal_piece *p = &a->pieces[i];

		if (p->hidden)
			continue;
		if (p->locked_until_us > now_us || !vault_remove(a->vault, a->target, p->id, err))
			break;
		gone++;
	}
	return gone;
}

/* --- and back --- */

bool wal_page_good(const void *page, uint64_t at, struct str system, struct err *err)
{
	uint64_t pageaddr, of, want;

	/* As PostgreSQL writes it, in this machine's byte order: xlp_pageaddr, and the long header's xlp_sysid. */
	memcpy(&pageaddr, (const char *)page + 8, sizeof(pageaddr));
	memcpy(&of, (const char *)page + 24, sizeof(of));
	if (pageaddr != at)
		return err_set(err, ERR_INPUT, "what should be the WAL from %X/%X on is that of %X/%X", (unsigned)(at >> 32), (unsigned)at,
			       (unsigned)(pageaddr >> 32), (unsigned)pageaddr);
	return (str_to_u64(system, &want) && want == of) ||
	       err_set(err, ERR_STATE, "the WAL from %X/%X on is of another cluster: system identifier %llu, and not %.*s",
		       (unsigned)(at >> 32), (unsigned)at, (unsigned long long)of, STR_ARG(system));
}

struct laying {
	const struct wal_lay *l;
	const struct wal_said *s;
	uint64_t at;
	int fd; /* of the segment at hand */
};

static bool open_segment(struct laying *w, struct err *err)
{
	const struct physical_unpack *u = w->l->into;
	char name[PHYSICAL_SEGMENT_LEN + 1], path[PATH_LEN + TAR_NAME_MAX];
	struct stat st;

	physical_segment_name(w->s->piece.timeline, w->at / w->s->segment, w->s->segment, name);
	snprintf(path, sizeof(path), "%s/pg_wal/%s", u->folder, name);
	w->fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (w->fd < 0 || fstat(w->fd, &st) != 0 ||
	    ((uint64_t)st.st_size < w->s->segment && ftruncate(w->fd, (off_t)w->s->segment) != 0) ||
	    (u->owned && fchown(w->fd, u->uid, u->gid) != 0))
		return err_sys(err, "%s", path);
	return true;
}

static bool lay_bytes(void *ctx, const void *p, size_t n, struct err *err)
{
	struct laying *w = ctx;
	const char *from = p;

	stall_moved(w->l->stall);
	while (n) {
		uint64_t in = w->at % w->s->segment, left = w->s->segment - in;
		size_t k = left < n ? (size_t)left : n;
		ssize_t written;

		if (!in && k >= WAL_PAGE_HEAD && !wal_page_good(from, w->at, w->s->system, err))
			return false;
		if (w->fd < 0 && !open_segment(w, err))
			return false;
		written = pwrite(w->fd, from, k, (off_t)in);
		if (written <= 0)
			return err_sys(err, "%s/pg_wal", w->l->into->folder);
		w->at += (uint64_t)written;
		from += written;
		n -= (size_t)written;
		if (w->at % w->s->segment == 0 && close(fd_take(&w->fd)) != 0)
			return err_sys(err, "%s/pg_wal", w->l->into->folder);
	}
	return true;
}

static bool lay_piece(const struct wal_lay *l, const struct wal_piece *p, struct wal_laid *done, struct err *err)
{
	const struct wal_archive *a = l->archive;
	struct wal_said s;
	struct laying w = { .l = l, .s = &s, .at = p->from, .fd = -1 };
	struct fingerprint_found found;
	struct unpack_from from;
	struct manifest m;
	bool good;

	if (!wal_archive_said(a, p, &m, &s, err))
		return false;
	if (!str_eq(s.system, l->base->system)) {
		done->foreign = true;
		return err_set(err, ERR_STATE, "the WAL %.*s is of another cluster: system identifier %.*s, and the backup's is %.*s",
			       STR_ARG(p->id), STR_ARG(s.system), STR_ARG(l->base->system));
	}
	from = (struct unpack_from){ a->vault, a->decrypt, &m, DUMP_BYTES, a->arena, NULL };
	if (m.encrypted_to.len && !a->decrypt)
		return err_set(err, ERR_DENIED, "the WAL is encrypted, and 'identity' (or 'decrypt') does not say how to read it here");
	good = unpack(&from, lay_bytes, &w, &found, err);
	done->foreign = !good && err->code == ERR_STATE;
	if (w.fd >= 0 && close(fd_take(&w.fd)) != 0 && good)
		good = err_sys(err, "%s/pg_wal", l->into->folder);
	if (!good)
		return err_prefix(err, "the WAL from %X/%X on", (unsigned)(p->from >> 32), (unsigned)p->from);
	done->to = s.piece.to;
	done->as_of_us = s.as_of_us ? s.as_of_us : done->as_of_us;
	done->segment = s.segment;
	done->pieces++;
	return true;
}

bool wal_tail_read(const struct wal_lay *l, const struct wal_laid *laid, struct wal_tail *ret, struct err *err)
{
	uint64_t from = laid->to > WAL_TAIL ? laid->to - WAL_TAIL : 0, at;
	char *bytes = calloc(1, WAL_TAIL);

	if (!bytes)
		return err_set(err, ERR_LIMIT, "no memory to look at the end of the WAL");
	from = from > l->base->position || !laid->segment ? from : l->base->position;
	for (at = from; laid->segment && at < laid->to;) {
		char name[PHYSICAL_SEGMENT_LEN + 1], path[PATH_LEN + TAR_NAME_MAX];
		uint64_t left = laid->segment - at % laid->segment, k = left < laid->to - at ? left : laid->to - at;
		auto_fd fd = -1;

		physical_segment_name(l->base->timeline, at / laid->segment, laid->segment, name);
		snprintf(path, sizeof(path), "%s/pg_wal/%s", l->into->folder, name);
		fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 || pread(fd, bytes + (at - from), k, (off_t)(at % laid->segment)) != (ssize_t)k) {
			free(bytes);
			return err_sys(err, "%s", path);
		}
		at += k;
	}
	*ret = (struct wal_tail){ .bytes = bytes, .from = from, .to = laid->to, .segment = laid->segment };
	return true;
}

bool wal_lay(const struct wal_lay *l, struct wal_laid *ret, struct err *err)
{
	const struct wal_archive *a = l->archive;
	struct wal_laid done = { .to = l->base->position };
	struct wal_chain chain;

	wal_chain(a->pieces, a->n, l->base->timeline, l->base->position, &chain);
	for (const struct wal_piece *p = chain.first; chain.n && p <= chain.last; p++) {
		if (!wal_wanted(p, l->base->timeline, done.to))
			continue;
		if (!lay_piece(l, p, &done, err)) {
			ret->foreign = done.foreign;
			return false;
		}
		if ((l->until_us && done.as_of_us - l->until_us >= LATE_US) || (l->until && done.to >= l->until))
			break;
	}
	*ret = done;
	return true;
}
