#!/usr/bin/env python3
"""PostgreSQL's protocol through the gate: psql, pgbench, psycopg2 and a client of our own, with what reads, writes, copies and fails."""
# timeout: 600
import os
import re
import struct
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import patience  # noqa: E402
import pgwire as w  # noqa: E402

DEBIAN = "/usr/lib/python3/dist-packages"  # where python3-psycopg2 is, when another python runs this


def psycopg2():
    for path in (None, DEBIAN):
        if path and path not in sys.path:
            sys.path.append(path)
        try:
            import psycopg2
            return psycopg2
        except ImportError:
            continue
    return None


TESTS = []


def test(f):
    TESTS.append(f)
    return f


def same(pg, gate, script):
    """psql's output through the gate and beside it, on tables made alike."""
    outs = []
    for run in (lambda: gate.psql(text=script), lambda: pg.psql("-A", "-t", "-q", "-v", "ON_ERROR_STOP=0", dbname="direct", user="agent", text=script)):
        done = run()
        outs.append(done.stdout + done.stderr)
    assert outs[0] == outs[1], "gate:\n%s\ndirect:\n%s" % tuple(outs)
    return outs[0]


@test
def transactions_as_the_server_has_them(pg, gate):
    out = same(pg, gate, """
create table tx(id int primary key, x int);
insert into tx select g, g from generate_series(1, 5) g;
insert into tx values (6, 6) returning *;
begin; update tx set x = 0 where id = 1; rollback; select x from tx where id = 1;
begin; update tx set x = 0 where id = 1; commit; select x from tx where id = 1;
begin; insert into tx values (1, 1); select 1; commit; select count(*) from tx;
begin; savepoint a; insert into tx values (1, 1); rollback to a; insert into tx values (7, 7); release a; commit;
insert into tx values (8, 8)\\; select 1/0\\; insert into tx values (9, 9);
insert into tx values (8, 8)\\; select count(*) from tx;
insert into tx values (10, 1)\\; commit\\; select 1/0;
begin\\; insert into tx values (11, 1)\\; commit\\; insert into tx values (12, 1)\\; rollback;
insert into tx values (13, 1)\\; begin\\; insert into tx values (14, 1);
commit; savepoint s; rollback; commit;
begin isolation level serializable; show transaction_isolation; commit and chain; show transaction_isolation; rollback;
begin read only; insert into tx values (99, 1); rollback;
set search_path = pg_catalog; show search_path; begin; set search_path = public; rollback; show search_path; reset search_path;
begin; declare c cursor for select id from tx order by id; fetch 2 from c; move 1 in c; fetch 1 from c; close c; commit;
declare c cursor for select 1; lock table tx;
select * from tx order by id;
""")
    assert "division by zero" in out and "13|1" in out and "12|1" not in out, out


@test
def chained_transactions_write_and_are_looked_at(pg, gate):
    """Each by itself: the first's end is not held against the second, nor its approval used for it."""
    for dbname in ("t", "direct"):
        pg.sql("create table chain(id int primary key, x int)", dbname, "agent")
    with w.Gate(pg, "--environment", "production") as g:
        out = same(pg, g, """
begin isolation level serializable; insert into chain values (1, 1); commit and chain; insert into chain values (2, 2);
show transaction_isolation; rollback and chain; insert into chain values (3, 3); commit and chain; select 1; commit;
begin; insert into chain values (1, 1); commit and chain; insert into chain values (4, 4); commit;
begin read only; commit and chain; insert into chain values (5, 5); rollback;
select * from chain order by id;
""")
        assert "1|1\n3|3\n4|4" in out and "read-only" in out, out
        r = g.raw()
        steps = [("begin", "T"), ("update chain set x = 9 where id = 1", "T"), ("commit and chain", "T"), ("update chain set x = 8 where id = 3", "T"),
                 ("commit", "I")]
        for text, status in steps:
            got = r.ask(w.parse(text), w.bind(), w.execute(), w.SYNC)
            assert "".join(k for k, _ in got) == "12CZ" and got[-1][1] == status.encode(), (text, got)
        r.close()
        assert pg.sql("select sum(x) from chain", "t") == [["21"]]
        assert g.close() == 0


