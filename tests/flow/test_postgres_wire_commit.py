#!/usr/bin/env python3
"""The end of a transaction, where nobody looks and where the witness does: what the client is told is what it is told beside the gate,
nothing is done twice or by half, and no answer is waited for that decides nothing."""
# timeout: 600
import os
import re
import socket
import sys
import tempfile
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import patience  # noqa: E402
import pgwire as w  # noqa: E402

TESTS = []
TABLES = """
create table one(id int primary key);
create table late(id int, r int references one deferrable initially deferred);
"""


def test(f):
    TESTS.append(f)
    return f


def ran(text, *more):
    return w.parse(text) + w.bind() + b"".join(more) + w.execute()


def plain(messages):
    """But for the line of the server's source, which the gate's own errors have none of, and the number of a session."""
    return [(k, re.sub(rb"\0F[a-z].*", b"\0\0", b) if k == "E" else b) for k, b in messages]


class Sides:
    """The same said to a gate where nobody looks, to one where the witness does, and to the server."""

    def __init__(self, pg, gate):
        for dbname in ("t", "watched", "direct"):
            pg.sql("drop table if exists late; drop table if exists one;" + TABLES, dbname, "agent")
        self.pg, self.watched = pg, w.Gate(pg, "--environment", "production", "--decide", "pass", dbname="watched")
        self.of = {"unwatched": gate.raw(), "watched": self.watched.raw(), "direct": w.Raw(pg.host, pg.port, dbname="direct")}

    def ask(self, *parts):
        """The answer, the same on each side, and what the session then is: 'I', 'T' or 'E'."""
        readies = sum(p[:1] == b"Q" or p.endswith(w.SYNC) for p in parts)
        got = {}
        for name, raw in self.of.items():
            raw.send(*parts)
            got[name] = plain([m for _ in range(readies) for m in raw.until("Z")])
        assert got["unwatched"] == got["watched"] == got["direct"], "\n".join("%s: %s\n%s" % (n, parts, g) for n, g in got.items())
        return got["direct"]

    def rows(self, want):
        got = self.ask(w.query("rollback"), w.query("select id + 0 from one order by 1"))
        assert b"".join(b[6:] for k, b in got if k == "D") == "".join(map(str, want)).encode(), (want, got)
        self.ask(w.query("delete from one where id > 0"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for raw in self.of.values():
            raw.close()
        assert self.watched.close() == 0, self.watched.said()


def tags(messages):
    return [b[:-1].decode() for k, b in messages if k == "C"]


@test
def many_transactions_at_once(pg, gate):
    with Sides(pg, gate) as s:
        begin, commit = ran("begin"), ran("commit")
        put = {n: ran("insert into one values (%d)" % n) for n in range(1, 10)}
        late, fails = ran("insert into late values (1, 99)"), ran("select 1/0")
        # Without a Sync between them, with one behind each, and as simple queries
        got = s.ask(begin + put[1] + commit + begin + put[2] + commit + w.SYNC)
        assert tags(got) == ["BEGIN", "INSERT 0 1", "COMMIT"] * 2, got
        got = s.ask(*(p + w.SYNC for p in (begin, put[3], commit, begin, put[4], commit, put[5])))
        assert tags(got) == ["BEGIN", "INSERT 0 1", "COMMIT"] * 2 + ["INSERT 0 1"], got
        got = s.ask(w.query("begin"), w.query("insert into one values (6)"), w.query("commit"),
                    w.query("begin; insert into one values (7); commit; begin; insert into one values (8); commit"))
        assert tags(got) == ["BEGIN", "INSERT 0 1", "COMMIT"] * 3, got
        s.rows([1, 2, 3, 4, 5, 6, 7, 8])
        # What the COMMIT itself fails by
        got = s.ask(begin + put[1] + late + commit + begin + put[2] + commit + w.SYNC)
        assert tags(got) == ["BEGIN"] + ["INSERT 0 1"] * 2 and w.errors(got)[0]["C"] == "23503", got
        got = s.ask(*(p + w.SYNC for p in (begin, put[1], late, commit, put[2])))
        assert tags(got)[-1] == "INSERT 0 1" and [e["C"] for e in w.errors(got)] == ["23503"] and got[-1] == ("Z", b"I"), got
        for text in ("insert into late values (1, 99)", "begin; insert into one values (3); insert into late values (1, 99); commit; insert into one values (4)"):
            assert [e["C"] for e in w.errors(s.ask(w.query(text)))] == ["23503"]
        got = s.ask(late + w.SYNC, put[5] + w.SYNC, put[6] + late + w.SYNC, w.query("begin"), w.query("insert into late values (1, 99)"), w.query("commit"))
        assert [e["C"] for e in w.errors(got)] == ["23503"] * 3 and tags(got).count("COMMIT") == 0, got
        s.rows([2, 5])
        # What fails before it: in its pipeline it is skipped, and the transaction stays failed whatever comes behind; else it is a ROLLBACK
        got = s.ask(begin + put[1] + fails + commit + w.SYNC, put[2] + w.SYNC, put[3] + w.SYNC, ran("select id from one") + w.SYNC)
        assert [e["C"] for e in w.errors(got)] == ["22012"] + ["25P02"] * 3 and got[-1] == ("Z", b"E"), got
        got = s.ask(commit + w.SYNC, put[4] + w.SYNC)
        assert tags(got) == ["ROLLBACK", "INSERT 0 1"], got
        got = s.ask(begin + w.SYNC, put[5] + fails + commit + w.SYNC, begin + w.SYNC, put[6] + w.SYNC, ran("rollback") + w.SYNC, put[7] + w.SYNC)
        assert tags(got)[-2:] == ["ROLLBACK", "INSERT 0 1"], got
        got = s.ask(w.query("begin"), w.query("select 1/0"), w.query("commit"), w.query("begin; insert into one values (8); select 1/0; commit"), w.query("commit"))
        assert tags(got) == ["BEGIN", "ROLLBACK", "BEGIN", "INSERT 0 1", "ROLLBACK"], got
        # Of a transaction of the gate's own, a write of which fails
        s.ask(put[1] + put[1] + put[2] + w.SYNC, put[3] + fails + w.SYNC, w.query("insert into one values (9), (9)"), put[9] + w.SYNC)
        s.rows([4, 7, 9])


@test
def other_ends(pg, gate):
    with Sides(pg, gate) as s:
        begin, commit = ran("begin"), ran("commit")
        put = {n: ran("insert into one values (%d)" % n) for n in range(1, 10)}
        s.ask(begin + put[1] + ran("commit and chain") + w.SYNC, put[2] + w.SYNC, commit + w.SYNC)
        s.ask(begin + w.SYNC, put[3] + w.SYNC, ran("savepoint a") + w.SYNC, ran("select 1/0") + w.SYNC, ran("rollback to a") + w.SYNC,
              put[4] + commit + w.SYNC, put[5] + w.SYNC)
        s.ask(begin + w.SYNC, ran("savepoint a") + put[6] + ran("select 1/0") + commit + w.SYNC, ran("rollback to a") + w.SYNC, commit + w.SYNC)
        s.ask(begin + put[7] + ran("rollback") + w.SYNC, put[8] + ran("rollback") + w.SYNC, put[9] + commit + w.SYNC)
        s.rows([1, 2, 3, 4, 5, 9])
        # A Flush behind it in place of a Sync: it is told all the same
        for raw in s.of.values():
            raw.send(begin + w.SYNC)
            raw.until("Z")
            raw.send(put[1], commit, w.FLUSH)
            assert tags([m for _ in range(2) for m in raw.until("C")]) == ["INSERT 0 1", "COMMIT"]
            assert raw.kinds(w.SYNC) == "Z"
        # Of two phases, which the first of the gates lets pass
        for name in ("unwatched", "direct"):
            raw = s.of[name]
            got = raw.ask(begin + put[2] + ran("prepare transaction '%s'" % name) + w.SYNC)
            assert tags(got)[-1] == "PREPARE TRANSACTION" and got[-1] == ("Z", b"I"), got
            pg.sql("commit prepared '%s'" % name, "t" if name == "unwatched" else name)
            got = raw.ask(begin + put[2] + ran("prepare transaction '%s'" % name) + w.SYNC)
            assert [e["C"] for e in w.errors(got)] == ["23505"] and got[-1] == ("Z", b"E"), got
            assert raw.kinds(ran("rollback") + w.SYNC) == "12CZ"
        pg.sql("insert into one values (2)", "watched")
        s.rows([1, 2])
        # What ended it was skipped, and it goes on
        for end in ("commit", "rollback", "commit and chain", "rollback and chain", "prepare transaction 'never'"):
            s.ask(begin + put[1] + ran("savepoint a") + w.SYNC)
            s.ask(ran("select 1/0") + ran(end) + w.SYNC, ran("select 1") + w.SYNC, ran("rollback to a") + w.SYNC, put[2] + w.SYNC,
                  commit + w.SYNC, put[3] + w.SYNC)
            s.rows([1, 2, 3])
            s.ask(begin + put[1] + w.SYNC, ran("savepoint a") + ran("select 1/0") + ran(end) + w.SYNC, commit + w.SYNC, put[4] + w.SYNC)
            s.rows([4])


@test
def what_was_skipped_opens_no_way_round_the_witness(pg, gate):
    """A COMMIT or ROLLBACK that the server skipped behind an error ended nothing: what comes behind ROLLBACK TO is looked at as ever."""
    with Sides(pg, gate) as s:
        raw = s.of["watched"]
        pg.sql("insert into one select generate_series(1, 5000)", "watched")
        for end in ("commit", "rollback", "commit and chain", "rollback and chain"):
            for again in ("commit", "rollback to a; commit", "rollback to a; select 1; commit"):
                raw.ask(ran("begin") + ran("update one set id = -id where id > 90") + ran("savepoint a") + w.SYNC)
                raw.send(ran("select 1/0") + ran(end) + w.SYNC, *(ran(text) + w.SYNC for text in again.split("; ")))
                got = [m for _ in range(1 + again.count(";") + 1) for m in raw.until("Z")]
                said = [e["C"] for e in w.errors(got)]
                assert said[0] == "22012" and (said[-1] == "PW003" if ";" in again else tags(got)[-1] == "ROLLBACK"), (end, again, got)
                assert got[-1] == ("Z", b"I") and pg.sql("select count(*) from one where id < 0", "watched") == [["0"]], (end, again, got)


@test
def a_commit_that_is_ended_from_outside(pg, gate):
    """Cancelled while deferred triggers run, or its server ended: nothing of it is there, and what comes next is another transaction."""
    with Sides(pg, gate) as s:
        for dbname in ("t", "watched", "direct"):
            pg.sql("create function waits() returns trigger language plpgsql as $$begin perform pg_sleep(3600); return null; end$$;"
                   "create constraint trigger w after insert on late deferrable initially deferred for each row execute function waits();"
                   "insert into one values (0)", dbname, "agent")
        ends = "select %s(pid) from pg_stat_activity where datname in ('t', 'watched', 'direct') and wait_event = 'PgSleep'"

        def end(how):
            patience.until(lambda: pg.sql(ends % how), words=lambda: "nobody waits")

        for text in (ran("insert into late values (1, 0)") + w.SYNC, ran("begin") + ran("insert into late values (1, 0)") + ran("commit") + w.SYNC,
                     w.query("insert into late values (1, 0)"), w.query("begin; insert into late values (1, 0); commit")):
            asked = w.Background(lambda: s.ask(text))
            for _ in s.of:
                end("pg_cancel_backend")
            got = asked.ended()
            assert not asked.error, asked.error
            assert [e["C"] for e in w.errors(got)] == ["57014"] and got[-1] == ("Z", b"I"), got
        s.ask(ran("begin") + ran("insert into one values (1)") + ran("commit") + w.SYNC)
        for name, raw in s.of.items():
            raw.send(ran("begin") + ran("insert into late values (1, 0)") + ran("commit") + w.SYNC)
            end("pg_terminate_backend")
            said = []
            try:
                while True:
                    said.append(raw.next())
            except EOFError:
                pass
            assert "57P01" in [e["C"] for e in w.errors(said)] and "COMMIT" not in tags(said), (name, said)
        for dbname in ("t", "watched", "direct"):
            assert pg.sql("select count(*) from late", dbname) == [["0"]], dbname


@test
def what_is_taken_back_with_a_transaction(pg, gate):
    """What was set in it is not what the next statement is judged by, wherever it failed and whatever stood behind it in its pipeline."""
    pg.sql("create schema other; create table other.p(id int); create table p(id int primary key); insert into p values (1);"
           "create function bad() returns trigger language plpgsql as $$begin truncate public.p cascade; return null; end$$;"
           "create trigger bad after update on public.p for each row execute function bad();"
           "create table s1(x int); create table s2(x int); create table r(id int primary key, r int references r deferrable initially deferred)", "t", "agent")
    begin, commit, back, fails, sets = (ran(s) for s in ("begin", "commit", "rollback", "select 1/0", "set search_path = other"))
    home, late = ran("set search_path = public"), ran("insert into public.r values (1, 9)")
    ways = {
        "set": (sets + w.SYNC,), "set and failed": (sets + fails + w.SYNC,), "set again and failed": (sets + w.SYNC, home + fails + w.SYNC),
        "rolled back": (begin + sets + back + w.SYNC,), "rolled back, more": (begin + sets + w.SYNC, back + home + sets + w.SYNC),
        "failed, rolled back": (begin + sets + fails + w.SYNC, back + w.SYNC), "failed, committed": (begin + sets + fails + w.SYNC, commit + w.SYNC),
        "committed, failed": (begin + sets + commit + fails + w.SYNC,), "in parts": (begin + w.SYNC, sets + commit + home + fails + w.SYNC),
        "commit failed": (begin + w.SYNC, sets + late + commit + w.SYNC), "chained": (begin + sets + ran("rollback and chain") + commit + w.SYNC,),
        "to a savepoint": (begin + ran("savepoint a") + sets + ran("rollback to a") + commit + w.SYNC,),
        "before a savepoint": (begin + sets + ran("savepoint a") + home + ran("savepoint b") + w.SYNC, ran("rollback to a") + commit + w.SYNC),
        "behind one": (begin + ran("savepoint a") + ran("rollback to a") + sets + commit + w.SYNC,),
        "and then back": (begin + ran("savepoint a") + ran("rollback to a") + sets + back + w.SYNC,),
        "simply": (w.query("begin; savepoint a; set search_path = other; rollback to a; commit"),), "simply failed": (w.query("set search_path = other; select 1/0"),),
    }
    seen = set()
    with w.Gate(pg, "--environment", "production", "--decide", "refuse") as g:
        def judged(name, raw):
            other = raw.ask(w.query("show search_path"))[1][1].endswith(b"other")
            got = raw.ask(w.query("update p set id = id + 1 where id < 5"))
            seen.add(other)
            assert tags(got) == ["UPDATE 0"] if other else [e["C"] for e in w.errors(got)] in (["PW001"], ["PW002"]), (name, other, got)
            assert pg.sql("select count(*) from p", "t") == [["1"]], name
            raw.close()

        for name, parts in ways.items():
            raw = g.raw()
            raw.send(*parts)
            for _ in parts:
                raw.until("Z")
            judged(name, raw)
        # A COMMIT that fails by itself, behind the look
        raw, beside = g.raw(), w.Raw(pg.host, pg.port, dbname="t")
        for r, mine, others in ((raw, "s1", "s2"), (beside, "s2", "s1")):
            r.ask(w.query("begin isolation level serializable"))
            r.ask(w.query("select count(*) from public." + mine))
            r.ask(w.query("insert into public.%s values (1)" % others))
        raw.ask(w.query("set search_path = other"))
        beside.ask(w.query("commit"))
        assert [e["C"] for e in w.errors(raw.ask(w.query("commit")))] == ["40001"]
        judged("not serializable", raw)
        beside.close()
    assert seen == {True, False}


@test
def what_was_committed_counts(pg, gate):
    """Whatever fails behind it in its pipeline."""
    pg.sql("create table counted(id int primary key); insert into counted select generate_series(1, 100)", "watched", "agent")
    with tempfile.NamedTemporaryFile("w") as policy:
        policy.write("version: 1\nbudgets:\n  - {environment: production, statement: 20, transaction: 20, hour: 50}\n")
        policy.flush()
        with w.Gate(pg, "--environment", "production", "--decide", "pass", "--policy", policy.name, dbname="watched") as g:
            raw = g.raw()
            for n in range(3):
                got = raw.ask(ran("begin") + ran("delete from counted where id <= %d" % (20 * n + 20)) + ran("commit") + ran("select 1/0") + w.SYNC)
                assert [e["C"] for e in w.errors(got)] == ["PW003" if n == 2 else "22012"], (n, got)
            assert pg.sql("select count(*) from counted", "watched") == [["60"]]
            raw.close()


@test
def more_than_is_held_back(pg, gate):
    """What stands behind a write of its pipeline is told when that is committed, but for what is too much to be kept so long: in its order."""
    with Sides(pg, gate) as s:
        put = ran("insert into one values (1)")
        for length in (10, 30000, 40000, 70000, 100000, 300000, 1000000):
            rows = ran("select repeat('x', %d + g * 7), g from generate_series(1, 5) g" % length)
            for parts in ((put, rows, ran("select 1"), w.SYNC), (put, rows, w.FLUSH, rows, w.SYNC), (put, rows, ran("select 1/0"), w.SYNC)):
                assert tags(s.ask(b"".join(parts)))[0] == "INSERT 0 1"
                s.ask(w.query("delete from one where id > 0"))


class Between:
    """Between a gate and the server: what the gate says, piece by piece, and the server's answers kept back while `closed`."""

    def __init__(self, pg):
        self.pg, self.open, self.pieces = pg, threading.Event(), []
        self.open.set()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            gate = self.listener.accept()[0]
            server = socket.create_connection((self.pg.host, self.pg.port))
            threading.Thread(target=self.pass_on, args=(gate, server, True), daemon=True).start()
            threading.Thread(target=self.pass_on, args=(server, gate, False), daemon=True).start()

    def pass_on(self, a, b, up):
        try:
            while got := a.recv(1 << 20):
                if up:
                    self.pieces.append(got)
                else:
                    self.open.wait()
                b.sendall(got)
        except OSError:
            pass
        for s in (a, b):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def said(self):
        return b"".join(self.pieces)


@test
def nothing_is_waited_for_that_decides_nothing(pg, gate):
    """Where nobody looks a commit leaves with what came before it, before any of that is answered."""
    between = Between(pg)
    pg.sql("drop table if exists b; create table b(id int primary key)", "t", "agent")
    with w.Gate(between_server(pg, between), "--environment", "scratch") as g:
        raw = g.raw()
        for n in range(2):  # at first the gate's own statements have to be prepared
            for text, ends in ((ran("insert into b values (%d)" % (10 * n + 1)) + w.SYNC, w.SYNC), (w.query("insert into b values (%d)" % (10 * n + 2)), w.SYNC),
                               (ran("begin") + ran("insert into b values (%d)" % (10 * n + 3)) + ran("commit") + w.SYNC, ran("commit") + w.SYNC)):
                between.open.clear()
                between.pieces = []
                raw.send(text)
                patience.until(lambda: between.said().endswith(ends), words=lambda: "the gate has said only %s" % between.said())
                assert w.FLUSH not in between.said(), between.said()
                between.open.set()
                assert raw.until("Z")[-1] == ("Z", b"I")
        assert raw.kinds(w.query("select from b")) == "TDDDDDDCZ"
        raw.close()
    with w.Gate(between_server(pg, between), "--environment", "production") as g:
        raw = g.raw()
        raw.ask(ran("begin") + w.SYNC)
        raw.ask(ran("insert into b values (100)") + w.SYNC)
        between.pieces = []
        assert tags(raw.ask(ran("commit") + w.SYNC)) == ["COMMIT"]
        assert between.pieces[-1] == w.execute() + w.SYNC, "behind the look: %s" % between.pieces
        raw.close()


def between_server(pg, between):
    class Server:
        port = between.port
    return Server


if __name__ == "__main__":
    sys.exit(w.main(TESTS, "--environment", "scratch", "--decide", "hold", databases="t direct watched"))
