#include "cloud/cloud.h"

#include "base/clock.h"
#include "cloud/aws.h"

#define SCRATCH ((size_t)128 << 20) /* address space; pages cost only once touched */

struct cloud {
	struct aws aws;
	struct cloud_identity identity;
	int64_t until_us;
};

static bool ask_identity(struct cloud *c, struct arena *arena, struct err *err)
{
	const struct json *root;
	struct str code;
	struct aws_question q = { .service = aws_service_find(STR("sts")),
				  .operation = STR("GetCallerIdentity") };

	q.names.region = c->identity.region.len ? c->identity.region : STR("us-east-1");
	if (!aws_ask(&c->aws, &q, &root, &code, err))
		return false;
	if (code.len)
		return err_set(err, ERR_DENIED, "sts GetCallerIdentity: AWS answers %.*s",
			       STR_ARG(code));
	c->identity.account =
		arena_str(arena, answer_text(root, STR("GetCallerIdentityResult.Account")));
	c->identity.arn = arena_str(arena, answer_text(root, STR("GetCallerIdentityResult.Arn")));
	if (!c->identity.account.len)
		return err_set(err, ERR_INPUT,
			       "sts GetCallerIdentity: the answer names no account");
	return true;
}

bool cloud_open(unsigned seconds, struct arena *arena, struct cloud **ret_cloud, struct err *err)
{
	struct cloud *c = ARENA_NEW(arena, struct cloud);
	bool ok;

	if (!c)
		return err_set(err, ERR_LIMIT, "out of memory for questions to the cloud");
	if (!arena_map(&c->aws.scratch, SCRATCH))
		return err_sys(err, "no memory for answers of the cloud");
	c->until_us = clock_now_us() + (int64_t)seconds * CLOCK_SECOND;
	ok = credentials_find(arena, &c->aws.credentials, err);
	c->identity.region = c->aws.credentials.region;
	c->identity.source = str_from(c->aws.credentials.source);
	if (ok)
		c->aws.http = http_open(err);
	ok = ok && c->aws.http && ask_identity(c, arena, err);
	if (!ok) {
		cloud_close(c);
		return false;
	}
	*ret_cloud = c;
	return true;
}

void cloud_close(struct cloud *c)
{
	if (!c)
		return;
	http_close(c->aws.http);
	c->aws.http = NULL;
	if (c->aws.scratch.mem)
		arena_unmap(&c->aws.scratch);
	explicit_bzero(&c->aws.credentials, sizeof(c->aws.credentials));
}

const struct cloud_identity *cloud_identity(const struct cloud *c)
{
	return &c->identity;
}

size_t cloud_questions(const struct cloud *c)
{
	return c->aws.questions;
}

bool cloud_can_ask(struct str type)
{
	return aws_lookup_find(type) != NULL;
}

static struct cloud_answer unknown(struct str why)
{
	return (struct cloud_answer){ .result = CLOUD_UNKNOWN, .why = why };
}

static bool in_list(struct str list, struct str word)
{
	while (list.len) {
		size_t comma = str_find_char(list, ',');
		struct str one = str_sub(list, 0, comma == SIZE_MAX ? list.len : comma);

		if (str_eq(one, word))
			return true;
		list = str_sub(list, one.len + 1, SIZE_MAX);
	}
	return false;
}

struct cloud_answer cloud_find(struct cloud *c, const struct cloud_ask *ask, struct arena *arena)
{
	const struct aws_lookup *row = aws_lookup_find(ask->type);
	struct aws_question q = { .operation = STR_NONE };
	struct cloud_answer answer = { .result = CLOUD_UNKNOWN };
	const struct json *root = NULL;
	struct err err = { .code = ERR_NONE };
	struct str code = STR_NONE;

	if (!row)
		return unknown(STR("pawl knows no read-only question for this type"));
	q.service = aws_service_find(row->service);
	q.operation = row->operation;
	q.request = row->request;
	q.names.name = row->by == AWS_BY_TAG_NAME ? ask->tag_name : ask->title;
	q.names.region = ask->region.len ? ask->region : c->identity.region;
	q.names.account = c->identity.account;
	q.names.partition = aws_partition(q.names.region);
	if (!q.names.name.len)
		return unknown(row->by == AWS_BY_TAG_NAME
				       ? STR("it has no Name tag to look for")
				       : STR("its name is not known before it is made"));
	if (!q.names.region.len)
		return unknown(STR("the region is not known: set AWS_REGION"));
	if (clock_now_us() > c->until_us)
		return unknown(STR("not asked: the time for questions to the cloud was used up"));
	if (!aws_ask(&c->aws, &q, &root, &code, &err))
		return unknown(arena_str(arena, str_from(err.msg)));
	if (code.len && in_list(row->absent, code))
		return (struct cloud_answer){ .result = CLOUD_ABSENT };
	if (code.len)
		return unknown(arena_fmt(arena, "%.*s %.*s: AWS answers %.*s",
					 STR_ARG(row->service), STR_ARG(row->operation),
					 STR_ARG(code)));
	answer_items(row, root, &q.names, arena, &answer);
	return arena->full ? unknown(STR("out of memory for the answer")) : answer;
}