def beside(pg):
    """A client of our own at the server itself, which asks for no password."""
    r = w.Raw("127.0.0.1", pg.port, login=False)
    words = b"".join(map(w.text, ("user", "agent", "database", "direct"))) + b"\0"
    r.send(struct.pack(">ii", len(words) + 8, 196608) + words)
    r.until("Z")
    return r


@test
def a_copy_whose_data_comes_with_it(pg, gate):
    """Clients need not wait for CopyInResponse; and where there is none, the data is thrown away."""
    def run(text):
        return [w.parse(text), w.bind(), w.execute()]

    begin, commit, copy, none = w.query("begin"), w.query("commit"), "copy k from stdin", "copy nosuch from stdin"
    data, long, fail = w.message("d", b"1\tv\n"), w.message("d", b"2\tw\n" * 60000), w.message("f", b"enough\0")
    held = "copy k from program 'echo 7'"
    pipelines = [
        (1, [*run(copy), data, w.COPY_DONE, w.SYNC]),
        (1, [*run(copy), long, data, w.COPY_DONE, w.SYNC]),
        (1, [*run(copy), data, fail, w.SYNC]),
        (1, [*run(copy), w.SYNC, data, w.FLUSH, w.COPY_DONE, w.SYNC]),
        (1, [*run(copy), data, w.COPY_DONE, *run(copy), data, w.COPY_DONE, *run("select 1"), w.SYNC]),
        (1, [*run("begin"), *run(copy), data, w.COPY_DONE, *run("commit"), w.SYNC]),
        (1, [*run(copy), w.message("d", b"x\ty\n"), data, w.COPY_DONE, w.SYNC]),
        (1, [*run(none), data, w.COPY_DONE, w.SYNC]),
        (1, [w.query(copy), long, data, w.COPY_DONE]),
        (1, [w.query(copy), data, fail]),
        (1, [w.query(copy + ";" + copy), data, w.COPY_DONE, data, w.COPY_DONE]),
        (1, [w.query(none), data, w.COPY_DONE]),
        (1, [w.query(none), data, fail]),
        (3, [begin, w.query(copy), long, data, w.COPY_DONE, commit]),
        (3, [begin, w.query(copy), data, fail, commit]),
        (3, [begin, w.query(copy + ";" + copy), data, w.COPY_DONE, data, w.COPY_DONE, commit]),
        (3, [begin, *run(copy), data, w.COPY_DONE, w.SYNC, commit]),
    ]
    for db in ("t", "direct"):
        pg.sql("create table k(a int, b text)", db, "agent")
    rows = None
    for n, parts in pipelines:
        said = []
        for r, db in ((gate.raw(), "t"), (beside(pg), "direct")):
            r.send(*parts)
            got = [m for _ in range(n) for m in r.until("Z")] + r.ask(w.query("select 42"))
            said.append(["".join(k for k, _ in got), [e["C"] for e in w.errors(got)], pg.sql("select count(*) from k", db)])
            r.close()
        assert said[0] == said[1], (parts[0], said)
        rows = said[0][2]
    assert int(rows[0][0]) > 180000, rows
    for parts in ([w.query(held)], [*run(held)]):
        for end in (w.COPY_DONE, fail):
            r = gate.raw()
            got = r.ask(*parts, long, data, end, *([w.SYNC] if len(parts) > 1 else []))
            assert w.errors(got)[0]["C"] == "PW001" and r.kinds(w.query("select 42")) == "TDCZ", got
            r.close()
    assert pg.sql("select count(*) from k", "t") == rows


@test
def deferred_constraints_and_triggers(pg, gate):
    out = same(pg, gate, """
create table d(id int primary key, r int references d deferrable initially deferred);
insert into d values (1, 9);
begin; insert into d values (2, 9); select 1; commit;
begin; insert into d values (3, 4); insert into d values (4, 4); commit;
select * from d order by id;
""")
    assert out.count("violates foreign key") == 2 and "3|4" in out, out
    # What a deferred trigger says at the commit, and where it says it
    got = []
    with w.Gate(pg, "--environment", "production", dbname="watched") as watched:
        for r, dbname in ((watched.raw(), "watched"), (gate.raw(), "t"), (w.Raw(pg.host, pg.port, dbname="direct"), "direct")):
            pg.sql("create table dt(a int); create function says() returns trigger language plpgsql as $$begin raise notice 'row %', new.a; return null; end$$;"
                   "create constraint trigger dtt after insert on dt deferrable initially deferred for each row execute function says()", dbname, "agent")
            r.send(w.query("insert into dt values (1)"), w.query("insert into dt values (2); insert into dt values (3), (4)"), w.query("begin"),
                   w.query("insert into dt values (5)"), w.query("commit"), w.parse("insert into dt values (6)"), w.bind(), w.execute(), w.SYNC)
            got.append([r.until("NZ") for _ in range(12)])
            r.close()
        assert watched.close() == 0
    assert got[0] == got[1] == got[2] and str(got).count("Mrow ") == 18, "watched:\n%s\nunwatched:\n%s\ndirect:\n%s" % tuple(got)


