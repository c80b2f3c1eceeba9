#!/usr/bin/env python3
"""Every recorded way round a guard of statements, sent through PostgreSQL's gate to a real server: none of them changes a row, a table or a
setting, and what stops it says so by its SQLSTATE."""
# timeout: 600
import collections
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import postgres  # noqa: E402
import source  # noqa: E402

FOLDER = source.ROOT / "tests" / "cases" / "sql"
STATES = {"PW001": "the tree and the schema: a person is asked", "PW002": "the policy", "PW003": "the witness: the budget of rows",
          "PW004": "the tree: not to be allowed by anybody", "PW005": "a credential that was refused before", "25006": "READ ONLY"}
# What is as it should be when it passes: way, why.
PASSES = {
    "NOTIFY": "it tells other sessions that something happened, and changes nothing",
    "a string that looks so (harmless)": "it is a string",
    "cursor, WHERE CURRENT OF": "one row goes, counted, as its budget allows",
}
# What a card promises to keep is noted in the gate's own schema before anybody answers.
NOT_PAWLS = "c.relnamespace <> all (select oid from pg_namespace where nspname in ('pawl_trash', 'pg_toast'))"
STATE = ("select md5(string_agg(x::text, ',' order by x::text)) from (select c.oid, c.relname, c.relkind, c.relrowsecurity, c.relnamespace, "
         "c.relfilenode, c.relacl::text, c.relowner from pg_class c where c.oid >= 16384 and c.relpersistence <> 't' and %s union all select p.oid, p.proname, 'f', false, "
         "p.pronamespace, 0, p.proacl::text, p.proowner from pg_proc p where p.oid >= 16384) x" % NOT_PAWLS)


def walls():
    for line in (FOLDER / "walls.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            way, wall, _, text = line.rpartition(" ==> ")[0].split(" | ", 3)
            yield way, wall, text.replace("\u23ce", "\n")


def state(pg):
    """All definitions, and all rows of what there is to lose."""
    rows = ["select count(*), md5(string_agg(t::text, ',' order by t::text)) from %s t" % t for t in ("public.b", "public.c", "public.p", "s.t")]
    try:
        return pg.sql(";\n".join([STATE, *rows]), "app")
    except RuntimeError as gone:
        return str(gone)


def through(pg, world):
    met = collections.Counter()
    before = state(pg)
    for way, _, text in walls():
        done = world.psql(text)
        found = re.search(r"(?:ERROR|FATAL):  ([0-9A-Z]{5}):", done.stderr)
        code = found.group(1) if found else "none"
        after = state(pg)
        if after != before and way not in PASSES:
            yield "%s: something changed (%s): %s" % (way, code, text)
        if after != before:
            before = after
        if code in STATES:
            met[STATES[code]] += 1
        elif way in PASSES and code == "none":
            met["passes: " + PASSES[way]] += 1
        else:
            yield "%s: answered %s: %s: %s" % (way, code, text, done.stderr.strip()[:200])
    for wall, n in sorted(met.items()):
        print("# %d: %s" % (n, wall))


def changed_schema(pg, world):
    """A function that is replaced behind the gate's back is judged by what it does now."""
    if world.psql("select harmless()").stdout.strip() != "1":
        yield "a function that only reads is not passed"
    pg.sql("create or replace function harmless() returns int language plpgsql as $$ begin delete from b; return 1; end $$", "app")
    rows = pg.sql("select count(*) from b", "app")
    for _ in range(3):
        world.psql("select harmless()")
    if pg.sql("select count(*) from b", "app") != rows:
        yield "rows went by a function that was judged as it had been"


def main():
    tap = source.Tap()
    why = postgres.missing() or ("" if (FOLDER / "walls.txt").exists() else "the list of ways is not here")
    try:
        import pg_gate
    except ImportError:
        why = why or "no gate to send them through"
    if why:
        tap.skip("ways round a guard, through the gate", why)
        return tap.end()
    with postgres.Server() as pg:
        pg.sql("create database app")
        pg.sql((FOLDER / "walls.sql").read_text(), dbname="app")
        pg.sql("create function harmless() returns int language sql as 'select 1'", dbname="app")
        with pg_gate.World(pg, dbname="app") as world:
            tap.check("no way round changes anything", through(pg, world))
            tap.check("a schema that changes behind the gate", changed_schema(pg, world))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
