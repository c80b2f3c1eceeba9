/* The same effect by another route. Pure. */
#include "gate/session/memory.h"

#define NAME_ANY_TYPE 5 /* bytes: a shorter name says nothing where the types differ */
#define NAME_IN_TEXT 4

/* What takes something away is one effect, whatever the tool calls it. 0: never an attempt. */
static unsigned effect(enum change_kind k)
{
	switch (k) {
	case CHANGE_DELETE:
	case CHANGE_REPLACE:
	case CHANGE_FORGET:
	case CHANGE_DESTROY_BACKUP:
		return 1;
	case CHANGE_UPDATE:
	case CHANGE_WEAKEN_PROTECTION:
	case CHANGE_PERMISSIONS:
	case CHANGE_STATE_IDENTITY:
	case CHANGE_REWRITE_HISTORY:
	case CHANGE_EXPOSE_SECRET:
		return 1 + (unsigned)k;
	case CHANGE_UNSET:
	case CHANGE_READ:
	case CHANGE_CREATE:
	case CHANGE_OPAQUE:
	case CHANGE_KIND_COUNT:
		break;
	}
	return 0;
}

static bool differ(struct str a, struct str b)
{
	return a.len && b.len && !str_eq(a, b);
}

/* Known to be elsewhere: another account, host or database. */
static bool elsewhere(const struct change *a, const struct change *b)
{
	if (differ(a->account, b->account) || differ(a->region, b->region) || differ(a->environment, b->environment))
		return true;
	if (!a->place || !b->place)
		return false;
	return differ(a->place->account, b->place->account) || differ(a->place->host, b->place->host) ||
	       differ(a->place->database, b->place->database);
}

static bool within(struct str path, struct str folder)
{
	return folder.len > 1 && folder.ptr[0] == '/' && path.len > folder.len && str_starts(path, folder) && path.ptr[folder.len] == '/';
}

static bool same_name(struct str a, struct str b)
{
	return a.len && b.len && (str_eq(a, b) || within(a, b) || within(b, a));
}

static bool same_resource(const struct change *a, const struct change *b, struct str *ret_what)
{
	const struct str as[] = { a->identity, a->title, a->name }, bs[] = { b->identity, b->title, b->name };
	bool types = str_eq(a->type, b->type) || !a->type.len || !b->type.len;

	if (differ(a->identity, b->identity) && types)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(as); i++) {
		for (size_t k = 0; k < ARRAY_LEN(bs); k++) {
			if (!same_name(as[i], bs[k]) || (!types && bs[k].len < NAME_ANY_TYPE))
				continue;
			*ret_what = bs[k];
			return true;
		}
	}
	return false;
}

bool attempt_same_effect(const struct session_memory *m, const struct request *r, struct str *ret_what)
{
	CHANGE_EACH(a, &m->changes)
	{
		unsigned is = effect(a->kind);

		CHANGE_EACH(b, &r->changes)
		{
			if (is && effect(b->kind) == is && !elsewhere(a, b) && same_resource(a, b, ret_what))
				return true;
		}
	}
	return false;
}

static bool word_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || (c & 0x80);
}

static bool holds_word(struct str text, struct str word)
{
	size_t from = 0;

	while (from < text.len) {
		size_t at = str_find(str_sub(text, from, text.len), word);

		if (at == SIZE_MAX)
			return false;
		at += from;
		if ((at == 0 || !word_byte(text.ptr[at - 1])) && (at + word.len == text.len || !word_byte(text.ptr[at + word.len])))
			return true;
		from = at + 1;
	}
	return false;
}

bool attempt_names(const struct session_memory *m, struct str text, struct str *ret_name)
{
	CHANGE_EACH(c, &m->changes)
	{
		const struct str names[] = { c->identity, c->title, c->name };

		for (size_t i = 0; effect(c->kind) && i < ARRAY_LEN(names); i++) {
			if (names[i].len < NAME_IN_TEXT || !holds_word(text, names[i]))
				continue;
			*ret_name = names[i];
			return true;
		}
	}
	return false;
}

/* Something in it is not understood, or a program runs that nobody knows: it does not only read, and what it does nobody can say. */
static bool may_do_anything(const struct session_asked *asked)
{
	CHANGE_EACH(c, &asked->request->changes)
	{
		if (c->kind == CHANGE_OPAQUE || c->kind == CHANGE_UNSET)
			return true;
	}
	return false;
}

