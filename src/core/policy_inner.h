/* policy_inner.h -- a policy as it lies in memory; for the files of this room that load it and judge by it.
 * Room: core, private to policy*.c, preset.c, rules.c and judge.c.
 * Rules are sorted: deny, hold, allow; within a verdict one's own before the preset's, then in order of layers and lines.
 * So the first set bit of a match is the strictest rule.
 */
#ifndef PAWL_CORE_POLICY_INNER_H
#define PAWL_CORE_POLICY_INNER_H

#include "core/policy_budget.h"

#define RULES_WORDS (POLICY_MAX_RULES / 64)
#define POLICY_MAX_ENVIRONMENTS 512

/* What a rule asks of a text: any of these globs; no list: no question. */
struct rule_match {
	uint32_t kinds, reversible, holds_data, destructive, gates; /* bit masks; 0: no question */
	struct str_list *environments, *types, *names, *findings, *principals, *tools;
	bool has_resources, has_rows;
	uint64_t resources_from, rows_from; /* at least so many */
	int64_t recovery_older_s;	    /* 0: no question */
};

struct rule {
	struct str name, file, why, safer;
	unsigned line;
	enum policy_layer layer;
	enum verdict verdict;
	bool tightens; /* of a project, or of the preset that a project asked for: adds to what stands above, takes nothing away */
	struct rule_match match;
	struct demands demands;
	struct rule *next; /* while loading */
};

#define PLACE_FIELDS 8
struct named_environment {
	struct environment is;
	enum policy_layer layer;
	struct str_list *match[PLACE_FIELDS]; /* in the order of struct place */
	struct named_environment *next;
};

/* Texts to the set of rules that take them. */
struct text_entry {
	struct str glob;
	size_t prefix; /* bytes before the first * or ? */
	size_t rule;
	struct text_entry *next;
};
struct text_index {
	uint64_t *any; /* rules with no question */
	struct text_entry **exact;
	size_t mask;
	struct text_entry *globs;
};

struct rules {
	struct rule **rule;
	size_t n, words, n_deny, n_hold; /* deny: [0, n_deny); hold: [n_deny, n_deny + n_hold) */
	uint64_t *shape[CHANGE_KIND_COUNT][REVERSIBLE_COUNT][HOLDS_DATA_COUNT];
	uint64_t *gate[GATE_COUNT];
	uint64_t **environment; /* by index, see policy_environment_index */
	struct text_index types, findings, tools, principals;
	uint64_t *refusing; /* deny and hold */
	uint64_t *slow;	    /* rules with a question that is asked one by one: name, rows, recovery */
	uint64_t *resources; /* rules that ask for the size of the request */
	uint64_t *recovery;  /* rules that demand recovery evidence */
};

struct policy {
	struct named_environment *environments;
	struct named_environment **environment; /* the same as an array */
	size_t n_environments;
	struct approver *approvers;
	struct notify *notify;
	struct policy_case *cases;
	struct str_list *warnings;
	uint64_t plan_cap;
	struct policy_keep keep;
	bool keep_said[4]; /* in the order of the struct: does a file say it? */
	struct policy_budget *budgets;
	struct policy_trash trash;
	bool own_trash[3]; /* the machine's or user's file said it: on, expires, rows */
	bool same_uid;
	struct str preset;
	struct digest digest;
	struct rules rules;
};

/* Index of an environment: the named ones, then production, staging and scratch that nobody named. */
/* *${ret_own}: the same without what the project's file names. */
size_t policy_environment_index(const struct policy *p, const struct place *place, struct str tag, size_t *ret_own);
/* The index of a name, else of a kind's name; false when it is neither. */
bool policy_environment_by_name(const struct policy *p, struct str name, size_t *ret_index) PAWL_MUST_USE;
struct environment policy_environment_at(const struct policy *p, size_t index);
struct str environment_kind_name(enum environment_kind k);

/* Sort and index ${first}…; false when the arena is full. */
bool rules_compile(struct policy *p, struct rule *first, size_t n, struct arena *arena) PAWL_MUST_USE;
/* Does a list of names or kinds take this environment? No list takes all. */
bool rules_environment_taken(const struct str_list *list, const struct environment *e);
/* Rules that take ${text}, or'ed into ${bits} of rules->words words. An empty text is taken by those with no question. */
void rules_of_text(const struct rules *r, const struct text_index *x, struct str text, uint64_t *bits);

#endif
