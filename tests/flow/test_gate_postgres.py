#!/usr/bin/env python3
# timeout: 1200
"""`pawl gate postgres` whole: a real PostgreSQL behind it, psql before it, a person beside it."""
import json
import os
import re
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import holds  # noqa: E402
import patience  # noqa: E402
import pg_gate  # noqa: E402
import pgwire  # noqa: E402
import postgres  # noqa: E402

until = patience.until
PG = None

def world(**more):
    return pg_gate.fresh(PG, **more)


def direct(sql):
    return PG.sql(sql, "shop")

def session(w, key):
    return pgwire.Raw("127.0.0.1", w.port, user=key["id"], password=key["url"].split(":")[2].split("@")[0], dbname="shop")


def rows(table):
    return int(direct("SELECT count(*) FROM " + table)[0][0])


def test_reads_and_bounded_writes_pass():
    with world() as w:
        before = len(w.log())
        assert w.ok("SELECT count(*) FROM submissions") == "5000"
        w.ok("INSERT INTO courses (name) VALUES ('new')")
        w.ok("UPDATE courses SET name = 'x' WHERE id = 21")
        assert direct("SELECT name FROM courses WHERE id = 21") == [["x"]]
        w.ok("BEGIN", "DELETE FROM submissions WHERE id = 7", "COMMIT")
        assert rows("submissions") == 4999
        assert len(w.log()) == before, "nothing waited, nothing was recorded"


def test_only_with_a_key_and_never_with_a_revoked_one():
    with world() as w:
        wrong = w.psql("SELECT 1", url=w.url.replace(":" + w.url.split(":")[2].split("@")[0] + "@", ":wrong@"))
        assert wrong.returncode != 0 and "28P01" in wrong.stderr or "password" in wrong.stderr, wrong.stderr
        assert w.psql("SELECT 1", url=w.url.replace(w.user, "postgres")).returncode != 0
        assert w.psql("SELECT 1", url=w.url.replace("/shop", "/postgres")).returncode != 0, "a database that is no upstream"
        w.pawl("postgres", "keys", "revoke", w.user)
        assert w.psql("SELECT 1").returncode != 0


def writes(raw):
    return raw.kinds(pgwire.query("begin")) + raw.kinds(pgwire.query("insert into courses (name) values ('late')"))


def short_session(w):
    """A session that wrote, with a key that ends soon. On a busy machine three seconds may be over before it has."""
    for seconds in (3, 12, 48):
        began = time.time()
        made = w.new_key("--for", "%ds" % seconds)
        try:
            mine = session(w, made)
            if writes(mine) == "CZCZ":
                return mine
        except (PermissionError, EOFError, OSError) as e:
            assert not isinstance(e, PermissionError) or "28P01" in str(e), e
        assert time.time() > began + seconds, "it is good until its time is up"
    raise AssertionError("no key was good for long enough")


def test_who_is_connected_goes_with_the_key():
    with world() as w:
        kept = w.new_key()
        other = session(w, kept)
        assert writes(other) == "CZCZ"
        mine = short_session(w)
        assert pgwire.errors(mine.until("E"))[0]["C"] == "28000", "late"
        assert other.kinds(pgwire.query("select 1")) == "TDCZ"
        assert w.pawl("postgres", "keys", "revoke", kept["id"]).returncode == 0
        assert pgwire.errors(other.until("E"))[0]["C"] == "28000"
        until(lambda: direct("SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'") == [["0"]])
        assert direct("SELECT count(*) FROM courses WHERE name = 'late'") == [["0"]]


def test_a_drop_is_held_with_its_scope_then_passes_once():
    with world() as w:
        said = w.refused("DROP TABLE submissions CASCADE", "held")
        hold = w.hold(said)
        assert rows("submissions") == 5000
        assert "HINT" in said and "pawl show" in said and "NOTICE" not in said, said
        assert "Safer: dump it first" in said, "what to do instead is in the hint"
        card = w.pawl("show", hold).stdout
        for words in ("submissions", "5,000 rows", "open_work", "production"):
            assert words in card, (words, card)
        assert w.hold(w.refused("DROP TABLE submissions CASCADE", "held")) == hold, "the same statement, the same hold"
        typed = [e for e in w.log("hold.opened")][0]["body"]["typed_name"] or "yes"
        w.approve(hold, "alice", typed)
        other = w.hold(w.refused("DROP TABLE submissions, courses CASCADE", "held"))
        assert other != hold
        w.ok("DROP TABLE submissions CASCADE")
        assert direct("SELECT to_regclass('public.submissions')") == [[""]]
        assert len(w.log("grant.used")) == 1
        direct("CREATE TABLE submissions (id int)")
        assert w.hold(w.refused("DROP TABLE submissions CASCADE", "held")) != hold, "once, and not of another schema"


