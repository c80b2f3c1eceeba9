#!/usr/bin/env python3
"""PostgreSQL's gate judges with a real server's schema: what functions, views, triggers, rules and cascades do is part of the answer."""
# timeout: 300
import collections
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import postgres  # noqa: E402
import source  # noqa: E402

ALL = "sql.unbounded-delete submissions"

# text: ruling, findings with names, words that stand somewhere in the answer
SCHEMA = [
    ("select purge()", "ask", [ALL], "purge is called"),
    ("select public.purge()", "ask", [ALL], ""),
    ("select wipe()", "ask", ["sql.truncate submissions"], ""),
    ("select through()", "ask", ["sql.truncate submissions"], ""),
    ("select even(3)", "ask", [ALL], ""),
    ("select odd(3)", "ask", [ALL], ""),
    ("select plus_one(2)", "read", [], ""),
    ("select tidy(1)", None, ["sql.bounded-delete public.audit"], ""),
    ("select dyn('x')", "ask", ["sql.dynamic"], ""),
    ("select killer()", "ask", ["sql.terminates pg_terminate_backend"], ""),
    ("select lower(3)", "ask", [ALL], "lower hides it"),
    ("select upper('x')", "read", [], ""),
    ("select nosuch(1)", "ask", ["sql.unknown-function nosuch"], ""),
    ("call proc()", None, ["sql.bounded-update submissions"], ""),
    ("select * from latest", "read", [], ""),
    ("select * from over_latest", "read", [], ""),
    ("select * from trap", "ask", [ALL], "trap hides it"),
    ("select * from public.trap2", "ask", [ALL], ""),
    ("select * from TRAP", "ask", [ALL], ""),
    ('select * from "TRAP"', "read", [], ""),
    ('select * from U&"tr\\0061p"', "ask", [ALL], ""),
    ("select trap from (select 1 as trap) x", "read", [], ""),
    ("select 'the trap is set'", "read", [], ""),
    ("select trap.p from trap", "ask", [ALL], ""),
    ("lock table courses in access share mode", "read", [], ""),
    ("reindex table courses", "ask", ["sql.rewrite courses"], ""),
    ("do $$ begin perform * from trap; end $$", "ask", [ALL], ""),
    ("select 1 === 2", "read", [], ""),
    ("select 1 =!= 2", "ask", [ALL], ""),
    ("select 'x'::clean", "ask", [ALL], "clean hides it"),
    ("select cast('x' as caster)", "ask", [ALL], "caster hides it"),
    ("select 'x'::plain", "read", [], ""),
    ("select mysum(id) from courses", "read", [], ""),
    ("delete from courses where id = 1", None, ["sql.bounded-delete courses"],
     "submissions (about 1,000 rows) that point to it, by submissions_course_fkey ON DELETE CASCADE"),
    ("delete from courses where id = 1", None, ["sql.bounded-delete courses"], "grades_submission_fkey"),
    ("delete from courses where id = 1", None, ["sql.bounded-delete courses"], "ON DELETE SET NULL"),
    ("insert into logged values (1)", "ask", ["sql.insert logged", ALL], "triggers and rules of logged"),
    ("insert into quiet values (1)", None, ["sql.insert quiet"], ""),
    ("update quiet set v = 'x' where id = 1", None, ["sql.bounded-update quiet"], ""),
    ("delete from quiet where id = 1", "ask", ["sql.bounded-delete quiet", "sql.unbounded-delete public.submissions"], ""),
]