@test
def copies(pg, gate):
    same(pg, gate, "create table c(a int primary key, b text);\ncopy c from stdin;\n1\tone\n2\ttwo\n\\.\ncopy c from stdin;\n1\tagain\n\\.\n"
         "copy c from stdin;\nx\ty\n\\.\nbegin;\ncopy c from stdin;\n3\tthree\n\\.\ncommit;\ncopy c to stdout;\ncopy (select 1, 2) to stdout with csv;\n"
         "select count(*) from c;\n")


@test
def large_objects(pg, gate):
    """libpq's way to them is FunctionCall: judged as a SELECT of the same."""
    text = """\\lo_import %s 'a comment'
\\lo_list
\\lo_export :LASTOID %s.out
\\! cmp %s %s.out && echo same
begin;
\\lo_import %s
rollback;
\\lo_unlink 99999999
\\lo_export 99999999 %s.out
select count(*) from pg_largeobject_metadata;
""".replace("%s", os.path.join(tempfile.mkdtemp(prefix="lo-", dir=os.environ.get("TMPDIR")), "in"))
    with open(re.search(r"import (\S+)", text).group(1), "wb") as f:
        f.write(bytes(range(256)) * 200)
    done = gate.psql(text=text), pg.psql("-A", "-t", "-q", "-v", "ON_ERROR_STOP=0", dbname="direct", user="agent", text=text)
    outs = [re.sub(r"\b[0-9]{5}\b", "OID", d.stdout + d.stderr) for d in done]
    out = outs[0]
    assert outs[0] == outs[1], outs
    assert "same\n1\n" in out and out.count("large object 99999999 does not exist") == 2, out
    with w.Gate(pg, "--decide", "refuse") as strict:
        (oid,), = pg.sql("select oid from pg_largeobject_metadata", "t")
        done = strict.psql(text="\\lo_unlink %s\n\\lo_export %s /dev/null\n" % (oid, oid))
        assert "held as H-12" in done.stderr and done.stderr.count("ERROR") == 1, done.stderr
        assert "ask SELECT pg_catalog.lo_unlink(%s)" % oid in strict.said()
        r = strict.raw()
        call = lambda oid: w.message("F", oid.to_bytes(4, "big") + b"\0\0\0\0\0\0")  # noqa: E731
        assert w.errors(r.ask(call(2096)))[0]["C"] == "PW004", "pg_terminate_backend"
        assert w.errors(r.ask(call(964)))[0]["C"] == "PW004", "of no shape that libpq has"
        assert r.kinds(w.query("select 1")) == "TDCZ"
        r.close()
    assert pg.sql("select count(*) from pg_largeobject_metadata", "t") == [["1"]]


@test
def a_partitioned_index_is_built_anew(pg, gate):
    same(pg, gate, "create table pi(a int) partition by range (a);\ncreate table pi1 partition of pi for values from (0) to (9);\n"
         "create index pix on pi(a);\nreindex index pix;\nreindex table pi;\nbegin;\nreindex index pix;\nrollback;\n")


@test
def many_rows_and_long_values(pg, gate):
    r = gate.raw()
    got = r.ask(w.query("select repeat('x', 20000000)"))
    assert [k for k, _ in got] == ["T", "D", "C", "Z"] and len(got[1][1]) == 20000006, [k for k, _ in got]
    got = r.ask(w.query("select generate_series(1, 300000)"))
    assert len(got) == 300003 and got[-2][1] == b"SELECT 300000\0"
    r.ask(w.query("create table long(id int, t text)"))
    got = r.ask(w.parse("insert into long values ($1, $2)"), w.bind(["1", "y" * 30000000]), w.execute(), w.SYNC)
    assert [k for k, _ in got] == ["1", "2", "C", "Z"], got[:1]
    assert gate.sql("select length(t) from long") == [["30000000"]]
    got = r.ask(w.query("select '" + "z" * (10 << 20) + "'"))
    assert w.errors(got)[0]["C"] == "PW004" and got[-1] == ("Z", b"I"), w.errors(got)
    assert gate.memory() < 400 << 20
    r.close()


