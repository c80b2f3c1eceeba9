/* tree.h -- a shell text as bash's grammar reads it.
 * Room: read. Pure: bytes in, tree out; memory from the caller's arena alone.
 * Source of the grammar: bash 5.2 parse.y and the Bash Reference Manual; POSIX.1-2017 2.10.
 * Nothing is run or expanded here: words keep their parts, shell/run.h gives them a meaning.
 */
#ifndef PAWL_READ_SHELL_TREE_H
#define PAWL_READ_SHELL_TREE_H

#include "base/arena.h"
#include "read/shell/word.h"

#define SHELL_MAX_BYTES ((size_t)1 << 20)
#define SHELL_MAX_DEPTH 200 /* of constructs inside each other; deeper is trouble, never a crash */

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
	SHELL_REDIRECT_BOTH,	    /* &> and >&word; also >&$x, whose value may turn out to be a descriptor */
	SHELL_REDIRECT_BOTH_APPEND, /* &>> */
	SHELL_REDIRECT_DUP_IN,	    /* <&n <&- <&n- */
	SHELL_REDIRECT_DUP_OUT,	    /* >&n >&- >&n-, and 2>&word */
	SHELL_REDIRECT_HERE_DOCUMENT, /* << <<- : body in here */
	SHELL_REDIRECT_HERE_STRING, /* <<< */
};

struct shell_redirection {
	enum shell_redirection_op op;
	int fd;		     /* -1: the operator's own (0 or 1) */
	struct str fd_name;  /* {name}>… */
	/* File, descriptor or string; for a here-document its delimiter. NULL only where trouble was: in `rest`, in backquotes. */
	struct shell_word *target;
	struct shell_word *here;   /* body of a here-document; parts are expanded unless here_quoted */
	bool here_quoted;
	bool here_unclosed; /* ended by the end of the text */
	struct shell_span span;
	struct shell_redirection *next;
};

enum PAWL_BYTE shell_command_kind {
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

/* What a command has that is not SIMPLE. */
struct shell_compound {
	struct str name;
	struct shell_word *subject; /* of case; of arithmetic forms the expression */
	struct shell_list *condition, *body, *otherwise;
	struct shell_case *cases;
};

struct shell_command {
	enum shell_command_kind kind;
	bool has_in;
	bool pipe_stderr; /* joined to the next by |& */
	struct shell_span span;
	struct shell_assignment *assignments;
	struct shell_word *words;
	struct shell_redirection *redirections;
	struct shell_compound *compound; /* never NULL unless SIMPLE */
	struct shell_command *next;	 /* in a pipeline */
};

enum PAWL_BYTE shell_connector { SHELL_THEN, SHELL_BACKGROUND, SHELL_AND, SHELL_OR };

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
