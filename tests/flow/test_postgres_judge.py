#!/usr/bin/env python3
"""PostgreSQL's gate judges with a real server's schema: what functions, views, triggers, rules and cascades do is part of the answer."""
# timeout: 300
import os
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
    ("do $$ begin perform * from trap; end $$", "ask", [ALL], ""),
    ("select 1 === 2", "read", [], ""),
    ("select 1 =!= 2", "ask", [ALL], ""),
    ("select mysum(id) from courses", "read", [], ""),
    ("delete from courses where id = 1", None, ["sql.bounded-delete courses"],
     "submissions (about 1000 rows) that point to it, by submissions_course_fkey ON DELETE CASCADE"),
    ("delete from courses where id = 1", None, ["sql.bounded-delete courses"], "grades_submission_fkey"),
    ("delete from courses where id = 1", None, ["sql.bounded-delete courses"], "ON DELETE SET NULL"),
    ("insert into logged values (1)", "ask", ["sql.insert logged", ALL], "triggers and rules of logged"),
    ("insert into quiet values (1)", None, ["sql.insert quiet"], ""),
    ("update quiet set v = 'x' where id = 1", None, ["sql.bounded-update quiet"], ""),
    ("delete from quiet where id = 1", "ask", ["sql.bounded-delete quiet", "sql.unbounded-delete public.submissions"], ""),
]

# what is done to the schema, and whether its version must tell
VERSIONS = [
    ("create table zz (a int)", True),
    ("alter table zz add b int", True),
    ("alter table zz alter a type bigint", True),
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
    def __init__(self, *args):
        exe = source.BUILD / "tests" / "cases" / "gate_sql_dump"
        policy = source.ROOT / "tests" / "cases" / "gate-sql" / "policy.yaml"
        self.p = subprocess.Popen([str(exe), str(policy), *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

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
        return self.p.wait(30)


def findings(said):
    return [c.split(" | ")[0].strip() for c in said[3:]]


def schema(dump):
    for text, ruling, want, words in SCHEMA:
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
        pg.sql(text)
        now = dump.ask("version")
        if (now != before) != tells:
            yield "%s: the version %s" % (text, "stays" if tells else "changes")
        before = now


def anew(pg, dump):
    """What a statement is judged by is gone once the schema is read anew."""
    (before,) = dump.ask("production", "select plus_one(1)")
    pg.sql("create or replace function plus_one(n int) returns int language plpgsql as $$ begin delete from grades; return 1; end $$")
    dump.ask("refresh")
    (after,) = dump.ask("production", "select plus_one(1)")
    if (before[0], after[0]) != ("read", "ask"):
        yield "a function that was replaced: %s, then %s" % (before[0], after[0])


def main():
    tap = source.Tap()
    if postgres.missing():
        tap.skip("judging with a schema", postgres.missing())
        return tap.end()
    with postgres.Server() as pg:
        pg.sql((source.ROOT / "tests" / "fixtures" / "postgres" / "school.sql").read_text())
        dump = Dump(pg.url())
        dump.ask("refresh")
        tap.check("%d texts with what the schema adds" % len(SCHEMA), schema(dump))
        tap.check("the schema's version tells what changed", versions(pg, dump))
        tap.check("a schema read anew", anew(pg, dump))
        tap.check("the reader ends well", ["status %s" % s for s in [dump.end()] if s])
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
