/* tree.h -- a shell text as bash's grammar reads it.
 * Room: read. Pure: bytes in, tree out; memory from the caller's arena alone.
 * Source of the grammar: bash 5.2 parse.y and the Bash Reference Manual; POSIX.1-2017 2.10.
 * Nothing is run or expanded here: words keep their parts, shell/run.h gives them a meaning.
 */
#ifndef PAWL_READ_SHELL_TREE_H
#define PAWL_READ_SHELL_TREE_H

#include "base/arena.h"

#define SHELL_MAX_BYTES ((size_t)1 << 20)
#define SHELL_MAX_DEPTH 200 /* of constructs inside each other; deeper is trouble, never a crash */

/* Byte offsets into the text that was parsed: [from, to). */
struct shell_span {
	uint32_t from, to;
};

enum shell_part_kind {
	SHELL_PART_TEXT,	/* literal bytes, quotes and backslashes removed, $'…' decoded */
	SHELL_PART_PARAMETER,	/* $x ${x…} */
	SHELL_PART_COMMAND,	/* $(…) `…` */
	SHELL_PART_ARITHMETIC,	/* $((…)) $[…] */
	SHELL_PART_READ_FROM,	/* <(…) */
	SHELL_PART_WRITE_TO,	/* >(…) */
	SHELL_PART_GLOB,	/* unquoted * ? […] @(…): text as written */
	SHELL_PART_BRACE,	/* {a,b} and {1..9}: each alternative is a word */
	SHELL_PART_TILDE,	/* ~ ~user at the start of a word: text is the user, "" for one's own */
	SHELL_PART_ARRAY,	/* (…) as the value of an assignment: elements are words */
};

/* ${x:-word} and its kin; as written, so that every form is told from every other. */
enum shell_parameter_op {
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
	SHELL_OP_UNKNOWN,	  /* not a form bash has ("bad substitution") */
};

struct shell_word;
struct shell_list;

struct shell_part {
	enum shell_part_kind kind;
	bool quoted; /* inside "…", '…', $'…' or behind a backslash: no splitting, no globbing */
	struct shell_span span;
	struct str text; /* TEXT: bytes; PARAMETER: name ("x", "1", "@", "?"); GLOB, TILDE: see above */
	/* PARAMETER */
	enum shell_parameter_op op;
	struct str op_text;
	bool colon;    /* :- rather than - */
	bool length;   /* ${#x} */
	bool indirect; /* ${!x} */
	struct shell_word *index;	/* ${x[index]}; NULL without */
	struct shell_word *argument;	/* of the operator */
	struct shell_word *argument2;	/* replacement, or length of a substring */
	/* COMMAND, READ_FROM, WRITE_TO */
	struct shell_list *list;
	/* BRACE: alternatives; ARRAY: elements (an element [k]=v has its index in index_of); ARITHMETIC: the expression as one word */
	struct shell_word *words;
	struct shell_part *next;
};

struct shell_word {
	struct shell_part *first; /* NULL: the empty word "" */
	struct shell_span span;
	struct shell_word *index_of; /* array element: its index, else NULL */
	struct shell_word *next;
};

struct shell_assignment {
	struct str name;
	struct shell_word *index; /* a[i]=… */
	bool append;		  /* += */
	struct shell_word *value; /* NULL: x= */
	struct shell_span span;
	struct shell_assignment *next;
};

enum shell_redirection_op {
	SHELL_REDIRECT_READ,	    /* <   */
	SHELL_REDIRECT_WRITE,	    /* >   */
	SHELL_REDIRECT_CLOBBER,	    /* >|  */
	SHELL_REDIRECT_APPEND,	    /* >>  */
	SHELL_REDIRECT_READ_WRITE,  /* <>  */
	SHELL_REDIRECT_BOTH,	    /* &> and >&word */
	SHELL_REDIRECT_BOTH_APPEND, /* &>> */
	SHELL_REDIRECT_DUP_IN,	    /* <&n <&- <&n- */
	SHELL_REDIRECT_DUP_OUT,	    /* >&n >&- >&n- */
	SHELL_REDIRECT_HERE_DOCUMENT, /* << <<- : body in here */
	SHELL_REDIRECT_HERE_STRING, /* <<< */
};

struct shell_redirection {
	enum shell_redirection_op op;
	int fd;		     /* -1: the operator's own (0 or 1) */
	struct str fd_name;  /* {name}>… */
	struct shell_word *target; /* file, descriptor or string; for a here-document its delimiter */
	struct shell_word *here;   /* body of a here-document; parts are expanded unless here_quoted */
	bool here_quoted;
	bool here_unclosed; /* ended by the end of the text */
	struct shell_span span;
	struct shell_redirection *next;
};

enum shell_command_kind {
	SHELL_SIMPLE,	   /* assignments, words, redirections */
	SHELL_GROUP,	   /* { body } */
	SHELL_SUBSHELL,	   /* ( body ) */
	SHELL_IF,	   /* condition, body, otherwise (an elif is an IF alone in otherwise) */
	SHELL_WHILE,
	SHELL_UNTIL,
	SHELL_FOR,	   /* name, words (NULL and !has_in: "$@"), body */
	SHELL_SELECT,
	SHELL_FOR_ARITHMETIC, /* for ((a; b; c)): arithmetic is the three as one word; body */
	SHELL_CASE,	   /* subject, cases */
	SHELL_FUNCTION,	   /* name, body (one command), its redirections */
	SHELL_COPROC,	   /* name, body */
	SHELL_TEST,	   /* [[ … ]]: its words, operators as TEXT words */
	SHELL_ARITHMETIC,  /* (( … )) */
};

struct shell_case {
	struct shell_word *patterns;
	struct shell_list *body;
	char end; /* ';' for ;;  '&' for ;&  'c' for ;;& */
	struct shell_case *next;
};

struct shell_command {
	enum shell_command_kind kind;
	struct shell_span span;
	struct shell_assignment *assignments;
	struct shell_word *words;
	struct shell_redirection *redirections;
	struct str name;
	bool has_in;
	struct shell_word *subject; /* of case; of arithmetic forms the expression */
	struct shell_list *condition, *body, *otherwise;
	struct shell_case *cases;
	bool pipe_stderr; /* joined to the next by |& */
	struct shell_command *next; /* in a pipeline */
};

enum shell_connector { SHELL_THEN, SHELL_BACKGROUND, SHELL_AND, SHELL_OR };

/* One pipeline of a list, and what joins it to the next. */
struct shell_item {
	struct shell_command *first;
	bool negated, timed;
	enum shell_connector then; /* ; newline & && || */
	struct shell_item *next;
};

struct shell_list {
	struct shell_item *first;
	struct shell_span span;
};

struct shell_tree {
	struct str text;
	struct shell_list *list; /* what bash would run before it meets the trouble: whole lines */
	bool broken;
	size_t at;	/* offset of the trouble */
	unsigned line;	/* and its line, from 1 */
	struct str why; /* "unexpected `)'", "unclosed quote", "deeper than 200", "memory" */
	/* With trouble: as much of the rest as could be read, which bash would not run but which may be run all the same
	 * by a shell that reads otherwise. Weighed as MAYBE. */
	struct shell_list *rest;
};

/**
 * shell_parse(text, arena, ret):
 * Parse ${text}, which must outlive the tree. Total: any bytes; trouble is in *${ret}. NUL bytes are dropped by bash: so here.
 * Cost: linear in the text (also for nested substitutions and here-documents), at most SHELL_MAX_DEPTH deep.
 */
void shell_parse(struct str text, struct arena *arena, struct shell_tree *ret);

#endif