/* A test that only names the table is no attempt on it; a script that names it and says drop is. */
static bool takes_away(struct str text)
{
	static const char *const words[] = { "drop", "DROP", "delete", "DELETE", "truncate", "TRUNCATE", "destroy", "terminate",
					     "remove", "rm",
					     "rmtree", "unlink", "wipe", "purge", "reset", "flushall", "FLUSHALL", "delete_db_instance" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (holds_word(text, str_from(words[i])))
			return true;
	}
	return false;
}

static bool opaque_names(const struct session_memory *m, const struct session_asked *asked, struct str *ret_name)
{
	bool anything = may_do_anything(asked);

	for (size_t i = 0; (anything || asked->unknown) && i < asked->texts.n; i++) {
		if (attempt_names(m, asked->texts.item[i], ret_name) && (anything || takes_away(asked->texts.item[i])))
			return true;
	}
	return false;
}

/* "terraform destroy -auto-approve" refused, "./tf destroy -auto-approve" asked: a program by its path, with the same words behind it. */
static bool renamed(const struct session_memory *m, const struct session_asked *asked, struct arena *arena, struct str *ret_words)
{
	for (size_t i = 0; i < asked->shapes.n; i++) {
		struct str raw = str_trim(asked->shapes.item[i]), is = memory_shape(raw, arena);
		size_t blank = str_find_char(is, ' ');

		if (blank == SIZE_MAX || str_find_char(str_sub(raw, 0, str_find_char(raw, ' ')), '/') == SIZE_MAX)
			continue;
		for (size_t k = 0; k < m->shapes.n; k++) {
			struct str was = memory_shape(m->shapes.item[k], arena);
			size_t at = str_find_char(was, ' ');

			if (at == SIZE_MAX || !str_eq(str_sub(was, at, was.len), str_sub(is, blank, is.len)))
				continue;
			*ret_words = is;
			return true;
		}
	}
	return false;
}

static const struct session_write *ran_written(const struct session_journal *j, const struct session_asked *asked)
{
	for (size_t i = 0; i < asked->ran.n; i++) {
		for (const struct session_write *f = j->wrote; f; f = f->next) {
			if (str_eq(f->path, asked->ran.item[i]))
				return f;
		}
	}
	return NULL;
}

static const struct session_memory *refusal_of(const struct session_memory *m, struct str hold)
{
	while (m && !str_eq(m->id, hold))
		m = m->next;
	return m;
}

static struct str why_of(const struct session_memory *m, const struct session_asked *asked, struct arena *arena)
{
	struct str what;

	if (attempt_same_effect(m, asked->request, &what))
		return arena_fmt(arena, "%.*s, as in %.*s", STR_ARG(what), STR_ARG(m->id));
	if (opaque_names(m, asked, &what))
		return arena_fmt(arena, "what cannot be understood here names %.*s, as %.*s did", STR_ARG(what), STR_ARG(m->id));
	if (renamed(m, asked, arena, &what))
		return arena_fmt(arena, "the words of %.*s behind another name: %.*s", STR_ARG(m->id), STR_ARG(what));
	return STR_NONE;
}

/* Of several the oldest, and none that came after the same request was first refused: so one request gets one answer for good, and an
 * approval of it stays an approval of it. */
struct attempt_found attempt_find(const struct session_journal *j, const struct session_asked *asked, struct arena *arena)
{
	const struct session_write *file = ran_written(j, asked);
	const struct session_memory *from = j->refused, *same = NULL, *of = NULL;
	struct str why = STR_NONE;
	char hex[DIGEST_HEX_LEN + 1];

	digest_hex(&asked->request->bytes, hex);
	for (const struct session_memory *m = j->refused; m; m = m->next) {
		if (str_is(m->bytes, hex)) {
			same = m;
			from = m->next;
		}
	}
	for (const struct session_memory *m = from; m; m = m->next) {
		struct str is = why_of(m, asked, arena);

		if (is.len) {
			of = m;
			why = is;
		}
	}
	if (!of && file && refusal_of(from, file->hold)) {
		of = refusal_of(from, file->hold);
		why = arena_fmt(arena, "it runs %.*s, written after %.*s and naming what that was about", STR_ARG(file->path),
				STR_ARG(file->hold));
	}
	if (of)
		return (struct attempt_found){ ATTEMPT_SECOND, of, why };
	return (struct attempt_found){ same ? ATTEMPT_SAME : ATTEMPT_NONE, same, STR_NONE };
}
