#!/usr/bin/env python3
# timeout: 1800
"""Row budgets against a model: random transactions over tables with cascades, triggers, functions, CTEs, partitions, savepoints and
several connections of one credential at a time; a model in Python says how many rows each really changed.

    tests/flow/test_postgres_budgets.py [--transactions N] [--seed N]

Checked of every transaction: none that was committed passed a limit (of a statement, the transaction, the hour), and none that kept
within all was refused. Where PostgreSQL's counters cannot tell what was taken back (ROLLBACK TO, EXCEPTION) from what stayed, the model
has two numbers: rows changed, by which nothing may pass, and rows touched, up to which nothing may be refused. Afterwards the tables hold
what the model says: so what was refused left nothing behind, and what was committed is there once.
Twice: through a relay of a few lines, which does what witness.h asks of one, and through the real gate (tests/lib/wire_tool), in both
protocols and in pipelines.
"""
import io
import os
import random
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ.get("PAWL_SOURCE", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")), "tests",
                                "lib"))
import budgets  # noqa: E402
import patience  # noqa: E402
import pipeline  # noqa: E402
import postgres  # noqa: E402
import source  # noqa: E402

psycopg2 = budgets.client()

WORKERS, CREDENTIALS = 6, 2
HOUR_S = 3600
# When does it look at a statement of a transaction (witness.h, 6)? Between two that write, what deferred triggers do at the end counts for
# the statement of a transaction that writes but once.
LOOKS_AT_STATEMENTS = {"a relay of a few lines": "after each", "the gate": "between two that write"}
FAILING = 40  # rows of a statement that then fails
# The limits, for the policy and for the model: (globs over "schema.name" as prefixes, {span: rows}).
LIMITS = [
    (("",), {"statement": 36, "transaction": 60, "hour": 1000}),
    (("public.u",), {"statement": 6, "transaction": 9}),
    (("public.b", "public.c"), {"transaction": 45}),
    (("public.p",), {"statement": 20, "hour": 80}),
]
POLICY = """version: 1
environments:
  - {name: trial, kind: scratch, match: {database: "*"}}
budgets:
%s""" % "".join("  - {environment: trial, tables: [%s], %s}\n" % (
    ", ".join('"%s%s"' % (t, "" if t else "*") for t in tables), ", ".join("%s: %d" % kv for kv in spans.items())) for tables, spans in LIMITS)

SCHEMA = """
create role app login;
grant all on schema public to app;
set role app;
create table a (w int, id int, n int not null default 0, primary key (w, id));
create table b (w int, id int, a int, n int not null default 0, primary key (w, id),
                foreign key (w, a) references a on delete cascade);
create table c (w int, id int, b int, primary key (w, id));
create index on b (w, a);
create table t (w int, id int, n int not null default 0, primary key (w, id));
create table u (w int, id int, t int, primary key (w, id));
create table audit (w int, t int);
create table p (w int, id int, n int not null default 0, primary key (w, id)) partition by range (id);
create table p1 partition of p for values from (0) to (100);
create table p2 partition of p for values from (100) to (1000000);
create table q (w int, a int);
create table z (w int);
create function b_gone() returns trigger language plpgsql as $$ begin
  update c set b = null where w = old.w and b = old.id; return null; end $$;
create trigger b_gone after delete on b for each row execute function b_gone();
create function t_changed() returns trigger language plpgsql as $$ begin
  insert into audit values (new.w, new.id); delete from u where w = new.w and t = new.id; return null; end $$;
create trigger t_changed after update on t for each row execute function t_changed();
create function q_later() returns trigger language plpgsql as $$ begin
  update a set n = n + 1 where w = new.w and id = new.a; return null; end $$;
create constraint trigger q_later after insert on q deferrable initially deferred for each row execute function q_later();
create function purge(wanted text, worker int, low int, high int) returns void language plpgsql as $$ begin
  execute format('delete from %I where w = %s and id between %s and %s', wanted, worker, low, high); end $$;
create function bump(worker int, low int, high int, times int) returns void language plpgsql as $$ begin
  for i in 1..times loop update a set n = n + 1 where w = worker and id between low and high; end loop; end $$;
create function repent(worker int, low int, high int) returns void language plpgsql as $$ begin
  begin update a set n = n + 1 where w = worker and id between low and high; raise exception 'no';
  exception when raise_exception then null; end; end $$;
create function wipe() returns void language plpgsql as $$ begin
  execute (select string_agg(part, '') from unnest(array['trun', 'cate z']) part); end $$;
insert into z select generate_series(1, 50);
"""
TABLES = {"a": "id, n", "b": "id, a, n", "c": "id, b", "t": "id, n", "u": "id, t", "p": "id, n"}


class Count(dict):
    """{relation: rows deleted or updated}"""

    def add(self, relation, rows):
        if rows:
            self["public." + relation] = self.get("public." + relation, 0) + rows

    def plus(self, other):
        for k, v in other.items():
            self[k] = self.get(k, 0) + v
        return self

    def passes(self, span, before=None):
        """The first limit of this span that these rows pass, on top of what was ${before}; only where these add to it."""
        for tables, spans in LIMITS:
            def total(of):
                return sum(v for k, v in of.items() if any(k == t or not t for t in tables))
            if span in spans and total(self) and total(self) + total(before or {}) > spans[span]:
                return tables, span
        return None


class Model:
    """One worker's rows, and what a statement does to them. Statements return (SQL, what to do): the effect is computed when it runs."""

    def __init__(self, w):
        self.w, self.next = w, 1
        self.rows = {t: {} for t in TABLES}  # table: {id: value or tuple}
        self.queued = []                     # of q: fires at the commit

    def copy(self):
        m = Model(self.w)
        m.next, m.rows, m.queued = self.next, {t: dict(r) for t, r in self.rows.items()}, list(self.queued)
        return m

    # --- effects: each returns the Count of rows changed ---

    def delete_b(self, ids, count):
        ids = [i for i in ids if i in self.rows["b"]]
        for i in ids:
            del self.rows["b"][i]
        gone = set(ids)
        hit = [i for i, b in self.rows["c"].items() if b in gone]
        for i in hit:
            self.rows["c"][i] = None
        count.add("b", len(ids))
        count.add("c", len(hit))

    def delete_a(self, ids, count):
        ids = [i for i in ids if i in self.rows["a"]]
        for i in ids:
            del self.rows["a"][i]
        count.add("a", len(ids))
        gone = set(ids)
        self.delete_b([i for i, (a, _) in self.rows["b"].items() if a in gone], count)

    def update_a(self, ids, count):
        ids = [i for i in ids if i in self.rows["a"]]
        for i in ids:
            self.rows["a"][i] += 1
        count.add("a", len(ids))

    def update_t(self, ids, count):
        ids = [i for i in ids if i in self.rows["t"]]
        for i in ids:
            self.rows["t"][i] += 1
        count.add("t", len(ids))
        gone = set(ids)
        hit = [i for i, t in self.rows["u"].items() if t in gone]
        for i in hit:
            del self.rows["u"][i]
        count.add("u", len(hit))

    def delete_p(self, ids, count):
        ids = [i for i in ids if i in self.rows["p"]]
        for i in ids:
            del self.rows["p"][i]
        count.add("p", len(ids))

    def commit(self, count):
        """What deferred triggers do."""
        for a in self.queued:
            self.update_a([a], count)
        self.queued = []


def some(rng, keys, most):
    keys = sorted(keys)
    if not keys:
        return []
    return rng.sample(keys, min(len(keys), rng.randint(1, most)))


def array(ids):
    return "'{%s}'" % ",".join(map(str, ids))


def reach(rng):
    return rng.choice((2, 3, 3, 6, 10, 15, 25, 35, 50))


