/* desk.h -- what every command about holds needs open before it: places, policy, ledger, and the ledger folded into states.
 * Room: cli.
 */
#ifndef PAWL_CLI_DESK_H
#define PAWL_CLI_DESK_H

#include "cli/command.h"
#include "cli/hold_index.h"
#include "cli/hosts.h"
#include "hold/answer.h"
#include "hold/record.h"

struct desk {
	struct places places;
	struct arena arena;
	const struct policy *policy;
	struct ledger *ledger;
	struct hold_host host;
	struct hold_index index;
	struct book book;
	int64_t now_us;
};

/* False with ${err}; desk_close is due either way. */
bool desk_open(struct desk *d, struct err *err) PAWL_MUST_USE;
void desk_close(struct desk *d);
/* Read the ledger anew. */
bool desk_read(struct desk *d, struct err *err) PAWL_MUST_USE;

/* One hold as it was recorded, weighed by today's policy of the folder it was asked in. */
struct desk_case {
	const struct book_hold *hold;
	struct record record;
	struct judgement judgement;
	struct hold_request ask; /* of the two above */
	struct weighed *approvals;
	unsigned people, needed;
	enum hold_state state;	/* "approved" only when the signatures hold */
	char where[400]; /* what makes the enforcement level what it is */
};
bool desk_case(struct desk *d, struct str id, struct desk_case *ret, struct err *err) PAWL_MUST_USE;
/* The state to show: an approved hold whose signatures do not hold is an open one. */
enum hold_state desk_state(struct desk *d, const struct book_hold *hold);

/* Ask on the controlling terminal, never on standard input; false when there is none. */
bool desk_prompt(const char *question, struct buf *ret_answer, struct err *err) PAWL_MUST_USE;

struct desk_key {
	const struct signer *who;
	char file[4096];
};
/* The approver and key file to sign with: --key, --as, else the first key in ~/.ssh that may. */
bool desk_key(struct desk *d, const char *file, const char *as, struct desk_key *ret, struct err *err) PAWL_MUST_USE;
/* One sentence for a person on an enforcement level. */
const char *desk_level_words(enum enforcement_level level);
/* The name of who runs this: the login by $USER or LOGNAME, else "uid N". For denials, which need no proof. */
struct str desk_login(struct arena *arena);

#endif
