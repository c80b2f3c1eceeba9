/* What would run in a server behind the gate, and what must not. */
#include "wire_inner.h"

#include "fuzz.h"
#include "gate/postgres/witness.h"

#define VERSION 150020

const char model_lock[] = "SELECT pawl_trash.keep_lock()", model_before[] = "SELECT pawl_trash.keep_before()",
	   model_instead[] = "SELECT pawl_trash.run_instead()", model_after[] = "SELECT pawl_trash.run_after()";

/* Every yes is for one run. */
static bool use_yes(struct model *m, struct str text)
{
	for (size_t i = 0; i < m->n_yes; i++) {
		if (str_is(text, m->yes[i])) {
			free(m->yes[i]);
			m->yes[i] = m->yes[--m->n_yes];
			return true;
		}
	}
	return false;
}

static void begins(struct model *m, bool may_write)
{
	m->tx = 'T';
	m->may_write = may_write;
	m->wrote = m->looked = m->look_good = m->asked = m->keeps = false;
}

/* The one place where something becomes lasting. */
static void commits(struct model *m)
{
	if (m->tx == 'T' && m->wrote && !m->lies) {
		FUZZ_CHECK(m->looked || m->unseen);
		FUZZ_CHECK(m->look_good || m->unseen);
		FUZZ_CHECK(!m->keeps);
	}
	m->tx = 'I';
	m->wrote = false;
}

/* ${quick}: by the tables; what it cannot tell of, only the whole one may pass. */
static bool witness(struct model *m, uint8_t vary, bool quick)
{
	const char *last[] = { quick ? "q" : "e", "0", NULL, "on", NULL, NULL, NULL, NULL, "0", "0", "1", "0" };
	const char *one[] = { "r", "16400", "public", "t", "r", "p", NULL, "RowExclusiveLock", "1", "2", "3", "1" };
	const char *lost[] = { "c", "1259", NULL, NULL, NULL, NULL, NULL, NULL, "1", "0", "0", "0" };

	m->looked = true;
	m->look_good = true;
	switch (vary & 7) {
	case 3:
		if (quick) {
			last[11] = "1";
			m->look_good = false;
		}
		break;
	case 4: /* past any budget, which a person may have lifted */
		one[8] = "500000";
		m->look_good = m->asked;
		break;
	case 5:
		one[9] = "x";
		m->look_good = false;
		break;
	case 6:
		model_row(m, one, 12);
		m->look_good = false;
		return true;
	case 7:
		if (quick) {
			model_row(m, lost, 12);
			m->look_good = false;
			break;
		}
		one[1] = "16999";
		one[3] = "unknown";
		one[7] = "AccessExclusiveLock";
		model_row(m, lost, 12);
		m->look_good = m->asked;
		break;
	default:
		break;
	}
	model_row(m, one, 12);
	model_row(m, last, 12);
	return true;
}

static bool writes(struct model *m)
{
	if (m->tx == 'T' ? !m->may_write : !m->may_write_alone)
		return model_error(m, "25006");
	m->wrote = true;
	m->looked = false;
	return true;
}

/* The gate's own texts; what else stands behind a name of its own was put there by somebody. */
bool model_runs_own(struct model *m, struct str text, uint8_t vary)
{
	if (m->tx == 'E' && !str_is(text, "ROLLBACK") && !str_is(text, "COMMIT"))
		return model_error(m, "25P02");
	if (str_is(text, "BEGIN READ WRITE"))
		begins(m, true);
	else if (str_is(text, "COMMIT"))
		commits(m);
	else if (str_is(text, "ROLLBACK"))
		m->tx = 'I';
	else if (str_is(text, "SET default_transaction_read_only = off"))
		m->may_write_alone = true;
	else if (str_is(text, "SET default_transaction_read_only = on"))
		m->may_write_alone = false;
	else if (str_is(text, witness_prepared(WITNESS_BEFORE_2, VERSION).sql))
		m->may_write = false;
	else if (str_is(text, witness_prepared(WITNESS, VERSION).sql))
		return witness(m, vary, false);
	else if (str_is(text, witness_prepared(WITNESS_QUICK, VERSION).sql))
		return witness(m, vary, true);
	else if (str_is(text, model_lock) || str_is(text, model_before) || str_is(text, model_instead)) {
		m->asked = true; /* in place of what somebody said yes to, or before it */
		m->keeps = m->keeps || (str_is(text, model_before) && m->tx == 'T');
		return writes(m);
	}
	else if (str_is(text, "SET TRANSACTION READ WRITE"))
		m->may_write = true;
	else if (!str_is(text, witness_prepared(WITNESS_BEFORE_1, VERSION).sql) &&
		 !str_is(text, witness_prepared(WITNESS_FORGET, VERSION).sql) && !str_starts(text, STR("RELEASE SAVEPOINT "))) {
		fprintf(stderr, "not the gate's own: %.*s\n", STR_ARG(text));
		FUZZ_CHECK(!*"a name of the gate's own");
	}
	return true;
}