@test
def extended_protocol(pg, gate):
    r = gate.raw()
    assert r.kinds(w.query("create table e(id int primary key, x int)")) == "CZ"
    assert r.kinds(w.parse("select $1::int + 1"), w.bind(["4"]), w.describe(), w.execute(), w.SYNC) == "12TDCZ"
    assert r.kinds(w.parse("insert into e values ($1, 1)", "ins"), w.SYNC) == "1Z"
    for i in range(3):
        assert r.kinds(w.bind([str(i)], "ins"), w.describe(), w.execute(), w.SYNC) == "2nCZ"
    got = r.ask(w.bind(["0"], "ins"), w.execute(), w.SYNC)
    assert [k for k, _ in got] == ["2", "E", "Z"] and w.errors(got)[0]["C"] == "23505" and got[-1][1] == b"I", got
    assert r.kinds(w.bind(["7"], "ins"), w.execute(), w.bind(["8"], "ins"), w.execute(), w.SYNC) == "2C2CZ"
    got = r.ask(w.bind(["9"], "ins"), w.execute(), w.bind(["8"], "ins"), w.execute(), w.SYNC)
    assert [k for k, _ in got][-2:] == ["E", "Z"]
    assert gate.sql("select count(*) from e") == [["5"]], "a pipeline up to Sync is one transaction"
    # before it a Flush, a read, a Sync
    r.send(w.bind(["20"], "ins"), w.execute(), w.FLUSH)
    assert [k for k, _ in r.until("C")] == ["2", "C"]
    assert r.kinds(w.SYNC) == "Z"
    assert r.kinds(w.parse("select 1"), w.bind(), w.execute(), w.bind(["21"], "ins"), w.execute(), w.SYNC) == "12DC2CZ"
    assert r.kinds(w.close("S", "ins"), w.SYNC) == "3Z"
    assert w.errors(r.ask(w.bind(["22"], "ins"), w.execute(), w.SYNC))[0]["C"] == "26000"
    assert r.kinds(w.parse("select id from e order by 1"), w.bind(), w.execute("", 2), w.execute("", 100), w.SYNC).startswith("12DDsD")
    assert r.kinds(w.parse(""), w.bind(), w.execute(), w.SYNC) == "12IZ"
    assert r.kinds(w.query("")) == "IZ"
    r.close()


@test
def a_pipeline_that_ends_its_transaction_itself(pg, gate):
    """What a pipeline did before its own COMMIT is looked at like everything else; BEGIN takes it over, ROLLBACK takes it back."""
    with w.Gate(pg, "--decide", "approve") as strict:
        r = strict.raw()
        ran = lambda s: [w.parse(s), w.bind(), w.execute()]  # noqa: E731
        r.ask(w.query("create table pe(id int primary key, x int)"))
        r.ask(w.query("insert into pe select g, 0 from generate_series(1, 3000) g"))
        got = r.ask(*ran("update pe set x = 1 where id > 10"), *ran("commit"), w.SYNC)
        assert w.errors(got)[0]["C"] == "PW003" and [k for k, _ in got][-2:] == ["E", "Z"] and got[-1][1] == b"I", got
        assert strict.sql("select count(*) from pe where x = 1") == [["0"]]
        got = r.ask(*ran("update pe set x = 1 where id = 1"), *ran("commit"), w.SYNC)
        assert [k for k, _ in got] == list("12C12CZ") and strict.sql("select count(*) from pe where x = 1") == [["1"]], got
        for end in ("commit and chain", "rollback and chain", "savepoint a"):
            got = r.ask(*ran("update pe set x = 2 where id = 2"), *ran(end), w.SYNC)
            assert w.errors(got)[0]["C"] == "25P01" and got[-1][1] == b"I", got
        got = r.ask(*ran("update pe set x = 2 where id = 2"), *ran("rollback"), w.SYNC)
        assert not w.errors(got) and got[-1][1] == b"I", got
        got = r.ask(*ran("update pe set x = 3 where id = 3"), *ran("begin"), w.SYNC)
        assert [k for k, _ in got] == list("12C12CZ") and got[-1][1] == b"T", got
        assert r.ask(w.query("rollback"))[-1][1] == b"I"
        assert strict.sql("select count(*) from pe where x > 1") == [["0"]]
        got = r.ask(w.query("select 1; vacuum pe")), r.ask(w.query("vacuum pe; select 1"))
        assert all(w.errors(g)[0]["C"] == "25001" for g in got), got
        r.close()


