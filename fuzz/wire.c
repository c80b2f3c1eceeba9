/* The relay: a client, a server and the rest of pawl in one thread, in any order, in any pieces. Whatever the client sends, nothing
 * reaches the server that is not framed; nothing runs there that has to be asked about and was not passed, once for each time that it
 * was; what a transaction wrote is committed after the witness looked, and only if it found nothing; the client is told messages that
 * are framed, and after its Sync a ReadyForQuery or the end of its session; what is kept in memory stays bounded, and nothing leaks.
 * The first byte chooses how it begins (1: before the log-in; 4: a session that nobody looks at); every other is an act, followed by what
 * it needs (see `acts`).
 * covers: src/gate/postgres/relay*.c src/gate/postgres/session.c src/gate/postgres/login*.c src/gate/postgres/scram.c
 * covers: src/gate/postgres/message.c src/gate/postgres/cancel.c src/gate/database/stream.c
 * options: -max_len=2048 -entropic=0
 */
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "gate/postgres/session.h"
#include "wire_texts.h"
#include "wire_world.h"

struct input {
	const uint8_t *p;
	size_t left;
};

struct client {
	int fd; /* -1: gone */
	struct buf to, from; /* not sent yet; not looked at yet */
	size_t chunk;
	unsigned readies;
	bool logged_in, is_login, ended, broken; /* broken: sent what is not well formed */
	bool copies;
};

static struct client client;

static uint8_t byte(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->p++;
}

static struct str bytes(struct input *in)
{
	size_t n = byte(in);
	struct str s;

	if (n > in->left)
		n = in->left;
	s = (struct str){ (const char *)in->p, n };
	in->p += n;
	in->left -= n;
	return s;
}

/* --- the client --- */

static const char *const names[] = { "", "a", "b", "_pawl_00000000_0_0" };

static void text_of(struct input *in, struct buf *b)
{
	struct str own;

	buf_clear(b);
	if (in->left && *in->p < ARRAY_LEN(texts)) {
		buf_adds(b, texts[byte(in)]);
		return;
	}
	byte(in);
	own = bytes(in);
	for (size_t i = 0; i < own.len; i++)
		buf_addc(b, own.ptr[i] ? own.ptr[i] : ' ');
}

static void client_parse(struct input *in, struct str name)
{
	auto_buf text = BUF_MAX(4096);
	size_t at;

	text_of(in, &text);
	at = message_begin(&client.to, 'P');
	message_add_text(&client.to, name);
	message_add_text(&client.to, buf_str(&text));
	message_add_u16(&client.to, 0);
	message_end(&client.to, at);
}

static void client_bind(struct str portal, struct str name, size_t value)
{
	size_t at = message_begin(&client.to, 'B');

	message_add_text(&client.to, portal);
	message_add_text(&client.to, name);
	message_add_u16(&client.to, 0);
	message_add_u16(&client.to, 1);
	message_add_u32(&client.to, (uint32_t)value);
	for (size_t i = 0; i < value; i++)
		buf_addc(&client.to, 'v');
	message_add_u16(&client.to, 0);
	message_end(&client.to, at);
}

static void client_named(char type, char what, struct str name)
{
	size_t at = message_begin(&client.to, type);

	if (what)
		buf_addc(&client.to, what);
	message_add_text(&client.to, name);
	if (type == 'E')
		message_add_u32(&client.to, 0);
	message_end(&client.to, at);
}

static void act_query(struct input *in)
{
	auto_buf text = BUF_MAX(4096);

	text_of(in, &text);
	message_query(&client.to, buf_str(&text));
}

/* Which of Parse, Bind, Describe, Execute, Flush, Sync, under which names. */
static void act_extended(struct input *in)
{
	uint8_t which = byte(in), how = byte(in);
	struct str name = str_from(names[how & 3]), portal = str_from(names[how >> 2 & 3]);
	size_t value = how & 64 ? (how & 128 ? 70000 : 3000) : 3;

	if (which & 1)
		client_parse(in, name);
	if (which & 64)
		client_named('D', 'S', name);
	if (which & 2)
		client_bind(portal, name, value);
	if (which & 4)
		client_named('D', 'P', portal);
	if (which & 8)
		client_named('E', '\0', portal);
	if (which & 128)
		client_named('C', how & 16 ? 'S' : 'P', how & 16 ? name : portal);
	if (which & 16)
		message_bare(&client.to, 'H');
	if (which & 32)
		message_bare(&client.to, 'S');
}

static void act_sync(struct input *in)
{
	(void)in;
	message_bare(&client.to, 'S');
}

static void act_copy(struct input *in)
{
	uint8_t how = byte(in);
	size_t at = message_begin(&client.to, "dcfd"[how & 3]), n = how & 4 ? 40000 : how >> 3;

	for (size_t i = 0; (how & 3) != 1 && i < n; i++)
		buf_addc(&client.to, 'c');
	if ((how & 3) == 2)
		buf_addc(&client.to, '\0');
	message_end(&client.to, at);
}

