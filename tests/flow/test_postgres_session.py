#!/usr/bin/env python3
"""Ways round PostgreSQL's gate by what a session remembers: read only, names of prepared statements, transactions within a pipeline, what runs
alone. Each leaves every row where it was, and reads no file."""
# timeout: 300
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import postgres  # noqa: E402
import source  # noqa: E402

try:
    import pg_gate
    from pgwire import SYNC, Raw, bind, close, execute, fields, parse, query
except ImportError:
    pg_gate = None

FILE = "select 'read: ' || pg_read_file('PG_VERSION')"
MANY = "delete from submissions where id > 5"
HIDDEN = "select * from hides"  # its row security deletes, and the schema does not say so
SCHEMA = """
CREATE ROLE agent LOGIN IN ROLE pg_read_server_files;
GRANT EXECUTE ON FUNCTION pg_read_file(text) TO agent;
CREATE TABLE keep (id int primary key); INSERT INTO keep SELECT generate_series(1, 50);
CREATE FUNCTION wipe() RETURNS boolean LANGUAGE plpgsql AS $$ begin delete from keep; return true; end $$;
CREATE TABLE hides (id int); INSERT INTO hides VALUES (1);
ALTER TABLE hides ENABLE ROW LEVEL SECURITY; ALTER TABLE hides FORCE ROW LEVEL SECURITY;
CREATE POLICY p ON hides USING (wipe());
ALTER TABLE keep OWNER TO agent; ALTER TABLE hides OWNER TO agent; ALTER TABLE submissions OWNER TO agent; ALTER TABLE courses OWNER TO agent;
"""


AGAIN = """
CREATE TABLE IF NOT EXISTS keep (id int primary key); ALTER TABLE keep OWNER TO agent;
INSERT INTO keep SELECT generate_series(1, 50) ON CONFLICT DO NOTHING;
INSERT INTO submissions SELECT i, 1, 'again' FROM generate_series(1, 5000) i ON CONFLICT DO NOTHING;
"""


def run(text, name="", portal=""):
    return parse(text, name) + bind((), name, portal) + execute(portal)


def ways():
    """(way, batches of messages that each end with one answered by ReadyForQuery)"""
    yield "a program's file read in READ ONLY", [query("begin read only"), query(FILE), query("commit")]
    yield "a file read in a session made read only", [query("set default_transaction_read_only = on"), query(FILE)]
    for off in ("set transaction read write", "set transaction_read_only = off", "reset transaction_read_only",
                "set transaction_read_only to default"):
        yield "begin read only, " + off, [query("begin read only"), query(off), query("delete from keep"), query("commit")]
        yield off + " in a pipeline", [run(off) + run(HIDDEN) + SYNC]
    yield "the last of many modes", [query("begin " + "read only, " * 6 + "read write"), query("drop table keep"), query("commit")]
    yield "a read only session, begin read write", [query("set default_transaction_read_only = on"), query("begin read write"),
                                                    query("delete from keep"), query("commit")]
    yield "read only until a savepoint", [query("begin; savepoint a; set transaction read only; rollback to a"), query("delete from keep"),
                                          query("commit")]
    yield "judged while it was read only", [query("begin read only"), parse("delete from keep", "d") + SYNC, query("commit"), query("begin"),
                                            bind((), "d") + execute() + SYNC, query("commit")]
    yield "SET TRANSACTION of another transaction", [query("begin"), parse("set transaction read write", "s") + SYNC, query("commit"),
                                                     query("begin read only"), bind((), "s") + execute() + SYNC, query("delete from keep"),
                                                     query("commit")]
    taken = bind((), "x") + execute() + SYNC
    yield "a name of Parse given to PREPARE", [parse("select 1", "x") + SYNC, query("deallocate x"), query("prepare x as " + FILE), taken]
    for word in ("deallocate x", "deallocate all", "discard all"):
        yield "the same in a pipeline, " + word, [parse("select 1", "x") + SYNC, run(word) + run("prepare x as " + FILE) + taken]
    yield "a name of PREPARE given to Parse", [query("prepare x as select 1"), query("deallocate x"), parse(FILE, "x") + SYNC,
                                               query("execute x")]
    yield "a name of PREPARE closed, in a pipeline", [query("prepare x as select 1"),
                                                      close("S", "x") + parse(FILE, "x") + run("execute x") + SYNC]
    yield "more names than are remembered", [query("prepare x as select 1"), query(";".join("prepare y%d as select 1" % i for i in range(1005))),
                                             query("deallocate x"), query("prepare x as " + FILE), query("execute x")]
    yield "an EXECUTE parsed before its name changed", [query("prepare x as select 1"), parse("execute x", "e") + SYNC, query("deallocate x"),
                                                        query("prepare x as " + FILE), bind((), "e") + execute() + SYNC]
    for end in ("commit", "end", "commit and chain"):
        yield "a write and %s in one pipeline" % end, [run(MANY) + run(end) + SYNC]
    yield "a COMMIT prepared before", [parse("commit", "c") + SYNC, run(MANY) + bind((), "c") + execute() + SYNC]
    yield "a COMMIT bound before", [parse("commit", "c") + SYNC, parse(MANY) + bind((), "", "a") + bind((), "c", "b") + execute("a") +
                                    execute("b") + SYNC]
    yield "begin, a write and commit in one pipeline", [run("begin") + run(MANY) + run("commit") + SYNC]
    yield "behind what runs alone", [run("vacuum keep") + run(HIDDEN) + SYNC]
    yield "behind what was bound and runs alone", [parse("vacuum keep") + bind() + parse(HIDDEN, "h") + bind((), "h", "p") + execute("p") + SYNC]
    yield "a Query behind what runs alone", [parse("vacuum keep") + bind() + query(HIDDEN)]