@test
def a_pipeline_that_fails_halfway(pg, gate):
    """What came before the error is told as the server tells it, though nothing of it stays; or the client takes the error for the first's."""
    for dbname in ("t", "direct", "watched"):
        pg.sql("create table pf(id int primary key); create table pg(id int, r int references pf deferrable initially deferred)", dbname, "agent")
    watched = w.Gate(pg, "--environment", "production", "--decide", "refuse", dbname="watched")
    sides = gate.raw(), watched.raw(), w.Raw(pg.host, pg.port, dbname="direct")
    ran = lambda s, *more: w.parse(s) + w.bind() + b"".join(more) + w.execute()  # noqa: E731
    one, again, late = ran("insert into pf values (1)"), ran("insert into pf values (2), (2)"), ran("insert into pg values (1, 9)")
    two = ran("insert into pf values (20) returning id + 0", w.describe())
    for pipeline in ((one, again, w.SYNC), (one, two, again, one, w.SYNC), (one, ran("select 1/0"), one, w.SYNC), (one, ran("selec 1"), w.SYNC),
                     (one, w.bind([], "nosuch"), w.execute(), w.SYNC), (one, w.parse("insert into nosuch values (1)"), w.SYNC),
                     (late, two, w.SYNC), (two, late, w.SYNC, w.SYNC), (one, w.FLUSH, again, w.SYNC), (again, one, w.SYNC),
                     (ran("begin"), one, again, ran("commit"), w.SYNC), (w.SYNC,), (ran("commit"), w.SYNC),
                     (ran("begin"), late, ran("commit"), w.SYNC), (ran("rollback"), w.SYNC),
                     (two, w.SYNC, one, two, w.SYNC, ran("insert into pf values (21)"), w.SYNC), (ran("select id from pf"), w.SYNC),
                     (w.query("insert into pf values (3); insert into pg values (1, 9)"),)):
        got = [r.ask(*pipeline) + [m for _ in range(pipeline.count(w.SYNC) - 1) for m in r.until("Z")] for r in sides]
        # but for the line of the server's source, which the gate's own errors have none of
        got = [[(k, re.sub(rb"\0F[a-z].*", b"\0\0", b) if k == "E" else b) for k, b in side] for side in got]
        assert got[0] == got[1] == got[2], "unwatched:\n%s\nwatched:\n%s\ndirect:\n%s" % tuple(got)
    # What the gate itself refuses comes in its place, and what it finds before the commit in place of all that it takes back.
    got = sides[1].ask(one, ran("truncate pf"), w.SYNC)
    assert "".join(k for k, _ in got) == "12C1EZ" and w.errors(got)[0]["C"] == "PW001", got
    pg.sql("insert into pf select generate_series(100, 5000)", "watched")
    got = sides[1].ask(one, ran("update pf set id = -id where id > 90"), w.SYNC)
    assert "C" not in [k for k, _ in got] and w.errors(got)[0]["C"] == "PW003", got
    for r in sides:
        r.close()
    assert watched.close() == 0
    assert pg.sql("select id from pf where id not between 100 and 5000", "watched") == pg.sql("select id from pf", "t") == [["20"], ["21"]]


@test
def what_is_said_of_the_statement_and_the_session(pg, gate):
    """Places in the whole message, texts as they came, and no word of the gate's own wall."""
    same(pg, gate, "create table sa(id int);\nselect 'ä'\\; insert into sa values (1)\\; select nosuch;\n"
         "begin\\; insert into sa values (1)\\; select nosuch;\nrollback;\ncommit\\; begin\\; select nosuch;\nrollback;\n"
         "prepare sap as insert into sa values (1);\nselect statement from pg_prepared_statements where name not like '\\_pawl%';\n"
         "show default_transaction_read_only;\nset default_transaction_read_only = on;\nshow default_transaction_read_only;\n")