static void act_bytes(struct input *in)
{
	client.broken = true;
	buf_add(&client.to, bytes(in));
}

/* A message with a length of its own choice. */
static void act_message(struct input *in)
{
	char type = "QPBEDCSHdcfFXpz"[byte(in) % 15];
	struct str body = bytes(in);
	size_t at = message_begin(&client.to, type);

	buf_add(&client.to, body);
	message_end(&client.to, at);
	client.broken = true;
}

static void act_chunk(struct input *in)
{
	uint8_t n = byte(in);

	client.chunk = n < 128 ? (size_t)n + 1 : SIZE_MAX;
}

static void client_gone(bool rudely)
{
	struct linger l = { .l_onoff = 1 };

	if (client.fd < 0)
		return;
	if (rudely)
		setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	close(client.fd);
	client.fd = -1;
}

static void act_cancel(struct input *in)
{
	struct session *s = world.worker.sessions;
	char body[8];

	if (!s || s->phase != SESSION_RELAY)
		return;
	for (int i = 0; i < 4; i++)
		body[i] = (char)(s->cancel_id >> (24 - 8 * i));
	memcpy(body + 4, s->cancel_key, 4);
	if (byte(in) & 1)
		body[7] ^= 1;
	cancel_request(&world.worker, (struct str){ body, 8 });
}

static void act_first(struct input *in)
{
	uint8_t how = byte(in);
	size_t at = client.to.len;

	if (how & 1) {
		buf_add(&client.to, (struct str){ "\0\0\0\x08\x04\xd2\x16\x2f", 8 });
		return;
	}
	message_add_u32(&client.to, 0);
	message_add_u32(&client.to, how & 2 ? 196610 : 196608);
	message_add_text(&client.to, STR("user"));
	message_add_text(&client.to, how & 4 ? STR("nobody") : STR("agent"));
	message_add_text(&client.to, STR("database"));
	message_add_text(&client.to, how & 8 ? STR("nothere") : STR("db"));
	if (how & 16) {
		message_add_text(&client.to, STR("options"));
		message_add_text(&client.to, STR("-c search_path=x -c statement_timeout=1"));
	}
	if (how & 32) {
		message_add_text(&client.to, bytes(in));
		message_add_text(&client.to, bytes(in));
	}
	buf_addc(&client.to, '\0');
	if (client.to.failed)
		return;
	for (int i = 0; i < 4; i++)
		client.to.ptr[at + (size_t)i] = (char)((client.to.len - at) >> (24 - 8 * i));
}

static void act_sasl_first(struct input *in)
{
	size_t at = message_begin(&client.to, 'p');

	message_add_text(&client.to, byte(in) & 1 ? STR("SCRAM-SHA-256-PLUS") : STR("SCRAM-SHA-256"));
	message_add_u32(&client.to, sizeof(WORLD_FIRST) - 1 + 3);
	buf_adds(&client.to, "n,," WORLD_FIRST);
	message_end(&client.to, at);
}

static void act_sasl_final(struct input *in)
{
	char text[512];
	size_t at = message_begin(&client.to, 'p');

	world_proof(byte(in) & 1, text, sizeof(text));
	buf_adds(&client.to, text);
	message_end(&client.to, at);
}

/* --- everybody else --- */

static void act_answers(struct input *in)
{
	uint8_t n = byte(in), vary = byte(in);

	for (unsigned i = 0; i <= (n & 31u); i++)
		model_answers(&world.model, i == (n & 31u) ? vary : vary & 7);
}

static void act_lie(struct input *in)
{
	world.model.lies = true;
	buf_add(&world.model.out, bytes(in));
}

static void act_lie_message(struct input *in)
{
	char type = "12CDEGHINSTZcdnst3A"[byte(in) % 19];
	struct str body = bytes(in);
	size_t at;

	world.model.lies = true;
	at = message_begin(&world.model.out, type);
	buf_add(&world.model.out, body);
	message_end(&world.model.out, at);
}

static void act_job(struct input *in)
{
	world_job(byte(in));
}

static void act_leave(struct input *in)
{
	struct session *s = world.worker.sessions;

	switch (byte(in) % 6) {
	case 0:
		client_gone(false);
		break;
	case 1:
		client_gone(true);
		break;
	case 2:
		world_server_gone();
		break;
	case 3: /* its time to log in is over */
		if (s && s->phase != SESSION_RELAY)
			session_end(s);
		break;
	case 4:
		message_bare(&client.to, 'X');
		break;
	case 5:
		if (client.fd >= 0)
			shutdown(client.fd, SHUT_WR);
		break;
	default:
		break;
	}
}

static void act_stale(struct input *in)
{
	world.upstream.stale = true;
	if (byte(in) & 1)
		world.upstream.generation++;
}

static void act_tighten(struct input *in)
{
	world.is_tightened = byte(in) & 1;
}