def test_what_was_approved_is_kept_and_comes_back():
    with world() as w:
        before = PG.fingerprint("shop")
        hold = w.hold(w.refused("DROP TABLE submissions CASCADE", "held"))
        w.approve(hold, "alice", w.log("hold.opened")[0]["body"]["typed_name"] or "yes")
        w.ok("DROP TABLE submissions CASCADE")
        assert direct("SELECT to_regclass('public.submissions')") == [[""]]
        listed = w.pawl("undo").stdout
        assert "in the database" in listed and "DROP TABLE submissions CASCADE" in listed, listed
        w.refused("DELETE FROM pawl_trash.items", "opaque")
        back = w.pawl("undo", re.search(r"K-\d+", listed).group(0)).stdout
        assert "view public.open_work" in back, back
        assert PG.fingerprint("shop") == before and direct("SELECT count(*) FROM open_work") == [["5000"]]


def test_an_approval_is_for_the_types_of_the_parameters_too():
    """The server picks one of several functions of a name by them."""
    with world() as w:
        direct("""
CREATE FUNCTION wipe(int) RETURNS text LANGUAGE plpgsql AS $$ BEGIN DELETE FROM submissions; RETURN 'int'; END $$;
CREATE FUNCTION wipe(text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN DELETE FROM open_work; DELETE FROM submissions; RETURN 'text'; END $$;
""")
        raw = session(w, {"id": w.user, "url": w.url})

        def ask(*types):
            got = raw.ask(pgwire.parse("SELECT wipe($1)", types=types), pgwire.bind(["7"]), pgwire.execute(), pgwire.SYNC)
            wrong = pgwire.errors(got)
            return (wrong[0]["C"], w.hold(wrong[0]["M"])) if wrong else [b for k, b in got if k == "D"]

        integer, text = ask(23), ask(25)
        assert integer[0] == text[0] == "PW001" and integer[1] != text[1], (integer, text)
        w.approve(integer[1], "alice", w.log("hold.opened")[0]["body"]["typed_name"] or "yes")
        assert ask(25) == text and ask() == ask(0) != text and rows("submissions") == 5000
        assert ask(23) == [b"\0\1\0\0\0\3int"] and rows("submissions") == 0
        raw.close()


def test_an_approval_is_for_what_was_prepared_too():
    """A name may stand for another statement the next time, by PREPARE or by Parse."""
    with world() as w:
        raw = session(w, {"id": w.user, "url": w.url})
        typed = lambda: w.log("hold.opened")[-1]["body"]["typed_name"] or "yes"  # noqa: E731

        def ask(*parts):
            wrong = pgwire.errors(raw.ask(*parts))
            return w.hold(wrong[0]["M"]) if wrong else None

        def parsed(sql, name="p", *types):
            return pgwire.close("S", name), pgwire.parse(sql, name, types), pgwire.SYNC

        execute = pgwire.query("EXECUTE p")
        assert ask(pgwire.query("PREPARE p AS DELETE FROM submissions")) is None
        first = ask(execute)
        assert first and ask(execute) == first
        card = " ".join(w.pawl("show", first).stdout.split())
        assert "EXECUTE p (p: PREPARE p AS DELETE FROM submissions)" in card and "all 5,000 rows" in card, card
        assert "what it would do is not known" not in card and "not understood" not in card, card
        w.approve(first, "alice", typed())
        assert ask(pgwire.query("DEALLOCATE p")) is None and ask(pgwire.query("PREPARE p AS DELETE FROM courses")) is None
        assert ask(execute) not in (None, first) and rows("courses") == 20
        assert ask(pgwire.query("DEALLOCATE p")) is None and ask(pgwire.query("PREPARE p AS DELETE FROM submissions")) is None
        assert ask(execute) is None and rows("submissions") == 0 and rows("courses") == 20

        assert ask(*parsed("DELETE FROM courses WHERE id < 0 OR true")) is None
        second = ask(execute)
        assert "EXECUTE p (p: DELETE FROM courses WHERE id < 0 OR true)" in " ".join(w.pawl("show", second).stdout.split())
        assert second not in (None, first) and ask(execute) == second
        w.approve(second, "alice", typed())
        assert ask(*parsed("TRUNCATE courses, submissions")) is None
        assert ask(execute) not in (None, second) and rows("courses") == 20
        assert ask(*parsed("DELETE FROM courses WHERE id < 0 OR true")) is None
        assert ask(execute) is None and rows("courses") == 0
        raw.close()


