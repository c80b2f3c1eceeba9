#include "cli/log_entry.h"

#include <unistd.h>

#include "base/timestamp.h"

#define TREE ((size_t)64 << 20) /* address space: the body of one entry */

/* --- the line --- */

/* clang-format off */
/* Members worth a reader's eye, in this order; a label where the value alone would not speak. */
static const struct {
	const char *path, *label;
} shown[] = {
	{ "hold",          NULL },
	{ "id",            NULL },
	{ "verdict",       NULL },
	{ "environment",   NULL },
	{ "summary",       NULL },
	{ "approver",      "by" },
	{ "by",            "by" },
	{ "scope",         "scope" },
	{ "reason",        NULL },
	{ "why",           NULL },
	{ "about",         NULL },
	{ "target",        "to" },
	{ "error",         NULL },
	{ "result",        NULL },
	{ "plan",          "plan" },
	{ "tool",          NULL },
	{ "workspace",     "workspace" },
	{ "original",      "in" },
	{ "entries",       "entries" },
	{ "message",       NULL },
};

static const struct {
	const char *kind, *colour;
} colours[] = {
	{ "hold.opened",       "33" },
	{ "approval",          "32" },
	{ "denial",            "31" },
	{ "grant.used",        "32" },
	{ "elevation",         "35" },
	{ "break-glass",       "1;31" },
	{ "freeze",            "1;31" },
	{ "unfreeze",          "32" },
	{ "alarm",             "1;31" },
	{ "apply.interrupted", "31" },
	{ "notify.failed",     "31" },
};
/* clang-format on */

/* Control bytes (also those of C1, which are two bytes in UTF-8) are shown, not sent. */
static void put_plain(struct str s, size_t most, struct buf *out)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = (uint8_t)s.ptr[i];
		bool c1 = c == 0xc2 && i + 1 < s.len && (uint8_t)s.ptr[i + 1] < 0xa0;

		if (i >= most && (c & 0xc0) != 0x80) {
			buf_adds(out, "…");
			return;
		}
		if (c1)
			buf_addf(out, "\\x%02x", (unsigned)(uint8_t)s.ptr[++i]);
		else if (c < 0x20 || c == 0x7f)
			buf_addf(out, "\\x%02x", (unsigned)c);
		else
			buf_addc(out, (char)c);
	}
}

/* The same member under another name: an unfreeze has its approver, and who did it. */
static bool said(const struct json *body, size_t at)
{
	for (size_t i = 0; shown[at].label && i < at; i++) {
		const struct json *before = json_get(body, shown[i].path);

		if (shown[i].label && strcmp(shown[i].label, shown[at].label) == 0 && before &&
		    str_eq(before->text, json_get(body, shown[at].path)->text))
			return true;
	}
	return false;
}

static void put_words(const struct json *body, struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
		const struct json *v = json_get(body, shown[i].path);

		if (!(json_is(v, JSON_STRING) || json_is(v, JSON_NUMBER)) || v->text.len == 0 || said(body, i))
			continue;
		if (out->len)
			buf_adds(out, "  ");
		if (shown[i].label)
			buf_addf(out, "%s ", shown[i].label);
		buf_add(out, v->text);
	}
}

void log_entry_line(const struct ledger_entry *e, bool colour, unsigned width, struct buf *out)
{
	auto_buf words = BUF_MAX(LEDGER_MAX_ENTRY + 4096);
	char time[TIMESTAMP_LEN + 1];
	const char *paint = "";
	struct arena arena;
	struct json *body = NULL;

	timestamp_text(e->time_us, time);
	for (size_t i = 0; colour && i < ARRAY_LEN(colours); i++)
		paint = str_is(e->kind, colours[i].kind) ? colours[i].colour : paint;
	if (arena_map(&arena, TREE)) {
		if (json_parse(e->body, &arena, &body, NULL))
			put_words(body, &words);
		arena_unmap(&arena);
	}
	buf_addf(out, "%6llu  %s  ", (unsigned long long)e->seq, time);
	if (*paint)
		buf_addf(out, "\x1b[%sm", paint);
	buf_addf(out, "%-17.*s", STR_ARG(e->kind));
	if (*paint)
		buf_adds(out, "\x1b[0m");
	buf_adds(out, "  ");
	put_plain(buf_str(&words), width > 60 ? width - 50 : 60, out);
	buf_addc(out, '\n');
}