# the same, of tests/fixtures/postgres/texts.sql: triggers and rules that run text
TEXTS = [
    ("insert into said values (1, 'select setval(''s'', 1)')", "ask", ["sql.insert said", "sql.dynamic"], "triggers and rules of said"),
    ("copy said from stdin", "ask", ["sql.insert said", "sql.dynamic"], ""),
    ("update said set v = 'x' where id = 1", "write", ["sql.bounded-update said"], ""),
    ("insert into formatted values (1, 'x')", "ask", ["sql.insert formatted", "sql.dynamic"], ""),
    ("insert into selected values (1, 'x')", "ask", ["sql.insert selected", "sql.dynamic"], ""),
    ("insert into ruled values (1, 'x')", "ask", ["sql.insert ruled", "sql.dynamic"], ""),
    ("insert into said_view values (1, 'x')", "ask", ["sql.insert said_view", "sql.dynamic"], ""),
    ("create temp view over_said as select * from said", "ask", ["sql.dynamic"], "triggers and rules of said"),
    ("create temp view over_quiet as select * from quiet", "write", [], ""),
    ("insert into guarded values (1, 'x')", "ask", ["sql.insert guarded", "sql.dynamic"], ""),
    ("insert into parted values (1, 'x')", "ask", ["sql.insert parted", "sql.dynamic"], ""),
    ("insert into lasting values (1, 'x')", "ask", ["sql.insert lasting", "sql.dynamic"], ""),
    ("delete from pointed where id = 1", "ask", ["sql.bounded-delete pointed", "sql.dynamic"], ""),
    ("insert into pointed values (1)", "write", ["sql.insert pointed"], ""),
    ("insert into quietly values (1, 'x')", "write", ["sql.insert quietly"], ""),
    ("select * from lasting", "read", [], ""),
    ("insert into routed values (1, 'x')", "write", ["sql.insert routed"], ""),
    ("insert into routed_by_name values (1, 'x')", "write", ["sql.insert routed_by_name"], ""),
    ("insert into routed_by_row values (1, 'x')", "ask", ["sql.insert routed_by_row", "sql.dynamic"], ""),
    # what a definition works out
    ("insert into checked values (1, 'x')", "ask", ["sql.insert checked", "sql.dynamic"], "triggers and rules of checked"),
    ("update checked set v = 'x' where id = 1", "ask", ["sql.bounded-update checked", "sql.dynamic"], ""),
    ("delete from checked where id = 1", "write", ["sql.bounded-delete checked"], ""),
    ("select * from checked", "read", [], ""),
    ("insert into checked_natively values (1, 'x')", "ask", ["sql.insert checked_natively", "sql."], ""),
    ("insert into defaulted values (1)", "ask", ["sql.insert defaulted", "sql.dynamic"], ""),
    ("update generated set v = 'x' where id = 1", "ask", ["sql.bounded-update generated", "sql.dynamic"], ""),
    ("insert into indexed values (1, 'x')", "ask", ["sql.insert indexed", "sql.dynamic"], ""),
    ("copy indexed_partly from stdin", "ask", ["sql.insert indexed_partly", "sql.dynamic"], ""),
    ("insert into domained values (1, 'x')", "ask", ["sql.insert domained", "sql.dynamic"], ""),
    ("insert into paired values (1, null)", "ask", ["sql.insert paired", "sql.dynamic"], ""),
    ("select * from policed", "ask", ["sql.dynamic"], "policed hides it"),
    ("delete from policed where id = 1", "ask", ["sql.bounded-delete policed", "sql.dynamic"], ""),
    ("insert into policed_for_insert values (1, 'x')", "ask", ["sql.insert policed_for_insert", "sql.dynamic"], ""),
    ("select * from policed_for_insert", "read", [], ""),
    ("select * from policed_off", "read", [], ""),
    ("insert into policed_off values (1, 'x')", "write", ["sql.insert policed_off"], ""),
    ("insert into defined (v) values ('x')", "write", ["sql.insert defined"], ""),
    ("update defined set v = 'y' where id = 1", "write", ["sql.bounded-update defined"], ""),
    ("select * from defined", "read", [], ""),
    ("create temp table like_it (like checked including all)", "ask", ["sql.dynamic"], ""),
    ("create temp table child () inherits (checked)", "ask", ["sql.dynamic"], ""),
    ("create temp table own (v said_domain)", "ask", ["sql.dynamic"], ""),
    ("create temp table own (v text check (runs(v)))", "ask", ["sql.dynamic"], ""),
    ("create temp table own (v text default runs_said('x'))", "ask", ["sql.dynamic"], ""),
    ("alter table pg_temp.own add check (runs(v))", "ask", ["sql.dynamic"], ""),
    ("alter table pg_temp.own alter v set default runs_said('x')", "ask", ["sql.dynamic"], ""),
    ("alter table quiet add check (runs(v))", "ask", ["sql.alter quiet", "sql.dynamic"], ""),
    ("create temp table own (v text check (length(v) < 9), w text default now())", "write", [], ""),
    ("create temp table like_it (like defined including all)", "write", [], ""),
    ("update keyed set id = 2 where id = 1", "ask", ["sql.bounded-update keyed", "sql.dynamic"], ""),
    # what a function does to rows, and reads
    ("select adds('x')", "ask", ["sql.insert said", "sql.dynamic"], ""),
    ("select adds_quietly('x')", "write", ["sql.insert quiet"], ""),
    ("select looks()", "ask", ["sql.dynamic"], ""),
    ("select looks_quietly()", "read", [], ""),
]

