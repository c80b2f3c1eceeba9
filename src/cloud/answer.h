/* answer.h -- reading an answer of AWS by the paths of a look-up's row.
 * Room: cloud. Pure but for the parsers' own small allocations.
 */
#ifndef PAWL_CLOUD_ANSWER_H
#define PAWL_CLOUD_ANSWER_H

#include "base/json.h"
#include "cloud/cloud.h"
#include "facts/aws_lookups.h"

/* What the placeholders of templates stand for. */
struct answer_names {
	struct str name, id, account, region, partition;
};

enum answer_escape { ANSWER_PLAIN, ANSWER_URI, ANSWER_JSON };

/* Write ${tmpl} with its {placeholders} filled in, each escaped as told. False on an unknown placeholder or overflow. */
bool answer_expand(struct str tmpl, const struct answer_names *names, enum answer_escape how,
		   struct buf *out) PAWL_MUST_USE;

/* Parse an answer of the service's kind; the root of XML is entered, so that paths start below it. */
bool answer_parse(const struct aws_service *service, struct str body, struct arena *arena,
		  const struct json **ret_root, struct err *err) PAWL_MUST_USE;

/* The first value at ${path}, as text; numbers too. STR_NONE. */
struct str answer_text(const struct json *root, struct str path);
/* The error's code in an answer that is one: "DBInstanceNotFound"; STR_NONE. */
struct str answer_error(const struct json *root);
/* An instant as AWS writes it: RFC 3339, or seconds (or milliseconds) since 1970 with or without a fraction; 0 when neither. */
int64_t answer_time(struct str text);

/* All live items of the answer that match the name, as found things. */
void answer_items(const struct aws_lookup *row, const struct json *root,
		  const struct answer_names *names, struct arena *arena, struct cloud_answer *ret);

#endif