def test_two_statements_of_one_transaction_are_both_kept():
    with world() as w:
        both = "UPDATE submissions SET body = 'x'; UPDATE courses SET name = 'y'"
        hold = w.hold(w.refused(both, "held"))
        w.approve(hold, "alice", w.log("hold.opened")[0]["body"]["typed_name"] or "yes")
        w.ok(both)
        kept = direct("SELECT count(DISTINCT item), count(*) FROM pawl_trash.captures")
        assert kept == [["2", "2"]], kept
        assert direct("SELECT count(*) FROM courses WHERE name = 'y'") == [["20"]]


def test_the_card_says_what_comes_back_and_what_does_not():
    with world() as w:
        card = w.pawl("show", w.hold(w.refused("DROP TABLE submissions CASCADE", "held"))).stdout
        for words in ("Kept first: table public.submissions", "view public.open_work", "for 7 days", "`pawl undo` brings it back"):
            assert words in " ".join(card.split()), (words, card)
        assert "CANNOT BE UNDONE" not in card, card
        assert "does not come back" not in card and "only what is kept first" in card, card
        assert "asked by agent, key %s" % w.user in " ".join(card.split()), (w.user, card)
        hold = w.hold(w.refused("DROP OWNED BY postgres", "held"))
        card = " ".join(w.pawl("show", hold).stdout.split())
        assert "CANNOT BE UNDONE: what a role owns and may do is not noted down" in card, card
        assert direct("SELECT count(*) FROM pawl_trash.items") == [["0"]], "to try it leaves nothing behind"


def test_what_has_expired_goes_while_the_gate_runs():
    with world(trash={"expires": "2s"}) as w:
        w.approve(w.hold(w.refused("DROP TABLE submissions CASCADE", "held")), "alice", w.log("hold.opened")[0]["body"]["typed_name"] or "yes")
        w.ok("DROP TABLE submissions CASCADE")
        until(lambda: direct("SELECT (SELECT count(*) FROM pawl_trash.items), (SELECT count(*) FROM pg_class WHERE relname ~ '^K-')") == [["0", "0"]])
        assert "has expired" in w.pawl("undo", "K-1", ok=False).stderr


def test_temporary_tables_are_the_sessions_own():
    """By their name alone; never a table of that name that is everybody's."""
    with world() as w:
        made = "CREATE TEMP TABLE courses AS SELECT 1 AS id"
        w.ok(made, "DELETE FROM courses", "TRUNCATE courses", "ALTER TABLE courses ADD b int", "DROP TABLE courses")
        w.ok("CREATE TEMP TABLE t (a int); DELETE FROM t; DROP TABLE t")
        w.ok("BEGIN", "CREATE TEMP TABLE t (a int) ON COMMIT DROP", "TRUNCATE t", "COMMIT")
        for gone in (["BEGIN", made, "ROLLBACK"], [made, "DROP TABLE courses"], [made, "DISCARD TEMP"],
                     ["BEGIN", "CREATE TEMP TABLE courses (id int) ON COMMIT DROP", "COMMIT"],
                     [made, "ALTER TABLE courses RENAME TO other"], ["BEGIN", "SAVEPOINT a", made, "ROLLBACK TO a"]):
            for what in ("DROP TABLE courses CASCADE", "DELETE FROM courses", "TRUNCATE courses CASCADE"):
                done = w.psql(*gone, what)
                assert done.returncode != 0 and "PW001" in done.stderr, (gone, what, done.stderr)
        for sql in ("UPDATE courses SET nothing_there = 1", "/* ü */ DELETE FROM courses WHERE nothing_there", "SELECT 1; TRUNCATE courses, c d"):
            told = [re.search(r"LINE 1: .*\n.*", t.stderr).group(0) for t in
                    (w.psql(made, sql), w.psql(made, sql, url="postgresql://postgres@%s:%d/shop" % (PG.host, PG.port)))]
            assert told[0] == told[1], told
        assert rows("courses") == 20 and rows("submissions") == 5000
        raw = session(w, {"id": w.user, "url": w.url})
        assert "E" not in raw.kinds(pgwire.query(made))
        got = raw.kinds(pgwire.parse("DELETE FROM courses"), pgwire.bind([]), pgwire.execute(), pgwire.parse("DROP TABLE courses"),
                        pgwire.bind([]), pgwire.execute(), pgwire.SYNC)
        assert "E" not in got and rows("courses") == 20, got
        raw.close()