/* --- for programs --- */

static void put_chain(const struct ledger_entry *e, struct json_out *o)
{
	char hex[DIGEST_HEX_LEN + 1];

	digest_hex(&e->chain, hex);
	json_out_kv(o, "chain", str_from(hex));
}

void log_entry_json(const struct ledger_entry *e, struct json_out *o)
{
	char time[TIMESTAMP_LEN + 1];

	timestamp_text(e->time_us, time);
	json_out_open(o, '{');
	json_out_key(o, "seq");
	json_out_u64(o, e->seq);
	json_out_kv(o, "time", str_from(time));
	json_out_key(o, "time_us");
	json_out_i64(o, e->time_us);
	json_out_kv(o, "kind", e->kind);
	put_chain(e, o);
	json_out_key(o, "body");
	json_out_raw(o, e->body);
	json_out_close(o, '}');
}

/* clang-format off */
/* OCSF's activity (1 create, 2 read, 3 update, 4 delete, 99 other) and severity (1 informational … 5 critical). */
static const struct {
	const char *kind;
	unsigned activity, severity;
} ocsf[] = {
	{ "request",           2,  1 },
	{ "hold.opened",       1,  3 },
	{ "approval",          3,  3 },
	{ "denial",            3,  3 },
	{ "grant.used",        3,  3 },
	{ "grant.revoked",     4,  2 },
	{ "elevation",         1,  4 },
	{ "break-glass",       1,  5 },
	{ "freeze",            1,  5 },
	{ "unfreeze",          4,  4 },
	{ "pin",               1,  2 },
	{ "apply.started",     3,  3 },
	{ "apply.finished",    3,  2 },
	{ "apply.interrupted", 3,  4 },
	{ "alarm",             99, 5 },
	{ "notify.failed",     99, 3 },
};
/* clang-format on */

static void put_parties(const struct ledger_entry *e, struct json_out *o)
{
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	json_out_key(o, "api");
	json_out_open(o, '{');
	json_out_kv(o, "operation", e->kind);
	json_out_close(o, '}');
	json_out_key(o, "actor");
	json_out_open(o, '{');
	json_out_kv(o, "app_name", STR("pawl"));
	json_out_close(o, '}');
	json_out_key(o, "src_endpoint");
	json_out_open(o, '{');
	json_out_kv(o, "hostname", str_from(host));
	json_out_close(o, '}');
	json_out_key(o, "metadata");
	json_out_open(o, '{');
	json_out_kv(o, "version", STR("1.3.0"));
	json_out_kv_u64(o, "sequence", e->seq);
	json_out_key(o, "product");
	json_out_open(o, '{');
	json_out_kv(o, "name", STR("pawl"));
	json_out_kv(o, "vendor_name", STR("pawl"));
	json_out_kv(o, "version", STR(PAWL_VERSION));
	json_out_close(o, '}');
	json_out_close(o, '}');
}

void log_entry_ocsf(const struct ledger_entry *e, struct json_out *o)
{
	unsigned activity = 99, severity = 1;

	for (size_t i = 0; i < ARRAY_LEN(ocsf); i++) {
		if (str_is(e->kind, ocsf[i].kind)) {
			activity = ocsf[i].activity;
			severity = ocsf[i].severity;
		}
	}
	json_out_open(o, '{');
	json_out_kv_u64(o, "class_uid", 6003);
	json_out_kv_u64(o, "category_uid", 6);
	json_out_kv_u64(o, "activity_id", activity);
	json_out_kv_u64(o, "type_uid", 600300 + activity);
	json_out_kv_u64(o, "severity_id", severity);
	json_out_key(o, "time");
	json_out_i64(o, e->time_us / 1000);
	put_parties(e, o);
	json_out_key(o, "unmapped");
	json_out_open(o, '{');
	put_chain(e, o);
	json_out_key(o, "body");
	json_out_raw(o, e->body);
	json_out_close(o, '}');
	json_out_close(o, '}');
}
