#!/usr/bin/env python3
# timeout: 600
"""What is too much to be copied in the database is dumped first, while its transaction holds it; and where that fails, nothing runs."""
import contextlib
import glob
import gzip
import os
import re
import signal
import stat
import struct
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import holds  # noqa: E402
import patience  # noqa: E402
import pg_gate  # noqa: E402
import pgwire  # noqa: E402
import postgres  # noqa: E402

PG = None
ROWS = 8000
MANY = 80000 # so that there is time to be in between
DUMPS = "query ~ '^copy .select' AND pid <> pg_backend_pid()"


def world(rows=ROWS):
    w = pg_gate.fresh(PG, trash={"rows": 1000, "bounded": True}, budgets=[{"tables": ["*"], "statement": 10**7, "transaction": 10**7, "hour": 10**9}])
    direct("CREATE TABLE papers (id int PRIMARY KEY, body text, at timestamptz DEFAULT now()); INSERT INTO papers SELECT i, concat(md5(i::text), md5((-i)::text), "
           "md5((i * 7)::text), md5((i * 11)::text), E'\\\\t\\n\\\\') FROM generate_series(1, %d) i; ANALYZE" % rows)
    return w


def direct(sql):
    return PG.sql(sql, "shop")


def approved(w, sql):
    """The number of the hold, and its card."""
    hold = w.hold(w.refused(sql, "held"))
    card = " ".join(w.pawl("show", hold).stdout.split())
    w.approve(hold, "alice", w.log("hold.opened")[-1]["body"]["typed_name"] or "yes")
    return card


def newest(w):
    found = re.search(r"K-\d+", w.pawl("undo", "list").stdout)
    return found.group(0) if found else None


def round_trip(sql, left):
    with world() as w:
        before = PG.fingerprint("shop")
        card = approved(w, sql)
        assert "Kept first:" in card and "by a dump of some" in card, card
        done = w.psql(sql)
        assert done.returncode == 0 and "NOTICE" in done.stderr and "kept first by a dump" in done.stderr, done.stderr
        assert direct("SELECT count(*) FROM papers") == [[str(left)]]
        item = newest(w)
        (path,) = glob.glob(w.dir + "/state/keep/*/dump")
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600 and gzip.open(path).read(12) == b"pawl-dump 1\n"
        assert "dumped" in w.pawl("undo", "list").stdout
        dry = w.pawl("undo", item, "--dry-run").stdout
        assert "would be back" in dry and direct("SELECT count(*) FROM papers") == [[str(left)]], dry
        w.pawl("undo", item)
        assert PG.fingerprint("shop") == before


def test_a_delete_of_everything():
    round_trip("DELETE FROM papers", 0)


def test_an_update_of_everything():
    round_trip("UPDATE papers SET body = 'gone', at = NULL", ROWS)


def test_truncate():
    round_trip("TRUNCATE papers", 0)


def test_a_column():
    round_trip("ALTER TABLE papers DROP COLUMN body", ROWS)


def session(w):
    return pgwire.Raw("127.0.0.1", w.port, user=w.user, password=w.url.split(":")[2].split("@")[0], dbname="shop", timeout=600)


def items(w):
    return re.findall(r"K-\d+", w.pawl("undo", "list").stdout)


def test_in_the_extended_protocol():
    """Bound values; what is behind it in the pipeline waits, and is done in the same transaction."""
    with world() as w:
        before = PG.fingerprint("shop")
        raw = session(w)
        got = raw.ask(pgwire.parse("DELETE FROM papers WHERE id > $1 AND body <> $2", types=(23, 25)), pgwire.bind(["2", "x"]), pgwire.describe(),
                      pgwire.execute(), pgwire.parse("SELECT count(*) FROM papers"), pgwire.bind(), pgwire.execute(), pgwire.SYNC)
        assert "".join(k for k, _ in got) == "12nC12DCZ" and got[3][1] == b"DELETE %d\0" % (ROWS - 2) and got[6][1][-1:] == b"2", got
        assert len(glob.glob(w.dir + "/state/keep/*/dump")) == 1 and "dumped" in w.pawl("undo", "list").stdout
        got = raw.ask(pgwire.parse("UPDATE papers SET body = $1", name="all"), pgwire.SYNC)
        w.pawl("undo", newest(w))
        assert PG.fingerprint("shop") == before
        approved(w, "UPDATE papers SET body = 'y'") # another one: with this value nobody was asked
        wrong = pgwire.errors(raw.ask(pgwire.bind(["z"], name="all"), pgwire.execute(), pgwire.SYNC))
        assert wrong[0]["C"] == "PW001", wrong
        w.approve(w.hold(wrong[0]["M"]), "alice", w.log("hold.opened")[-1]["body"]["typed_name"] or "yes")
        assert raw.kinds(pgwire.query("BEGIN")) == "CZ"
        got = raw.ask(pgwire.bind(["z"], name="all"), pgwire.execute(), pgwire.SYNC)
        assert got[1][1] == b"UPDATE %d\0" % ROWS and raw.kinds(pgwire.query("COMMIT")) == "CZ", got
        assert direct("SELECT DISTINCT body FROM papers") == [["z"]]
        w.pawl("undo", newest(w))
        assert PG.fingerprint("shop") == before
        raw.close()


