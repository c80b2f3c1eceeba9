/* word.h -- the words of a shell text: what they are made of, before anything is expanded.
 * Room: read. Pure data; shell/tree.h says who makes it, shell/run.h gives it a meaning.
 */
#ifndef PAWL_READ_SHELL_WORD_H
#define PAWL_READ_SHELL_WORD_H

#include "base/str.h"

/* Byte offsets into the text that was parsed: [from, to). */
struct shell_span {
	uint32_t from, to;
};

enum PAWL_BYTE shell_part_kind {
	SHELL_PART_TEXT,	/* literal bytes, quotes and backslashes removed, $'…' decoded; one text may be several parts */
	SHELL_PART_PARAMETER,	/* $x ${x…} */
	SHELL_PART_COMMAND,	/* $(…) `…` */
	SHELL_PART_ARITHMETIC,	/* $((…)) $[…] */
	SHELL_PART_READ_FROM,	/* <(…) */
	SHELL_PART_WRITE_TO,	/* >(…) */
	SHELL_PART_GLOB,	/* unquoted * ? […] and, of @(a|b), the pieces `@(` `|` `)` with parts between: text as written */
	SHELL_PART_BRACE,	/* {a,b}: each alternative is one of words; {1..9..2}: no words, text is 1..9..2 */
	SHELL_PART_TILDE,	/* ~ ~user at the start of a word: text is the user, "" for one's own */
	SHELL_PART_ARRAY,	/* (…) as the value of an assignment: elements are words */
};

/* ${x:-word} and its kin; as written, so that every form is told from every other. */
enum PAWL_BYTE shell_parameter_op {
	SHELL_OP_NONE,
	SHELL_OP_DEFAULT,	  /* :-  -  */
	SHELL_OP_ASSIGN,	  /* :=  =  */
	SHELL_OP_ERROR,		  /* :?  ?  */
	SHELL_OP_ALTERNATE,	  /* :+  +  */
	SHELL_OP_SUBSTRING,	  /* :offset:length */
	SHELL_OP_REMOVE_PREFIX,	  /* #  */
	SHELL_OP_REMOVE_PREFIX_LONG, /* ## */
	SHELL_OP_REMOVE_SUFFIX,	  /* %  */
	SHELL_OP_REMOVE_SUFFIX_LONG, /* %% */
	SHELL_OP_REPLACE,	  /* /a/b */
	SHELL_OP_REPLACE_ALL,	  /* //a/b */
	SHELL_OP_REPLACE_PREFIX,  /* /#a/b */
	SHELL_OP_REPLACE_SUFFIX,  /* /%a/b */
	SHELL_OP_CASE,		  /* ^ ^^ , ,, ~ ~~: text of the operator in op_text */
	SHELL_OP_TRANSFORM,	  /* @Q @E …: letter in op_text */
	SHELL_OP_NAMES,		  /* ${!prefix*} ${!prefix@} */
	SHELL_OP_KEYS,		  /* ${!name[@]} */
	SHELL_OP_UNKNOWN,	  /* not a form bash has ("bad substitution"): argument is what stands in it */
};

struct shell_word;
struct shell_list;

/* What belongs to a PARAMETER besides its name. */
struct shell_parameter {
	struct str op_text;
	struct shell_word *index;	/* ${x[index]}; NULL without */
	struct shell_word *argument;	/* of the operator */
	struct shell_word *argument2;	/* replacement, or length of a substring */
};
extern const struct shell_parameter shell_parameter_plain; /* nothing of it: $x ${x} */

/* The most frequent nodes of a tree are parts, words and commands: they are kept small, for a short text may be full of them. */
struct shell_part {
	enum shell_part_kind kind;
	bool quoted; /* inside "…", '…', $'…' or behind a backslash: no splitting, no globbing */
	/* PARAMETER */
	enum shell_parameter_op op;
	bool colon;    /* :- rather than - */
	bool length;   /* ${#x} */
	bool indirect; /* ${!x} */
	struct shell_span span;
	struct str text; /* TEXT: bytes; PARAMETER: name ("x", "1", "@", "?"); GLOB, BRACE, TILDE: see above */
	union {		 /* `kind` says which; NULL for the other kinds */
		const struct shell_parameter *parameter; /* PARAMETER: never NULL */
		struct shell_list *list;		 /* COMMAND, READ_FROM, WRITE_TO */
		/* BRACE: alternatives; ARRAY: elements (an element [k]=v has its index in index_of); ARITHMETIC: the
		 * expression as one word, everything in it quoted */
		struct shell_word *words;
	};
	struct shell_part *next;
};

struct shell_word {
	struct shell_part *first; /* NULL or an empty quoted TEXT: the empty word "" */
	struct shell_span span;
	struct shell_word *index_of; /* array element: its index, else NULL */
	struct shell_word *next;
};

#endif