@test
def what_nobody_can_read_is_told_by_the_server(pg, gate):
    """In its own words, with a place; by a Parse, so that nothing of it runs. What only the server reads is refused all the same."""
    r = gate.raw()
    r.ask(w.query("create table sy(id int)"))
    got = r.ask(w.query("insert into sy values (1); selec 1; insert into sy values (2)"))
    e = w.errors(got)[0]
    assert (e["C"], e["P"], [k for k, _ in got], got[-1][1]) == ("42601", "28", ["E", "Z"], b"I"), got
    r.ask(w.query("begin"))
    assert w.errors(r.ask(w.query("insert into sy values (3); selec 1")))[0]["C"] == "42601"
    assert w.errors(r.ask(w.query("select 1")))[0]["C"] == "25P02"
    assert w.errors(r.ask(w.query("selec 1")))[0]["C"] == "42601"
    assert r.ask(w.query("rollback"))[-1][1] == b"I"
    got = r.ask(w.parse("select 1"), w.bind(), w.execute(), w.parse("selec 1"), w.bind(), w.execute(), w.SYNC)
    assert [k for k, _ in got] == list("12DCEZ") and w.errors(got)[0]["C"] == "42601", got
    got = r.ask(w.parse("insert into sy values (4)"), w.bind(), w.execute(), w.parse("selec 1"), w.SYNC)
    assert w.errors(got)[0]["C"] == "42601" and [k for k, _ in got][-2:] == ["E", "Z"] and got[-1][1] == b"I", got
    got = r.ask(w.parse("selec 1", "n"), w.SYNC), r.ask(w.parse("select 7", "n"), w.bind([], "n"), w.execute(), w.SYNC)
    assert w.errors(got[0])[0]["C"] == "42601" and [k for k, _ in got[1]] == list("12DCZ"), got
    assert r.kinds(w.query("select 1")) == "TDCZ" and gate.sql("select count(*) from sy") == [["0"]]
    r.close()


@test
def transactions_by_the_extended_protocol(pg, gate):
    r = gate.raw()
    run = lambda s: r.ask(w.parse(s), w.bind(), w.describe(), w.execute(), w.SYNC)  # noqa: E731
    run("create table xt(id int primary key)")
    assert run("begin")[-1][1] == b"T"
    assert run("insert into xt values (1)")[-1][1] == b"T"
    assert run("commit")[-1][1] == b"I"
    run("begin")
    run("insert into xt values (2)")
    assert run("insert into xt values (2)")[-1][1] == b"E"
    got = run("commit")
    assert got[-1][1] == b"I" and ("C", b"ROLLBACK\0") in got, got
    r.ask(w.parse("begin", "b"), w.parse("commit", "c"), w.parse("insert into xt values ($1)", "i"), w.SYNC)
    for n in ("3", "4"):
        got = r.ask(w.bind([], "b"), w.execute(), w.bind([n], "i"), w.execute(), w.bind([], "c"), w.execute(), w.SYNC)
        assert "".join(k for k, _ in got) == "2C2C2CZ" and got[-1][1] == b"I", got
    got = r.ask(*[p for n in "567" for p in (w.bind([n], "i"), w.execute(), w.SYNC)])
    for _ in range(2):
        got += r.until("Z")
    assert "".join(k for k, _ in got) == "2CZ" * 3
    assert gate.sql("select count(*) from xt") == [["6"]]
    r.close()


@test
def the_walls(pg, gate):
    pg.sql("create table wall(id int); insert into wall select generate_series(1, 100);"
           "create function hidden() returns int language sql stable as $$ select 1 $$;", "t", "agent")
    with w.Gate(pg, "--environment", "staging", "--decide", "refuse") as strict:
        walls(pg, strict)
        assert strict.close() == 0