def test_a_dump_that_fails_in_a_pipeline():
    def pipeline(w):
        raw = session(w)
        raw.send(pgwire.parse("DELETE FROM papers WHERE id > $1"), pgwire.bind(["0"]), pgwire.execute(), pgwire.parse("INSERT INTO papers VALUES (0)"),
                 pgwire.bind(), pgwire.execute(), pgwire.SYNC)
        return raw

    with in_the_middle(pipeline) as (w, raw, before):
        lose_the_server(w)
        got = raw.until()
        assert pgwire.errors(got)[0]["M"].startswith("pawl: not run: it could not be kept first") and "C" not in [k for k, _ in got], got
        nothing_was_done(w, before)
        assert raw.kinds(pgwire.query("SELECT 1")) == "TDCZ"
        raw.close()


def test_few_rows_are_handed_on_with_bound_values():
    """RETURNING takes them: the same statement with other values each time, as text and binary, and with NULL."""
    with world() as w:
        before = PG.fingerprint("shop")
        raw = session(w)
        assert raw.kinds(pgwire.parse("DELETE FROM papers WHERE id <= $1 AND id % 2 = $2 AND body <> coalesce($3, 'x')", name="d", types=(23, 23, 25)), pgwire.SYNC) == "1Z"
        for values, rows in ((["100", "0", None], 50), (["100", "1", "it's \\ $1"], 50), (["100", "1", "y"], 0), (["300", "0", "y"], 100)):
            got = raw.ask(pgwire.bind(values, name="d"), pgwire.describe(), pgwire.execute(), pgwire.SYNC)
            assert [k for k, _ in got] == ["2", "n", "C", "Z"] and got[2][1] == b"DELETE %d\0" % rows, got
        whole = pgwire.text("") + pgwire.text("d") + struct.pack(">hh", 1, 1) + struct.pack(">h", 3) + b"".join(struct.pack(">ii", 4, n) for n in (400, 1)) + \
            struct.pack(">i", 1) + b"x" + struct.pack(">h", 0)
        got = raw.ask(pgwire.message("B", whole), pgwire.execute(), pgwire.SYNC)
        assert got[1][1] == b"DELETE 150\0" and direct("SELECT count(*) FROM papers") == [[str(ROWS - 350)]], got
        assert not glob.glob(w.dir + "/state/keep/*/dump")
        kept = direct("SELECT name, gone LIKE '%.gone\"', come IS NULL FROM pawl_trash.captures")
        assert kept and all(k == ["public.papers", "t", "t"] for k in kept), kept
        for item in items(w):
            w.pawl("undo", item, ok=None)
        assert PG.fingerprint("shop") == before
        raw.close()


def test_rows_of_others_are_left_alone():
    with world() as w:
        sql = "UPDATE papers SET body = 'gone' WHERE id > 100"
        done = w.psql(sql)
        assert done.returncode == 0 and "kept first by a dump" in done.stderr, done.stderr
        direct("UPDATE papers SET body = 'mine' WHERE id = 3; INSERT INTO papers VALUES (0, 'new')")
        direct("UPDATE papers SET body = 'mine' WHERE id = 300")
        said = w.pawl("undo", newest(w)).stdout
        assert "2 row(s) of public.papers were written by others since, and left as they are" in said, said
        assert direct("SELECT id, body FROM papers WHERE id IN (0, 3, 300) ORDER BY id") == [["0", "new"], ["3", "mine"], ["300", "mine"]]
        assert direct("SELECT count(*) FROM papers WHERE body = 'gone'") == [["0"]]


def test_not_in_a_transaction_that_changed_something():
    with world() as w:
        before = PG.fingerprint("shop")
        approved(w, "TRUNCATE papers")
        done = w.psql("BEGIN", "INSERT INTO papers VALUES (0)", "TRUNCATE papers", "COMMIT")
        assert "PW004" in done.stderr and re.search("in a transaction that changed something before|more rows than are kept", done.stderr), done.stderr
        assert PG.fingerprint("shop") == before
        approved(w, "TRUNCATE papers")
        w.ok("BEGIN", "SELECT 1", "TRUNCATE papers", "COMMIT")
        assert direct("SELECT count(*) FROM papers") == [["0"]]
        w.pawl("undo", newest(w))
        assert PG.fingerprint("shop") == before