# the same, of tests/fixtures/postgres/implicit.sql: functions that no statement names, rows that nobody counts
SETS = ["sql.sequence setval"]
IMPLICIT = [
    ("select p.rewinds from people p", "ask", SETS, "rewinds hides it"),
    ("select (p).rewinds from people p", "ask", SETS, ""),
    ('select p."rewinds" from people p', "ask", SETS, ""),
    ("select * from people p where p.rewinds > 1", "ask", SETS, ""),
    ("select rewinds(p) from people p", "ask", SETS, "rewinds is called"),
    ("select p.rewinds_any from plain p", "ask", SETS, ""),
    ("select p.full_name from people p", "read", [], ""),
    ("select p.rewinds_two from people p", "read", [], ""),
    ("select adds(1)", "ask", SETS, "adds is called"),
    ("select adds_plainly(1)", "read", [], ""),
    ("select '(1,x)'::pair", "ask", SETS, "pair hides it"),
    ("select row(1, 'x')::pair", "ask", SETS, ""),
    ("select * from jsonb_populate_record(null::pair, '{}')", "ask", SETS, ""),
    ("select '{}'::pairs", "ask", SETS, ""),
    ("select 'x'::odder", "ask", SETS, ""),
    ("select '{x}'::_odd", "ask", SETS, ""),
    ("select '(a,{b})'::evens", "read", [], ""),
    ("select row(1)::key ~~ row(2)::key", "ask", SETS, "~~ hides it"),
    ("select 1 = 2, 'a' || 'b'", "read", [], ""),
    ("analyze counted", "ask", SETS, "triggers and rules of counted"),
    ("vacuum (analyze) counted", "ask then-alone", SETS, ""),
    ("vacuum analyze", "ask then-alone", SETS, ""),
    ("analyze", "ask", SETS, ""),
    ("analyze counted_plainly", "write", [], ""),
    ("vacuum analyze counted_plainly", "alone", [], ""),
    ("insert into counted values (1, 1)", "write", ["sql.insert counted"], ""),
    ("insert into ordered values (1)", "ask", ["sql.insert ordered", "sql.sequence setval"], ""),
    ("select table_to_xml('trap', true, true, '')", "ask", SETS, ""),
    ("select schema_to_xml(current_schema(), true, true, '')", "ask", SETS, ""),
    ("update far set v = 'x' where id = 1", "ask", ["sql.unbounded-update far"], "on another server"),
    ("delete from far where id = 1", "ask", ["sql.unbounded-delete far"], "on another server"),
    ("insert into far values (1, 'x')", "write", ["sql.insert far"], ""),
    ("select * from far", "read", [], ""),
    ("with gone as (delete from far where id = 1 returning id) select count(*) from gone", "ask", ["sql.unbounded-delete far"], ""),
    ("update over_far set v = 'x' where id = 1", "ask", ["sql.unbounded-update over_far"], ""),
    ("delete from near where id = 1", "ask", ["sql.unbounded-delete near"], ""),
    ("delete from near_1 where id = 1", "write", ["sql.bounded-delete near_1"], ""),
    ("insert into tells values (1, 'x')", "ask", ["sql.insert tells", "sql.executes-program true"], "triggers and rules of tells"),
    ("update tells set v = 'y' where id = 1", "write", ["sql.bounded-update tells"], ""),
    ("update writes_files set v = 'y' where id = 1", "ask", ["sql.bounded-update writes_files", "sql.server-file lo_export"], ""),
    ("insert into ends_others values (1)", "ask", ["sql.insert ends_others", "sql.terminates pg_terminate_backend"], ""),
    ("insert into notifies values (1, 'x')", "write", ["sql.insert notifies"], ""),
]

BOUNDED = ("sql.insert", "sql.bounded-", "sql.upsert", "sql.next-value", "sql.row-lock")

