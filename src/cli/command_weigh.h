/* command_weigh.h -- everything between a command and its verdict, in one order: look around, read, keep what would be lost, judge,
 * pass by a grant or open a hold. `pawl hook`, `pawl check` and `pawl explain` all weigh here.
 * Room: cli; for both programs.
 */
#ifndef PAWL_CLI_COMMAND_WEIGH_H
#define PAWL_CLI_COMMAND_WEIGH_H

#include "cli/places.h"
#include "core/card.h"
#include "hold/hold.h"
#include "read/command.h"

/* What is asked; one of text, words, edits, sql, call. */
struct command_ask {
	struct str text;	 /* shell text */
	const struct str *words; /* an argv that no shell reads */
	size_t n_words;
	const struct str *edits; /* paths that the agent's own tool writes, moves or deletes */
	size_t n_edits;
	bool edit_deletes;	 /* … deletes */
	struct str edit_content; /* what is written; STR_NONE: not known */
	struct str sql;		 /* statements for a database that nobody named */
	struct str call;	 /* a tool whose name says that it takes something away: "neon/delete_project" … */
	struct str call_arguments; /* … with these, as JSON */
	const char *cwd; /* absolute; NULL: unknown */
	char *const *env;
	struct str session, host; /* of the agent; STR_NONE: none */
	enum gate gate;
};

struct command_weigh_opts {
	bool only_say; /* keep nothing, open no hold, write no record, use no grant */
	bool may_use;  /* an approved hold lets it pass once: the full program's part */
};

struct command_weighed {
	struct arena arena;	   /* of the last reading, request and judgement */
	struct arena world_arena;  /* of what was looked at */
	struct world world;
	struct command_answer answer;
	const struct policy *policy;
	struct request request;
	struct judgement judgement;
	struct evidence evidence;
	enum verdict verdict;	   /* as it ends: a grant turns hold into allow */
	char hold[HOLD_ID_LEN];	   /* opened, waiting or used; else "" */
	char kept[24];		   /* "K-12" when something was kept first; else "" */
	struct str kept_not;	   /* why it could not be; STR_NONE */
	bool remembered;	   /* it is a second attempt, or the like of it hurt before: somebody is told */
	bool waited;		   /* its hold stood already: nothing new to remember */
	bool used;		   /* passed by the grant of that hold */
	bool ask_full;		   /* held, but an approval may be there: pawl-full must look (only without may_use) */
};

/* False when it could not be weighed: callers refuse. */
bool command_weigh(const struct command_ask *ask, const struct command_weigh_opts *opts, struct command_weighed *ret,
		   struct err *err) PAWL_MUST_USE;
void command_weighed_free(struct command_weighed *w);
#define auto_command_weighed __attribute__((cleanup(command_weighed_free))) struct command_weighed

#endif