@contextlib.contextmanager
def in_the_middle(begin):
    """The world, what ${begin} began in it and how it was before, with the gate stopped in the middle of a dump. A busy machine may be through
    with that before we look: then it has more rows."""
    for rows in (MANY, 4 * MANY, 16 * MANY):
        with world(rows) as w:
            before = PG.fingerprint("shop")
            begun = begin(w)
            patience.until(lambda: glob.glob(w.dir + "/state/keep/*/dump"), words="no dump was begun", every=0.002)
            w.process.send_signal(signal.SIGSTOP)
            if direct("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND " + DUMPS) != [["0"]]:
                yield w, begun, before
                return
            w.process.send_signal(signal.SIGCONT)
            begun.communicate() if isinstance(begun, subprocess.Popen) else begun.until()
    raise AssertionError("each dump was over before anybody looked")


def deletes(w):
    approved(w, "DELETE FROM papers")
    return w.start_psql("DELETE FROM papers")


def lose_the_server(w):
    direct("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE " + DUMPS)
    w.process.send_signal(signal.SIGCONT)


def nothing_was_done(w, before):
    assert PG.fingerprint("shop") == before
    assert not newest(w), w.pawl("undo", "list").stdout
    assert direct("SELECT count(*) FROM pg_class WHERE relname ~ '^K-'") == [["0"]]


def test_killed_half_way():
    with in_the_middle(deletes) as (w, p, before):
        w.process.send_signal(signal.SIGKILL)
        w.process.wait()
        w.process.stdout.close()
        assert patience.wait(p) != 0
        w.start()
        nothing_was_done(w, before)
        w.pawl("undo", "prune")
        assert not glob.glob(w.dir + "/state/keep/*/dump"), "what is left of it goes"


def test_given_up_by_its_client():
    with in_the_middle(deletes) as (w, p, before):
        p.send_signal(signal.SIGINT)
        w.process.send_signal(signal.SIGCONT)
        assert "57014" in p.communicate(timeout=600)[1]
        nothing_was_done(w, before)
        assert not glob.glob(w.dir + "/state/keep/*/dump")


def test_the_server_goes_away():
    with in_the_middle(deletes) as (w, p, before):
        lose_the_server(w)
        said = p.communicate(timeout=600)[1]
        assert "not run: it could not be kept first: it could not be dumped" in said, said
        nothing_was_done(w, before)
        assert not glob.glob(w.dir + "/state/keep/*/dump")


def test_the_disk_is_full():
    with world() as w:
        before = PG.fingerprint("shop")
        approved(w, "DELETE FROM papers")
        w.stop()
        small = w.dir + "/small"
        with open(small, "w") as f:
            f.write("#!/bin/sh\ntrap '' XFSZ\nulimit -f 500\nexec '%s' \"$@\"\n" % holds.PAWL)
        os.chmod(small, 0o755)
        pawl, holds.PAWL = holds.PAWL, small
        try:
            w.start()
        finally:
            holds.PAWL = pawl
        w.url = re.sub(r":\d+/", ":%d/" % w.port, w.url)
        done = w.psql("DELETE FROM papers")
        assert done.returncode != 0 and "it could not be dumped" in done.stderr and "/dump" in done.stderr, done.stderr
        nothing_was_done(w, before)
        assert not glob.glob(w.dir + "/state/keep/*/dump")


def test_a_dump_that_is_not_whole():
    with world() as w:
        approved(w, "DELETE FROM papers")
        w.ok("DELETE FROM papers")
        (path,) = glob.glob(w.dir + "/state/keep/*/dump")
        os.truncate(path, os.stat(path).st_size // 2)
        assert "not whole" in w.pawl("undo", newest(w), ok=False).stderr
        assert direct("SELECT count(*) FROM papers") == [["0"]]


EVERYDAY = {"test_a_delete_of_everything", "test_in_the_extended_protocol", "test_killed_half_way", "test_the_disk_is_full",
            "test_a_dump_that_is_not_whole"}


def main():
    global PG
    why = postgres.missing()
    if why:
        print("1..1\nok 1 - dump # SKIP " + why)
        return 0
    with postgres.Server() as PG:
        tests = [f for n, f in sorted(globals().items()) if n.startswith("test_") and (len(sys.argv) < 2 or n in sys.argv[1:])]
        return holds.Tap().run(tests, None if len(sys.argv) > 1 else EVERYDAY)


sys.exit(main())
