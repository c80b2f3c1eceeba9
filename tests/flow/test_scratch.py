#!/usr/bin/env python3
# pawl scratch: a copy of the newest verified backup to work on, masked, that ends by itself. Real PostgreSQL.
# timeout: 1800
import contextlib
import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab
import patience
import postgres
from holds import Tap

if postgres.missing():
    print("1..0 # SKIP " + postgres.missing())
    sys.exit(0)
from bring import PAWL, Shop

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


until = patience.until


def new(*args):
    out = S.pawl("scratch", "shop", "--json", *args)
    assert out.returncode == 0, out
    return json.loads(out.stdout)


def test_nothing_that_was_not_verified():
    S.config(physical=True)
    out = S.pawl("scratch", "shop")
    S.config()
    assert out.returncode == 1 and "is of kind postgres-physical" in out.stderr and "without 'physical'" in out.stderr, out
    out = S.pawl("scratch", "shop", "--for", "99999d")
    assert out.returncode == 2 and "from 1s to 36500d" in out.stderr, out
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
    assert (out.returncode, out.stdout) == (0, one["id"] + " has ended; nothing of it is left.\n"), out
    assert (S.pawl("scratch", "stop", "--all").stdout, S.pawl("scratch", "stop", "--all", "--json").stdout) == ("None runs.\n", '{"stopped":[]}\n')
    assert copies() == [] and not os.path.exists(folder) and ask(one["url"], "SELECT 1").returncode != 0
    assert S.log("scratch.ended")[-1]["body"]["why"] == "stopped"


def test_it_ends_by_itself():
    for seconds in (2, 12, 72):
        began, one = time.time(), new("--for", "%ds" % seconds)
        try:
            folder = record(one)["folder"]
            break
        except FileNotFoundError:
            assert time.time() > began + seconds, "it stays until its time is up"
    until(lambda: not os.path.exists(folder))
    until(lambda: not glob.glob(S.dir + "/state/recovery/scratch/*.json"))
    assert S.log("scratch.ended")[-1]["body"]["why"] == "its time was up"


def test_a_killed_keeper_takes_its_server_along():
    one = new()
    r = record(one)
    os.kill(r["pid"], signal.SIGKILL)
    until(lambda: ask(one["url"], "SELECT 1").returncode != 0)
    until(lambda: copies() == [] and not os.path.exists(r["folder"]))
    started, ended = ([e["body"] for e in S.log("scratch." + what) if e["body"]["scratch"] == one["id"]] for what in ("started", "ended"))
    assert len(started) == 1 and ended == [dict(started[0], why="its keeper was killed")], (started, ended)


def keeper_of(folder):
    """The process that makes the copy there."""
    server = int(open(folder + "/data/postmaster.pid").readline())
    return int(open("/proc/%d/stat" % server).read().rsplit(")", 1)[1].split()[1])


def test_killed_while_it_is_made_it_is_swept_and_one_that_lives_is_not():
    with reading("scratch", "shop") as (p, folder):
        os.kill(keeper_of(folder), signal.SIGKILL)
        assert p.communicate(timeout=patience.LIMIT)[0] == "" and p.returncode == 1, p.returncode
    assert copies() == [] and os.path.isdir(folder)  # no record leads there
    one = new()
    assert not os.path.exists(folder)
    out = S.pawl("drill", "shop")  # sweeps as well
    assert out.returncode == 0 and ask(one["url"], "SELECT count(*) FROM orders").stdout == "2000\n", out
    folder = record(one)["folder"]
    assert os.path.isdir(folder) and S.pawl("scratch", "stop", one["id"]).returncode == 0 and not os.path.exists(folder), one


