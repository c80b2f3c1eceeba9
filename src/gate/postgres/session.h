/* session.h -- one client's connection and the one behind it; what the gate's own files share.
 * Room: gate/postgres, inner. A session belongs to one worker thread, which alone touches it. What blocks is done by jobs (asking.h) that
 * know the session only to hand back what they found: it is freed when the last of them has come home.
 */
#ifndef PAWL_GATE_POSTGRES_SESSION_H
#define PAWL_GATE_POSTGRES_SESSION_H

#include "gate/database/stream.h"
#include "gate/postgres/asking.h"
#include "gate/postgres/message.h"
#include "gate/postgres/relay.h"
#include "gate/postgres/relay_parts.h"
#include "gate/postgres/relay_passage.h"
#include "gate/postgres/relay_send.h"
#include "gate/postgres/scram.h"
#include "gate/postgres/server.h"
#include "gate/postgres/upstream.h"

#define SESSION_CANCEL_KEY 4

struct session;
struct pg_conn;
struct ssl_ctx_st;

struct worker {
	struct loop loop; /* first: a loop is its worker */
	struct postgres_server *server;
	pthread_t thread;
	bool started;
	struct session *sessions, *graves;
	struct arena arena;   /* for what is weighed, until the next */
	struct buf text;      /* messages being made */
	unsigned n_sessions;
	bool draining;
	int64_t drain_until_us;
	int64_t keys_us; /* when keys were looked up last */
};

enum session_phase {
	SESSION_START,	    /* the first packet, or a request for TLS */
	SESSION_TLS,	    /* shaking hands */
	SESSION_SASL,	    /* client-first is awaited */
	SESSION_SASL_FINAL,
	SESSION_CONNECTING, /* an asker logs in upstream */
	SESSION_RELAY,
	SESSION_LEAVING,    /* the last words to the client are on their way */
	SESSION_GONE,
};

struct login {
	struct scram scram;
	struct str user, database, application; /* of the first packet; in text */
	struct str encoding;
	struct buf text, settings; /* settings: "name=value", each ended by a NUL */
	bool extra;	     /* asks for a newer protocol, or options of one */
	struct buf unknown;  /* names of options of a newer protocol */
	unsigned n_unknown;
};

struct session {
	struct stream client; /* first */
	struct stream server;
	struct loop_note again;
	bool again_asked;
	bool client_kept; /* bytes that were kept can be worked on, without new ones */
	struct worker *worker;
	struct session *next, **link;
	enum session_phase phase;
	int64_t deadline_us;  /* of the phases before SESSION_RELAY, and of leaving */
	struct login *login;  /* until SESSION_RELAY */
	struct upstream *upstream;
	struct database_session who; /* texts in who_text */
	struct buf who_text;
	struct pg_conn *pg;
	unsigned version;     /* of the server: 150020 */
	uint32_t cancel_id;
	unsigned char cancel_key[SESSION_CANCEL_KEY];
	bool cancel_listed;
	struct session *cancel_next;
	struct asking_job *job; /* under way for it, one at most */
	struct session **job_session; /* where the job remembers this session: NULL there once it is gone */
	struct relay relay;
	bool by_statement;    /* a limit of a statement may bind in a transaction of several */
	bool superuser;	      /* at log-in */
	bool unseen;	      /* nothing is counted or compared here: no witness */
	bool local;	      /* came over the unix socket */
	bool client_shut;     /* the last words are out */
};

/* Of postgres_server, what the others need. */
struct postgres_server {
	struct postgres_server_opts o;
	struct upstream *upstreams;
	struct worker *workers;
	unsigned n_workers, next_worker;
	struct asking connects, asks;
	struct ssl_ctx_st *tls;
	struct buf tls_digest;
	struct loop_watch tcp, local;
	char local_path[108];
	unsigned port;
	unsigned n_sessions; /* atomic */
	pthread_mutex_t cancel_lock;
	struct session *cancels[1024]; /* under cancel_lock */
	uint32_t next_cancel;
	struct budget_ledger *ledger;
};

struct session *session_new(struct worker *w, int fd, bool local);
/* Reads and acts on what both sides sent, as far as it goes. */
void session_pump(struct session *s);
/* Everything of it is given back, at the end of this turn or when its job is home. */
void session_end(struct session *s);
/* An ErrorResponse with severity FATAL, and no more. */
void session_fatal(struct session *s, const char *sqlstate, struct str message);
/* Bytes that the worker made, to the client. */
void session_say(struct session *s, struct buf *made);
/* The upstream connection is there: the relay begins. */
void session_connected(struct session *s);

/* login.c: bytes used of ${data} while not yet in SESSION_RELAY; SIZE_MAX: it ended. */
size_t login_bytes(struct session *s, struct str data);
void login_free(struct session *s);
void login_connect(struct session *s);

/* login_settings.c */
#define LOGIN_SETTINGS_MAX ((size_t)16 << 10)
/* "name=value" to be remembered; false: no room. */
bool login_setting(struct login *l, struct str name, struct str value);
bool login_options(struct login *l, struct str text);
bool login_encoding(struct str e);
bool login_settings_pass(struct session *s, struct message_error *ret);

/* cancel.c */
void cancel_list(struct session *s);
void cancel_unlist(struct session *s);
/* From a CancelRequest's body behind its code: finds the session and cancels what it does. */
void cancel_request(struct worker *w, struct str body);

#endif
