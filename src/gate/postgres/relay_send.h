/* relay_send.h -- what a relay sends to either side, and what it does with what they say.
 * Room: gate/postgres, inner.
 */
#ifndef PAWL_GATE_POSTGRES_RELAY_SEND_H
#define PAWL_GATE_POSTGRES_RELAY_SEND_H

#include "gate/postgres/relay.h"

/* --- relay.c: what is sent, and what is said to the client --- */
void relay_begin(struct session *s);
void relay_end(struct session *s);
void relay_sent(struct session *s, char kind, uint16_t how, struct relay_prepared *p);
/* A helper's Bind and Execute, with its Parse where that is needed. */
void relay_help(struct session *s, enum relay_helper h, uint16_t how);
/* Its portal: a second time in a transaction. */
void relay_help_closed(struct session *s, enum relay_helper h);
void relay_sync(struct session *s, uint16_t how);
/* One statement of the gate's, prepared, run and forgotten: unnamed statement and portal of the client's stay as they are. */
void relay_run(struct session *s, struct str text, uint16_t how);
/* With values: types as in a Parse behind its text, values as in a Bind behind its names. */
void relay_run_with(struct session *s, struct str text, struct str types, struct str values, uint16_t how);
void relay_tag(const struct relay *r, struct str tag, char ret[64]);
/* Ends counters that still run, where there are any; between transactions alone. */
bool relay_forgets(const struct session *s);
void relay_forget(struct session *s);
/* The gate's own transaction begins. */
void relay_open(struct session *s);
/* It ends: by HELPER_COMMIT, whose error is told and in relay.failed, or by HELPER_ROLLBACK. */
void relay_finish(struct session *s, enum relay_helper end);
/* Is a ReadyForQuery on its way, which ends a transaction? */
bool relay_ready_awaited(const struct relay *r);
void relay_query(struct session *s, struct str text, uint16_t how);
/* Bytes to the server, copied. */
void relay_to_server(struct session *s, struct str bytes);
void relay_when_quiet(struct session *s, void (*then)(struct session *s));
/* Everything was answered: go on. */
void relay_quiet(struct session *s);
/* For relay_when_quiet: nothing more to do than to read on. */
void relay_resume(struct session *s);
/* "PW001" and so on. */
const char *relay_sqlstate(enum database_refusal why);
/* An error in answer to a simple query, or to a message of the extended protocol, when its turn has come. A transaction fails by it. */
void relay_refuse(struct session *s, const struct message_error *e, bool simple);
/* The same, of a text that pawl's parser does not take: where the server's does not either, its own error is told. */
void relay_refuse_unread(struct session *s, const struct message_error *e, struct str text, bool simple);
/* Of a text; NULL: none. What cannot be read fails a whole message before any of it would run. */
const struct statement *relay_first_refused(const struct statement_answer *a);
/* A simple query that makes the transaction fail. */
void relay_fail(struct session *s);
/* What is in relay.refusal, when nothing is on its way. ${ready}: with the ReadyForQuery behind it. */
void relay_refuse_now(struct session *s, bool ready);
void relay_error(struct session *s, const struct message_error *e);
void relay_ready(struct session *s);
void relay_held_go(struct session *s);
void relay_held_drop(struct session *s);
void relay_hold_nothing(struct relay *r);

/* --- relay_client.c, relay_server.c: bytes used --- */
size_t relay_client(struct session *s, struct str data);
size_t relay_server(struct session *s, struct str data);

/* --- relay_extended.c --- */
enum relay_did relay_parse(struct session *s, struct str message, bool bind_follows);
enum relay_did relay_bind(struct session *s, struct str message, size_t total);
enum relay_did relay_execute(struct session *s, struct str message);
enum relay_did relay_describe(struct session *s, struct str message);
enum relay_did relay_close(struct session *s, struct str message);
enum relay_did relay_alone_ends(struct session *s);

/* --- relay_sync.c --- */
enum relay_did relay_client_sync(struct session *s);

/* --- relay_function.c --- */
enum relay_did relay_function(struct session *s, struct str message);

/* Shared by relay_extended.c and relay_bind.c. */
enum relay_did relay_refuse_extended(struct session *s, const struct message_error *e);
enum relay_did relay_malformed(struct session *s);
enum relay_did relay_wait(struct session *s);
enum relay_did relay_begin_anew(struct session *s);
bool relay_ours(struct str name);
enum relay_did relay_not_yours(struct session *s);
enum relay_did relay_refused(struct session *s, const struct statement_answer *a);
bool relay_begins(const struct relay_prepared *p);
uint16_t relay_how(const struct relay *r);

#endif
