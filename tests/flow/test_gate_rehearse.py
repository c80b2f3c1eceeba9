#!/usr/bin/env python3
# timeout: 300
"""`pawl gate postgres --rehearse`: a migration is run on a copy, held as one, and passes the real gate once, in its order."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import subprocess  # noqa: E402

import holds  # noqa: E402
import pg_gate  # noqa: E402
import postgres  # noqa: E402

PG = None


def world(**more):
    return pg_gate.fresh(PG, **more)


def direct(sql):
    return PG.sql(sql, "shop")


def rows(table):
    return int(direct("SELECT count(*) FROM " + table)[0][0])


MIGRATION = """SELECT 1;
CREATE TABLE extra (id int);
DROP VIEW open_work;
ALTER TABLE submissions DROP COLUMN body;
INSERT INTO extra VALUES (1);
"""


def migrate(w, text=MIGRATION):
    path = w.dir + "/migration.sql"
    with open(path, "w") as f:
        f.write(text)
    return ["sh", "-c", 'psql -X -q -v ON_ERROR_STOP=1 -v VERBOSITY=verbose -f %s "$DATABASE_URL"' % path]


def through(w, words):
    return subprocess.run(words, env=dict(w.environ(), DATABASE_URL=w.url), stdin=subprocess.DEVNULL, capture_output=True, text=True)


def test_a_rehearsed_migration_is_held_as_one_and_passes_once():
    with world() as w:
        words = migrate(w)
        done = w.pawl("gate", "postgres", "--rehearse", "--", *words, ok=None)
        assert done.returncode == 3, (done.stdout, done.stderr)
        hold = w.hold(done.stderr)
        for text in ("submissions", "open_work", "extra"):
            assert text in done.stdout, (text, done.stdout)
        assert len(w.holds_open()) == 1 and rows("submissions") == 5000
        assert direct("SELECT count(*) FROM pg_database WHERE datname LIKE 'pawl%'") == [["0"]], "the copy is gone"
        early = through(w, words)
        assert early.returncode != 0 and "PW001" in early.stderr, early.stderr
        typed = [e for e in w.log("hold.opened") if "H-%d" % e["seq"] == hold][0]["body"]["typed_name"] or "yes"
        w.approve(hold, "alice", typed)
        late = through(w, words)
        assert late.returncode == 0, late.stderr
        assert direct("SELECT count(*) FROM extra") == [["1"]]
        assert "body" not in [r[0] for r in direct("SELECT attname FROM pg_attribute WHERE attrelid = 'submissions'::regclass AND attnum > 0")]
        assert len(w.log("grant.used")) == 1
        direct("DROP TABLE extra; ALTER TABLE submissions ADD body text; CREATE VIEW open_work AS SELECT id FROM submissions")
        again = through(w, words)
        assert again.returncode != 0 and "PW001" in again.stderr, "once"


def test_a_plan_is_in_its_order_and_of_its_schema():
    with world() as w:
        words = migrate(w, "DROP VIEW open_work;\nDROP TABLE submissions;\n")
        hold = w.hold(w.pawl("gate", "postgres", "--rehearse", "--", *words, ok=None).stderr)
        typed = [e for e in w.log("hold.opened") if "H-%d" % e["seq"] == hold][0]["body"]["typed_name"] or "yes"
        w.approve(hold, "alice", typed)
        w.refused("DROP TABLE submissions CASCADE", "held")
        direct("ALTER TABLE courses ADD more text")
        done = through(w, words)
        assert done.returncode != 0 and "PW001" in done.stderr, "another schema than was rehearsed on"
        assert rows("submissions") == 5000


def test_a_rehearsal_of_what_needs_no_yes():
    with world() as w:
        done = w.pawl("gate", "postgres", "--rehearse", "--", *migrate(w, "SELECT 1; INSERT INTO courses (name) VALUES ('x');"))
        assert "nothing of it needs a yes" in done.stderr, done.stderr
        assert not w.holds_open()
        failed = w.pawl("gate", "postgres", "--rehearse", "--", "sh", "-c", "exit 7", ok=None)
        assert failed.returncode == 1 and "status 7" in failed.stderr and "would pass" not in failed.stderr, failed
        none = w.pawl("gate", "postgres", "--rehearse", "--", "/nonexistent", ok=False)
        assert "nonexistent" in none.stderr, none.stderr


def main():
    global PG
    missing = postgres.missing()
    if missing:
        print("1..1\nok 1 - rehearsals # SKIP " + missing)
        return 0
    with postgres.Server() as PG:
        return holds.Tap().run([f for n, f in sorted(globals().items()) if n.startswith("test_")])


if __name__ == "__main__":
    sys.exit(main())
