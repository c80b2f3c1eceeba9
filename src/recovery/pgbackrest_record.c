#include "recovery/pgbackrest_record.h"

#include "base/json.h"

bool pgbackrest_record_write(const struct pgbackrest_record *r, struct buf *out)
{
	struct json_out o = { .buf = out };

	json_out_open(&o, '{');
	json_out_kv(&o, "stanza", r->stanza);
	json_out_kv(&o, "label", r->label);
	json_out_kv(&o, "wal_first", r->first);
	json_out_kv(&o, "wal_last", r->last);
	json_out_kv_u64(&o, "wal_segment", r->segment);
	json_out_kv(&o, "end", r->end);
	json_out_close(&o, '}');
	return !out->failed;
}

bool pgbackrest_record_read(struct str text, struct arena *arena, struct pgbackrest_record *ret, struct physical_end *ret_end,
			    struct err *err)
{
	struct pgbackrest_record r = { .segment = 0 };
	struct json *root;
	uint64_t first, last;
	uint32_t timeline;

	if (!json_parse(arena_str(arena, text), arena, &root, err))
		return false;
	r.stanza = json_str(root, "stanza");
	r.label = json_str(root, "label");
	r.first = json_str(root, "wal_first");
	r.last = json_str(root, "wal_last");
	r.end = json_str(root, "end");
	if (!r.stanza.len || !r.label.len || !json_u64(root, "wal_segment", &r.segment) ||
	    !physical_segment(r.first, r.segment, &r.timeline, &first) || !physical_segment(r.last, r.segment, &timeline, &last) ||
	    timeline != r.timeline || first > last)
		return err_set(err, ERR_INPUT, "the record names no backup of pgBackRest");
	if (!physical_end_read(r.end, ret_end, err))
		return false;
	*ret = r;
	return true;
}
