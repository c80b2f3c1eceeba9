#include "recovery/dump.h"

#include <stdlib.h>
#include <string.h>

#define TAG_MAX 64

/* Where in the text between data the next byte stands. */
enum lexed {
	LEXED_PLAIN = 0,
	LEXED_QUOTE,   /* '…', "…", `…` */
	LEXED_DOLLAR,  /* $tag$…$tag$ */
	LEXED_COMMENT, /* to the end of the line */
	LEXED_REMARK,  /* to star and slash */
};

struct dump {
	enum dump_form form;
	const struct dump_events *on;
	void *ctx;
	bool failed, complete; /* complete: the dump's own last words were met */
	uint64_t line;	       /* from 1 */
	bool copying;	       /* every line is a row, up to "\\." */
	bool inserting;	       /* between VALUES and its semicolon */
	uint64_t rows;	       /* not told yet */
	/* Of the line so far: */
	char text[DUMP_LINE_MAX];
	size_t n_text;
	bool cut;   /* it was longer; what came before was told */
	bool fresh; /* it began where a statement does */
	/* Of the text between data: */
	enum lexed lexed;
	char was, closes;      /* the byte before; what ends LEXED_QUOTE */
	bool escaped;	       /* behind a backslash, in MySQL */
	bool ended;	       /* nothing but space since the last semicolon */
	char tag[TAG_MAX + 2]; /* of LEXED_DOLLAR, with its dollars; or what may become one */
	size_t n_tag, matched;
	bool tagging;
	unsigned depth; /* of parentheses */
};

struct dump *dump_new(enum dump_form form, const struct dump_events *events, void *ctx)
{
	struct dump *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->form = form;
	d->on = events;
	d->ctx = ctx;
	d->line = 1;
	d->fresh = d->ended = true;
	return d;
}

void dump_free(struct dump *d)
{
	free(d);
}

static bool wrong(struct dump *d, struct err *err, const char *what)
{
	d->failed = true;
	return err_set(err, ERR_INPUT, "dump, line %llu: %s", (unsigned long long)d->line, what);
}

/* --- the text between data --- */

static bool word_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || (unsigned char)c >= 0x80;
}

/* $tag$ begins at a dollar that no word stands before. */
static void dollar(struct dump *d, char c)
{
	if (d->tagging && c == '$') {
		d->tag[d->n_tag++] = c;
		d->tagging = false;
		d->lexed = LEXED_DOLLAR;
		d->matched = 0;
	} else if (d->tagging && word_byte(c) && d->n_tag <= TAG_MAX) {
		d->tag[d->n_tag++] = c;
	} else {
		d->tagging = c == '$' && !word_byte(d->was);
		d->tag[0] = '$';
		d->n_tag = d->tagging;
	}
}

static void plain(struct dump *d, char c)
{
	bool mysql = d->form == DUMP_MYSQL;

	if (!mysql && (d->tagging || c == '$'))
		dollar(d, c);
	if (d->lexed == LEXED_DOLLAR)
		return;
	if (c == '\'' || c == '"' || (mysql && c == '`')) {
		d->lexed = LEXED_QUOTE;
		d->closes = c;
	} else if (c == '-' && d->was == '-') {
		d->lexed = LEXED_COMMENT;
	} else if (c == '*' && d->was == '/') {
		d->lexed = LEXED_REMARK;
	} else if (c == '(' && !d->depth++ && d->inserting) {
		d->rows++;
	} else if (c == ')' && d->depth) {
		d->depth--;
	} else if (c == ';') {
		d->depth = 0;
		d->inserting = false;
	}
	if (c == ';')
		d->ended = true;
	else if (c != ' ' && c != '\n' && c != '\t' && c != '-' && d->lexed != LEXED_COMMENT)
		d->ended = false;
}

static void lex(struct dump *d, char c)
{
	switch (d->lexed) {
	case LEXED_PLAIN:
		plain(d, c);
		break;
	case LEXED_QUOTE:
		if (d->escaped)
			d->escaped = false;
		else if (c == '\\' && d->form == DUMP_MYSQL)
			d->escaped = true;
		else if (c == d->closes)
			d->lexed = LEXED_PLAIN;
		break;
	case LEXED_DOLLAR:
		/* A tag has dollars at its ends alone: what does not match can only begin anew with this byte. */
		d->matched = c == d->tag[d->matched] ? d->matched + 1 : c == '$';
		if (d->matched == d->n_tag)
			d->lexed = LEXED_PLAIN;
		break;
	case LEXED_COMMENT:
		if (c == '\n')
			d->lexed = LEXED_PLAIN;
		break;
	case LEXED_REMARK:
		if (c == '/' && d->was == '*')
			d->lexed = LEXED_PLAIN;
		break;
	}
	d->was = c;
}