def test_a_drop_of_nothing_passes():
    """What somebody makes meanwhile, behind the gate's back, stays."""
    with world() as w:
        w.ok("SELECT 1")
        w.ok("DROP TABLE IF EXISTS nothing_there", "DROP VIEW IF EXISTS nothing_there CASCADE", "DROP TABLE IF EXISTS a, public.b")
        direct("CREATE TABLE nothing_there AS SELECT 1 AS a")
        for sql in (["DROP TABLE IF EXISTS nothing_there"], ["BEGIN", "DROP TABLE IF EXISTS nothing_there", "COMMIT"]):
            done = w.psql(*sql)
            assert done.returncode != 0 and "PW00" in done.stderr, done.stderr
        assert rows("nothing_there") == 1
        w.refused("DROP TABLE IF EXISTS courses CASCADE", "held" if not w.log("alarm") else "tightened")


def test_delete_of_everything_is_held():
    with world() as w:
        w.refused("DELETE FROM submissions", "held")
        w.refused("TRUNCATE submissions", "held")
        w.refused("UPDATE submissions SET body = ''", "held")
        assert rows("submissions") == 5000 and direct("SELECT count(*) FROM submissions WHERE body = ''") == [["0"]]


def test_waits_for_the_answer():
    with world(wait="600s") as w:
        p = w.start_psql("DROP VIEW open_work")
        until(lambda: w.holds_open() or p.poll() is not None)
        if p.poll() is None:
            body = w.log("hold.opened")[0]["body"]
            w.approve(w.holds_open()[0], "alice", body["typed_name"] or "yes")
        out, err = p.communicate(timeout=patience.LIMIT)
        assert p.returncode == 0, err
        assert "NOTICE:" in err and "pawl: held as %s, waiting up to 600 s" % w.holds_open()[0] in err and "pawl approve" in err, err
        assert direct("SELECT to_regclass('public.open_work')") == [[""]]


def gone(p):
    """The client is, and the gate knows."""
    p.kill()
    p.communicate()
    until(lambda: direct("SELECT count(*) FROM pg_stat_activity WHERE datname = 'shop' AND application_name <> 'pawl' AND pid <> pg_backend_pid()")
          == [["0"]])


def test_a_waiting_statement_dies_with_its_client_and_stays_answerable():
    with world(wait="600s") as w:
        p = w.start_psql("DROP TABLE submissions CASCADE")
        until(lambda: w.holds_open())
        hold = w.holds_open()[0]
        gone(p)
        w.approve(hold, "alice", w.log("hold.opened")[0]["body"]["typed_name"] or "yes")
        time.sleep(1)  # long enough to be found out, where somebody were
        assert rows("submissions") == 5000 and not w.log("grant.used"), "nobody was there to be answered"
        w.ok("DROP TABLE submissions CASCADE")
        assert len(w.log("grant.used")) == 1


def test_a_refusal_tightens_over_new_connections_until_it_is_lifted():
    with world(wait="600s") as w:
        p = w.start_psql("DROP VIEW open_work")
        until(lambda: w.holds_open())
        gone(p)
        w.approve(w.holds_open()[0], "alice", w.log("hold.opened")[0]["body"]["typed_name"] or "yes")
        p = w.start_psql("DROP TABLE submissions CASCADE")
        until(lambda: len(w.holds_open()) == 2)
        w.pawl("deny", w.holds_open()[1], "--reason", "we need those")
        out, err = p.communicate(timeout=patience.LIMIT)
        assert "PW002" in err and "we need those" in err, err
        for sql in ("DROP TABLE courses CASCADE", "DROP VIEW IF EXISTS open_work", "TRUNCATE submissions", "ALTER TABLE courses DROP COLUMN name"):
            w.refused(sql, "tightened")
        assert w.ok("SELECT count(*) FROM courses") == "20"
        w.ok("UPDATE courses SET name = 'y' WHERE id = 3")
        assert len(w.holds_open()) == 2
        first = w.pawl("postgres", "keys", "--lift", w.user, "--json", ok=None)
        said = w.pawl("postgres", "keys", "--lift", w.user, ok=None)
        assert "for something else" not in said.stdout + said.stderr, "nor is it about the view that may go: %s" % said.stderr
        w.approve(json.loads(first.stdout)["hold"], "alice", w.user)
        w.pawl("postgres", "keys", "--lift", w.user)

        def waits():
            """Once the gate has heard of the lift; before that it is tightened yet."""
            p = w.start_psql("DROP TABLE courses CASCADE")
            until(lambda: len(w.holds_open()) == 4 or p.poll() is not None)
            if p.poll() is None:
                return p
            said = p.communicate()[1]
            assert pg_gate.SQLSTATE["tightened"] in said, said
        gone(until(waits))