# Each: (rng, model) -> (sql, effect(model, done) or None). done: rows touched and taken back within the statement itself.

def s_delete_a(rng, m):
    ids = some(rng, m.rows["a"], rng.choice((1, 3, 10)))
    return "delete from a where w = %d and id = any(%s)" % (m.w, array(ids)), lambda m, c, d: m.delete_a(ids, c)


def s_delete_b(rng, m):
    ids = some(rng, m.rows["b"], reach(rng))
    return "delete from b where w = %d and id = any(%s)" % (m.w, array(ids)), lambda m, c, d: m.delete_b(ids, c)


def s_delete_all_b(rng, m):
    return "delete from b where w = %d" % m.w, lambda m, c, d: m.delete_b(list(m.rows["b"]), c)


def s_update_a(rng, m):
    ids = some(rng, m.rows["a"], reach(rng))
    return "update a set n = n + 1 where w = %d and id = any(%s)" % (m.w, array(ids)), lambda m, c, d: m.update_a(ids, c)


def s_update_t(rng, m):
    ids = some(rng, m.rows["t"], rng.choice((1, 2, 5, 12)))
    return "update t set n = n + 1 where w = %d and id = any(%s)" % (m.w, array(ids)), lambda m, c, d: m.update_t(ids, c)


def s_delete_p(rng, m):
    ids = some(rng, m.rows["p"], reach(rng))
    return "delete from p where w = %d and id = any(%s)" % (m.w, array(ids)), lambda m, c, d: m.delete_p(ids, c)


def s_cte(rng, m):
    gone, bumped = some(rng, m.rows["b"], reach(rng)), some(rng, m.rows["a"], reach(rng))

    def effect(m, c, d):
        m.delete_b(gone, c)
        m.update_a(bumped, c)
    return ("with d as (delete from b where w = %d and id = any(%s) returning id), e as (update a set n = n + 1 where w = %d and id = any(%s) "
            "returning id) select (select count(*) from d) + (select count(*) from e)" % (m.w, array(gone), m.w, array(bumped)), effect)


def s_function(rng, m):
    table = rng.choice(("b", "p"))
    low = rng.randint(0, m.next)
    high = low + reach(rng)
    ids = range(low, high + 1)
    return ("select purge('%s', %d, %d, %d)" % (table, m.w, low, high),
            lambda m, c, d: (m.delete_b if table == "b" else m.delete_p)(ids, c))


def s_bump(rng, m):
    low, times = rng.randint(0, m.next), rng.randint(1, 3)
    high = low + rng.choice((2, 5, 12))

    def effect(m, c, d):
        for _ in range(times):
            m.update_a(range(low, high + 1), c)
    return "select bump(%d, %d, %d, %d)" % (m.w, low, high, times), effect


def s_do(rng, m):
    ids = some(rng, m.rows["b"], reach(rng))
    return ("do $$ declare i int; begin foreach i in array %s::int[] loop execute 'delete from b where w = %d and id = ' || i; end loop; end $$"
            % (array(ids), m.w), lambda m, c, d: m.delete_b(ids, c))


def s_repent(rng, m):
    low = rng.randint(0, m.next)
    high = low + rng.choice((5, 20, 40))

    def effect(m, c, d):
        m.copy().update_a(range(low, high + 1), d)
    return "select repent(%d, %d, %d)" % (m.w, low, high), effect


def s_upsert(rng, m):
    ids = some(rng, m.rows["a"], reach(rng))
    fresh = list(range(m.next, m.next + rng.randint(0, 20)))

    def effect(m, c, d):
        m.update_a(ids, c)
        for i in fresh:
            m.rows["a"].setdefault(i, 0)
        m.next = max([m.next] + [i + 1 for i in fresh])
    return ("insert into a select %d, i from unnest(%s::int[]) i on conflict (w, id) do update set n = a.n + 1"
            % (m.w, array(ids + fresh)), effect)


def s_merge(rng, m):
    gone = some(rng, m.rows["a"], 4)
    bumped = [i for i in some(rng, m.rows["a"], reach(rng)) if i not in gone]

    def effect(m, c, d):
        m.update_a(bumped, c)
        m.delete_a(gone, c)
    return ("merge into a using (select %d as w, i, i = any(%s::int[]) as gone from unnest(%s::int[]) i) s on a.w = s.w and a.id = s.i "
            "when matched and s.gone then delete when matched then update set n = a.n + 1"
            % (m.w, array(gone), array(gone + bumped)), effect)


def s_deferred(rng, m):
    ids = some(rng, m.rows["a"], reach(rng))

    def effect(m, c, d):
        m.queued += ids
    return "insert into q select %d, i from unnest(%s::int[]) i" % (m.w, array(ids)), effect


