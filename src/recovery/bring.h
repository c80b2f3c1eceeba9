/* bring.h -- a PostgreSQL backup brought back: into a database that is new or empty, and compared with its manifest; then with a live one.
 * Room: recovery. I/O. Nothing is ever written to a database that holds anything, and none is dropped but one that was made here.
 */
#ifndef PAWL_RECOVERY_BRING_H
#define PAWL_RECOVERY_BRING_H

#include "recovery/backup.h"
#include "recovery/restore.h"
#include "recovery/stall.h"

/* A server, and a database in it. */
struct bring_place {
	const char *connect; /* libpq's words or a URL, without a password */
	struct str password; /* STR_NONE: by what libpq finds itself */
	struct str database; /* STR_NONE: the one of ${connect} */
	struct stall *stall; /* watches the connection that is asked; NULL: nobody does */
	bool closed;	     /* its rows are not for whoever reads ${err}: of what a server says SQLSTATE and names alone are told */
};

struct bring_ask {
	struct vault *vault;
	struct str target, id; /* of a whole backup */
	const uint8_t *key;    /* ED25519_KEY_LEN */
	char *const *filter;   /* decrypts; NULL: none */
	bool keeps_rights;     /* bring_lower() follows; the server is the caller's, who ends it where this fails: nothing is undone */
	struct str table;      /* as the manifest names it: its rows alone; STR_NONE: all */
	const struct bring_place *live; /* whoever is asked what ${table} is where the backup has none of it; NULL: the place itself */
	struct backup_progress progress;
};

/* One table of the backup, and what differs from a live one. */
struct bring_table {
	struct str name, columns;
	uint64_t rows;			/* brought back */
	uint64_t only_there, only_here; /* rows that only the backup has; that only the live table has */
	bool live;			/* there is such a table; else all of it is only in the backup */
	const char *names;		/* of its columns, as an array's text in SQL; when compared, or written */
	const struct manifest_word *lost; /* columns that the live table has no more: then each row is in one of both only */
	uint64_t written;		/* by bring_rows() */
	struct bring_table *next;
};

struct bring_done {
	struct manifest manifest;
	struct bring_table *tables;
	uint64_t rows;
	const struct restore_error *errors; /* of one table's restore: what of the others could not stand without their rows */
	uint64_t n_errors;
	const struct manifest_word *made_roles; /* that were not there: made without a right to log in */
	bool made; /* the database was made here */
};

/**
 * bring_back(ask, to, arena, ret, err):
 * Checks signature and parts as they are read, restores into ${to->database}, which must not be there or be empty, and compares each
 * table with the manifest. False: nothing counts as brought back; a database made here is dropped again, and ${err} tells what could not
 * be undone.
 */
bool bring_back(const struct bring_ask *ask, const struct bring_place *to, struct arena *arena, struct bring_done *ret,
		struct err *err) PAWL_MUST_USE;

/* Has the backup rows of ${table}? False: says why not, and which name it has them by; ${live} is asked what it knows by that name. */
bool bring_named(const struct manifest *m, struct str table, const struct bring_place *live, struct arena *arena,
		 struct err *err) PAWL_MUST_USE;

/* Roles made here are superusers, and whatever else reaches beyond the rows of other roles made here, only while the backup is restored (a
 * materialized view may need it); after that it is for a person to give. */
bool bring_lower(const struct bring_place *place, const struct bring_done *done, struct arena *arena, struct err *err) PAWL_MUST_USE;

/* Why nothing is compared where a backup was brought back into the place of the live database. */
#define BRING_IS_LIVE "it was restored as the live one itself, so there is nothing live to compare it with"
/* Rows of each brought back table against ${live}'s, in no order. False also where both are one database. Memory: 8 bytes a row of the
 * larger table, twice. */
bool bring_compare(const struct bring_place *brought, const struct bring_place *live, struct arena *arena, struct bring_done *done,
		   struct err *err) PAWL_MUST_USE;

/* The rows of ${t} that only the backup has, to ${fd}: psql loads them in one transaction, which puts back what is gone and leaves alone
 * what is there, were it changed; to overwrite the changed is a person's word at the loading. With ${t->lost} psql says why it
 * loads none. */
bool bring_rows(const struct bring_place *brought, const struct bring_place *live, struct arena *arena, struct bring_table *t, int fd,
		struct err *err) PAWL_MUST_USE;

/* For a copy that somebody is to work on: ${role} (a name that needs no quotes) may log in with ${password} (hexadecimal), owns the
 * database and may do what ${roles} may; it is no superuser. */
bool bring_agent(const struct bring_place *place, const struct manifest_word *roles, const char *role, const char *password,
		 struct err *err) PAWL_MUST_USE;
/* The database that libpq's words or a URL name; STR_NONE: none. */
struct str bring_database(const char *connect, struct arena *arena);
/* Can it be asked at all? Before hours of work whose end needs it. */
bool bring_reach(const struct bring_place *place, struct err *err) PAWL_MUST_USE;
/* Is it there, and does it hold anything? */
bool bring_look(const struct bring_place *place, bool *ret_there, bool *ret_empty, struct err *err) PAWL_MUST_USE;

#endif