/* --- lines --- */

/* Behind a name as SQL writes it, dots included: where it ends. */
static size_t name_end(struct str s)
{
	bool quoted = false;
	size_t i;

	for (i = 0; i < s.len && (quoted || s.ptr[i] != ' '); i++)
		quoted ^= s.ptr[i] == '"';
	return i;
}

/* "COPY public.orders (id, total) FROM stdin;" */
static bool copy_begins(struct dump *d, struct err *err)
{
	struct str line = { d->text, d->n_text };
	size_t n;

	if (d->form != DUMP_POSTGRES || !d->fresh || d->cut || !str_starts(line, STR("COPY ")) ||
	    !str_ends(line, STR(" FROM stdin;\n")))
		return true;
	line = str_sub(line, 5, line.len - 5 - strlen(" FROM stdin;\n"));
	n = name_end(line);
	d->copying = true;
	return d->on->table(d->ctx, str_sub(line, 0, n), str_trim(str_sub(line, n, line.len)), err);
}

/* "INSERT INTO `orders` VALUES": what follows it up to the semicolon is data. */
static bool insert_begins(struct dump *d, struct err *err)
{
	struct str line = { d->text, d->n_text };

	if (d->form != DUMP_MYSQL || !d->fresh || d->cut || d->inserting ||
	    !str_starts(line, STR("INSERT INTO ")) || !str_ends(line, STR(" VALUES")))
		return true;
	line = str_sub(line, strlen("INSERT INTO "),
		       line.len - strlen("INSERT INTO ") - strlen(" VALUES"));
	d->inserting = true;
	return d->on->table(d->ctx, line, STR_NONE, err);
}

/* A command of psql's, of which newer dumps have two with a word that is another in each. */
static bool of_psql(const struct dump *d)
{
	return d->form == DUMP_POSTGRES && d->fresh && !d->cut && d->n_text && d->text[0] == '\\';
}

static bool text_told(struct dump *d, struct err *err)
{
	size_t n = d->n_text;

	d->n_text = 0;
	return !n || d->on->text(d->ctx, d->text, n, err);
}

static bool aside(struct dump *d, const char *p, size_t n, struct err *err)
{
	return !n || !d->on->aside || d->on->aside(d->ctx, p, n, err);
}

static bool line_ends(struct dump *d, struct err *err)
{
	struct str line = { d->text, d->n_text };
	bool comment = d->fresh && !d->cut && str_starts(line, STR("--")), psql = of_psql(d);

	/* A name may hold a line feed: the line that begins a COPY goes on. */
	if (d->form == DUMP_POSTGRES && d->fresh && !d->cut && d->lexed == LEXED_QUOTE && d->closes == '"' &&
	    str_starts(line, STR("COPY "))) {
		d->line++;
		return true;
	}
	if (comment && str_starts(line, d->form == DUMP_POSTGRES
						? STR("-- PostgreSQL database dump complete\n")
						: STR("-- Dump completed")))
		d->complete = true;
	if (psql) {
		d->ended = true;
		d->lexed = LEXED_PLAIN;
	}
	if (comment && !d->on->between(d->ctx, err))
		return false;
	if (!copy_begins(d, err))
		return false;
	if (comment || psql) {
		if (!aside(d, d->text, d->n_text, err))
			return false;
		d->n_text = 0;
	}
	if (!text_told(d, err))
		return false;
	d->line++;
	d->cut = false;
	d->fresh = d->lexed == LEXED_PLAIN && d->ended;
	return true;
}

static bool text_byte(struct dump *d, char c, struct err *err)
{
	if (d->n_text == sizeof(d->text)) {
		d->cut = true;
		if (!text_told(d, err))
			return false;
	}
	d->text[d->n_text++] = c;
	lex(d, c);
	if (c == 'S' && !insert_begins(d, err))
		return false;
	return c != '\n' || line_ends(d, err);
}

/* --- data --- */

static bool rows_told(struct dump *d, const char *p, size_t n, struct err *err)
{
	uint64_t rows = d->rows;

	d->rows = 0;
	return (!n && !rows) || d->on->rows(d->ctx, p, n, rows, err);
}