def s_refill(rng, m):
    first, size = m.next, rng.choice((10, 30, 60))
    ids = range(first, first + size)

    def effect(m, c, d):
        for i in ids:
            m.rows["a"][i] = 0
            m.rows["b"][i] = (first + (i - first) // 4, 0)
            m.rows["c"][i] = i if i % 2 else None
            m.rows["t"][i] = 0
            m.rows["u"][i] = first + (i - first) // 3
            m.rows["p"][i] = 0
        m.next = max(m.next, first + size)
    g = "generate_series(%d, %d) g" % (first, first + size - 1)
    return ("with a_ as (insert into a select %(w)d, g from %(g)s), b_ as (insert into b select %(w)d, g, %(f)d + (g - %(f)d) / 4 from %(g)s), "
            "c_ as (insert into c select %(w)d, g, case when g %% 2 = 1 then g end from %(g)s), t_ as (insert into t select %(w)d, g from %(g)s), "
            "u_ as (insert into u select %(w)d, g, %(f)d + (g - %(f)d) / 3 from %(g)s) insert into p select %(w)d, g from %(g)s"
            % {"w": m.w, "f": first, "g": g}, effect)


def s_nothing(rng, m):
    return rng.choice(("delete from a where w = -1", "select count(*) from a where w = %d" % m.w, "update t set n = 0 where false",
                       "create temp table if not exists mine (i int)", "select 1")), lambda m, c, d: None


def s_temporary(rng, m):
    return ("create temp table if not exists mine_too (i int); insert into mine_too select generate_series(1, 100); delete from mine_too",
            lambda m, c, d: None)


def s_error(rng, m):
    """Touches rows, then fails."""
    ids = some(rng, m.rows["a"], reach(rng))
    return "update a set n = n + 1 / (case when id = %d then 0 else 1 end) where w = %d and id = any(%s)" % (
        (ids or [0])[-1], m.w, array(ids)), "fails" if ids else (lambda m, c, d: None)


def s_wipe(rng, m):
    return "select wipe()", "unannounced"


STATEMENTS = [(s_delete_a, 6), (s_delete_b, 8), (s_delete_all_b, 1), (s_update_a, 10), (s_update_t, 6), (s_delete_p, 6), (s_cte, 5), (s_function, 6),
              (s_bump, 4), (s_do, 4), (s_repent, 2), (s_upsert, 5), (s_merge, 4), (s_deferred, 4), (s_refill, 8), (s_nothing, 4), (s_temporary, 2)]
RARE = [(s_error, 2), (s_wipe, 1)]


class Refused(Exception):
    pass


class Relay:
    """What a gate does, by hand: a transaction that may write, the witness before its end, limits, commit or not."""

    unasked = True  # nobody was asked about statements beforehand, so what no statement announced is refused

    def __init__(self, pg, ledger, session, known):
        self.c = psycopg2.connect(host=str(pg.folder), port=pg.port, user="app", dbname="postgres",
                                  options="-c default_transaction_read_only=on")
        self.c.autocommit = True
        self.tool = budgets.Tool("policy.yaml")
        for row in known:
            self.tool.say("known", *row)
        self.w = budgets.Witness(self.tool, self.c)
        self.ledger, self.session, self.open, self.failed, self.seen = ledger, session, False, False, True
        self.cursor, self.rows = self.c.cursor(), []

    def execute(self, sql):
        self.cursor.execute(sql)
        self.rows = self.cursor.fetchall() if self.cursor.description else []

    def begin(self):
        if not self.seen:
            self.w.forget(self.cursor)
        self.cursor.execute("begin read write")
        self.tool.say("fresh")
        self.open, self.failed, self.seen = True, False, False

    def end(self, how):
        self.open = self.failed = False
        self.cursor.execute(how)

    def refuse(self, why):
        self.cursor.execute("rollback")
        self.failed = True
        raise Refused(str(why))

    def look(self, before):
        saw = self.w.look(self.cursor, before=before)
        self.seen = True
        if saw["broken"] or saw["unannounced"] or saw["unknown"]:
            self.refuse(saw)
        passed = self.tool.check("trial", "transaction")
        if not passed["is"]:
            self.tool.ask("statement")
            passed = self.tool.check("trial", "statement")
        if passed["is"]:
            self.refuse(passed)

    def commit(self, now):
        if self.failed:
            self.end("rollback")
            return
        self.look(True)
        self.cursor.execute("execute _pawl_witness")
        rows = self.cursor.fetchall()
        with self.ledger.lock:
            self.ledger.tool.say("expect")
            for row in rows:
                self.ledger.tool.say("row", *row)
            self.ledger.tool.ask("end")
            passed = self.ledger.tool.reserve("trial", self.session, now() if now else 0)
        if passed["is"]:
            self.refuse(passed)
        self.end("commit")

    def run(self, sql, now=None):
        """One message of a client: one statement, or several in a list, as a simple query has them."""
        word = sql if isinstance(sql, str) else ""
        if word in ("begin", "commit", "rollback"):
            {"begin": self.begin, "commit": lambda: self.commit(now), "rollback": self.roll}[word]()
        elif word.split(" ")[0] in ("savepoint", "release", "rollback"):
            self.cursor.execute(word)
        elif self.open:
            self.execute(sql)
            self.look(False)
        else:
            self.alone([sql] if word else sql, now)

    def roll(self):
        if self.failed:
            self.open = self.failed = False
        else:
            self.end("rollback")

    def alone(self, statements, now):
        self.begin()
        try:
            for s in statements:
                self.execute(s)
                self.look(False)
            self.commit(now)
        except psycopg2.Error:
            self.end("rollback")
            raise
        except Refused:
            self.open = self.failed = False
            raise

    def close(self):
        self.c.close()
        return self.tool.close()


class Ledger:
    def __init__(self):
        self.lock, self.tool = threading.Lock(), budgets.Tool("policy.yaml")


class Gate:
    """The real one: what it refuses has an SQLSTATE of its own. Single statements in both protocols, several as one message or a pipeline."""

    unasked = False  # what its judge cannot read was asked about, and passed: it may do all but pass a budget

    def __init__(self, port, credential, rng):
        self.c = psycopg2.connect(host="127.0.0.1", port=port, dbname="app", user=credential, password="of " + credential)
        self.c.autocommit = True
        self.pipe = pipeline.Connection("host=127.0.0.1 port=%d dbname=app user=%s password='of %s'" % (port, credential, credential))
        self.cursor, self.rows, self.rng, self.block = self.c.cursor(), [], rng, False

    def run(self, sql, now=None):
        word = sql if isinstance(sql, str) else ""
        try:
            if not self.block and word != "begin" and self.rng.random() < 0.5:
                self.rows = self.pipe.run([sql] if word else sql)
                return
            self.cursor.execute(sql if word else "; ".join(sql))
            self.rows = self.cursor.fetchall() if self.cursor.description else []
        except (psycopg2.Error, pipeline.Error) as e:
            if (e.pgcode or "").startswith("PW"):
                raise Refused("%s %s" % (e.pgcode, e)) from None
            if isinstance(e, pipeline.Error):
                raise psycopg2.DataError("%s %s" % (e.pgcode, e)) from None
            raise
        finally:
            self.block = self.c.info.transaction_status != 0

    def close(self):
        self.c.close()
        self.pipe.close()
        return 0


class Entry:
    """One transaction: by whom, when, what came of it; began and ended are numbers of transactions that began before."""

    def __init__(self, credential, began_at, began):
        self.credential, self.began_at, self.began, self.at, self.ended = credential, began_at, began, None, None
        self.changed, self.touched, self.outcome, self.t, self.name = None, None, "open", None, ""


class History:
    """What was committed by each credential, and when: for the hour."""

    def __init__(self, step_s):
        self.lock, self.clock, self.step_s = threading.Lock(), 1_700_000_000.0, step_s
        self.sure = []

    def begin(self, credential):
        with self.lock:
            self.clock += random.random() * self.step_s
            self.sure.append(Entry(credential, self.clock, len(self.sure)))
            return self.sure[-1]

    def now(self, entry):
        """The time at which its rows are reserved."""
        with self.lock:
            entry.at = self.clock
            return int(self.clock * 1e6)

    def end(self, entry, t, outcome):
        with self.lock:
            entry.ended, entry.outcome, entry.at = len(self.sure), outcome, entry.at or self.clock
            entry.changed, entry.touched, entry.t = t.changed, t.touched, t


class Transaction:
    """A random one: its statements are made as it goes, for what they hit depends on what the ones before did."""

    def __init__(self, worker):
        self.worker, self.rng = worker, worker.rng
        self.m = worker.model.copy()
        self.changed, self.touched, self.carried = Count(), Count(), Count()
        self.over, self.maybe, self.script, self.writes = None, None, [], 0
        self.unannounced = self.error = False

    def pick(self, quiet=False):
        table = STATEMENTS + ([] if quiet else [r for r in RARE if r[0] is not s_wipe or self.worker.conn.unasked])
        self.writes += 1
        if len(self.m.rows["a"]) + len(self.m.rows["b"]) < 60:
            return s_refill(self.rng, self.m)
        if max(len(r) for r in self.m.rows.values()) > 250:
            table = [r for r in table if r[0] not in (s_refill, s_upsert)]
        sql, effect = self.rng.choices([f for f, _ in table], [n for _, n in table])[0](self.rng, self.m)
        self.writes -= sql.startswith(("select 1", "select count"))
        return sql, effect

    def effect(self, effect):
        """Model one statement that ran: its rows, and whether they pass a limit of a statement."""
        changed, taken_back = Count(), Count()
        effect(self.m, changed, taken_back)
        touched = Count(changed).plus(taken_back)
        self.statement(changed, Count(touched).plus(self.carried))
        self.carried.plus(taken_back)
        self.changed.plus(changed)
        self.touched.plus(touched)

    def statement(self, changed, touched):
        self.over = self.over or changed.passes("statement")
        self.maybe = self.maybe or touched.passes("statement")

    def failed(self):
        """What was taken back may be counted with a later statement: its lock was given back before a look could see it."""
        self.carried.plus({"public.a": FAILING})
        self.touched.plus({"public.a": FAILING})

    def finish(self):
        """Deferred triggers, and the limits of the transaction. They run at its end: no statement's rows."""
        last = Count()
        self.m.commit(last)
        self.changed.plus(last)
        self.touched.plus(last)
        self.statement(Count(), Count(last).plus(self.carried))
        self.over = self.over or self.changed.passes("transaction")
        self.maybe = self.maybe or self.over or self.touched.passes("transaction")


class Worker(threading.Thread):
    def __init__(self, number, connect, history, share, seed):
        super().__init__(daemon=True)
        self.number, self.history, self.share, self.history_key = number, history, share, number % CREDENTIALS
        self.rng, self.model = random.Random("%s/%d" % (seed, number)), Model(number)
        self.conn = connect(number, random.Random("%s/%d/protocol" % (seed, number)))
        self.wrong, self.tally, self.crashed = [], {}, None

    def run(self):
        try:
            for i in range(self.share):
                self.one(i)
                if len(self.wrong) > 5:
                    break
        except Exception as e:  # noqa: BLE001
            import traceback
            self.crashed = "worker %d: %s" % (self.number, traceback.format_exc() or e)

    def note(self, what):
        self.tally[what] = self.tally.get(what, 0) + 1

    def one(self, i):
        t = Transaction(self)
        entry = self.history.begin(self.history_key)
        shape = self.rng.choice(("single", "single", "several", "block", "block", "savepoints", "block given up"))
        entry.name = "%d/%d" % (self.number, i)

        def now():
            return self.history.now(entry)
        try:
            outcome = getattr(self, shape.split(" ")[0])(t, now, shape.endswith("given up"))
        except Refused as e:
            outcome = "refused"
            t.script.append("-- refused: %s" % str(e)[:300])
            if shape in ("block", "savepoints", "block given up"):
                self.conn.run("rollback")
        except psycopg2.Error as e:
            outcome = "error"
            t.script.append("-- %s" % str(e)[:300])
            if not t.error:
                self.wrong.append("%d/%d: an error that the model does not know: %s" % (self.number, i, t.script))
            if shape in ("block", "savepoints", "block given up"):
                self.conn.run("rollback")
        if outcome == "refused":
            t.finish()
        self.history.end(entry, t, outcome)
        self.note(shape + ": " + outcome)
        if outcome == "committed":
            self.model = t.m
        if i % 25 == 24 or i == self.share - 1:
            self.compare(i)

    def send(self, t, sql, now=None):
        t.script.append(sql)
        self.conn.run(sql, now)

    def single(self, t, now, _):
        sql, effect = t.pick()
        if callable(effect):
            if ";" in sql and not sql.startswith("do "):
                sql = sql.split("; ")
            t.effect(effect)
            t.finish()
        t.unannounced, t.error = effect == "unannounced", effect == "fails"
        self.send(t, sql, now)
        return "committed"

    def several(self, t, now, _):
        """Several statements in one message: one transaction."""
        message = []
        for _ in range(self.rng.randint(2, 4)):
            sql, effect = t.pick()
            message += sql.split("; ") if not sql.startswith("do ") else [sql]
            if effect == "fails":
                t.error = True
                break
            if effect == "unannounced":
                t.unannounced = True
                break
            t.effect(effect)
        t.finish()
        self.send(t, message, now)
        return "committed"

    def block(self, t, now, give_up):
        self.send(t, "begin")
        for _ in range(self.rng.randint(1, 5)):
            sql, effect = t.pick()
            t.error, t.unannounced = effect == "fails", effect == "unannounced"
            if callable(effect):
                t.effect(effect)
            for part in (sql.split("; ") if not sql.startswith("do ") else [sql]):
                self.send(t, part)
            if t.unannounced:
                break
        return self.close(t, now, give_up)

    def close(self, t, now, give_up):
        if give_up:
            self.send(t, "rollback")
            return "given up"
        t.finish()
        self.send(t, "commit", now)
        return "committed"

    def savepoints(self, t, now, _):
        self.send(t, "begin")
        for _ in range(self.rng.randint(1, 3)):
            sql, effect = t.pick(quiet=True)
            t.effect(effect)
            for part in (sql.split("; ") if not sql.startswith("do ") else [sql]):
                self.send(t, part)
            was, changed, over = t.m.copy(), Count(t.changed), t.over
            self.send(t, "savepoint here")
            end = self.rng.choice(("release here", "rollback to here", "error"))
            for _ in range(self.rng.randint(1, 3)):
                sql, effect = t.pick(quiet=True)
                t.effect(effect)
                for part in (sql.split("; ") if not sql.startswith("do ") else [sql]):
                    self.send(t, part)
            if end == "error":
                t.failed()
                try:
                    self.send(t, "do $$ begin update a set n = n + 1 where w = %d and id <= %d; perform 1 / (select 0); end $$"
                              % (self.number, FAILING))
                except psycopg2.Error:
                    pass
                end = "rollback to here"
            self.send(t, end)
            # What a statement did and ROLLBACK TO took back may be refused; where its locks are gone too, it need not be seen.
            if end == "rollback to here":
                t.m, t.changed, t.over = was, changed, over
        return self.close(t, now, False)

    def compare(self, i):
        """The tables hold what the model says."""
        for table, columns in TABLES.items():
            self.conn.run("select %s from %s where w = %d" % (columns, table, self.number))
            rows = [[None if v is None else int(v) for v in r] for r in self.conn.rows]
            rows = {r[0]: tuple(r[1:]) if len(r) > 2 else r[1] for r in rows}
            if rows != self.model.rows[table]:
                here, there = set(rows.items()), set(self.model.rows[table].items())
                self.wrong.append("%d/%d: table %s: only there %s, only in the model %s" % (
                    self.number, i, table, sorted(here - there, key=str)[:5], sorted(there - here, key=str)[:5]))


def judge(history, statements):
    """Of all transactions in the order they began: (what is wrong, tally)."""
    wrong, tally = [], {}
    entries = history.sure

    def before(e, certain):
        """Rows of the same credential in the hour before ${e}: those certainly counted, or all that may have been."""
        total = Count()
        for o in entries[e.began - 1::-1] if e.began else ():
            if e.at - o.began_at >= 2 * HOUR_S:
                break
            if o.credential != e.credential or o.outcome != "committed":
                continue
            if certain and o.ended <= e.began and e.at - o.at < HOUR_S:
                total.plus(o.changed)
            elif not certain and e.at - o.at < HOUR_S + 61:
                total.plus(o.touched)
        for o in () if certain else entries[e.began + 1:e.ended]:
            if o.credential == e.credential and o.outcome == "committed":
                total.plus(o.touched)
        return total

    for e in entries:
        t = e.t
        if e.outcome == "committed":
            passed = t.over or e.changed.passes("hour", before(e, True))
            if passed or t.unannounced:
                wrong.append("committed and passed %s: %s, %s %s" % (passed or "what nobody announced", e.changed, e.name, t.script))
            tally["within"] = tally.get("within", 0) + 1
        elif e.outcome == "refused":
            if statements == "between two that write" and t.writes <= 1:
                t.maybe = t.maybe or e.touched.passes("statement")
            hour = None if t.maybe or t.unannounced else e.touched.passes("hour", before(e, False))
            if not (t.maybe or t.unannounced or hour):
                wrong.append("refused and within: %s, %s %s" % (e.touched, e.name, t.script))
            kind = "unannounced" if t.unannounced else "hour" if hour else t.maybe[1] if t.maybe else "?"
            tally[kind] = tally.get(kind, 0) + 1
    return wrong, tally


def options():
    o = {"transactions": int(os.environ.get("PAWL_TEST_TRANSACTIONS", "1500")), "seed": random.SystemRandom().randrange(1 << 32)}
    args = sys.argv[1:]
    while args:
        a = args.pop(0)
        if a not in ("--transactions", "--seed") or not args:
            sys.exit(__doc__)
        o[a[2:]] = int(args.pop(0))
    return o


def through_relay(pg, o, tap):
    known = [r for r in pg.sql("select c.oid, n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
                               "where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname = 'public'")]
    ledger, history, all_workers, status = Ledger(), History(12), [], []
    for first in range(0, o["transactions"] + MORE, o["transactions"]):
        if first and not unmet(tallied([history], "a relay of a few lines")[1], len(history.sure), all_workers):
            break
        number = (10 if first else 0) + first // o["transactions"]
        workers = [Worker(WORKERS * number + n, lambda n, _: Relay(pg, ledger, "agent-%d" % (n % CREDENTIALS), known), history,
                          o["transactions"] // WORKERS, o["seed"]) for n in range(WORKERS)]
        for w in workers:
            w.start()
        for w in workers:
            w.join()
        all_workers += workers
        status += [w.conn.close() for w in workers]
        if any(w.wrong or w.crashed for w in workers):
            break
    run(all_workers, [history], o, tap, "a relay of a few lines")
    tap.check("the tools end clean", ["%s" % s for s in status + [ledger.tool.close()] if s])


def rows(n):
    return "update s set n = n + 1 where id <= %d" % n


ASKED = "update nine set n = n + 1"  # all rows: the judge asks first


# In order: what each message comes to; a limit of 10 rows a statement and 30 a transaction.
BY_STATEMENT = [
    (["begin", rows(9), rows(9), rows(9), "commit"], "UPDATE 9, UPDATE 9, UPDATE 9, COMMIT"),
    (["begin", rows(9), rows(9), rows(9), rows(9), "commit"], "UPDATE 9, UPDATE 9, UPDATE 9, UPDATE 9, PW003"),
    (["begin", rows(11), rows(1), rows(1), "rollback"], "UPDATE 11, PW003, 25P02, ROLLBACK"),
    (["begin", rows(1), rows(11), "commit"], "UPDATE 1, UPDATE 11, PW003"),
    (["begin", rows(11), "commit"], "UPDATE 11, PW003"),
    (["begin", rows(11), "rollback"], "UPDATE 11, ROLLBACK"),
    (["begin", rows(9), "savepoint a", rows(9), "rollback to a", rows(9), "commit"],
     "UPDATE 9, SAVEPOINT, UPDATE 9, ROLLBACK, UPDATE 9, COMMIT"),
    (["begin", rows(9), "savepoint a", "update s set n = 1 / (id - 9) where id < 10", "rollback to a", rows(9), "commit"],
     "UPDATE 9, SAVEPOINT, 22012, ROLLBACK, UPDATE 9, COMMIT"),
    # ROLLBACK TO gives back the lock by which the rows of its table are found, where the witness goes by locks.
    (["begin", ASKED, "savepoint a", rows(9), "rollback to a", rows(9), "commit"],
     "UPDATE 9, SAVEPOINT, UPDATE 9, ROLLBACK, UPDATE 9, COMMIT"),
    (["begin", ASKED, "savepoint a", rows(9), "rollback to a; " + rows(9), rows(1), "commit"],
     "UPDATE 9, SAVEPOINT, UPDATE 9, UPDATE 9, UPDATE 1, COMMIT"),
    (["begin", ASKED, "savepoint a; " + rows(9) + "; rollback to a", rows(9), rows(1), "commit"],
     "UPDATE 9, ROLLBACK, UPDATE 9, UPDATE 1, COMMIT"),
    (["begin", ASKED, "savepoint a", rows(9), "rollback to a", rows(11), rows(1), "rollback"],
     "UPDATE 9, SAVEPOINT, UPDATE 9, ROLLBACK, UPDATE 11, PW003, ROLLBACK"),
    (["begin", "; ".join([rows(5)] * 3), "commit"], "UPDATE 5, COMMIT"),
    (["begin", "; ".join((rows(5), rows(11), rows(5))), "rollback"], "PW003, ROLLBACK"),
    (["; ".join((rows(5), rows(9)))], "UPDATE 9"),
    (["; ".join((rows(11), rows(9)))], "PW003"),
    (["; ".join((rows(5), rows(9), "update s set n = 1 / (id - 9) where id < 10"))], "22012"),
    (["begin", rows(5), rows(9), "update s set n = 1 / (id - 9) where id < 10", "commit"], "UPDATE 5, UPDATE 9, 22012, ROLLBACK"),
    (["begin", rows(11), "copy s from stdin", "rollback"], "UPDATE 11, PW003, ROLLBACK"),
    (["begin", rows(9), "copy s from stdin", rows(9), "commit"], "UPDATE 9, COPY, UPDATE 9, COMMIT"),
    (["begin", "select touch(9)", "select touch(9)", "commit"], "SELECT 1, SELECT 1, COMMIT"),
    (["begin", "select touch(11)", "select touch(1)", "rollback"], "SELECT 1, PW003, ROLLBACK"),
    # Counters run on over AND CHAIN.
    (["begin", rows(9), "commit and chain", rows(9), "commit"], "UPDATE 9, COMMIT, UPDATE 9, COMMIT"),
    (["begin", rows(9), "commit and chain", rows(11), "commit"], "UPDATE 9, COMMIT, UPDATE 11, PW003"),
    (["begin", rows(9), "commit and chain", rows(9), rows(9), rows(9), rows(9), "commit"],
     "UPDATE 9, COMMIT, UPDATE 9, UPDATE 9, UPDATE 9, UPDATE 9, PW003"),
    (["begin", rows(9), rows(9), rows(9), "commit and chain", "select 1", "commit and chain", rows(9), rows(9), rows(9), "commit"],
     "UPDATE 9, UPDATE 9, UPDATE 9, COMMIT, SELECT 1, COMMIT, UPDATE 9, UPDATE 9, UPDATE 9, COMMIT"),
    (["begin", rows(9), "rollback and chain", rows(9), "commit"], "UPDATE 9, ROLLBACK, UPDATE 9, COMMIT"),
    (["begin", rows(11), "rollback and chain", "commit"], "UPDATE 11, ROLLBACK, COMMIT"),
    (["begin", rows(11), "rollback and chain", rows(9), rows(9), rows(11), rows(1), "rollback"],
     "UPDATE 11, ROLLBACK, UPDATE 9, UPDATE 9, UPDATE 11, PW003, ROLLBACK"),
    (["begin", rows(9), "select 1/0", "rollback and chain", rows(9), "commit"], "UPDATE 9, 22012, ROLLBACK, UPDATE 9, COMMIT"),
    (["begin", rows(9), "rollback and chain", "set transaction isolation level serializable", rows(9), "commit and chain", rows(9), "commit"],
     "UPDATE 9, ROLLBACK, SET, UPDATE 9, COMMIT, UPDATE 9, COMMIT"),
    (["begin; " + rows(9) + "; commit and chain; " + rows(9), "commit"], "UPDATE 9, COMMIT"),
    (["begin", rows(9), "commit and chain", "copy s from stdin", rows(9), "commit"], "UPDATE 9, COMMIT, COPY, UPDATE 9, COMMIT"),
]
SYNC = pipeline.SYNC
# As pipelines, one Sync behind all, and where it says so.
PIPELINES = [([rows(9), rows(9)], ""), ([rows(11), rows(1)], "PW003"), ([rows(1), rows(11)], "PW003"), ([rows(9)] * 4, "PW003"),
             ([rows(11), "select 1", rows(1), rows(1)], "PW003"), (["begin", rows(9), rows(9), "commit"], ""),
             (["begin", rows(1), rows(11), "commit"], "PW003"), (["begin", rows(11), rows(1), "commit"], "PW003"),
             (["begin", rows(11), rows(1), "rollback", "select 1"], "PW003"), (["begin", rows(11), "select touch(1)", rows(1)], "PW003"),
             (["begin", rows(9), "commit and chain", rows(9), "commit"], ""), (["begin", rows(9), "commit and chain", rows(11), "commit"], "PW003"),
             (["begin", rows(11), "rollback and chain", rows(9), "commit"], ""),
             # What it is asked about first ends what came before it in the pipeline, and is counted all the same.
             ([ASKED, rows(9)], ""), (["select 1", ASKED, rows(9)], ""), ([ASKED, ASKED], ""), ([rows(9), ASKED], ""), ([ASKED, rows(11)], "PW003"),
             (["begin", ASKED, "savepoint a", rows(9), "rollback to a", rows(9), rows(1), "commit"], ""),
             (["begin", ASKED, "savepoint a", rows(9), SYNC, "rollback to a", rows(9), rows(1), "commit"], ""),
             (["begin", ASKED, "savepoint a", "update s set n = 1 / (id - 9) where id < 10", SYNC, "rollback to a", rows(9), "commit"], "22012"),
             # Several Syncs: what begins before the one before was answered is counted from its own beginning.
             (["select 1", SYNC, "begin", rows(11), SYNC, rows(1), "commit"], "PW003"),
             (["select 1", SYNC, "begin", rows(9), rows(9), SYNC, rows(9), "commit"], ""),
             (["select 1", SYNC, "begin", "create table made (i int)", SYNC, "drop table made", "commit"], ""),
             ([rows(9), SYNC, "begin", rows(9), rows(9), rows(9), "commit"], ""),
             (["begin", rows(11), SYNC, rows(1), "commit"], "PW003"), (["begin", rows(11), SYNC, "select 1", rows(1), "select 1"], "PW003")]
SMALL = """version: 1
environments:
  - {name: trial, kind: scratch, match: {database: "*"}}
budgets:
  - {environment: trial, tables: ["*"], statement: 10, transaction: 30, hour: 100000}
"""


def message(conn, sql, copied):
    """What one comes to: its tag, or the SQLSTATE of its error."""
    cursor = conn.cursor()
    try:
        if sql.startswith("copy"):
            cursor.copy_expert(sql, io.StringIO("%d\t0\n" % copied))
            return "COPY"
        cursor.execute(sql)
        return cursor.statusmessage
    except psycopg2.Error as e:
        return e.pgcode


def by_statement(pg, tap):
    """The limit of a statement binds in a transaction of several: in both protocols, in pipelines, behind COPY and savepoints."""
    tool, wrong = str(source.BUILD / "tests" / "lib" / "wire_tool"), []
    if not os.path.exists(tool):
        tap.skip("the limit of a statement binds in a transaction", "not built")
        return
    with open("small.yaml", "w") as f:
        f.write(SMALL.replace("scratch", "production"))
    pg.sql("set role app; create table s (id int primary key, n int not null default 0); insert into s select generate_series(1, 50); "
           "create table nine (like s including all); insert into nine select generate_series(1, 9); "
           "create function touch(most int) returns void language sql as 'update s set n = n + 1 where id <= most'")
    gate = subprocess.Popen([tool, "--policy", "small.yaml", "--environment", "trial", "--decide", "pass", "--upstream",
                             "app=host=127.0.0.1 port=%d dbname=postgres user=app" % pg.port, "--key", "agent=of agent"],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    port = int(gate.stdout.readline())
    conn = psycopg2.connect(host="127.0.0.1", port=port, dbname="app", user="agent", password="of agent")
    conn.autocommit = True
    for i, (messages, want) in enumerate(BY_STATEMENT):
        saw = [message(conn, sql, 100 + i) for sql in messages]
        saw = ", ".join(saw[1:] if saw[0] == "BEGIN" else saw)
        if saw != want or conn.info.transaction_status:
            wrong.append("%s: %s, wanted %s; status %d" % (messages, saw, want, conn.info.transaction_status))
    conn.close()
    pipe = pipeline.Connection("host=127.0.0.1 port=%d dbname=app user=agent password='of agent'" % port)
    for messages, want in PIPELINES:
        for said in ("", ""):
            try:
                pipe.run(messages)
            except pipeline.Error as e:
                said = e.pgcode
            if said != want:
                wrong.append("pipeline %s: %r, wanted %r" % (messages, said, want))
            if said and "begin" in messages:
                pipe.run(["rollback"])
    pipe.close()
    gate.stdin.close()
    if gate.wait(patience.LIMIT):
        wrong.append("the gate ended with %s" % gate.returncode)
    tap.check("the limit of a statement binds in a transaction of several", wrong)


R1, BUMP = "delete from r1", "update r2 set n = n + 1"  # a person says yes to each


def few(n, table="r2"):
    return "delete from %s where id <= %d" % (table, n)


# What was approved is exempt, and nothing else of its transaction: a limit of 10 rows a statement and 30 a transaction; and of 10 a
# transaction alone, where that comes to something else.
APPROVED = [
    (["begin", R1, "commit"], "DELETE 50, COMMIT"),
    (["begin", R1, few(11), "commit"], "DELETE 50, DELETE 11, PW003"),
    (["begin", R1, few(9), "commit"], "DELETE 50, DELETE 9, COMMIT"),
    (["begin", few(11), R1, "rollback"], "DELETE 11, PW003, ROLLBACK", "DELETE 11, DELETE 50, ROLLBACK"),
    (["begin", few(11), R1, "commit"], "DELETE 11, PW003, ROLLBACK", "DELETE 11, DELETE 50, PW003"),
    (["begin", few(9), R1, "commit"], "DELETE 9, DELETE 50, COMMIT"),
    (["begin", BUMP, few(11), "commit"], "UPDATE 50, DELETE 11, PW003"),
    (["begin", BUMP, few(9), "commit"], "UPDATE 50, DELETE 9, COMMIT"),
    (["begin", few(9), BUMP, "commit"], "DELETE 9, UPDATE 41, COMMIT"),
    (["begin", few(4), BUMP, few(8), R1, BUMP, "commit"], "DELETE 4, UPDATE 46, DELETE 4, DELETE 50, UPDATE 42, COMMIT"),
    (["begin", R1 + "; " + few(40), "commit"], "DELETE 40, COMMIT"),  # the person saw both
    (["begin", R1 + "; " + few(20), few(31), "commit"], "DELETE 20, DELETE 11, PW003"),
    ([R1 + "; " + few(40)], "DELETE 40"),
    ([R1 + "; commit; begin; " + few(40) + "; commit"], "COMMIT"),
    (["begin", R1, "commit and chain", few(11), "commit"], "DELETE 50, COMMIT, DELETE 11, PW003"),
    (["begin", few(9), "commit and chain", R1, few(18), "commit"], "DELETE 9, COMMIT, DELETE 50, DELETE 9, COMMIT"),
    (["begin; drop table made; rollback; select 1; drop table made"], "DROP TABLE"),
    (["begin; drop table made; commit; create table made (i int); begin; drop table made; create table made (i int); commit"], "COMMIT"),
    (["begin", R1, "savepoint a", few(9), "rollback to a", "commit"], "DELETE 50, SAVEPOINT, DELETE 9, ROLLBACK, COMMIT"),
    (["begin", "declare c cursor for select hit(id) from generate_series(1, 11) id", R1, "fetch all from c", "commit"],
     "DECLARE CURSOR, DELETE 50, FETCH 11, COMMIT", "DECLARE CURSOR, DELETE 50, FETCH 11, PW003"),
]
APPROVED_PIPELINES = [([R1], ""), ([R1, few(11)], "PW003"), ([R1, few(9)], ""), ([few(11), R1], "PW003"), ([few(9), R1], ""),
                      (["begin", R1, few(11), "commit"], "PW003"), (["begin", few(3), BUMP, few(9), "commit"], ""),
                      (["begin", BUMP, few(11), "commit"], "PW003")]
ONE = SMALL.replace("statement: 10, transaction: 30", "transaction: 10")


class Direct:
    """Beside the gate, as the tables' owner; one connection, where psql would start anew for each."""

    def __init__(self, pg):
        self.conn = psycopg2.connect(host=str(pg.folder), port=pg.port, user="postgres", dbname="postgres")
        self.conn.autocommit = True
        self.cursor = self.conn.cursor()
        self.cursor.execute("set role app")

    def run(self, sql):
        self.cursor.execute(sql)
        return self.cursor.fetchall() if self.cursor.description else []

    def close(self):
        self.conn.close()


class Small:
    """A gate with a few rules, and two connections through it."""

    def __init__(self, pg, policy, decide, *more):
        with open("small.yaml", "w") as f:
            f.write(policy)
        self.gate = subprocess.Popen([str(source.BUILD / "tests" / "lib" / "wire_tool"), "--policy", "small.yaml", "--environment", "trial",
                                      "--decide", decide, "--upstream", "app=host=127.0.0.1 port=%d dbname=postgres user=app" % pg.port,
                                      "--key", "agent=of agent", *more],
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        port = int(self.gate.stdout.readline())
        self.conn = psycopg2.connect(host="127.0.0.1", port=port, dbname="app", user="agent", password="of agent")
        self.conn.autocommit = True
        self.pipe = pipeline.Connection("host=127.0.0.1 port=%d dbname=app user=agent password='of agent'" % port)

    def close(self):
        self.conn.close()
        self.pipe.close()
        self.gate.stdin.close()
        return ["the gate ended with %s" % self.gate.returncode] if self.gate.wait(patience.LIMIT) else []


def approved(pg, tap):
    """A yes is for the rows of what it was said to."""
    if not os.path.exists(str(source.BUILD / "tests" / "lib" / "wire_tool")):
        tap.skip("what was approved is exempt, and nothing else of its transaction", "not built")
        return
    wrong = []
    pg.sql("set role app; create table r1 (id int primary key, n int not null default 0); create table r2 (like r1 including all); "
           "create function hit(one int) returns void language sql as 'delete from r2 where id = one'")
    fill = "create table if not exists made (i int); " + "".join("insert into %s select g, 0 from generate_series(1, 50) g on conflict do nothing; " % t for t in ("r1", "r2"))
    direct = Direct(pg)
    for policy in (SMALL, ONE):
        small = Small(pg, policy.replace("scratch", "production"), "approve")
        for messages, *wants in APPROVED:
            direct.run(fill)
            want = wants[-1 if policy == ONE else 0]
            saw = [message(small.conn, sql, 0) for sql in messages]
            saw = ", ".join(saw[1:] if saw[0] == "BEGIN" else saw)
            if saw != want or small.conn.info.transaction_status:
                wrong.append("%s: %s, wanted %s" % (messages, saw, want))
                message(small.conn, "rollback", 0)
        for messages, want in APPROVED_PIPELINES:
            direct.run(fill)
            said = ""
            try:
                small.pipe.run(messages)
            except pipeline.Error as e:
                said = e.pgcode
            if said != want:
                wrong.append("pipeline %s: %r, wanted %r" % (messages, said, want))
            if said and "begin" in messages:
                small.pipe.run(["rollback"])
        wrong += small.close()
    direct.close()
    tap.check("what was approved is exempt, and nothing else of its transaction", wrong)


# What somebody was asked about excuses what it did itself, and nothing that others do besides: `quiet` and `loud` are functions that the
# judge knows as harmless, and which have since been made to do other things.
ACTS = [
    (["begin", R1, "select quiet(1)", "commit"], "DELETE 50, SELECT 1, COMMIT"),
    (["begin", R1, "select loud(1)", "commit"], "DELETE 50, SELECT 1, PW002"),
    (["begin", "select loud(1)", R1, "commit"], "SELECT 1, DELETE 50, PW002"),
    (["begin", "drop table made", few(3), "commit"], "DROP TABLE, DELETE 3, COMMIT"),
    (["begin", few(3), "drop table made", "commit"], "DELETE 3, DROP TABLE, COMMIT"),
    (["begin", few(3), "drop table made", "select loud(1)", "commit"], "DELETE 3, DROP TABLE, SELECT 1, PW002"),
    (["begin", "drop table made", few(3), "create table made (i int)", few(3), "commit"], "DROP TABLE, DELETE 3, CREATE TABLE, DELETE 0, COMMIT"),
    (["begin", "alter table made add column more int", few(3), "alter table made drop column more", few(5), "commit"],
     "ALTER TABLE, DELETE 3, ALTER TABLE, DELETE 2, COMMIT"),
    # What is approved names a table; what empties it besides is another.
    (["begin", few(3), "alter table lost add column more int", "select loud(1)", "commit"], "DELETE 3, ALTER TABLE, SELECT 1, PW002"),
    # One that names a table's rows says nothing of emptying it.
    (["begin", "delete from lost where id = 1", "select loud(1)", "commit"], "DELETE 1, SELECT 1, PW002"),
    (["begin", few(3), "savepoint a", "alter table made add check (i > 5)", "rollback to a", few(5), "commit"],
     "DELETE 3, SAVEPOINT, 23514, ROLLBACK, DELETE 2, COMMIT"),
    (["begin", few(3), "savepoint a", "drop table made", "rollback to a", "select loud(1)", "commit"],
     "DELETE 3, SAVEPOINT, DROP TABLE, ROLLBACK, SELECT 1, PW002"),
    (["drop table made; " + few(3)], "DELETE 3"),
    # The first child of a table changes the table's own row in the catalogue.
    (["begin", "create table kin () inherits (made)", few(3), "commit"], "CREATE TABLE, DELETE 3, COMMIT"),
    (["begin", few(3), "select bear()", "commit"], "DELETE 3, SELECT 1, COMMIT"),
    (["begin", "select bear()", "select loud(1)", "commit"], "SELECT 1, SELECT 1, PW002"),
    (["begin", R1 + "; " + few(3), "select loud(1)", "commit"], "DELETE 3, SELECT 1, PW002"),
]
ACTS_PIPELINES = [(["begin", R1, few(3), "commit"], ""), (["begin", R1, "select loud(1)", "commit"], "PW002"), (["drop table made", few(3)], ""),
                  ([few(3), "drop table made"], ""), ([few(3), "drop table made", "select loud(1)"], "PW002")]


def acts(pg, tap):
    """A yes is for what the statement itself does, with tables and rights as with rows."""
    if not os.path.exists(str(source.BUILD / "tests" / "lib" / "wire_tool")):
        tap.skip("what was asked about excuses its own acts alone", "not built")
        return
    wrong = []
    fill = ("drop table if exists kin, made, lost; create table made (i int); insert into made values (1); create table lost (id int); "
            "insert into lost select generate_series(1, 50); create or replace function quiet(i int) returns int language sql as 'select i'; "
            "create or replace function loud(i int) returns int language sql as 'select i'; "
            "create or replace function bear() returns void language plpgsql as $$ begin create table kin () inherits (made); end $$; "
            + "".join("insert into %s select g, 0 from generate_series(1, 50) g on conflict do nothing; " % t for t in ("r1", "r2")))
    loud = "create or replace function loud(i int) returns int language plpgsql as $$ begin truncate lost; return i; end $$"
    direct = Direct(pg)
    for decide in ("approve", "pass") if os.environ.get("PAWL_TEST_WHOLE") else ("approve",):
        small = Small(pg, SMALL.replace("scratch", "production").replace("statement: 10", "statement: 100").replace("n: 30", "n: 1000"), decide)
        for messages, want in ACTS + ACTS_PIPELINES:
            direct.run(fill)
            message(small.conn, "create table if not exists seen ()", 0)
            message(small.conn, "drop table seen", 0)
            message(small.conn, "select quiet(1), loud(1)", 0)  # the schema is read again
            direct.run(loud)
            if (messages, want) in ACTS:
                saw = [message(small.conn, sql, 0) for sql in messages]
                saw = ", ".join(saw[1:] if saw[0] == "BEGIN" else saw)
                if small.conn.info.transaction_status:
                    message(small.conn, "rollback", 0)
            else:
                saw = ""
                try:
                    small.pipe.run(messages)
                except pipeline.Error as e:
                    saw = e.pgcode
            left = direct.run("select count(*) from lost")[0][0]
            if saw != want or left < 49:
                wrong.append("%s %s: %s, wanted %s; %d rows left" % (decide, messages, saw, want, left))
        wrong += small.close()
    direct.close()
    tap.check("what was asked about excuses its own acts alone", wrong)


def restarted(pg, tap):
    """The hour's budget outlives the gate, whether it is stopped or killed."""
    wrong = []
    if not os.path.exists(str(source.BUILD / "tests" / "lib" / "wire_tool")):
        tap.skip("the hour's budget outlives the gate", "not built")
        return
    policy = SMALL.replace("scratch", "production").replace("hour: 100000", "hour: 25")
    for kill, n, want in ((False, 9, "DELETE 9"), (True, 9, "DELETE 9"), (True, 8, "PW003"), (False, 7, "DELETE 7"), (False, 1, "PW003")):
        pg.sql("set role app; insert into r2 select g, 0 from generate_series(1, 50) g on conflict do nothing")
        small = Small(pg, policy, "pass", "--hour", os.path.abspath("hour"))
        saw = message(small.conn, few(n), 0)
        if saw != want:
            wrong.append("%d rows: %s, wanted %s; %s" % (n, saw, want, open("hour").read()))
        if kill:
            small.gate.kill()
            small.gate.wait()
        else:
            wrong += small.close()
    tap.check("the hour's budget outlives the gate", wrong)


def when_it_waits(other, pid, then):
    """For a lock, of ${other}'s: from there on nobody else can look into the catalogue."""
    def waits():
        with other.cursor() as c:
            c.execute("select count(*) from pg_locks where not granted and pid = %s", (pid,))
            return c.fetchone()[0]
    patience.until(waits)
    then()


def cancelled(pg, tap):
    """While the witness looks: the client hears what the server says of a cancel, and nothing is committed."""
    wrong = []
    if not os.path.exists(str(source.BUILD / "tests" / "lib" / "wire_tool")):
        tap.skip("a cancel during the look is a cancel", "not built")
        return
    small = Small(pg, SMALL.replace("scratch", "production"), "pass")
    with small.conn.cursor() as c:
        c.execute("select pg_backend_pid()")
        (pid,) = c.fetchone()
    other = psycopg2.connect(host=str(pg.folder), port=pg.port, user="postgres", dbname="postgres")
    for messages in ([few(3)], ["begin", few(3), "commit"], ["begin", few(3), few(4)]):
        pg.sql("set role app; insert into r2 select g, 0 from generate_series(1, 50) g on conflict do nothing")
        for sql in messages[:-1]:
            message(small.conn, sql, 0)
        message(small.conn, "prepare warm as " + few(4) + "; deallocate warm", 0)
        other.cursor().execute("lock table pg_catalog.pg_class in access exclusive mode")
        cancels = threading.Thread(target=when_it_waits, args=(other, pid, small.conn.cancel))
        cancels.start()
        saw = message(small.conn, messages[-1], 0)
        cancels.join()
        other.rollback()
        message(small.conn, "rollback", 0)
        left = pg.sql("select count(*) from r2")
        if saw != "57014" or int(left[0][0]) != 50:
            wrong.append("%s: %s, and %s rows are left" % (messages, saw, left))
    other.close()
    wrong += small.close()
    tap.check("a cancel during the look is a cancel", wrong)


MORE = 1800  # transactions, at most, where a kind of refusal was not met yet
ROUND = 300  # transactions, until the hour's budget is used up: then another gate, whose memory is empty


def through_gate(pg, o, tap):
    tool = str(source.BUILD / "tests" / "lib" / "wire_tool")
    if not os.path.exists(tool):
        tap.skip("no commit passed a budget, nothing within was refused: the gate", "not built")
        return
    histories, all_workers, status = [], [], []
    wanted = o["transactions"] if o["transactions"] >= 10000 else o["transactions"] // 3
    for first in range(0, wanted + MORE, ROUND):
        if first >= wanted and not unmet(tallied(histories, "the gate")[1], first, all_workers):
            break
        argv = [tool, "--policy", "policy.yaml", "--environment", "trial", "--decide", "pass", "--threads", "2", "--upstream",
                "app=host=127.0.0.1 port=%d dbname=postgres user=app" % pg.port]
        for n in range(CREDENTIALS):
            argv += ["--key", "agent-%d=of agent-%d" % (n, n)]
        with open("gate.err", "ab") as err:
            gate = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=err, text=True)
        port, history = int(gate.stdout.readline()), History(0)
        histories.append(history)
        workers = [Worker(WORKERS * (1 + first) + n, lambda n, rng: Gate(port, "agent-%d" % (n % CREDENTIALS), rng), history, ROUND // WORKERS,
                          "%s/%d" % (o["seed"], first)) for n in range(WORKERS)]
        for w in workers:
            w.start()
        for w in workers:
            w.join()
        all_workers += workers
        for w in workers:
            w.conn.close()
        gate.stdin.close()
        status.append(gate.wait(patience.LIMIT))
        if any(w.wrong or w.crashed for w in workers):
            break
    run(all_workers, histories, o, tap, "the gate")
    tap.check("the gates end clean", [] if not any(status) else ["%s, %s" % (status, open("gate.err", errors="replace").read()[-2000:])])


def tallied(histories, who):
    """(what is wrong, {kind: transactions} of all of them)"""
    wrong, tally = [], {}
    for history in histories:
        bad, some_tally = judge(history, LOOKS_AT_STATEMENTS[who])
        wrong += bad
        for k, v in some_tally.items():
            tally[k] = tally.get(k, 0) + v
    return wrong, tally


def unmet(tally, transactions, workers):
    kinds = ("within", "statement", "transaction", "hour") + ("unannounced",) * workers[0].conn.unasked
    return [k for k in kinds if tally.get(k, 0) < max(1, transactions // 500)]


def run(workers, histories, o, tap, who):
    t0 = time.time()
    for w in workers:
        if w.ident is None:
            w.start()
    for w in workers:
        w.join()
    seconds, shapes = time.time() - t0, {}
    wrong, tally = tallied(histories, who)
    n = sum(len(history.sure) for history in histories)
    for w in workers:
        for k, v in w.tally.items():
            shapes[k] = shapes.get(k, 0) + v
    print("# %s: %d transactions of %d connections%s, seed %d: %s; %s" % (
        who, n, len(workers), " in %.1f s" % seconds if seconds > 0.5 else "", o["seed"], tally, shapes))
    tap.check("no commit passed a budget, nothing within was refused: " + who, [w.crashed for w in workers if w.crashed] + wrong[:10])
    tap.check("the tables hold what the model says: " + who, [x for w in workers for x in w.wrong][:10])
    few = unmet(tally, n, workers)
    tap.check("every kind of refusal was met: " + who, ["too few: %s of %s" % (few, tally)] if few else [])


def main():
    tap, o = source.Tap(), options()
    why = postgres.missing() or budgets.missing()
    if why:
        tap.skip("row budgets against a model", why)
        return tap.end()
    with open("policy.yaml", "w") as f:
        f.write(POLICY)
    with postgres.Server() as pg:
        pg.sql(SCHEMA)
        by_statement(pg, tap)
        approved(pg, tap)
        acts(pg, tap)
        restarted(pg, tap)
        cancelled(pg, tap)
        through_relay(pg, o, tap)
        through_gate(pg, o, tap)
    return tap.end()


sys.exit(main())
