/* What the client says: what only reads goes by, everything else is acted on. */
#include "gate/postgres/session.h"

#define ROOM 24 /* messages that one of the client's may make the gate send */
#define BIND_NAMES ((size_t)64 << 10)

static enum relay_did end(struct session *s, const char *why)
{
	session_fatal(s, "08P01", str_from(why));
	return RELAY_ENDED;
}

static enum relay_did refuse_size(struct session *s, char type)
{
	struct message_error e = { "ERROR", "PW004", STR("pawl: longer than what can be judged, so not sent"),
				   STR("Send the statement in parts, or its values as parameters or by COPY.") };

	relay_refuse(s, &e, type != 'P');
	return RELAY_DONE;
}

static enum relay_did simple(struct session *s, struct str message)
{
	/* No client does so; what it would mean for the transaction around it is not worth knowing. */
	if (s->relay.unsynced && s->relay.block == BLOCK_GATE)
		return end(s, "pawl: a Query before the Sync of what came before it");
	return relay_simple(s, message);
}

/* A message that is there as far as it is needed. */
static enum relay_did act(struct session *s, struct str message, size_t total, struct str behind)
{
	if (s->relay.alone && strchr("QPB", message.ptr[0]))
		return relay_alone_ends(s);
	switch (message.ptr[0]) {
	case 'Q':
		return simple(s, message);
	case 'P':
		return relay_parse(s, message, behind.len && behind.ptr[0] == 'B');
	case 'B':
		return relay_bind(s, message, total);
	case 'E':
		return relay_execute(s, message);
	case 'D':
		return relay_describe(s, message);
	case 'C':
		return relay_close(s, message);
	case 'H':
		/* It waits for the answer before it says more: nothing is held back from it. */
		relay_held_go(s);
		relay_hold_nothing(&s->relay);
		return RELAY_PASS;
	case 'S':
		return relay_client_sync(s);
	case 'X':
		session_end(s);
		return RELAY_ENDED;
	case 'F':
		return relay_function(s, message);
	default:
		return end(s, "pawl: a message that is not relayed");
	}
}

/* While the server takes a copy. What the gate waits for behind it comes only by a Flush: that of the Execute the copy has swallowed, and
 * the client's Sync waits for the answer. An error is told at once. */
static enum relay_did copying(struct session *s, struct str message)
{
	static const char flush[] = { 'H', 0, 0, 0, 4 };
	char type = message.ptr[0];

	if (type == 'd')
		return RELAY_PASS;
	if (type == 'c' || type == 'f')
		s->relay.copy_in = false;
	if (type == 'f')
		return RELAY_PASS;
	if (type == 'c') {
		relay_to_server(s, message);
		if (s->relay.unsynced)
			stream_add(&s->server, flush, sizeof(flush));
		return RELAY_DONE;
	}
	if (type == 'H' || type == 'S') /* the server takes no notice of them either */
		return RELAY_DONE;
	if (type == 'X') {
		session_end(s);
		return RELAY_ENDED;
	}
	return end(s, "pawl: a message that does not belong into a copy");
}

/* What is not acted on: dropped or passed as it comes. */
static bool passes_by(const struct relay *r, char type)
{
	return r->copy_in || type == 'd' || type == 'c' || type == 'f' || (r->skipping && type != 'S' && type != 'X');
}

static enum relay_did decide(struct session *s, struct str message, size_t total, struct str behind)
{
	struct relay *r = &s->relay;
	char type = message.ptr[0];

	if (r->copy_in)
		return copying(s, message);
	if (type == 'd' || type == 'c' || type == 'f')
		return RELAY_DONE; /* left over from a copy that failed */
	if (r->skipping && type != 'S' && type != 'X')
		return RELAY_DONE;
	/* Where one of a pipeline without its Sync fails, the server skips these too: first that is known, then they are judged. */
	if ((type == 'Q' || type == 'F') && r->unsynced && r->n_sent) {
		relay_when_quiet(s, relay_resume);
		return RELAY_WAITS;
	}
	if (total > MESSAGE_WHOLE_MAX && (type == 'Q' || type == 'P' || type == 'F'))
		return refuse_size(s, type);
	return act(s, message, total, behind);
}

/* As much of it as is needed is there; else the stream is told what is wanted. */
static bool enough(struct session *s, const struct message_kind *k, struct str data, size_t total)
{
	bool whole = k->care == MESSAGE_WHOLE && total <= MESSAGE_WHOLE_MAX && !passes_by(&s->relay, k->type);

	if (data.len >= total || (!whole && k->type != 'B') || passes_by(&s->relay, k->type))
		return true;
	if (k->type == 'B' && data.len >= BIND_NAMES)
		return true;
	s->client.want = k->type == 'B' && total > BIND_NAMES ? BIND_NAMES : total;
	return false;
}

static size_t more(struct session *s, struct str data)
{
	struct relay *r = &s->relay;
	size_t n = r->client_left < data.len ? r->client_left : data.len;

	if (!r->client_drops)
		stream_add(&s->server, data.ptr, n);
	r->client_left -= (uint32_t)n;
	return n;
}

/* Bytes used of the message at the front; 0: not now. */
static size_t one(struct session *s, struct str data)
{
	const struct message_kind *k = message_of_client(data.ptr[0]);
	struct relay *r = &s->relay;
	enum relay_did did;
	size_t total, have;
	uint32_t n;

	if (!k || !message_length(k, data.ptr, &n)) {
		end(s, "pawl: a message that is not relayed, or not well formed");
		return 0;
	}
	total = MESSAGE_HEAD + n;
	if (!enough(s, k, data, total))
		return 0;
	have = data.len < total ? data.len : total;
	did = decide(s, str_sub(data, 0, have), total, str_sub(data, have, data.len));
	if (did == RELAY_MORE)
		s->client.want = total;
	if (did == RELAY_WAITS || did == RELAY_MORE || did == RELAY_ENDED || s->phase != SESSION_RELAY)
		return 0;
	if (did == RELAY_PASS)
		stream_add(&s->server, data.ptr, have);
	r->client_left = (uint32_t)(total - have);
	r->client_drops = did != RELAY_PASS;
	return have;
}

size_t relay_client(struct session *s, struct str data)
{
	struct relay *r = &s->relay;
	size_t used = 0;

	while (used < data.len && (!r->stopped || r->copy_in || r->client_left)) {
		struct str left = str_sub(data, used, data.len);
		size_t n;

		if (!r->client_left && left.len < MESSAGE_HEAD)
			break;
		if (!r->client_left && !r->copy_in && r->n_sent + ROOM > RELAY_SENT) {
			relay_when_quiet(s, relay_resume);
			break;
		}
		n = r->client_left ? more(s, left) : one(s, left);
		used += n;
		relay_statement_waited(s);
		if (n && !r->client_left && !r->n_sent && r->when_quiet)
			relay_quiet(s);
		if (!n || s->phase != SESSION_RELAY)
			break;
	}
	return used;
}
