#include "gate/postgres/message.h"

#define BIG ((uint32_t)(MESSAGE_MAX - 1))

/* Type, care, shortest and longest body. What is not here is refused, never relayed. */
static const struct message_kind of_client[128] = {
	['B'] = { 'B', MESSAGE_STREAM, 8, BIG },  /* Bind: its names are read, its values pass by */
	['C'] = { 'C', MESSAGE_WHOLE, 2, 4096 },  /* Close */
	['D'] = { 'D', MESSAGE_WHOLE, 2, 4096 },  /* Describe */
	['E'] = { 'E', MESSAGE_WHOLE, 5, 4096 },  /* Execute */
	['H'] = { 'H', MESSAGE_WHOLE, 0, 0 },	  /* Flush */
	['P'] = { 'P', MESSAGE_WHOLE, 4, BIG },	  /* Parse */
	['Q'] = { 'Q', MESSAGE_WHOLE, 1, BIG },	  /* Query */
	['S'] = { 'S', MESSAGE_WHOLE, 0, 0 },	  /* Sync */
	['X'] = { 'X', MESSAGE_WHOLE, 0, 0 },	  /* Terminate */
	['c'] = { 'c', MESSAGE_WHOLE, 0, 0 },	  /* CopyDone */
	['d'] = { 'd', MESSAGE_STREAM, 0, BIG },  /* CopyData */
	['f'] = { 'f', MESSAGE_STREAM, 1, 65536 },/* CopyFail */
	['F'] = { 'F', MESSAGE_WHOLE, 10, BIG },  /* FunctionCall: of large objects alone */
};
static const struct message_kind of_server[128] = {
	['1'] = { '1', MESSAGE_WHOLE, 0, 0 },	  /* ParseComplete */
	['2'] = { '2', MESSAGE_WHOLE, 0, 0 },	  /* BindComplete */
	['3'] = { '3', MESSAGE_WHOLE, 0, 0 },	  /* CloseComplete */
	['A'] = { 'A', MESSAGE_STREAM, 6, BIG },  /* NotificationResponse */
	['C'] = { 'C', MESSAGE_WHOLE, 1, 4096 },  /* CommandComplete */
	['D'] = { 'D', MESSAGE_STREAM, 2, BIG },  /* DataRow */
	['E'] = { 'E', MESSAGE_STREAM, 1, BIG },  /* ErrorResponse */
	['G'] = { 'G', MESSAGE_WHOLE, 3, 65536 }, /* CopyInResponse */
	['H'] = { 'H', MESSAGE_WHOLE, 3, 65536 }, /* CopyOutResponse */
	['I'] = { 'I', MESSAGE_WHOLE, 0, 0 },	  /* EmptyQueryResponse */
	['N'] = { 'N', MESSAGE_STREAM, 1, BIG },  /* NoticeResponse */
	['S'] = { 'S', MESSAGE_WHOLE, 2, 1 << 20 },/* ParameterStatus */
	['T'] = { 'T', MESSAGE_STREAM, 2, BIG },  /* RowDescription */
	['V'] = { 'V', MESSAGE_STREAM, 4, BIG },  /* FunctionCallResponse */
	['Z'] = { 'Z', MESSAGE_WHOLE, 1, 1 },	  /* ReadyForQuery */
	['c'] = { 'c', MESSAGE_WHOLE, 0, 0 },	  /* CopyDone */
	['d'] = { 'd', MESSAGE_STREAM, 0, BIG },  /* CopyData */
	['n'] = { 'n', MESSAGE_WHOLE, 0, 0 },	  /* NoData */
	['s'] = { 's', MESSAGE_WHOLE, 0, 0 },	  /* PortalSuspended */
	['t'] = { 't', MESSAGE_STREAM, 2, BIG },  /* ParameterDescription */
};

static const struct message_kind *find(const struct message_kind *rows, char type)
{
	unsigned char t = (unsigned char)type;

	return t < 128 && rows[t].care != MESSAGE_UNKNOWN ? &rows[t] : NULL;
}

const struct message_kind *message_of_client(char type)
{
	return find(of_client, type);
}

const struct message_kind *message_of_server(char type)
{
	return find(of_server, type);
}

