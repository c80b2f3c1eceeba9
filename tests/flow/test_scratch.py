#!/usr/bin/env python3
# pawl scratch: a copy of the newest verified backup to work on, masked, that ends by itself. Real PostgreSQL.
# timeout: 600
import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import postgres
from holds import Tap

if postgres.missing():
    print("1..0 # SKIP " + postgres.missing())
    sys.exit(0)
from bring import Shop

MASK = {"users.email": "email", "users.name": "null", "public.users.note": "hash"}
S = Shop(mask=MASK)
S.rows("CREATE MATERIALIZED VIEW mails AS SELECT email FROM users; ALTER MATERIALIZED VIEW mails OWNER TO app; CREATE INDEX ON users (email); "
       "CREATE ROLE boss SUPERUSER; CREATE MATERIALIZED VIEW names AS SELECT name FROM users; ALTER MATERIALIZED VIEW names OWNER TO boss; "
       "CREATE ROLE runs IN ROLE pg_execute_server_program; ALTER TABLE \"Odd Name\" OWNER TO runs")
S.backup()
os.makedirs(S.dir + "/state/recovery", mode=0o700)
shutil.copy(S.key, S.dir + "/state/recovery/key.pem")
os.chmod(S.dir + "/state/recovery/key.pem", 0o600)


def copies():
    return json.loads(S.pawl("scratch", "list", "--json").stdout)["scratch"]


def record(copy):
    return json.load(open("%s/state/recovery/scratch/%s.json" % (S.dir, copy["id"])))


def ask(url, sql):
    return subprocess.run(["psql", "-X", "-At", "-v", "ON_ERROR_STOP=1", "-c", sql, url], capture_output=True, text=True, stdin=subprocess.DEVNULL)


def until(what, seconds=30):
    end = time.time() + seconds
    while time.time() < end:
        if what():
            return
        time.sleep(0.1)
    raise AssertionError("not within %d s" % seconds)


def new(*args):
    out = S.pawl("scratch", "shop", "--json", *args)
    assert out.returncode == 0, out
    return json.loads(out.stdout)


def test_nothing_that_was_not_verified():
    out = S.pawl("scratch", "shop")
    assert out.returncode == 1 and "pawl drill shop" in out.stderr, out
    out = S.pawl("drill", "shop")
    assert out.returncode == 0, out


def test_a_copy_to_work_on_masked():
    out = S.pawl("scratch", "shop")
    assert out.returncode == 0 and out.stdout.startswith("postgresql://agent:") and "3 columns masked" in out.stderr, out
    url = out.stdout.strip()
    assert ask(url, "SELECT count(*), count(DISTINCT email), count(name) FROM users").stdout == "500|500|0\n"
    assert ask(url, "SELECT count(*) FROM users WHERE email LIKE '%example.org' OR note LIKE '%tab%'").stdout == "0\n"
    assert ask(url, "SELECT count(*) FROM mails WHERE email LIKE '%example.org'").stdout == "0\n"
    assert "u1@" not in ask(url, "SELECT string_agg(most_common_vals::text || histogram_bounds::text, '') FROM pg_stats").stdout
    assert ask(url, "SELECT count(*), sum(total) FROM orders").stdout == "2000|2001000\n"
    # Made by a superuser, and again after the masking; who is none in the copy.
    assert ask(url, "SELECT count(*), count(name) FROM names").stdout == "500|0\n"
    assert ask(url, "SELECT string_agg(rolname, ' ') FROM pg_roles WHERE rolsuper").stdout == "pawl\n"
    assert ask(url, "SELECT pg_has_role('pg_execute_server_program', 'MEMBER'), pg_has_role('runs', 'MEMBER')").stdout == "f|t\n"
    for sql in ("DROP TABLE orders CASCADE", "CREATE TABLE mine (x int)", "ALTER TABLE users ADD y int", "CREATE SCHEMA s"):
        p = ask(url, sql)
        assert p.returncode == 0, (sql, p.stderr)
    assert "must be superuser" in ask(url, "COPY users TO PROGRAM 'cat'").stderr or \
        "permission denied" in ask(url, "COPY users TO PROGRAM 'cat'").stderr
    assert "password authentication failed" in ask(url.replace("agent:", "agent:x"), "SELECT 1").stderr
    assert ask(url.replace("agent:", "pawl:"), "SELECT 1").returncode != 0
    assert S.rows("SELECT count(*) FROM orders") == "2000"  # what is live was never touched
    e = S.log("scratch.started")[-1]["body"]
    assert e["masked"] == 3 and e["target"] == "shop", e


def test_stopped_and_nothing_stays():
    one = copies()[0]
    folder = record(one)["folder"]
    assert os.path.isdir(folder)
    assert S.pawl("scratch", "stop", "nothing").returncode == 1
    out = S.pawl("scratch", "stop", one["id"])
    assert out.returncode == 0, out
    assert copies() == [] and not os.path.exists(folder) and ask(one["url"], "SELECT 1").returncode != 0
    assert S.log("scratch.ended")[-1]["body"]["why"] == "stopped"


def test_it_ends_by_itself():
    one = new("--for", "2s")
    folder = record(one)["folder"]
    until(lambda: not os.path.exists(folder))
    until(lambda: not glob.glob(S.dir + "/state/recovery/scratch/*.json"))
    assert S.log("scratch.ended")[-1]["body"]["why"] == "its time was up"


def test_a_killed_keeper_takes_its_server_along():
    one = new()
    r = record(one)
    os.kill(r["pid"], signal.SIGKILL)
    until(lambda: ask(one["url"], "SELECT 1").returncode != 0)
    until(lambda: copies() == [] and not os.path.exists(r["folder"]))


def test_a_mask_that_cannot_be_is_no_copy():
    for mask, words in (({"users.nowhere": "null"}, "nowhere"), ({"nothing.x": "hash"}, "there is no table nothing"),
                        ({"orders.user_id": "hash"}, "orders.user_id")):
        S.config(mask=mask)
        out = S.pawl("scratch", "shop")
        assert out.returncode == 1 and words in out.stderr and "backup.yaml, target shop: mask: " in out.stderr, out
    assert copies() == []
    S.config(mask={"users": "hash"})
    assert "TABLE.COLUMN" in S.pawl("scratch", "shop").stderr


try:
    status = Tap().run([v for k, v in list(globals().items()) if k.startswith("test_")],
                       {"test_nothing_that_was_not_verified", "test_a_copy_to_work_on_masked", "test_stopped_and_nothing_stays",
                        "test_it_ends_by_itself"})
finally:
    S.pawl("scratch", "stop", "--all")
    S.close()
sys.exit(status)
