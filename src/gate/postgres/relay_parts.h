/* relay_parts.h -- what a relay knows and asks: rulings, names, effects, the look before a commit, people.
 * Room: gate/postgres, inner.
 */
#ifndef PAWL_GATE_POSTGRES_RELAY_PARTS_H
#define PAWL_GATE_POSTGRES_RELAY_PARTS_H

#include "gate/postgres/relay.h"

/* --- relay_weigh.c --- */
void relay_weigh(struct session *s, struct str text, struct statement_answer *ret);
void relay_context(struct session *s, struct statement_context *ret);
/* Is the schema as it is known too old? Then it is read again, and the session waits. */
bool relay_schema_stale(struct session *s);
void relay_schema_changed(struct session *s);
bool relay_copies_in(const struct statement *st);
bool relay_is_ddl(const struct statement *st);
/* Nothing of a simple query needs the gate beyond this: sent as it came. */
bool relay_is_plain(const struct relay *r, const struct statement_answer *a);

/* --- relay_names.c --- */
struct relay_prepared *relay_prepared_new(struct str name);
void relay_prepared_free(struct relay *r, struct relay_prepared *p);
void relay_prepared_fill(struct session *s, struct relay_prepared *p, const struct statement_answer *a);
/* Keep its text, and the types of its parameters. False: too much is prepared. */
bool relay_prepared_keep(struct relay *r, struct relay_prepared *p, struct str text, struct str types);
struct relay_prepared *relay_prepared_find(struct relay *r, struct str name);
struct relay_prepared *relay_pending_find(struct relay *r, struct str name);
void relay_prepared_live(struct relay *r, struct relay_prepared *p);
void relay_prepared_failed(struct relay *r, struct relay_prepared *p);
void relay_prepared_drop(struct relay *r, struct relay_prepared *p);
void relay_names_free(struct relay *r);
struct relay_special *relay_special_find(struct relay *r, struct str name);
struct relay_special *relay_special_set(struct relay *r, struct str name, struct relay_prepared *p);
void relay_special_unset(struct relay *r, struct relay_special *x);
void relay_specials_clear(struct relay *r);

/* --- relay_effects.c --- */
/* What the server says of one that wants a transaction block where none is (of COMMIT and ROLLBACK: AND CHAIN). */
struct str relay_needs_block(enum control c);
/* The transaction failed, and what it was is forgotten with it: one that begins by AND CHAIN is as the session says. */
bool relay_chains_anew(const struct relay *r);
bool relay_effects_any(const struct statement *st);
void relay_effects_of(const struct statement *st, struct relay_effects *ret);
void relay_effects_free(struct relay_effects *e);
void relay_effects_apply(struct session *s, const struct relay_effects *e);
void relay_savepoints_free(struct relay *r);
/* A command is complete. Where that ends a transaction, what stands behind it in its pipeline is another, and may fail by itself.
 * ${p}: what ran; NULL: not known. */
void relay_tag_said(struct session *s, const struct relay_prepared *p, struct str tag);
void relay_effects_of_login(struct session *s, const struct statement *st);
void relay_transaction_over(struct session *s);
bool relay_by_name(void *session, struct str name, struct str *ret);
/* The server may have another statement by that name from here on. */
void relay_by_name_drop(struct relay *r, struct str name);

/* --- relay_temporary.c --- */
/* statement_context.temporary. */
bool relay_is_temporary(void *session, struct str name);
void relay_temporary_apply(struct relay *r, const struct relay_effects *e);
void relay_temporary_over(struct relay *r, bool rolled_back);
void relay_temporary_free(struct relay *r);
/* All of them; NULL: no memory. */
struct str *relay_temporary_names(const struct relay *r, struct arena *arena, size_t *ret_n);