def test_freeze_stops_writes():
    with world() as w:
        w.pawl("freeze", "--reason", "recovering")
        until(lambda: w.psql("UPDATE courses SET name = name WHERE id = 1").returncode) # the gate has heard of it
        for sql in ("INSERT INTO courses (name) VALUES ('n')", "UPDATE courses SET name = 'z' WHERE id = 1", "DELETE FROM courses WHERE id = 1",
                    "DROP TABLE submissions", "CREATE TABLE t (x int)"):
            w.refused(sql, "denied")
        assert w.ok("SELECT count(*) FROM courses") == "20"
        assert direct("SELECT count(*) FROM courses WHERE name = 'z'") == [["0"]]


def test_scratch_asks_nothing():
    with world(upstream={"environment": "scratch"}) as w:
        w.ok("DELETE FROM submissions")
        w.ok("DROP VIEW open_work")
        assert not w.holds_open()
        assert rows("submissions") == 0 and direct("SELECT to_regclass('public.open_work')") == [[""]]


def test_what_scratch_keeps_by_a_rule_is_ended_before_its_commit():
    """No witness looks there: what keeps the rows of an approved UPDATE goes again all the same, before the rows are committed."""
    left = "SELECT (SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal), (SELECT count(*) FROM courses WHERE name = 'z')"
    rule = {"name": "updates", "match": {"gate": "postgres", "kind": "update"}, "verdict": "hold"}
    for texts in (["UPDATE courses SET name = 'z' WHERE id < 9"], ["BEGIN", "UPDATE courses SET name = 'z' WHERE id < 9", "COMMIT"]):
        with world(upstream={"environment": "scratch"}, rule=rule) as w:
            w.approve(w.hold(w.refused(texts[len(texts) // 2], "held")), "alice", "scratch")
            w.ok(*texts)
            assert direct(left) == [["0", "8"]], (texts, direct(left))
            item = next(i for i in json.loads(w.pawl("undo", "list", "--json").stdout)["items"] if "database" in i)
            w.pawl("undo", item["id"])
            assert direct(left) == [["0", "0"]], direct(left)


def test_a_failed_gate_says_why():
    with world() as w:
        w.pawl("gate", "postgres", "--listen", "0.0.0.0:0", ok=False)
        with open(w.config, "a") as f:
            f.write("\n# broken\n}")
        done = w.pawl("gate", "postgres", ok=False)
        assert "postgres.yaml:" in done.stderr, done.stderr


def test_it_is_recorded_and_ends_well():
    with world() as w:
        w.ok("SELECT 1")
        body = w.log("gate.started")[0]["body"]
        assert body["port"] == w.port and body["upstreams"] == ["shop"] and not body["permissive"], body
        findings = {f["what"]: f for f in json.loads(w.pawl("doctor", "--json").stdout)["findings"]}
        assert str(w.port) in findings["gate-config"]["text"], findings
        w.stop()
        assert w.log("gate.stopped")
        assert not os.path.exists(w.dir + "/state/postgres/gate.json")
        w.start()

def main():
    global PG
    missing = postgres.missing()
    if missing:
        print("1..1\nok 1 - gate # SKIP " + missing)
        return 0
    with postgres.Server() as PG:
        wanted = sys.argv[1] if len(sys.argv) > 1 else ""
        return holds.Tap().run([f for n, f in sorted(globals().items()) if n.startswith("test_") and wanted in n])

if __name__ == "__main__":
    sys.exit(main())