def test_the_end_of_a_killed_one_is_written_down():
    """As a record that a killed keeper left."""
    dead = S.dir + "/state/recovery/scratch/shop-0badf00d.json"
    with open(dead, "w") as f:
        json.dump({"target": "shop", "backup": "b", "url": "u", "folder": "/tmp/pawl-scratch-gone", "pid": 4194304, "born": 1, "expires_us": 1, "masked": 2}, f)
    looks = [subprocess.Popen([PAWL, "scratch", "list"], cwd=S.dir, env=S.env, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL) for _ in range(4)]
    assert [patience.wait(p) for p in looks] == [0] * 4 and not os.path.exists(dead)
    ended = [e["body"] for e in S.log("scratch.ended") if e["body"]["scratch"] == "shop-0badf00d"]
    assert ended == [{"scratch": "shop-0badf00d", "target": "shop", "backup": "b", "masked": 2, "why": "its keeper was killed"}], ended


@contextlib.contextmanager
def reading(*args):
    """pawl ${args}, and the folder of the server that waits for the rest of the backup's bytes."""
    began = S.dir + "/began"
    S.config(encrypt={"to": "nobody", "command": ["cat"], "decrypt": ["sh", "-c", "cat; echo > %s; exec sleep 600" % began]})
    ours = {p for d in ("/tmp", "/dev/shm") for p in glob.glob(d + "/pawl-scratch-*")}
    try:
        p = subprocess.Popen([PAWL, *args], cwd=S.dir, env=S.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
                             preexec_fn=lab.signals_heard)
        until(lambda: os.path.exists(began))
        mine = until(lambda: new_ones(ours))
        assert len(mine) == 1, mine
        yield p, mine[0]
    finally:
        S.config(mask=MASK)
        os.unlink(began)


def while_it_reads(sig, *args):
    """How pawl ${args} ended, that was sent ${sig} then; and that server's folder."""
    with reading(*args) as (p, folder):
        p.send_signal(sig)
        out = p.communicate(timeout=patience.LIMIT)
    assert p.returncode == -sig, (p.returncode, out)
    return out, folder


def new_ones(ours):
    return [f for d in ("/tmp", "/dev/shm") for f in glob.glob(d + "/pawl-scratch-*") if f not in ours and "HOME=" + S.dir in environ_of(f)]


def environ_of(folder):
    """Of whoever started the server there."""
    try:
        server = int(open(folder + "/data/postmaster.pid").readline())
        keeper = int(open("/proc/%d/stat" % server).read().rsplit(")", 1)[1].split()[1])
        return open("/proc/%d/environ" % keeper).read().split("\0")
    except (OSError, ValueError):
        return []


def test_whoever_asked_and_went_gets_no_copy():
    for sig in (signal.SIGINT, signal.SIGKILL):
        before = len(S.log("scratch.started"))
        out, folder = while_it_reads(sig, "scratch", "shop")
        until(lambda: not os.path.exists(folder))
        assert out[0] == "" and copies() == [] and len(S.log("scratch.started")) == before, out


def test_a_drill_that_is_ended_by_a_signal_leaves_nothing():
    for sig in (signal.SIGINT, signal.SIGTERM):
        out, folder = while_it_reads(sig, "drill", "shop")
        body = S.log("drill.finished")[-1]["body"]
        assert "it was ended by " + sig.name in out[0] and not os.path.exists(folder), (out, folder)
        assert body["result"] == "could not verify" and sig.name in json.dumps(body), body


def test_a_mask_that_cannot_be_is_no_copy():
    for mask, words in (({"users.nowhere": "null"}, "nowhere"), ({"nothing.x": "hash"}, "there is no table nothing"),
                        ({"orders.user_id": "hash"}, "orders.user_id")):
        S.config(mask=mask)
        out = S.pawl("scratch", "shop")
        assert out.returncode == 1 and words in out.stderr and "backup.yaml, target shop: mask: " in out.stderr, out
    assert copies() == []
    S.config(mask={"users": "hash"})
    assert "TABLE.COLUMN" in S.pawl("scratch", "shop").stderr


def made_of(sql):
    """A backup of what ${sql} made, drilled: the newest one that is verified."""
    S.config()
    S.rows(sql)
    S.backup()
    out = S.pawl("drill", "shop")
    assert out.returncode == 0, out