/* MySQL's, up to the semicolon: bytes used, or SIZE_MAX. */
static size_t insert_rows(struct dump *d, const char *p, size_t n, struct err *err)
{
	size_t at = 0;

	while (at < n && d->inserting) {
		d->line += p[at] == '\n';
		lex(d, p[at++]);
	}
	return rows_told(d, p, at, err) ? at : SIZE_MAX;
}

static bool copy_over(struct dump *d, struct err *err)
{
	d->copying = false;
	d->line++;
	d->n_text = 0;
	d->fresh = d->ended = true;
	return d->on->table_end(d->ctx, err) && aside(d, "\\.\n", 3, err);
}

/* The rest of a line that may be the last, whose beginning the chunk before had: bytes used, or SIZE_MAX. */
static size_t copy_waiting(struct dump *d, const char *p, size_t n, struct err *err)
{
	size_t at = 0;

	while (at < n && d->copying && d->n_text) {
		char c = p[at++];

		d->text[d->n_text++] = c;
		if (d->n_text == 3 && !memcmp(d->text, "\\.\n", 3))
			return copy_over(d, err) ? at : SIZE_MAX;
		if (d->n_text == 3 || c != "\\."[d->n_text - 1]) {
			size_t k = d->n_text;

			d->rows = d->fresh = c == '\n';
			d->line += d->fresh;
			d->n_text = 0;
			if (!rows_told(d, d->text, k, err))
				return SIZE_MAX;
		}
	}
	return at;
}

/* Rows of a COPY, up to the line "\\.": bytes used, or SIZE_MAX. A line that may yet become that one waits in text. */
static size_t copy_rows(struct dump *d, const char *p, size_t n, struct err *err)
{
	size_t at = copy_waiting(d, p, n, err), row = at;

	if (at == SIZE_MAX || !d->copying)
		return at;
	while (at < n) {
		const char *end = memchr(p + at, '\n', n - at);
		size_t len = end ? (size_t)(end - p) - at + 1 : n - at;

		if (d->fresh && p[at] == '\\' && len <= 3 && !memcmp(p + at, "\\.\n", len)) {
			if (!rows_told(d, p + row, at - row, err))
				return SIZE_MAX;
			if (len == 3)
				return copy_over(d, err) ? at + len : SIZE_MAX;
			memcpy(d->text, p + at, len);
			d->n_text = len;
			return n;
		}
		d->fresh = end;
		d->rows += end ? 1 : 0;
		d->line += end ? 1 : 0;
		at += len;
	}
	return rows_told(d, p + row, at - row, err) ? at : SIZE_MAX;
}

static bool bytes(struct dump *d, const char *p, size_t n, struct err *err)
{
	if (!d->copying && !d->on->table(d->ctx, STR(""), STR_NONE, err))
		return false;
	d->copying = true;
	for (const char *at = p, *end; (end = memchr(at, '\n', n - (size_t)(at - p))); at = end + 1)
		d->rows++;
	return rows_told(d, p, n, err);
}

bool dump_add(struct dump *d, const void *p, size_t n, struct err *err)
{
	const char *s = p;
	size_t at = 0;

	if (d->failed)
		return wrong(d, err, "nothing is read behind what could not be");
	while (at < n && !d->failed) {
		size_t used = 1;

		if (d->form == DUMP_BYTES)
			used = bytes(d, s, n, err) ? n : SIZE_MAX;
		else if (d->copying)
			used = copy_rows(d, s + at, n - at, err);
		else if (d->inserting)
			used = insert_rows(d, s + at, n - at, err);
		else if (!text_byte(d, s[at], err))
			used = SIZE_MAX;
		d->failed = used == SIZE_MAX;
		at += d->failed ? 0 : used;
	}
	return !d->failed;
}

bool dump_end(struct dump *d, struct err *err)
{
	if (d->failed)
		return wrong(d, err, "it could not be read");
	if (d->form == DUMP_BYTES)
		return (d->copying || d->on->table(d->ctx, STR(""), STR_NONE, err)) &&
		       d->on->table_end(d->ctx, err);
	if (d->copying)
		return wrong(d, err, "it ends within the rows of a table");
	if (!d->complete)
		return wrong(d, err, "it ends before its last words: half a dump");
	if (d->inserting || d->lexed != LEXED_PLAIN)
		return wrong(d, err, "it ends within a statement");
	return aside(d, d->text, d->n_text, err) && d->on->table_end(d->ctx, err);
}
