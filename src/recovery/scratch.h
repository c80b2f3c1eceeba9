/* scratch.h -- a PostgreSQL server of one's own for a while: made from a cached template, tuned to be thrown away, reached by a unix socket
 * in a folder of mode 0700 alone, so that no name of production's can lead to it nor it to production.
 * Room: recovery. I/O. When this process is root it runs as another user, as PostgreSQL demands.
 */
#ifndef PAWL_RECOVERY_SCRATCH_H
#define PAWL_RECOVERY_SCRATCH_H

#include "base/err.h"
#include "base/str.h"

struct scratch; /* opaque */

struct scratch_opts {
	unsigned major;	   /* at least this version; the newest there is is taken */
	struct str cache;  /* folder for templates; made */
	struct str folder; /* where the server's own folder is made: /tmp, a fast disk */
	bool lasting;	   /* somebody will work on it: vacuum and checkpoints as usual */
	bool single;	   /* SCRATCH_DATABASE is there, fresh as from template0, and no other: a third of the files */
	unsigned port;	   /* of 127.0.0.1 as well, and of the socket; 0: the socket alone, at its usual number */
	const char *role;  /* with port: who may come in there, by password alone */
	bool confined;	   /* no server rather than one that is not shut in (confine.h); else it is shut in where the kernel can */
};

/* In place of /tmp a folder in memory, where creating a file costs a tenth, when a server for ${plain} bytes of dump takes little of what
 * is free there; else ${folder}. */
struct str scratch_where(struct str folder, uint64_t plain);
/* *${ret_major}: of the server found, also when it is too old (then false). */
bool scratch_start(const struct scratch_opts *o, struct scratch **ret, unsigned *ret_major,
		   struct err *err) PAWL_MUST_USE;
/* MariaDB's; ${version}: of the server program here, for the template's name. */
bool scratch_start_mysql(const struct scratch_opts *o, struct str version, struct scratch **ret,
			 struct err *err) PAWL_MUST_USE;
/* libpq's words for ${database}: no password, a socket. Lives as long as the server. */
const char *scratch_socket(const struct scratch *s);
#define SCRATCH_USER "pawl"
#define SCRATCH_PORT "5432" /* of the socket, where no other was asked for; whatever PGPORT says */
#define SCRATCH_DATABASE "drill"
/* The server's own folder. */
const char *scratch_folder(const struct scratch *s);
/* Has it ended by itself? Then false. */
bool scratch_alive(struct scratch *s);
/* Ends it and removes its folder. NULL does nothing. */
void scratch_stop(struct scratch *s);

#endif
