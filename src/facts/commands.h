/* commands.h -- what the commands of several hundred tools destroy.
 * Room: facts. Pure: rows, no logic beyond finding them. Generated from src/facts/commands.tsv by tools/gen_commands.py; the
 * TSV is the table people argue over, its head explains the columns.
 * Rows lie in read-only memory as offsets into one text, so that a program that never asks pays nothing for them.
 */
#ifndef PAWL_FACTS_COMMANDS_H
#define PAWL_FACTS_COMMANDS_H

#include "core/change.h"

/* How to find out where a command acts. */
enum command_place {
	COMMAND_PLACE_REMOTE = 0, /* a service; not named by the command */
	COMMAND_PLACE_LOCAL,	  /* this machine: scratch where a name says test, dev … */
	COMMAND_PLACE_SCRATCH,	  /* made to be thrown away, whatever its name */
	COMMAND_PLACE_DOCKER,	  /* the docker host it speaks to, and names */
	COMMAND_PLACE_DATABASE,	  /* the database its flags, DATABASE_URL or .env name */
	COMMAND_PLACE_PRISMA,
	COMMAND_PLACE_NODE, /* NODE_ENV, config/config.json, then as DATABASE */
	COMMAND_PLACE_RAILS,
	COMMAND_PLACE_LARAVEL,
	COMMAND_PLACE_DJANGO,
	COMMAND_PLACE_SYMFONY,
	COMMAND_PLACE_MIX,
	COMMAND_PLACE_HOST, /* --host or -h, else this machine */
	COMMAND_PLACE_KUBE,
	COMMAND_PLACE_AWS,
	COMMAND_PLACE_COUNT
};

/* What a row's match does: a kind of change with the finding that goes with it. */
struct command_effect {
	struct str name;
	enum change_kind kind; /* CHANGE_READ: nothing; the row only keeps later ones from matching */
	struct str finding, type;
	enum holds_data holds_data;
};

struct command_fact {
	struct str words;  /* subcommand path: one part a word, alternatives with '|', globs; "**" is any words */
	struct str flags;  /* conditions, see the TSV's head */
	struct str bypass; /* flags that answer its question beforehand: "-y|--force" */
	const struct command_effect *effect;
	struct str name;   /* where the name of what is hit stands: "1" first word behind the path, "*" all, "-x|--xx" a flag, "=text" */
	enum command_place place;
	enum reversibility reversible;
	struct str window, takes, what, safer, yes, no;
};

/* A group of programs with the same command line. */
struct command_program {
	size_t first, n;   /* rows */
	struct str values; /* flags that take a value: "-n --namespace" */
	struct str dry;	   /* flags with which nothing is done */
	bool single_dash;  /* -all is one long flag, not -a -l -l */
	size_t index;
};

/* False where no row knows ${name} (base name of the program). Binary search. */
bool command_program_find(struct str name, struct command_program *ret);
bool command_fact_nth(size_t i, struct command_fact *ret); /* false past the end */
/* The i-th name of a program; STR_NONE past the end. For tests and documentation. */
struct str command_program_name(size_t i, struct command_program *ret);

#endif
