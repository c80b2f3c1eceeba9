#include "recovery/fingerprint.h"

#define TAG_MAX 64

/* Where in the text between data the next byte stands. */
enum lexed {
	LEXED_PLAIN = 0,
	LEXED_QUOTE,   /* '…', "…", `…` */
	LEXED_DOLLAR,  /* $tag$…$tag$ */
	LEXED_COMMENT, /* to the end of the line */
	LEXED_REMARK,  /* to star and slash */
};

struct fingerprint {
	enum fingerprint_form form;
	struct arena *arena;
	bool failed, complete; /* complete: the dump's own last words were met */
	uint64_t line;	       /* of the dump, from 1 */
	size_t n_tables;
	struct fingerprint_table *tables, **tables_end;
	struct fingerprint_table *in; /* whose data is passing; NULL: none */
	bool copying;		      /* every line is a row, up to "\\." */
	bool inserting;		      /* between VALUES and its semicolon */
	struct digest_run data, schema;
	/* Of the line so far: */
	char text[FINGERPRINT_LINE_MAX];
	size_t n_text; /* kept of it, at most the array */
	bool cut;      /* it was longer */
	bool fresh;    /* it began where a statement does */
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

struct fingerprint *fingerprint_new(enum fingerprint_form form, struct arena *arena)
{
	struct fingerprint *f = arena_alloc(arena, sizeof(*f));

	if (!f)
		return NULL;
	*f = (struct fingerprint){
		.form = form, .arena = arena, .line = 1, .fresh = true, .ended = true
	};
	f->tables_end = &f->tables;
	digest_begin(&f->schema);
	return f;
}

static bool wrong(struct fingerprint *f, struct err *err, const char *what)
{
	f->failed = true;
	return err_set(err, ERR_INPUT, "dump, line %llu: %s", (unsigned long long)f->line, what);
}

/* --- tables --- */

static struct fingerprint_table *table_add(struct fingerprint *f, struct str name,
					   struct str columns)
{
	struct fingerprint_table *t =
		f->n_tables < FINGERPRINT_TABLES_MAX ? arena_alloc(f->arena, sizeof(*t)) : NULL;

	if (!t)
		return NULL;
	*t = (struct fingerprint_table){ .name = arena_str(f->arena, name),
					 .columns = arena_str(f->arena, columns) };
	if (!t->name.ptr)
		return NULL;
	*f->tables_end = t;
	f->tables_end = &t->next;
	f->n_tables++;
	return t;
}

static void table_end(struct fingerprint *f)
{
	if (f->in)
		f->in->digest = digest_end(&f->data);
	f->in = NULL;
}

static void data_add(struct fingerprint *f, const char *p, size_t n)
{
	digest_add(&f->data, p, n);
	f->in->bytes += n;
}

/* Behind a name as SQL writes it, dots included: where it ends. */
static size_t name_end(struct str s)
{
	bool quoted = false;
	size_t i;

	for (i = 0; i < s.len && (quoted || s.ptr[i] != ' '); i++)
		quoted ^= s.ptr[i] == '"';
	return i;
}

static bool table_begin(struct fingerprint *f, struct str name, struct str columns, struct err *err)
{
	table_end(f);
	f->in = table_add(f, name, columns);
	if (!f->in)
		return wrong(f, err, "more tables than can be kept");
	digest_begin(&f->data);
	return true;
}

/* "COPY public.orders (id, total) FROM stdin;" */
static bool copy_begins(struct fingerprint *f, struct err *err)
{
	struct str line = { f->text, f->n_text };
	size_t n;

	if (f->form != FINGERPRINT_PG_DUMP || !f->fresh || f->cut ||
	    !str_starts(line, STR("COPY ")) || !str_ends(line, STR(" FROM stdin;\n")))
		return true;
	line = str_sub(line, 5, line.len - 5 - strlen(" FROM stdin;\n"));
	n = name_end(line);
	f->copying = true;
	return table_begin(f, str_sub(line, 0, n), str_trim(str_sub(line, n, line.len)), err);
}

/* "INSERT INTO `orders` VALUES": what follows it up to the semicolon is data, and so is the next such of the same table. */
static bool insert_begins(struct fingerprint *f, struct err *err)
{
	struct str line = { f->text, f->n_text };

	if (f->form != FINGERPRINT_MYSQL_DUMP || !f->fresh || f->cut || f->inserting ||
	    !str_starts(line, STR("INSERT INTO ")) || !str_ends(line, STR(" VALUES")))
		return true;
	line = str_sub(line, strlen("INSERT INTO "),
		       line.len - strlen("INSERT INTO ") - strlen(" VALUES"));
	f->inserting = true;
	return (f->in && str_eq(f->in->name, line)) || table_begin(f, line, STR_NONE, err);
}

/* --- the text between data --- */

static bool word_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || (unsigned char)c >= 0x80;
}