uint32_t message_u32(const char *p)
{
	const unsigned char *b = (const unsigned char *)p;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

uint16_t message_u16(const char *p)
{
	const unsigned char *b = (const unsigned char *)p;

	return (uint16_t)(b[0] << 8 | b[1]);
}

bool message_length(const struct message_kind *k, const char *p, uint32_t *ret)
{
	uint32_t n = message_u32(p + 1);

	if (n < 4 || n - 4 < k->min || n - 4 > k->max)
		return false;
	*ret = n - 4;
	return true;
}

bool message_text(struct str *body, struct str *ret)
{
	size_t n = str_find_char(*body, '\0');

	if (n == SIZE_MAX)
		return false;
	*ret = (struct str){ body->ptr, n };
	*body = (struct str){ body->ptr + n + 1, body->len - n - 1 };
	return true;
}

void message_add_u16(struct buf *b, uint16_t v)
{
	buf_addc(b, (char)(v >> 8));
	buf_addc(b, (char)(v & 255));
}

void message_add_u32(struct buf *b, uint32_t v)
{
	message_add_u16(b, (uint16_t)(v >> 16));
	message_add_u16(b, (uint16_t)(v & 65535));
}

void message_add_text(struct buf *b, struct str s)
{
	size_t n = str_find_char(s, '\0');

	buf_add(b, n == SIZE_MAX ? s : str_sub(s, 0, n));
	buf_addc(b, '\0');
}

size_t message_begin(struct buf *b, char type)
{
	size_t at = b->len;

	buf_addc(b, type);
	message_add_u32(b, 0);
	return at;
}

void message_end(struct buf *b, size_t begun)
{
	uint32_t n;

	if (b->failed)
		return;
	n = (uint32_t)(b->len - begun - 1);
	b->ptr[begun + 1] = (char)(n >> 24);
	b->ptr[begun + 2] = (char)(n >> 16 & 255);
	b->ptr[begun + 3] = (char)(n >> 8 & 255);
	b->ptr[begun + 4] = (char)(n & 255);
}

void message_bare(struct buf *b, char type)
{
	message_end(b, message_begin(b, type));
}

void message_ready(struct buf *b, char status)
{
	size_t at = message_begin(b, 'Z');

	buf_addc(b, status);
	message_end(b, at);
}

void message_query(struct buf *b, struct str text)
{
	size_t at = message_begin(b, 'Q');

	message_add_text(b, text);
	message_end(b, at);
}

void message_complete(struct buf *b, struct str tag)
{
	size_t at = message_begin(b, 'C');

	message_add_text(b, tag);
	message_end(b, at);
}

static void add_field(struct buf *b, char field, struct str s)
{
	if (!s.len)
		return;
	buf_addc(b, field);
	message_add_text(b, s);
}

void message_error(struct buf *b, const struct message_error *e)
{
	bool error = !strcmp(e->severity, "ERROR") || !strcmp(e->severity, "FATAL");
	size_t at = message_begin(b, error ? 'E' : 'N');

	add_field(b, 'S', str_from(e->severity));
	add_field(b, 'V', str_from(e->severity));
	add_field(b, 'C', str_from(e->sqlstate));
	add_field(b, 'M', e->message.len ? e->message : STR("pawl: refused"));
	add_field(b, 'H', e->hint);
	buf_addc(b, '\0');
	message_end(b, at);
}

struct str message_error_field(struct str body, char field)
{
	struct str value;

	while (body.len && body.ptr[0]) {
		char f = body.ptr[0];

		body = str_sub(body, 1, body.len);
		if (!message_text(&body, &value))
			break;
		if (f == field)
			return value;
	}
	return STR_NONE;
}

/* Counted from 1; a place within what was added is that of what it was added to. */
static uint64_t place_of(const struct message_moved *m, uint64_t place)
{
	if (m->added && place > m->added_at)
		place = place > m->added_at + m->added ? place - m->added : m->added_at + 1;
	return place + m->by;
}

void message_error_moved(struct buf *b, struct str body, const struct message_moved *m)
{
	size_t at = message_begin(b, 'E');
	struct str value;
	uint64_t place;

	while (body.len && body.ptr[0]) {
		char f = body.ptr[0];

		body = str_sub(body, 1, body.len);
		if (!message_text(&body, &value))
			break;
		buf_addc(b, f);
		if (f == 'P' && str_to_u64(value, &place))
			buf_addf(b, "%llu", (unsigned long long)place_of(m, place));
		else
			buf_add(b, value);
		buf_addc(b, '\0');
	}
	buf_addc(b, '\0');
	message_end(b, at);
}
