/* session.h -- what a session was refused before, and what this project lost before: so that the same effect by another route is
 * recognised, and what once hurt is never again silently allowed.
 * Room: gate/session; base and core. journal.c and scar.c do I/O under STATE/sessions and STATE/scars; attempt.c is pure.
 * Both memories only ever make an answer stricter, so what cannot be read in them is passed over, and what is in them permits nothing.
 */
#ifndef PAWL_GATE_SESSION_SESSION_H
#define PAWL_GATE_SESSION_SESSION_H

#include "core/request.h"

#define SESSION_JOURNAL_MAX ((size_t)1 << 20) /* past it the older half goes */
#define SESSION_CHANGES_MAX 200		      /* of one request that are remembered */
#define SESSION_SHAPES_MAX 64

struct session_words {
	const struct str *item;
	size_t n;
};

/* Where the memory is. Without an id there is no journal, only scars. */
struct session_where {
	struct str state_dir, project; /* absolute */
	struct str id;		       /* the host's session id */
};

/* What is asked now. */
struct session_asked {
	const struct request *request; /* redacted */
	struct session_words shapes;   /* argv of each execution that is no plain read, as words: "terraform destroy -auto-approve" */
	struct session_words texts;    /* what could not be understood: the command itself, the scripts it opens */
	bool unknown;		       /* a program runs that nobody knows: its texts count where they also say that something goes */
	struct session_words ran;      /* absolute paths of what is executed: the program where it is named by path, the script */
};

struct session_memory {
	struct str id;	  /* "S-3"; of a refusal the hold: "H-12" */
	struct str why;	  /* scar: "denied" or "undone" */
	struct str words; /* one line of what was asked */
	struct str bytes; /* digest of the request's bytes, hex */
	int64_t at_us;
	struct session_words shapes;
	struct change_list changes;
	struct session_memory *next; /* older */
};

/* A file written in this session whose text names what was refused. */
struct session_write {
	struct str path, hold;
	struct session_write *next;
};

struct session_journal {
	struct session_memory *refused; /* newest first */
	struct session_write *wrote;
};

/* --- journal.c --- */

/* One that is not there is empty. */
bool journal_read(const struct session_where *w, struct arena *arena, struct session_journal *ret, struct err *err) PAWL_MUST_USE;
bool journal_refused(const struct session_where *w, const struct session_asked *asked, struct str hold, struct err *err) PAWL_MUST_USE;
/* Remember a file when its text names something refused; else nothing is written. */
bool journal_wrote(const struct session_where *w, const struct session_journal *j, struct str path, struct str content,
		   struct err *err) PAWL_MUST_USE;

/* --- attempt.c: pure --- */

enum attempt {
	ATTEMPT_NONE = 0,
	ATTEMPT_SAME,	/* the very same request, refused for itself: it has its hold */
	ATTEMPT_SECOND, /* the same effect by another route: at least held, and somebody is told */
};
struct attempt_found {
	enum attempt is;
	const struct session_memory *of;
	struct str why; /* "aws_db_instance courses-prod-db, as in H-12" */
};
/* A read is never one. */
struct attempt_found attempt_find(const struct session_journal *j, const struct session_asked *asked, struct arena *arena);
/* Does what is asked do to anything what ${m} did? *${ret_what} is the name they share. */
bool attempt_same_effect(const struct session_memory *m, const struct request *r, struct str *ret_what);
/* Does ${text} hold a name, as a word, of what ${m} was about? */
bool attempt_names(const struct session_memory *m, struct str text, struct str *ret_name);

/* --- scar.c --- */

struct scar_new {
	struct str why;	  /* "denied", "undone" */
	struct str about; /* "H-12", "K-3" */
	struct str words;
	const struct change_list *changes; /* may be NULL */
};
bool scar_read(const struct session_where *w, struct arena *arena, struct session_memory **ret, struct err *err) PAWL_MUST_USE;
/* Whatever is there already is not added again: then *${ret_id} is the old one. */
bool scar_add(const struct session_where *w, const struct scar_new *n, char ret_id[24], struct err *err) PAWL_MUST_USE;
/* The newest that fits: the same effect, or the same words. */
const struct session_memory *scar_match(const struct session_memory *scars, const struct session_asked *asked);

#endif
