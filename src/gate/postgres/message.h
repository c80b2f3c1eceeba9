/* message.h -- PostgreSQL's messages: their frames, which of them may come from whom, and those that the gate writes itself.
 * Room: gate/postgres. Pure.
 */
#ifndef PAWL_GATE_POSTGRES_MESSAGE_H
#define PAWL_GATE_POSTGRES_MESSAGE_H

#include "base/buf.h"

#define MESSAGE_HEAD ((size_t)5)
#define MESSAGE_MAX ((uint64_t)1 << 30) /* as the server's own limit, about */
#define MESSAGE_STARTUP_MAX ((size_t)10000)
/* A message that the gate must see whole: no more than the reader of SQL takes (SQL_MAX_BYTES). Larger ones are refused for their length,
 * and not as something that is wrong in itself. */
#define MESSAGE_WHOLE_MAX ((size_t)8 << 20)

/* Version numbers and request codes of the first packet. */
#define MESSAGE_CANCEL 80877102u
#define MESSAGE_SSL 80877103u
#define MESSAGE_GSS 80877104u

/* How a message of this type is treated. An absent row: unknown, which ends the connection. */
enum message_care {
	MESSAGE_UNKNOWN = 0,
	MESSAGE_WHOLE,	/* needed whole to be acted on */
	MESSAGE_STREAM, /* passes by as it comes */
};

struct message_kind {
	char type;
	enum message_care care;
	uint32_t min, max; /* length of the body */
};

/* From a client that has logged in. */
const struct message_kind *message_of_client(char type);
const struct message_kind *message_of_server(char type);

/* Length of the body; false when the header lies for its kind. ${p}: at least MESSAGE_HEAD bytes. */
bool message_length(const struct message_kind *k, const char *p, uint32_t *ret) PAWL_MUST_USE;

uint32_t message_u32(const char *p);
uint16_t message_u16(const char *p);
/* Take a NUL-terminated text from the front of ${body}. */
bool message_text(struct str *body, struct str *ret) PAWL_MUST_USE;

/* Write: message_begin, the body by buf_add…, message_end. */
size_t message_begin(struct buf *b, char type);
void message_end(struct buf *b, size_t begun);
void message_add_u16(struct buf *b, uint16_t v);
void message_add_u32(struct buf *b, uint32_t v);
void message_add_text(struct buf *b, struct str s); /* cut at a NUL, and ended by one */
void message_bare(struct buf *b, char type);	    /* no body */
void message_ready(struct buf *b, char status);
void message_query(struct buf *b, struct str text);
void message_complete(struct buf *b, struct str tag);

struct message_error {
	const char *severity; /* "ERROR", "FATAL", "WARNING", "NOTICE" */
	const char *sqlstate;
	struct str message, hint; /* hint STR_NONE: none */
};
/* ErrorResponse; for warnings and notices NoticeResponse. */
void message_error(struct buf *b, const struct message_error *e);
/* A field of an ErrorResponse's body: 'C', 'M', 'S' …; STR_NONE when it has none. */
struct str message_error_field(struct str body, char field);
/* How places in what was sent become places in what the client wrote, in characters. */
struct message_moved {
	size_t by;		/* stand before it */
	size_t added, added_at; /* so many were added, behind so many */
};
/* The same ErrorResponse, about the place in the client's text. */
void message_error_moved(struct buf *b, struct str body, const struct message_moved *m);

#endif