def walls(pg, gate):
    r = gate.raw()
    assert r.kinds(w.query("select hidden()")) == "TDCZ"
    # What takes the wall down in hiding ends the session: nothing may follow it.
    pg.sql("create or replace function hidden() returns int language plpgsql as $$ begin "
           "execute 'set default_transaction_' || 'read_only = off'; return 1; end $$", "t", "agent")
    r = gate.raw()
    r.send(w.query("select hidden()"))
    got = r.until("E")
    assert w.errors(got)[-1]["C"] == "PW004", got
    try:
        assert not r.ask(w.query("insert into wall values (0)")), "the session goes on"
    except (EOFError, OSError):
        pass
    r = gate.raw()
    pg.sql("create or replace function hidden() returns int language plpgsql as $$ begin delete from wall; return 1; end $$", "t", "agent")
    got = r.ask(w.query("select hidden()"))
    assert w.errors(got)[0]["C"] == "25006", got
    assert dict(x for x in [(k, v) for k, v in r.parameters.items()]).get("default_transaction_read_only", "off") == "off"
    got = r.ask(w.query("drop table wall"))
    assert w.errors(got)[0]["C"] == "PW001" and "H-12" in w.errors(got)[0]["M"] and got[-1][1] == b"I", got
    r.ask(w.query("begin"))
    r.ask(w.query("insert into wall values (1)"))
    got = r.ask(w.query("drop table wall"))
    assert w.errors(got)[0]["C"] == "PW001" and got[-1][1] == b"E", got
    assert w.errors(r.ask(w.query("select 1")))[0]["C"] == "25P02"
    assert ("C", b"ROLLBACK\0") in r.ask(w.query("commit"))
    got = r.ask(w.query("insert into wall values (1); drop table wall; select 1"))
    assert w.errors(got)[0]["C"] == "PW001" and [k for k, _ in got] == ["E", "Z"]
    got = r.ask(w.parse("drop table wall"), w.bind(), w.execute(), w.SYNC)
    assert [k for k, _ in got] == ["1", "E", "Z"] and w.errors(got)[0]["C"] == "PW001", got
    r.ask(w.query("begin"))
    got = r.ask(w.parse("drop table wall"), w.bind(), w.execute(), w.parse("select 1"), w.bind(), w.execute(), w.SYNC)
    assert [k for k, _ in got] == ["1", "E", "Z"] and got[-1][1] == b"E", got
    assert r.ask(w.query("rollback"))[-1][1] == b"I"
    assert gate.sql("select count(*) from wall") == [["100"]]
    r.close()


@test
def asking(pg, gate):
    """A held statement waits with its client; answered it runs; the client's death and a cancel end the wait."""
    answer = os.path.join(os.environ["TMPDIR"], "answer")
    open(answer, "w").close()
    pg.sql("create table ask(id int); insert into ask values (1), (2)", "t", "agent")
    with w.Gate(pg, "--decide", answer) as g:
        asked = lambda n: patience.until(lambda: g.said().count("ask drop table ask") == n, words=g.said)  # noqa: E731
        r = g.raw()
        late = w.Background(lambda: r.ask(w.query("drop table ask")))
        asked(1)
        assert g.sql("select 1") == [["1"]], "others do not wait"
        assert late.result is None and late.error is None, "it does"
        open(answer, "w").write("approve")
        assert "".join(k for k, _ in late.ended()) == "CZ", late.result
        open(answer, "w").close()
        pg.sql("create table ask(id int)", "t", "agent")
        late = w.Background(lambda: r.ask(w.query("drop table ask")))
        asked(2)
        pg.sql("alter table ask add column other int", "t", "agent")
        open(answer, "w").write("approve")
        assert "schema changed" in w.errors(late.ended())[0]["M"], late.result
        open(answer, "w").close()
        late = w.Background(lambda: r.ask(w.parse("drop table ask"), w.bind(), w.execute(), w.SYNC))
        asked(3)
        c = w.Raw(g.host, g.port, login=False)
        c.send(b"\0\0\0\x10\x04\xd2\x16\x2e" + r.key)
        assert w.errors(late.ended())[0]["C"] == "57014", late.result
        r.send(w.query("drop table ask"))
        asked(4)
        r.close()
        patience.until(lambda: g.said().count("gone") >= 2, words=g.said)
        assert pg.sql("select count(*) from ask", "t") == [["0"]]
        assert g.close() == 0