def connect(world, fresh=False):
    """${fresh}: with a key of its own, for a passed budget tightens it."""
    if fresh:
        world.new_key()
    password = world.url.split("@")[0].rsplit(":", 1)[1]
    return Raw("127.0.0.1", world.port, user=world.user, password=password, dbname="shop")


def rows(pg):
    try:
        return pg.sql("select (select count(*) from keep), (select count(*) from submissions), (select count(*) from courses)", "shop")
    except RuntimeError as gone:
        return str(gone)


def none_gets_through(pg, world):
    before = rows(pg)
    for way, batches in ways():
        raw, said = connect(world, any(MANY.encode() in b for b in batches)), []
        try:
            for batch in batches:
                said += raw.ask(batch)
        except EOFError:
            pass
        raw.close()
        if any(kind == "D" and b"read: " in body for kind, body in said):
            yield "%s: a file was read" % way
        if rows(pg) != before:
            yield "%s: rows went: %s" % (way, [k if k != "E" else fields(b).get("M") for k, b in said])
            pg.sql(AGAIN, "shop")


def pipelines_end_as_they_say(pg, world):
    """What a pipeline's own BEGIN, COMMIT and ROLLBACK do is what they do without a gate."""
    pg.sql("create table if not exists log (a text); alter table log owner to agent; truncate log", "shop")
    insert = "insert into log values ('%s')"
    world.new_key()
    cases = [("commit", [run(insert % "a") + run("commit") + run(insert % "b") + SYNC], ["a", "b"], "I"),
             ("rollback", [run(insert % "c") + run("rollback") + run(insert % "d") + SYNC], ["d"], "I"),
             ("begin", [run(insert % "e") + run("begin") + run(insert % "f") + SYNC, query("rollback")], [], "T"),
             ("read only, refused in the server's words", [query("begin read only"), query(insert % "g")], [], "T")]
    for name, again in (("a /* of an app */", "A"), ("a -- b\n", "a"), ('U&"\\0061b"', "ab"), ('"A ""b"', '"A ""b"'), ("a;", "a")):
        for end in ("", "release savepoint " + again, "rollback to " + again):
            cases.append(("savepoint %s %s" % (name, end), [query("begin"), query("savepoint " + name), query(end), query(insert % "s"),
                                                             query("commit")], ["s"], "T"))
    for way, batches, want, status in cases:
        raw = connect(world)
        said = [raw.ask(b) for b in batches]
        raw.close()
        got = [r[0] for r in pg.sql("select a from log order by a", "shop")]
        ready = said[0][-1][1].decode()
        pg.sql("truncate log", "shop")
        if "server's words" in way and not any(k == "E" and fields(b)["C"] == "25006" for k, b in said[1]):
            yield "a write in READ ONLY is not refused in the server's own words"
        if got != want or ready != status:
            yield "%s: rows %s, not %s; ready %s, not %s" % (way, got, want, ready, status)


def main():
    tap = source.Tap()
    why = postgres.missing() or ("" if pg_gate else "no gate to send them through")
    if why:
        tap.skip("ways round by what a session remembers", why)
        return tap.end()
    with postgres.Server() as pg:
        pg.sql("create database shop")
        pg.sql(pg_gate.TABLES, "shop")
        pg.sql(SCHEMA, "shop")
        upstream = {"connect": "host=127.0.0.1 port=%d dbname=shop user=agent" % pg.port}
        with pg_gate.World(pg, upstream=upstream) as world:
            tap.check("no way round by what a session remembers", none_gets_through(pg, world))
            tap.check("transactions within a pipeline", pipelines_end_as_they_say(pg, world))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