/* --- relay_announce.c --- */
/* Names for which the witness is not to refuse: of one that is about to be sent; of all of a message. */
void relay_announce(struct relay *r, const struct statement_answer *a, const struct statement *st);
void relay_announce_all(struct relay *r, const struct statement_answer *a);
/* The same, kept for later; how many. */
size_t relay_announce_to(const struct relay *r, const struct statement_answer *a, const struct statement *st, struct buf *to);
void relay_announced(struct relay *r, struct str names, size_t n);
/* False: memory ran out, and nothing is known. */
bool relay_expect(const struct session *s, struct arena *arena, struct witness_expected *ret) PAWL_MUST_USE;

/* --- relay_simple.c, relay_script.c: simple queries --- */
enum relay_did relay_simple(struct session *s, struct str message);
/* Statement by statement, once nothing is on its way; false: too many, or no memory. */
bool relay_script_start(struct session *s, const struct statement_answer *a, struct str text);
void relay_script_free(struct relay *r);

/* --- relay_commit.c: the look before a commit --- */
/* Sees what the transaction did, then calls ${then} with relay.may_commit, and where that is false the reason in
 * relay.refusal. Counts are
 * reserved until relay_committed. */
void relay_look(struct session *s, void (*then)(struct session *s));
/* Nothing is looked at, nor run first: a commit may be sent behind what is not answered yet, for where that fails the server commits
 * nothing. */
bool relay_looks_none(const struct session *s);
void relay_committed(struct session *s, bool ok);
/* What is to be run before this transaction commits, behind what other statements of it want so. */
void relay_after(struct relay *r, struct str sql);
/* Which of the two witnesses this database is looked at by. */
enum relay_helper relay_witness(const struct session *s);
/* Is the look before a commit on its way, or about to be weighed? */
bool relay_looks(const struct relay *r);
/* The witness's rows, each behind its length, to the end; false: broken. */
bool relay_rows(struct str rows, struct witness_saw *w);
struct str relay_budget_says(struct budget_passed p, struct arena *arena);
/* The rest of pawl is told what was refused, then ${then} is called with the words for the client in relay.refusal. */
void relay_breach(struct session *s, enum database_refusal why, struct str says, void (*then)(struct session *s));

/* --- relay_statement.c: the look between two statements --- */
bool relay_writes(const struct relay_prepared *p);
/* Before a statement that writes is sent: must the one before be looked at first? Then relay_statement_look, and where what follows is
 * a simple query, relay_sync. After it: relay_wrote. */
bool relay_statement_due(const struct session *s);
void relay_statement_look(struct session *s);
void relay_wrote(struct session *s);
/* Before one that reads is sent, for functions may do more than the judge knows: looks first at what somebody was asked about, if due. */
bool relay_read_due(const struct session *s);
void relay_read(struct session *s);
/* Before ROLLBACK TO is sent: it gives back locks by which the witness finds what was written. As relay_statement_due. */
bool relay_back_due(const struct session *s, enum control c);
/* How one that somebody was asked about was let through: HOW_ASKED, and where a person said so HOW_APPROVED; NULL: 0. */
uint16_t relay_leave_of(const struct relay_passage *p);
/* Around one with such leave, where others write in the transaction: what it did is excused, and nothing else. Before; false: it is taken
 * for one that nobody was asked about, because behind a copy nothing can be asked in the same breath. Behind it. */
bool relay_let(struct session *s, uint16_t leave, bool copies) PAWL_MUST_USE;
void relay_let_look(struct session *s);
/* Does all that was sent have leave? Then whatever it did besides rows is no news. */
bool relay_all_asked(const struct relay *r);
/* What the gate runs at the end, for what it keeps. */
void relay_after_look(struct session *s, bool behind);
/* It has answered; it failed. */
void relay_statement_seen(struct session *s, uint16_t how);
void relay_statement_unseen(struct session *s);
/* A client's message has passed by. */
void relay_statement_waited(struct session *s);
/* The transaction is over. */
void relay_statement_over(struct relay *r);

#endif