@test
def a_wait_is_told(pg, gate):
    """By a notice between the answers, in either protocol; what comes behind it is as without."""
    def run(text):
        return [w.parse(text), w.bind(), w.execute()]

    answer = os.path.join(os.environ["TMPDIR"], "told")
    with w.Gate(pg, "--decide", answer) as g:
        r = g.raw()
        for parts, before, after, syncs in (
                ([w.query("drop table told")], "", "CZ", 1),
                ([w.query("select 7"), *run("drop table told"), w.SYNC], "TDCZ1", "2CZ", 1),
                ([w.query("begin"), *run("select 7"), *run("drop table told"), *run("select 8"), w.SYNC, w.query("commit")], "CZ12DC1",
                 "2C12DCZCZ", 2)):
            open(answer, "w").close()
            pg.sql("create table told(id int)", "t", "agent")
            r.send(*parts)
            got = r.until("N")
            notice = w.fields(got[-1][1])
            assert "".join(k for k, _ in got) == before + "N", got
            assert notice["S"] == notice["V"] == "NOTICE" and notice["C"] == "00000" and "H-12" in notice["M"] and notice["H"], notice
            open(answer, "w").write("approve")
            assert "".join(k for _ in range(syncs) for k, _ in r.until("Z")) == after, parts
        r.close()
        assert g.close() == 0


@test
def cancel(pg, gate):
    r = gate.raw()
    late = w.Background(lambda: r.ask(w.query("select pg_sleep(602)")))
    pid = pg.sleeps(602)
    wrong = w.Raw(gate.host, gate.port, login=False)
    wrong.send(b"\0\0\0\x10\x04\xd2\x16\x2e" + r.key[:4] + b"abcd")
    try:
        assert not wrong.read(1), "a request to cancel has no answer"
    except EOFError:
        pass  # it was heard, and not obeyed
    assert late.result is None and pg.sleeps(602) == pid
    c = w.Raw(gate.host, gate.port, login=False)
    c.send(b"\0\0\0\x10\x04\xd2\x16\x2e" + r.key)
    assert w.errors(late.ended())[0]["C"] == "57014", late.result
    r.close()


@test
def notifications(pg, gate):
    r = gate.raw()
    assert r.kinds(w.query("listen here")) == "CZ"
    pg.sql("notify here, 'there'", "t")
    kind, body = r.next()
    assert kind == "A" and b"here\0there\0" in body, (kind, body)
    r.close()


@test
def python_client(pg, gate):
    db = psycopg2()
    if not db:
        return "no psycopg2 (Debian: python3-psycopg2)"
    c = db.connect(host=gate.host, port=gate.port, user="agent", password="secret", dbname="db")
    with c, c.cursor() as q:
        q.execute("create table py(id serial primary key, t text)")
        q.executemany("insert into py(t) values (%s)", [("a",), ("é",), (None,)])
    with c, c.cursor() as q:
        q.execute("select t from py order by id")
        assert q.fetchall() == [("a",), ("é",), (None,)]
    with c, c.cursor(name="server_side") as q:
        q.execute("select generate_series(1, 5000)")
        assert len(q.fetchall()) == 5000
    c.autocommit = True
    with c.cursor() as q:
        q.execute("update py set t = 'b' where id = 1")
        assert q.rowcount == 1
        try:
            q.execute("copy py to program 'true'")
            raise AssertionError("it passed")
        except db.Error as e:
            assert e.pgcode in ("PW001", "PW002"), e.pgcode
        q.execute("select count(*) from py")
        assert q.fetchone() == (3,)
    c.close()


@test
def bench_client(pg, gate):
    import subprocess
    for argv in (["-i", "-q", "-I", "dtgvp", "-s", "1"],):
        done = subprocess.run(["pgbench", "-h", pg.host, "-p", str(pg.port), "-U", "agent", *argv, "t"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, done.stdout
    for mode in ("simple", "extended", "prepared"):
        for flags in (["-S"], ["-N"], []):
            done = subprocess.run(["pgbench", "-n", "-M", mode, "-c", "4", "-j", "2", "-t", "50", *flags, "db"], env=gate.env,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)
            assert done.returncode == 0 and "200/200" in done.stdout, done.stdout
    (sums,) = pg.sql("select (select sum(abalance) from pgbench_accounts), (select sum(delta) from pgbench_history), "
                     "(select count(*) from pgbench_history)", "t")
    assert sums[0] == sums[1] and sums[2] == "1200", sums


if __name__ == "__main__":
    sys.exit(w.main(TESTS, "--environment", "scratch", "--decide", "hold", databases="t direct watched"))