def write_over(path, data):
    os.chmod(path, 0o600)
    with open(path, "wb") as f:
        f.write(data)


def test_a_newer_one_that_is_lost_or_bad_stands_in_no_older_ones_way():
    first = max(os.listdir(S.vault + "/shop"))
    made_of("SELECT")
    second = max(os.listdir(S.vault + "/shop"))
    data = ["%s/shop/%s/data.zst" % (S.vault, i) for i in (first, second)]
    kept = [open(d, "rb").read() for d in data]
    write_over(data[1], b"")
    one = new("--for", "1h")
    assert one["backup"] == first < second, (one, first, second)
    write_over(data[1], b"x" + kept[1][1:])
    out = S.pawl("drill", "shop")
    assert out.returncode == 3 and "FAILED" in out.stdout, out
    write_over(data[0], b"")
    out = S.pawl("scratch", "shop")
    assert out.returncode == 1 and "no backup of shop lies whole in the vault local that no drill found wrong: pawl backup shop --drill" in out.stderr, out
    for path, bytes_ in zip(data, kept):
        write_over(path, bytes_)
    S.pawl("scratch", "stop", one["id"])


def refused(mask, *words):
    S.config(mask=mask)
    out = S.pawl("scratch", "shop")
    assert out.returncode == 1 and out.stdout == "" and copies() == [], out
    for word in words:
        assert word in out.stderr, (word, out)
    for secret in ("secret", "example.org", "Name "):
        assert secret not in out.stderr, out


def test_an_error_before_it_is_masked_shows_no_row():
    made_of("CREATE TABLE people (id int PRIMARY KEY, name text NOT NULL, mail varchar(10) CONSTRAINT odd CHECK (mail <> ''), code text, "
            "kind text UNIQUE); "
            "INSERT INTO people VALUES (1, 'secret name', 'secret@', '17', 'secret a'), (2, 'secret other', 'secret2@', 'secret', 'secret b'); ")
    refused({"people.name": "null"}, "mask: people.name: the server refused: SQLSTATE 23502, table people, column name: it may not be NULL")
    refused({"people.mail": "email"}, "mask: people.mail: the server refused: SQLSTATE 22001")
    # A primary message that holds a value: invalid input syntax for type integer: "secret"
    made_of("DELETE FROM people WHERE id = 2; CREATE MATERIALIZED VIEW codes AS SELECT code::int FROM people")
    refused({"people.code": "hash"}, "mask: the materialized views, made again: the server refused: SQLSTATE 22P02")


def test_nor_does_one_of_the_restore():
    made_of("DROP MATERIALIZED VIEW codes; "
            "CREATE FUNCTION loud(text) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN IF current_user <> 'postgres' AND "
            "current_setting('port') NOT IN ('5432', '%d') THEN RAISE 'not %%', $1; END IF; RETURN true; END $$; "
            "ALTER TABLE people ADD CONSTRAINT says CHECK (loud(name))" % S.pg.port)
    refused({"people.code": "hash"}, "could not be restored; the first: SQLSTATE P0001, at: ")


try:
    status = Tap().run([v for k, v in list(globals().items()) if k.startswith("test_")],
                       {"test_nothing_that_was_not_verified", "test_a_copy_to_work_on_masked", "test_stopped_and_nothing_stays",
                        "test_it_ends_by_itself", "test_the_end_of_a_killed_one_is_written_down", "test_whoever_asked_and_went_gets_no_copy",
                        "test_a_drill_that_is_ended_by_a_signal_leaves_nothing", "test_killed_while_it_is_made_it_is_swept_and_one_that_lives_is_not",
                        "test_an_error_before_it_is_masked_shows_no_row", "test_a_newer_one_that_is_lost_or_bad_stands_in_no_older_ones_way"})
finally:
    S.pawl("scratch", "stop", "--all")
    S.close()
sys.exit(status)
