#!/usr/bin/env python3
# timeout: 3600
"""Random destructive statements through the real gate: held, approved by a person, kept, run, and brought back by `pawl undo`, to the same
schema and the same rows; or the card said beforehand that they cannot be undone.

usage: test_postgres_undo_gate.py [COUNT [SEED]]     6 by default; PAWL_TEST_UNDO_GATE
"""
import json
import os
import re
import sys

sys.dont_write_bytecode = True
SOURCE = os.environ.get("PAWL_SOURCE") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path[:0] = [os.path.join(SOURCE, "tests", "lib"), os.path.join(SOURCE, "tests", "flow")]
import pg_gate  # noqa: E402
import postgres  # noqa: E402
import test_postgres_undo as undo  # noqa: E402

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else int(os.environ.get("PAWL_TEST_UNDO_GATE", "6"))
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else 20261128
BUDGET = {"tables": ["*"], "statement": 1000000, "transaction": 1000000, "hour": 1000000000}


class Gated:
    """An agent before the gate, and a person who says yes to everything that comes back."""

    def __init__(self, pg, db):
        self.db = db
        self.w = pg_gate.World(pg, "work", trash={"bounded": True}, budgets=[BUDGET])

    def send(self, statement):
        return self.w.psql("set search_path = shop, public", statement, timeout=600)

    def items(self):
        return [i for i in json.loads(self.w.pawl("undo", "list", "--json").stdout)["items"] if "database" in i]

    def run(self, statement):
        """(what became of it, why): 'beyond', 'refused', 'ran'."""
        done = self.send(statement)
        if "PW001" not in done.stderr:
            return ("refused" if done.returncode else "ran"), done.stderr
        hold = self.w.hold(done.stderr)
        card = " ".join(self.w.pawl("show", hold).stdout.split())
        said = re.search(r"CANNOT BE UNDONE: (.*?)(?: 1 WHAT| BEFORE YOU|$)", card)
        if said:
            return "beyond", said.group(1)[:120]
        if "Kept first" not in card:
            return "silent", card
        self.w.approve(hold, "alice", self.w.log("hold.opened")[-1]["body"]["typed_name"] or "yes")
        done = self.send(statement)
        return ("refused" if done.returncode else "ran"), done.stderr


def one(g, db, twin, base, statement):
    before = len(g.items())
    what, why = g.run(statement)
    if what == "beyond":
        return "beyond", undo.kind_of(statement) + ": " + why
    if what == "silent":
        return "bad", "the card says neither: " + why
    if what == "refused":
        direct = twin.run("set search_path = shop, public;\nbegin;\n%s;\nset constraints all immediate;\nrollback;\n" % statement)
        if db.state() != base:
            return "bad", "refused, and changed something: " + why
        if direct.returncode and "PW00" not in why:
            return "error", why
        said = re.search(r"pawl: (.*)", why)
        if "PW004" in why and said:
            return "late", undo.kind_of(statement) + ": " + said.group(1)
        return ("error", why) if direct.returncode else ("bad", "refused where the server would not: " + why)
    items = g.items()
    if len(items) == before:
        now = db.state()
        return ("nothing", "") if now == base else ("bad", "ran and nothing was kept:\n" + undo.differ(base, now))
    back = g.w.pawl("undo", items[0]["id"], ok=None)
    now = db.state()
    if back.returncode:
        # It ran and changed nothing, so that nothing was kept of it.
        return ("nothing", "") if now == base and "is not in the database" in back.stderr else ("bad", "cannot be undone: " + back.stdout + back.stderr)
    if now != base and "; but " in items[0].get("says", ""):
        return "nearly", undo.kind_of(statement) + ": " + items[0]["says"].split("; but ")[1]
    return ("undone", "") if now == base else ("bad", "undone to something else:\n" + undo.differ(base, now))


def main():
    missing = postgres.missing()
    if missing:
        print("1..0 # SKIP " + missing)
        return 0
    t = undo.Tally()
    with postgres.Server(conf={"wal_level": "logical"}) as pg:
        pg.sql("create database base")
        pg.psql("-q", dbname="base", text=(undo.SOURCE / "tests" / "flow" / "postgres_undo.sql").read_text())
        db, twin = undo.Database(pg, "work").fresh(), undo.Database(pg, "twin").fresh()
        made, base = undo.Statements(pg, "work", SEED), db.state()
        tally, whys, bad = {}, {}, []
        g = Gated(pg, db)
        while sum(tally.get(k, 0) for k in ("undone", "beyond", "nearly", "late")) + len(bad) < COUNT:
            statement = made.next()
            what, why = one(g, db, twin, base, statement)
            tally[what] = tally.get(what, 0) + 1
            if what in ("beyond", "nearly", "late"):
                whys[why] = whys.get(why, 0) + 1
            if what == "bad":
                bad.append(statement + "\n" + why)
                print("# BAD " + bad[-1].replace("\n", "\n# "), flush=True)
            if what in ("bad", "nearly"):
                g.w.stop()
                g.w.close()
                db.fresh()
                g = Gated(pg, db)
        g.w.stop()
        g.w.close()
        print("# note: %s, seed %d" % (", ".join("%d %s" % (n, k) for k, n in sorted(tally.items())), SEED))
        for why, n in sorted(whys.items()):
            print("# beyond undo: %d × %s" % (n, why))
        beyond = sum(tally.get(k, 0) for k in ("beyond", "nearly", "late"))
        t.ok(not bad, "%d random destructive statements through the gate are undone, or the card said that they cannot be" % COUNT, "\n\n".join(bad))
        t.ok(beyond <= max(1, COUNT * 0.05), "at most 5 %% are beyond undo (%d)" % beyond)
        t.ok(not tally.get("late"), "each was said on the card, none only as it ran")
        db.drop()
        twin.drop()
    print("1..%d" % t.n)
    return 1 if t.fails else 0


if __name__ == "__main__":
    sys.exit(main())
