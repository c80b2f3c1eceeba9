#include "core/permit.h"

struct made {
	const struct request *request;
	const struct judgement *judgement;
	uint64_t seq;
	struct arena *arena;
};

const struct permit *try(const struct made *m, struct err *err);
const struct permit *try(const struct made *m, struct err *err)
{
	return permit_mint(m->request, m->judgement, m->seq, NULL, 0, m->arena, err);
}