static void (*const acts[])(struct input *in) = {
	act_query,    act_extended, act_sync,	act_copy,  act_bytes,	act_message, act_chunk,	     act_cancel,    act_first,
	act_answers,  act_lie,	    act_lie_message, act_job, act_leave, act_stale,   act_sasl_first, act_sasl_final, act_tighten,
};

/* --- what the client hears --- */

/* The message at the front of what it heard; 0: not there yet. */
static size_t heard(struct str all)
{
	const struct message_kind *k;
	uint32_t n;

	/* The answer to a request for encryption. */
	if (!client.logged_in && all.ptr[0] == 'N' && client.is_login)
		return 1;
	if (all.len < MESSAGE_HEAD)
		return 0;
	n = message_u32(all.ptr + 1);
	if (strchr("RKv", all.ptr[0])) {
		FUZZ_CHECK(n >= 4 && n < 8192);
		n -= 4;
	} else {
		k = message_of_server(all.ptr[0]);
		FUZZ_CHECK(k && message_length(k, all.ptr, &n));
	}
	if (all.len - MESSAGE_HEAD < n)
		return 0;
	if (all.ptr[0] == 'R' && n > 4 && message_u32(all.ptr + MESSAGE_HEAD) == 11)
		world_challenge(str_sub(all, MESSAGE_HEAD + 4, n - 4));
	client.logged_in |= all.ptr[0] == 'R';
	client.readies += all.ptr[0] == 'Z';
	client.copies = all.ptr[0] == 'G' || (client.copies && !strchr("ZEC", all.ptr[0]));
	return MESSAGE_HEAD + n;
}

static void hear(void)
{
	char some[16384];
	ssize_t got;
	size_t n;

	while (client.fd >= 0 && (got = recv(client.fd, some, sizeof(some), MSG_DONTWAIT)) != -1) {
		if (!got) {
			client.ended = true;
			break;
		}
		buf_add(&client.from, (struct str){ some, (size_t)got });
	}
	while (client.from.len && (n = heard(buf_str(&client.from)))) {
		memmove(client.from.ptr, client.from.ptr + n, client.from.len - n);
		client.from.len -= n;
	}
}

/* At most a chunk. True: something moved. */
static bool give(int fd, struct buf *b, size_t chunk)
{
	size_t n = b->len < chunk ? b->len : chunk;
	ssize_t sent;

	if (fd < 0 || !n)
		return false;
	sent = send(fd, b->ptr, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent <= 0)
		return false;
	memmove(b->ptr, b->ptr + sent, b->len - (size_t)sent);
	b->len -= (size_t)sent;
	return true;
}

static bool step(size_t chunk)
{
	bool moved = give(client.fd, &client.to, chunk);

	moved = give(world.server, &world.model.out, chunk) || moved;
	moved = world_turn() || moved;
	return world_server_hears() || moved;
}

/* Everybody does what is left to do. */
static void settle(void)
{
	bool moved = true;

	for (int i = 0; moved && i < 20000; i++) {
		moved = step(SIZE_MAX);
		hear();
		moved = world_job(0) || moved;
		while (model_answers(&world.model, 0))
			moved = true;
	}
	FUZZ_CHECK(!moved);
}

static void bounded(void)
{
	const struct session *s = world.worker.sessions;

	if (!s)
		return;
	FUZZ_CHECK(s->client.in.cap <= STREAM_MAX && s->client.out.cap <= STREAM_MAX);
	FUZZ_CHECK(s->server.in.cap <= STREAM_MAX && s->server.out.cap <= STREAM_MAX);
	FUZZ_CHECK(s->relay.held.len <= RELAY_HELD && s->relay.n_sent <= RELAY_SENT);
}

/* An honest client with an honest server: whatever was refused, behind its Sync it hears that all is ready. */
static void answered(void)
{
	unsigned before;

	settle();
	if (client.copies) {
		size_t at = message_begin(&client.to, 'f');

		message_add_text(&client.to, STR("enough"));
		message_end(&client.to, at);
		settle();
	}
	before = client.readies;
	message_bare(&client.to, 'S');
	settle();
	FUZZ_CHECK(client.ended || client.fd < 0 || client.readies > before || world.model.lies || client.broken || world.server < 0);
	FUZZ_CHECK(!client.ended || !client.from.len || world.model.lies);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	uint8_t how = byte(&in);

	client = (struct client){ .chunk = SIZE_MAX, .to = BUF_MAX((size_t)16 << 20), .from = BUF_MAX((size_t)64 << 20) };
	client.is_login = how & 1;
	client.fd = world_begin(client.is_login, how & 4);
	for (int n = 0; in.left && n < 400; n++) {
		acts[byte(&in) % ARRAY_LEN(acts)](&in);
		step(client.chunk);
		if (!(how & 2))
			hear();
		bounded();
	}
	hear();
	if (world.worker.sessions && world.worker.sessions->phase == SESSION_RELAY)
		answered();
	settle();
	bounded();
	client_gone(false);
	world_end();
	buf_free(&client.to);
	buf_free(&client.from);
	return 0;
}
