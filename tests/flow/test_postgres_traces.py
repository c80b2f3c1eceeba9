#!/usr/bin/env python3
# timeout: 300
"""The recorded runs of real tools (tests/fixtures/sql), sent again through PostgreSQL's gate to a server with the tables they were made
upon: what destroys is refused where the reader says that it does, what only makes or reads passes, and no row of theirs is lost.
"""
import os
import re
import sys
from urllib.parse import unquote, urlsplit

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import holds  # noqa: E402
import pg_gate  # noqa: E402
import pgwire  # noqa: E402
import postgres  # noqa: E402
import source  # noqa: E402
import sql  # noqa: E402

FOLDER = source.ROOT / "tests" / "fixtures" / "sql"
RESTORED = "pg_restore_clean_create"
DESTROYS = {"sql.drop", "sql.drop-definition", "sql.truncate", "sql.unbounded-delete", "sql.alter-loses"}
MAKES = {"sql.read", "sql.insert", "sql.create", "sql.search-path", "sql.bounded-update", "sql.lock"}
GIVES_UP = int(os.environ.get("PAWL_TEST_REFUSALS", 1))  # by so many; most tools stop at the first
PG = None


def statements(name):
    """(connection, extended?, text)"""
    parts = re.split(r"^-- (\[.*)$", (FOLDER / (name + ".sql")).read_text(), flags=re.M)
    for head, text in zip(parts[1::2], parts[2::2]):
        text = re.sub(r"^-- \.\.\. .* left out.*\n?", "", text, flags=re.M).strip()
        m = re.match(r"\[(c\d+)\] (simple|extended)", head)
        if m and text:
            yield m.group(1), m.group(2) == "extended", text


def seed():
    """The tables of the recorded runs, 200 rows in each: named by the run that dropped them all, joined as in the one that restored them."""
    all = next(text for _, _, text in statements("typeorm_dropSchema") if text.startswith("DROP TABLE"))
    tables = re.findall(r"public\.\w+", all)
    text = ["CREATE TYPE order_status AS ENUM ('new', 'paid', 'shipped');"]
    for t in tables:
        text.append("CREATE TABLE %s (id bigint PRIMARY KEY, name text NOT NULL, email varchar(200), payload jsonb, created_at timestamptz DEFAULT "
                    "now(), parent_id bigint%s); INSERT INTO %s (id, name, email, parent_id) SELECT i, 'n' || i, 'e' || i, i FROM "
                    "generate_series(1, 200) i;" % (t, ", status order_status" if t == "public.orders" else "", t))
    text += [one for _, _, one in statements(RESTORED) if "FOREIGN KEY" in one or one.startswith(("CREATE VIEW", "CREATE INDEX"))]
    PG.sql("CREATE DATABASE app")
    PG.sql("\n".join(text) + "\nANALYZE;", "app")
    return rows(tables)


def rows(tables):
    """{table: its rows, as one digest, or "gone"}, asked by one client."""
    one = "SELECT '%s', count(*), md5(string_agg((id, name, email, created_at, parent_id)::text, '' ORDER BY id)) FROM %s"
    try:
        got = PG.sql(" UNION ALL ".join(one % (t, t) for t in tables), "app")
    except RuntimeError:
        there = [t for t in tables if PG.sql("SELECT to_regclass('%s') IS NOT NULL" % t, "app") == [["t"]]]
        return dict({t: "gone" for t in tables}, **rows(there))
    return {t: tuple(more) for t, *more in got}


class Client:
    def __init__(self, w):
        u = urlsplit(w.url)
        self.of = (u.hostname, u.port, unquote(u.username), unquote(u.password), "app")
        self.open = {}

    def ask(self, name, extended, text):
        """The SQLSTATE it was refused by, or ""."""
        if name not in self.open:
            self.open[name] = pgwire.Raw(*self.of, timeout=600)
        c = self.open[name]
        if extended:
            n = max([int(d) for d in re.findall(r"\$(\d+)", text)] or [0])
            c.send(pgwire.parse(text), pgwire.bind([None] * n), pgwire.describe(), pgwire.execute(), pgwire.SYNC)
        else:
            c.send(pgwire.query(text))
        got = []
        while not got or got[-1][0] != "Z":
            got += c.until("ZG")
            if got[-1][0] == "G":
                c.send(pgwire.COPY_DONE)
        return next((e["C"] for e in pgwire.errors(got)), "")

    def close(self):
        for c in self.open.values():
            c.close()


def replay(w, dump, name):
    """What went otherwise than the reader's answer says; how many were refused."""
    w.new_key()
    client, refused, wrong = Client(w), 0, []
    for where, extended, text in statements(name):
        codes = {c[0] for c in dump.ask(text)[0]}
        state = client.ask(where, extended, text)
        if codes & DESTROYS and not (state.startswith("PW") or state == "25P02"):
            wrong.append("%s: was not refused (%s): %s" % (name, state, text[:200]))
        over = state == "PW003" and text.startswith("COMMIT")  # more rows than may go at once, each of them named
        if codes <= MAKES and state.startswith("PW") and not over:
            wrong.append("%s: was refused (%s): %s" % (name, state, text[:200]))
        refused += state.startswith("PW")
        if refused == GIVES_UP:
            break
    client.close()
    return refused, wrong


def test_recorded_runs():
    before = seed()
    assert len(before) == 60 and all(digest[0] == "200" for digest in before.values()), before
    bounded = [{"environment": "staging", "transaction": 150, "statement": 150}]
    with pg_gate.World(PG, dbname="app", upstream={"environment": "staging"}, budgets=bounded) as w:
        dump = sql.Dump()
        wrong, stopped = [], 0
        for line in (source.ROOT / "tests" / "cases" / "sql" / "traces.txt").read_text().splitlines():
            name, _, said = line.partition(": ")
            if line.startswith("#") or not said:
                continue
            refused, more = replay(w, dump, name)
            wrong += more
            now = rows(list(before))
            gone = [t for t in before if now[t] != before[t]]
            if gone:
                wrong.append("%s: lost rows of %s" % (name, gone[:5]))
                before = {t: f for t, f in before.items() if t not in gone}
            found = {word.split("=")[0] for word in said.split()}
            if found & (DESTROYS | {"sql.bounded-delete"}) and not refused:
                wrong.append("%s: nothing of it was refused" % name)
            stopped += refused > 0
        print("# note: %d recorded runs were stopped" % stopped)
        assert not wrong, "\n".join(wrong)


def main():
    global PG
    why = postgres.missing()
    if why:
        print("1..1\nok 1 - recorded runs # SKIP " + why)
        return 0
    with postgres.Server() as PG:
        return holds.Tap().run([test_recorded_runs])


sys.exit(main())