bool model_has(struct str text, const char *words)
{
	for (size_t i = 0; i + strlen(words) <= text.len; i++) {
		if (str_eq_nocase(str_sub(text, i, strlen(words)), str_from(words)))
			return true;
	}
	return false;
}

static bool controls(struct model *m, const struct statement *st)
{
	switch (st->control) {
	case CONTROL_BEGIN:
	case CONTROL_BEGIN_READ_ONLY:
		if (m->tx == 'I')
			begins(m, model_has(st->text, "READ WRITE"));
		break;
	case CONTROL_COMMIT:
	case CONTROL_PREPARE:
		commits(m);
		if (st->chain)
			begins(m, m->may_write);
		break;
	case CONTROL_ROLLBACK:
		m->tx = 'I';
		if (st->chain)
			begins(m, m->may_write);
		break;
	case CONTROL_ROLLBACK_TO:
		if (m->tx == 'E')
			m->tx = 'T';
		m->keeps = false; /* perhaps begun behind it */
		break;
	case CONTROL_NONE:
	case CONTROL_SAVEPOINT:
	case CONTROL_RELEASE:
		break;
	}
	return true;
}

/* One statement of the client's is about to run. */
bool model_runs(struct model *m, const struct statement *st)
{
	enum ruling r = st->ruling;

	if (str_is(st->text, model_after) && m->tx == 'T') {
		m->keeps = false;
		return writes(m);
	}
	if (m->tx == 'E' && !(r == RULING_CONTROL && st->control != CONTROL_BEGIN && st->control != CONTROL_SAVEPOINT))
		return model_error(m, "25P02");
	/* The server's own parser says no to what the gate's could not read. */
	if (str_is(st->text, "refused by pawl"))
		return model_error(m, "42601");
	/* The client made itself read only: then the gate leaves the refusal to the server. */
	m->read_only = m->read_only || model_has(st->text, "READ ONLY") || model_has(st->text, "transaction_read_only");
	if ((r == RULING_REFUSE || r == RULING_ASK) && m->read_only && !(m->tx == 'T' ? m->may_write : m->may_write_alone))
		return model_error(m, "25006");
	if (r == RULING_REFUSE || r == RULING_ASK) {
		bool yes = use_yes(m, st->text);

		if (!yes)
			fprintf(stderr, "nobody said yes to: %.*s (%.*s)\n", STR_ARG(st->text), STR_ARG(st->message));
		FUZZ_CHECK(yes);
		m->asked = true;
		r = st->passed;
	}
	if (model_has(st->text, "SET TRANSACTION READ WRITE") && m->tx == 'T')
		m->may_write = true;
	if (r == RULING_CONTROL)
		return controls(m, st);
	if (r == RULING_ALONE && m->tx != 'I')
		return model_error(m, "25001");
	if (r == RULING_WRITE && m->tx == 'I' && m->may_write_alone && !m->lies)
		FUZZ_CHECK(!*"a write without a transaction of the gate's around it");
	if (r == RULING_WRITE)
		return writes(m);
	if (r == RULING_ALONE)
		return m->may_write_alone ? true : model_error(m, "25006");
	if (r == RULING_SESSION && model_has(st->text, "default_transaction_read_only") && !model_has(st->text, "SHOW"))
		m->may_write_alone = model_has(st->text, "off") || model_has(st->text, "false");
	if (st->prepares.len)
		model_put(m->by_name, st->prepares, st->text, false);
	if (st->forgets) {
		model_forget(m->by_name);
		model_forget(m->statements);
	}
	return true;
}