/* $tag$ begins at a dollar that no word stands before. */
static void dollar(struct fingerprint *f, char c)
{
	if (f->tagging && c == '$') {
		f->tag[f->n_tag++] = c;
		f->tagging = false;
		f->lexed = LEXED_DOLLAR;
		f->matched = 0;
	} else if (f->tagging && word_byte(c) && f->n_tag <= TAG_MAX) {
		f->tag[f->n_tag++] = c;
	} else {
		f->tagging = c == '$' && !word_byte(f->was);
		f->tag[0] = '$';
		f->n_tag = f->tagging;
	}
}

static void plain(struct fingerprint *f, char c)
{
	bool mysql = f->form == FINGERPRINT_MYSQL_DUMP;

	if (!mysql && (f->tagging || c == '$'))
		dollar(f, c);
	if (f->lexed == LEXED_DOLLAR)
		return;
	if (c == '\'' || c == '"' || (mysql && c == '`')) {
		f->lexed = LEXED_QUOTE;
		f->closes = c;
	} else if (c == '-' && f->was == '-') {
		f->lexed = LEXED_COMMENT;
	} else if (c == '*' && f->was == '/') {
		f->lexed = LEXED_REMARK;
	} else if (c == '(' && !f->depth++ && f->inserting) {
		f->in->rows++;
	} else if (c == ')' && f->depth) {
		f->depth--;
	} else if (c == ';') {
		f->depth = 0;
		f->inserting = false;
	}
	if (c == ';')
		f->ended = true;
	else if (c != ' ' && c != '\n' && c != '\t' && c != '-' && f->lexed != LEXED_COMMENT)
		f->ended = false;
}

static void lex(struct fingerprint *f, char c)
{
	switch (f->lexed) {
	case LEXED_PLAIN:
		plain(f, c);
		break;
	case LEXED_QUOTE:
		if (f->escaped)
			f->escaped = false;
		else if (c == '\\' && f->form == FINGERPRINT_MYSQL_DUMP)
			f->escaped = true;
		else if (c == f->closes)
			f->lexed = LEXED_PLAIN;
		break;
	case LEXED_DOLLAR:
		/* A tag has dollars at its ends alone: what does not match can only begin anew with this byte. */
		f->matched = c == f->tag[f->matched] ? f->matched + 1 : c == '$';
		if (f->matched == f->n_tag)
			f->lexed = LEXED_PLAIN;
		break;
	case LEXED_COMMENT:
		if (c == '\n')
			f->lexed = LEXED_PLAIN;
		break;
	case LEXED_REMARK:
		if (c == '/' && f->was == '*')
			f->lexed = LEXED_PLAIN;
		break;
	}
	f->was = c;
}

/* A command of psql's, of which newer dumps have two with a word that is another in each. */
static bool of_psql(const struct fingerprint *f)
{
	return f->form == FINGERPRINT_PG_DUMP && f->fresh && f->n_text && f->text[0] == '\\';
}

static bool line_ends(struct fingerprint *f, struct err *err)
{
	struct str line = { f->text, f->n_text };
	bool comment = f->fresh && str_starts(line, STR("--"));

	f->complete |=
		comment && str_starts(line, f->form == FINGERPRINT_PG_DUMP
						    ? STR("-- PostgreSQL database dump complete\n")
						    : STR("-- Dump completed"));
	if (of_psql(f)) {
		f->ended = true;
		f->lexed = LEXED_PLAIN;
	} else if (!comment && !f->inserting) {
		digest_add(&f->schema, f->text, f->n_text);
	}
	if (!copy_begins(f, err))
		return false;
	f->line++;
	f->n_text = 0;
	f->cut = false;
	f->fresh = f->lexed == LEXED_PLAIN && f->ended;
	return true;
}