# what is done to the schema, and whether its version must tell
VERSIONS = [
    ("create table zz (a int)", True),
    ("alter table zz add b int", True),
    ("alter table zz alter a type bigint", True),
    ("create statistics st9 on (a + 1) from zz", True),
    ("alter role postgres set search_path = public", True),
    ("alter role postgres reset search_path", True),
    ("alter table zz add primary key (a)", True),
    ("create or replace function plus_one(n int) returns int language sql immutable as $$ select n + 2 $$", True),
    ("create trigger t9 before insert on zz for each row execute function touch_row()", True),
    ("alter table zz disable trigger t9", True),
    ("create rule r9 as on delete to zz do instead nothing", True),
    ("create or replace view latest as select * from submissions order by id limit 10", True),
    ("drop table zz", True),
    ("insert into audit (what) values ('x')", False),
    ("create temp table tt (a int)", False),
    ("vacuum analyze audit", False),
]


class Dump:
    @staticmethod
    def words():
        return [str(source.BUILD / "tests" / "cases" / "gate_sql_dump"), str(source.ROOT / "tests" / "cases" / "gate-sql" / "policy.yaml")]

    def __init__(self, *args):
        self.p = subprocess.Popen([*self.words(), *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, word, text=""):
        """For each statement: [ruling, message, hint, changes…]."""
        data = text.encode()
        self.p.stdin.write(b"%s %d\n" % (word.encode(), len(data)) + data)
        self.p.stdin.flush()
        said = []
        while True:
            line = self.p.stdout.readline().decode("utf-8", "replace").rstrip("\n")
            if not line:
                raise RuntimeError("gate_sql_dump died (%s) on %r" % (self.p.wait(), text[:300]))
            if line == ".":
                return said
            said.append(line.split("\t"))

    def end(self):
        self.p.stdin.close()
        return self.p.wait(300)


def findings(said):
    return [c.split(" | ")[0].strip() for c in said[3:]]


def schema(_, dump, rows=SCHEMA):
    for text, ruling, want, words in rows:
        (said,) = dump.ask("production", text)
        got = findings(said)
        if ruling and said[0] != ruling:
            yield "%s: ruled %s, not %s" % (text, said[0], ruling)
        if not all(any(g.startswith(w) for g in got) for w in want) or (not want and got):
            yield "%s: says %s, not %s" % (text, got, want)
        if words and words not in "\t".join(said):
            yield "%s: nothing of %r in %s" % (text, words, said)


def versions(pg, dump):
    before = dump.ask("refresh")
    if dump.ask("version") != before:
        yield "asked for twice, the version differs"
    for text, tells in VERSIONS:
        pg.sql(text, dbname="app")
        now = dump.ask("version")
        if (now != before) != tells:
            yield "%s: the version %s" % (text, "stays" if tells else "changes")
        before = now


def anew(pg, dump):
    """What a statement is judged by is gone once the schema is read anew."""
    (before,) = dump.ask("production", "select plus_one(1)")
    pg.sql("create or replace function plus_one(n int) returns int language plpgsql as $$ begin delete from grades; return 1; end $$", dbname="app")
    dump.ask("refresh")
    (after,) = dump.ask("production", "select plus_one(1)")
    if (before[0], after[0]) != ("read", "ask"):
        yield "a function that was replaced: %s, then %s" % (before[0], after[0])


# text: words that stand in its scope
SCOPE = [
    ("drop table submissions cascade", ["drops 1 table", "1,000 rows in public.submissions (critical)", "public.submissions holds 1,000 rows",
                                        "foreign key grades_submission_fkey of public.grades", "view public.latest", "view public.over_latest"]),
    ("drop table courses, grades", ["drops 2 tables", "1,020 rows, 1,000 of them in public.grades"]),
    ("truncate grades", ["empties 1 table", "1,000 rows in public.grades"]),
    ("delete from grades", ["deletes from 1 table, 1,000 rows in public.grades", "all 1,000 rows"]),
    ("delete from grades where id < 101", ["about 100 rows in public.grades", "about 100 of 1,000 rows, as PostgreSQL estimates"]),
    ("update grades set points = 2 where id <= 500 and points = 1", ["changes 1 table, about 500 rows", "as PostgreSQL estimates"]),
    ("delete from courses where id = 1", ["about 1 rows in public.courses", "submissions_course_fkey ON DELETE CASCADE"]),
    ("delete from grades where odd(id)", ["at most 1,000 rows; how many could not be estimated", "not all: "]),
    ("drop schema public cascade", ["drops 10 tables", " 2,3", "public.submissions (1,000 rows", "(critical)"]),
    ("delete from parted where a = 1", ["about 300 of 300 rows"]),
    ("drop table parted", ["300 rows", "part_one (about 300 rows), a part of it"]),
    ('delete from "Odd ""name" where a = 1', ["about 1 of 1 rows"]),
    ("drop database app", ["the database holds", "connections are open"]),
    ("drop table nosuch", ["no such relation is known", "not all: "]),
    ("drop owned by postgres", ["what it takes along is not known"]),
]


def scopes(pg, dump):
    pg.sql("create table parted (a int) partition by list (a); create table part_one partition of parted for values in (1); "
           "insert into parted select 1 from generate_series(1, 300); create table \"Odd \"\"name\" (a int); "
           "insert into \"Odd \"\"name\" values (1); analyze", dbname="app")
    dump.ask("refresh")
    before = pg.fingerprint("app")
    for text, want in SCOPE:
        (said,) = dump.ask("production,scope", text)
        for words in want:
            if words not in "\t".join(said):
                yield "%s: nothing of %r in %s" % (text, words, said[3:])
    if pg.fingerprint("app") != before:
        yield "rows changed while the scope was looked at"


def digests(pg, dump):
    """An approval is for what the parser reads, with this schema: not for how it is written."""
    say = lambda text: dump.ask("digest", text)[0][0]  # noqa: E731
    first = say("drop table submissions cascade")
    for text in ("DROP  TABLE submissions /* now */ CASCADE", 'drop table "submissions" cascade;', "-- x\ndrop table submissions cascade"):
        if say(text) != first:
            yield "not the same: %s" % text
    for text in ("drop table submissions", "drop table grades cascade", 'drop table "Submissions" cascade', "drop table public.submissions cascade",
                 "drop table submissions cascade; select 1", "drop tabel submissions cascade"):
        if say(text) == first:
            yield "the same: %s" % text
    if say("delete from t where a = 1") == say("delete from t where a = 2"):
        yield "a constant makes no difference"
    pg.sql("alter table submissions add column late int", dbname="app")
    if say("drop table submissions cascade") != first:
        yield "it differs before the schema is read anew"
    dump.ask("refresh")
    if say("drop table submissions cascade") == first:
        yield "the same with another schema"


def connection(pg, dump):
    """The gate's own connection comes back when the server ended it, and says what is wrong where there is none."""
    before = dump.ask("version")
    pg.sql("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'pawl'")
    if dump.ask("version") != before:
        yield "another version after the connection was lost"
    done = subprocess.run([*Dump.words(), "host=127.0.0.1 port=%d dbname=x connect_timeout=2" % postgres.free_port()], input="", text=True,
                          capture_output=True)
    if done.returncode != 2 or "upstream app: " not in done.stderr or "refused. Is the server running" not in done.stderr:
        yield "no server: status %d, %s" % (done.returncode, done.stderr)


def paths(pg, dump):
    """Without its schema, a name is what the path says where that is known; else whichever of that name hides something."""
    pg.sql("create schema tenant; create table tenant.quiet (id int primary key); create function tenant.wipe_all() returns trigger "
           "language plpgsql as $$ begin delete from public.submissions; return new; end $$; create trigger t before insert on tenant.quiet "
           "for each row execute function tenant.wipe_all()", dbname="app")
    dump.ask("refresh")
    for text, ruling in (("insert into quiet values (1)", "ask"), ("insert into public.quiet values (1)", "write"),
                         ("insert into tenant.quiet values (1)", "ask")):
        (said,) = dump.ask("production", text)
        if said[0] != ruling:
            yield "%s: ruled %s, not %s" % (text, said[0], ruling)


# --- the ways round a guard, tests/cases/sql/bypass.txt, live ---

BYPASS = """
create table b (id int primary key, v text); insert into b select i, 'x' from generate_series(1, 1000) i;
create table c (id int primary key, v text); insert into c select i, 'y' from generate_series(1, 100) i;
create function purge() returns text language plpgsql as $$ begin delete from b; return 'x'; end $$;
create function purge_op(int, int) returns bool language plpgsql as $$ begin delete from b; return true; end $$;
create operator === (leftarg = int, rightarg = int, function = purge_op);
create domain purger as text check (purge() is not null);
create view v as select purge() as x;
create materialized view m as select count(*) from b;
create function f() returns int language sql as 'select 1';
create type e as enum ('a'); create table with_e (x e);
create sequence s_seq; create schema s; create table s.t (id int); insert into s.t values (1);
create role a; analyze;
"""
# What nothing stops, and why nothing need: way, reason.
HARMLESS = {
    "NOTIFY": "tells other sessions that something happened, and changes nothing",
    "a string that looks so (harmless)": "is a string",
}


def bypass_rows():
    folder = source.ROOT / "tests" / "cases" / "sql"
    path = folder / "walls.txt" if (folder / "walls.txt").exists() else folder / "bypass.txt"
    for line in path.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            fields = line.rpartition(" ==> ")[0].split(" | ", 3 if path.name == "walls.txt" else 2)
            yield fields[0], fields[1], fields[-1].replace("\u23ce", "\n")


def bypass_schema():
    path = source.ROOT / "tests" / "cases" / "sql" / "walls.sql"
    return path.read_text() if path.exists() else BYPASS


def read_only(pg, text):
    """How the server answers the text where every transaction only reads."""
    done = pg.psql("-v", "VERBOSITY=verbose", "-c", "set default_transaction_read_only = on", "-c", text, dbname="app")
    found = re.search(r"(?:ERROR|FATAL):  ([0-9A-Z]{5}):", done.stderr)
    return found.group(1) if found else "passed"


def bypasses(pg, dump):
    """Each way is stopped by the tree and the schema, or else by READ ONLY, or is harmless; nothing that is sent loses a row."""
    walls = collections.Counter()
    before = pg.fingerprint("app")
    for way, wall, text in bypass_rows():
        said = dump.ask("production", text)
        stopped = [s for s in said if s[0].split(" ")[0] in ("ask", "refuse")]
        bounded = [s for s in said if s[0] == "write" and all(f.startswith(BOUNDED) for f in findings(s))]
        if stopped:
            walls["tree and schema"] += 1
            continue
        if bounded:
            walls["witness: rows are counted before they are committed"] += 1
            continue
        if any(s[0].split(" ")[0] not in ("read", "session", "control") for s in said):
            yield "%s: no wall: %s: %s" % (way, [s[0] for s in said], text)
            continue
        state = read_only(pg, text)
        after = pg.fingerprint("app")
        if after != before:
            yield "%s: rows are lost behind READ ONLY: %s" % (way, text)
            before = after
        if state == "25006":
            walls["READ ONLY"] += 1
        elif wall.partition(",")[0].partition(":")[0].strip() == "none" and way in HARMLESS:
            walls["harmless: " + HARMLESS[way]] += 1
        else:
            yield "%s: READ ONLY answers %s: %s" % (way, state, text)
    for wall, n in sorted(walls.items()):
        print("# %d stopped by %s" % (n, wall) if not wall.startswith("harmless") else "# %d %s" % (n, wall))
    if sum(walls.values()) != len(list(bypass_rows())):
        yield "%d of %d ways have a wall" % (sum(walls.values()), len(list(bypass_rows())))


def in_database(pg, text, test):
    """A database of its own for each, with a reader of its schema."""
    pg.sql("drop database if exists app")
    pg.sql("create database app")
    pg.sql(text, dbname="app")
    dump = Dump(pg.url(dbname="app"))
    dump.ask("refresh")
    yield from test(pg, dump)
    if dump.end():
        yield "gate_sql_dump ended badly"


def school(pg, test, name="school.sql"):
    return in_database(pg, (source.ROOT / "tests" / "fixtures" / "postgres" / name).read_text(), test)


def texts(pg, dump):
    return schema(pg, dump, TEXTS)


def implicit(pg, dump):
    return schema(pg, dump, IMPLICIT)


def main():
    tap = source.Tap()
    if postgres.missing():
        tap.skip("judging with a schema", postgres.missing())
        return tap.end()
    with postgres.Server() as pg:
        tap.check("%d texts with what the schema adds" % len(SCHEMA), school(pg, schema))
        tap.check("%d texts where triggers and rules run text" % len(TEXTS), school(pg, texts, "texts.sql"))
        tap.check("%d texts where no statement says what runs" % len(IMPLICIT), school(pg, implicit, "implicit.sql"))
        tap.check("%d scopes" % len(SCOPE), school(pg, scopes))
        tap.check("the schema's version tells what changed", school(pg, versions))
        tap.check("a schema read anew", school(pg, anew))
        tap.check("the gate's own connection", school(pg, connection))
        tap.check("names without a schema", school(pg, paths))
        tap.check("what an approval is for", school(pg, digests))
        tap.check("every way round a guard meets a wall", in_database(pg, bypass_schema(), bypasses))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
