/* command_words.h -- the words of one execution as its tool reads them: flags with their values, and the rest in order.
 * Room: read; only command*.c include it.
 */
#ifndef PAWL_READ_COMMAND_WORDS_H
#define PAWL_READ_COMMAND_WORDS_H

#include "facts/commands.h"
#include "read/command_work.h"

struct command_word {
	struct str text;  /* of a flag its name with dashes: "--all", "-f" */
	struct str value; /* of a flag */
	bool flag, has_value;
	bool known;    /* no unknown part in text */
	bool many;     /* may be no word at all, or several */
	bool perhaps;  /* may be the value of the unknown flag before it */
};

struct command_words {
	struct str program; /* base name, without version and suffix: "prisma" of ./node_modules/.bin/prisma@5 */
	struct command_program tool;
	bool has_tool;
	struct command_word *item;
	size_t n, size;
	size_t at_program; /* index of the program in the act's argv: 1 for `python manage.py` */
	const struct command_work *work; /* for conditions on the environment and standard input */
	bool dashes;	   /* a -- stood before the rest: item[behind] and later */
	size_t behind;
};

/* False when the act runs no program. Of an interpreter that runs a known script, the script is the program. */
bool command_words(struct command_work *w, struct command_words *ret) PAWL_MUST_USE;
/* Read them anew as those of another program, from argv[${at}]: `oc`, `k3s kubectl`. */
bool command_words_from(struct command_work *w, size_t at, struct command_words *ret) PAWL_MUST_USE;
/* Is one of the flags there? ${any} is "-f|--force"; "--x=GLOB" asks for its value too, "~TEXT" whether some word
 * contains TEXT, "<TEXT" whether standard input does, "$NAME" whether that variable is set, "@yes" whether a pipe answers its questions. */
bool command_flag(const struct command_words *s, struct str any);
/* The value of the first of these flags; false when there is none. */
bool command_value(const struct command_words *s, const char *any, struct str *ret);
/* The ${i}th word that is no flag; STR_NONE past the end. */
struct str command_nth(const struct command_words *s, size_t i);
size_t command_count(const struct command_words *s);
/* Base name of a path, without .exe, .cmd, .bat. */
struct str command_base(struct str path);
/* The next of ${list} up to ${sep}, taken off it; false at its end. */
bool command_next(struct str *list, char sep, struct str *ret);
bool command_one_of(struct str s, struct str list, char sep);
/* No unknown parts? */
bool command_known(struct str s);
/* ${s} with unknown parts as "…". */
struct str command_shown(struct str s, struct arena *arena);

#endif
