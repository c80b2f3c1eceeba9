#!/usr/bin/env python3
# timeout: 300
"""Backups as evidence at the PostgreSQL gate: what a rule demands, what the card of a DROP TABLE shows, and what an approval is void by."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import holds  # noqa: E402
import pg_gate  # noqa: E402
import points  # noqa: E402
import postgres  # noqa: E402

RULE = {"name": "proven", "match": {"gate": "postgres", "kind": "delete"}, "verdict": "hold", "recovery": {"verified_within": "24h"}}
DROP = "DROP TABLE submissions CASCADE"
PG = None


def world():
    """By the gate's own name for the database: a server of the test's own has another port each time."""
    w = pg_gate.World(PG, rule=RULE)
    return w, points.Points(w, resources=["shop"])


def held(w, words, no_words=()):
    hold = w.hold(w.refused(DROP, "held"))
    card = " ".join(w.pawl("show", hold).stdout.split())
    for word in words:
        assert word in card, (word, card)
    for word in no_words:
        assert word not in card, (word, card)
    assert there(), "held, and not run"
    return hold


def there():
    return PG.sql("SELECT to_regclass('public.submissions')", "shop") != [[""]]


def test_without_a_point_nobody_can_approve():
    w, p = world()
    with w:
        hold = held(w, ["NO BACKUP THAT COUNTS", "there is no statement of its backups"], ["restored and checked"])
        said = w.approve(hold, "alice", "submissions", ok=False).stderr
        assert "evidence that the policy demands is missing, so no approval would count" in said, said
        w.refused(DROP, "held")
        p.write(checked=30 * points.HOUR)
        hold = held(w, ["TOO LONG AGO FOR THE POLICY"])
        assert "missing" in w.approve(hold, "alice", "submissions", ok=False).stderr
        p.write(tables=[{"name": "public.courses", "rows": 20}])
        assert "missing" in w.approve(held(w, ["submissions was not in the backup"]), "alice", "submissions", ok=False).stderr, "this table was not in it"
        w.refused(DROP, "held")
        assert there()


def test_the_card_shows_the_point_and_a_stale_one_voids():
    w, p = world()
    with w:
        p.write()
        hold = held(w, ["backup 3 h old, restored and checked 2 h ago", "1,943,200 rows in public.submissions"], ["NO BACKUP"])
        w.approve(hold, "alice", "submissions")
        good = p.point()
        p.write(dict(good, taken_us=points.us(31 * points.HOUR), **{k: dict(good[k], at_us=points.us(30 * points.HOUR),
                                                                     taken_us=points.us(31 * points.HOUR)) for k in ("drill", "verified")}))
        w.refused(DROP, "held")
        assert there() and not w.log("grant.used"), "an approval is no better than the backup at the time of its use"
        p.write()
        w.ok(DROP)
        assert not there() and len(w.log("grant.used")) == 1


def test_an_approval_is_void_once_the_point_failed_or_went():
    w, p = world()
    with w:
        p.write()
        hold = held(w, ["restored and checked 2 h ago"])
        w.approve(hold, "alice", "submissions")
        p.write(drill=points.drill(3 * points.HOUR, "failed", 60, "public.submissions: a value differs"))
        w.refused(DROP, "held")
        p.write()
        p.remove()
        w.refused(DROP, "held")
        assert there() and not w.log("grant.used")


def main():
    global PG
    why = postgres.missing()
    if why:
        print("1..1\nok 1 - backups as evidence at the gate # SKIP " + why)
        return 0
    with postgres.Server() as PG:
        pg_gate.make(PG)
        return holds.Tap().run([test_without_a_point_nobody_can_approve, test_an_approval_is_void_once_the_point_failed_or_went,
                                test_the_card_shows_the_point_and_a_stale_one_voids])  # the last one drops it


sys.exit(main())