static bool text_byte(struct fingerprint *f, char c, struct err *err)
{
	if (f->inserting)
		data_add(f, &c, 1);
	if (f->n_text < sizeof(f->text)) {
		f->text[f->n_text++] = c;
	} else if (!f->inserting) {
		/* A long line is not looked at further, but counts. */
		f->cut = true;
		digest_add(&f->schema, &c, 1);
	}
	lex(f, c);
	if (c == 'S' && !insert_begins(f, err))
		return false;
	return c != '\n' || line_ends(f, err);
}

/* --- data --- */

/* Rows of a COPY, up to the line "\.": bytes used. A line that may yet become that one waits in text. */
static size_t copy_rows(struct fingerprint *f, const char *p, size_t n)
{
	size_t at = 0, row = 0;

	while (at < n && f->n_text) { /* a line of which the chunk before had the beginning */
		f->text[f->n_text++] = p[at++];
		if (f->n_text == 3 && !memcmp(f->text, "\\.\n", 3))
			goto over;
		if (f->n_text == 3 || f->text[f->n_text - 1] != "\\."[f->n_text - 1]) {
			bool whole = f->text[f->n_text - 1] == '\n';

			data_add(f, f->text, f->n_text);
			f->in->rows += whole;
			f->line += whole;
			f->fresh = whole;
			f->n_text = 0;
		}
	}
	row = at;
	while (at < n) {
		const char *end = memchr(p + at, '\n', n - at);
		size_t len = end ? (size_t)(end - p) - at + 1 : n - at;

		if (f->fresh && p[at] == '\\' && len <= 3 && !memcmp(p + at, "\\.\n", len)) {
			data_add(f, p + row, at - row);
			if (len == 3) {
				at += len;
				goto over;
			}
			memcpy(f->text, p + at, len);
			f->n_text = len;
			return n;
		}
		f->fresh = end;
		f->in->rows += end ? 1 : 0;
		f->line += end ? 1 : 0;
		at += len;
	}
	data_add(f, p + row, at - row);
	return at;
over:
	table_end(f);
	f->copying = false;
	f->line++;
	f->n_text = 0;
	f->fresh = f->ended = true;
	return at;
}

static void bytes(struct fingerprint *f, const char *p, size_t n)
{
	data_add(f, p, n);
	for (const char *end; n && (end = memchr(p, '\n', n));
	     n -= (size_t)(end - p) + 1, p = end + 1)
		f->in->rows++;
}

bool fingerprint_add(struct fingerprint *f, const void *p, size_t n, struct err *err)
{
	const char *s = p;
	size_t at = 0;

	if (f->failed)
		return wrong(f, err, "nothing is read behind what could not be");
	if (f->form == FINGERPRINT_BYTES) {
		if (!f->in && !table_begin(f, STR(""), STR_NONE, err))
			return false;
		bytes(f, s, n);
		return true;
	}
	while (at < n) {
		if (f->copying)
			at += copy_rows(f, s + at, n - at);
		else if (!text_byte(f, s[at++], err))
			return false;
	}
	return true;
}

bool fingerprint_end(struct fingerprint *f, struct fingerprint_found *ret, struct err *err)
{
	if (f->failed)
		return wrong(f, err, "it could not be read");
	if (f->copying)
		return wrong(f, err, "it ends within the rows of a table");
	if (f->form == FINGERPRINT_BYTES && !f->in && !table_begin(f, STR(""), STR_NONE, err))
		return false;
	if (f->form != FINGERPRINT_BYTES && !f->complete)
		return wrong(f, err, "it ends before its last words: half a dump");
	if (f->inserting || f->lexed != LEXED_PLAIN)
		return wrong(f, err, "it ends within a statement");
	table_end(f);
	*ret = (struct fingerprint_found){ f->tables, f->n_tables, digest_end(&f->schema) };
	return true;
}
