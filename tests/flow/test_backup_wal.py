#!/usr/bin/env python3
"""WAL between physical backups, by the commands alone: kept, brought back to a moment, gaps and harm told; a receiver that is killed loses and
doubles nothing."""
# timeout: 1800
import datetime
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab
import patience
import postgres
import recoveries

t = lab.Tap()
if postgres.missing():
    print("1..0 # SKIP " + postgres.missing())
    sys.exit(0)
PAWL = lab.binary("pawl")
HOME = os.environ["HOME"]
CONFIG = os.path.join(HOME, ".config/pawl/backup.yaml")
VAULT = os.path.join(HOME, "vault")
WAL = os.path.join(VAULT, "shop.wal")
SECOND = os.path.join(HOME, "second")
KEY = os.path.join(HOME, ".local/state/pawl/recovery/key.pem")
WHOLE = os.environ.get("PAWL_TEST_TAMPER") == "whole"
ROUNDS = int(os.environ.get("PAWL_TEST_WAL_KILLS", "2"))
BEGAN = time.time()
HBA = "local all all trust\nlocal replication all trust\nhost all all 127.0.0.1/32 trust\nhost replication all 127.0.0.1/32 trust\n"
ROOM = tempfile.mkdtemp(prefix="pawl-wal-", dir="/tmp")  # a server that is not root's must reach it
os.chmod(ROOM, 0o777)


def env(**more):
    e = {"HOME": HOME, "PATH": os.environ["PATH"], "PGHOST": pg.host, "PGPORT": str(pg.port), "PGUSER": "postgres"}
    for name in ("ASAN_OPTIONS", "TMPDIR"):
        if name in os.environ:
            e[name] = os.environ[name]
    return dict(e, **more)


def pawl(*args, **more):
    p = subprocess.run([PAWL, *args], env=env(**more), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
    return p.returncode, p.stdout + p.stderr


def as_json(*args):
    status, said = pawl(*args, "--json")
    return status, json.loads(said)


def check(name, cond, detail=""):
    t.ok(cond, name, str(detail)[-1500:])
    if os.environ.get("PAWL_TEST_WAL_TIMES"):
        t.diag("%.1f s" % (time.time() - BEGAN))


class Instead:
    """backup.yaml with one thing said otherwise."""

    def __init__(self, old, new):
        with open(CONFIG) as f:
            self.text = f.read()
        self.other = self.text.replace(old, new)
        assert self.other != self.text

    def write(self, text):
        with open(CONFIG, "w") as f:
            f.write(text)

    def __enter__(self):
        self.write(self.other)

    def __exit__(self, *_):
        self.write(self.text)


def shop():
    status, said = as_json("status", "shop")
    return status, said["targets"][0]


def now():
    return pg.sql("select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")[0][0]


def pieces():
    return sorted(p for p in os.listdir(WAL) if len(p) == 51) if os.path.isdir(WAL) else []


def span(name):
    return int(name[9:25], 16), int(name[26:42], 16)


def unbroken(names):
    """No byte twice, none missing."""
    return all(span(a)[1] == span(b)[0] for a, b in zip(names, names[1:]))


class Copy:
    """What a restore left, started as it says."""

    def __init__(self, said, folder):
        self.folder, self.port = folder, postgres.free_port()
        command = re.search(r"^  (\S+)/pg_ctl -D \S+ -o \"-p 5433 (-k \S+)\" -l ", said, re.M)
        self.bin, self.socket = command.groups()

    def __enter__(self):
        subprocess.run(pg.prefix + [self.bin + "/pg_ctl", "-D", self.folder, "-o", "-p %d %s" % (self.port, self.socket), "-l",
                                    self.folder + ".log", "-w", "-t", "600", "start"], check=True, capture_output=True, cwd="/")
        return self

    def __exit__(self, *_):
        subprocess.run(pg.prefix + [self.bin + "/pg_ctl", "-D", self.folder, "-m", "immediate", "stop"], capture_output=True, cwd="/")
        shutil.rmtree(self.folder, ignore_errors=True)

    def server(self):
        other = object.__new__(postgres.Server)
        other.__dict__.update(pg.__dict__, port=self.port, process=None)
        return other

    def fingerprint(self):
        return self.server().fingerprint("shop")

    def sql(self, text):
        return self.server().sql(text, dbname="shop")


def restored(name, *words):
    folder = os.path.join(ROOM, name)
    status, said = pawl("restore", "shop", "--to", folder, *words)
    return status, said, folder


def harmed(name, piece, how, code, words):
    there, kept = os.path.join(WAL, piece), os.path.join(ROOM, "kept")
    shutil.copytree(there, kept)
    for folder, _, files in os.walk(WAL):
        for f in [folder] + [os.path.join(folder, f) for f in files]:
            os.chmod(f, 0o700)
    how(there)
    drilled = WHOLE or code == "wal-foreign"
    if drilled:
        status, said = as_json("drill", "shop")
        reasons = said["drills"][0]["reasons"]
    back, told, folder = restored("harmed", "--until", now_kept)
    shutil.rmtree(there, ignore_errors=True)
    shutil.copytree(kept, there)
    shutil.rmtree(kept)
    if drilled:
        check(name + ": " + code, status == 3 and [r["code"] for r in reasons] == [code], reasons)
    check(name + ": nothing is brought back with it, and why is told", back == 1 and words in told and not os.path.exists(folder), told)


def flip(folder):
    with open(os.path.join(folder, "data.zst"), "r+b") as f:
        f.seek(os.path.getsize(f.name) // 2)
        byte = f.read(1)[0]
        f.seek(-1, 1)
        f.write(bytes([byte ^ 1]))


def cut(folder):
    path = os.path.join(folder, "data.zst")
    os.truncate(path, os.path.getsize(path) - 5)


def unsigned(folder):
    path = os.path.join(folder, "manifest.json")
    with open(path) as f:
        text = f.read()
    with open(path, "w") as f:
        f.write(text.replace('"wal"', '"wal" '))


def foreign(folder):
    path = os.path.join(folder, "manifest.json")
    with open(path) as f:
        m = json.load(f)
    m["manifest"]["invariants"][0]["value"] = "7000000000000000001"
    with open(path, "w") as f:
        json.dump(m, f)
    recoveries.run(recoveries.FORGE, "sign", KEY, path, os.path.join(folder, "manifest.sig"))


def gone(folder):
    shutil.rmtree(folder)


def receiver():
    return subprocess.Popen([PAWL, "backup", "wal", "shop"], env=env(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def bytes_of(text):
    high, low = text.split("/")
    return (int(high, 16) << 32) + int(low, 16)


def lsn():
    return bytes_of(pg.sql("select pg_current_wal_flush_lsn()")[0][0])


def kept():
    """Whole pieces: with a signature."""
    return max((span(p)[1] for p in pieces() if os.path.exists(os.path.join(WAL, p, "manifest.sig"))), default=0)


def position():
    """That the newest backup goes to."""
    folder = os.path.join(VAULT, "shop")
    with open(os.path.join(folder, sorted(os.listdir(folder))[-1], "manifest.json")) as f:
        names = [i["name"] for i in json.load(f)["manifest"]["invariants"]]
    return bytes_of(next(n for n in names if n.startswith("recovered to ")).split()[2])


def waits(what, seconds=patience.LIMIT):
    until = time.time() + seconds
    while time.time() < until:
        if what():
            return True
        time.sleep(0.1)
    return False


def promote():
    """The same files go on on a timeline of their own."""
    pg.stop()
    with open(pg.data / "postgresql.auto.conf", "a") as f:
        f.write("restore_command = 'false'\n")
    (pg.data / "recovery.signal").touch()
    if pg.prefix:
        os.chown(pg.data / "recovery.signal", os.stat(pg.data).st_uid, -1)
    pg.start()
    assert waits(lambda: pg.sql("select pg_is_in_recovery()") == [["f"]])


try:
    with postgres.Server(conf={"synchronous_commit": "on", "wal_writer_delay": "10s"}, hba=HBA) as pg:
        pg.sql("create database shop")
        pg.sql("create table orders as select g id, md5(g::text) body from generate_series(1, 2000) g; create table log (n int, at timestamptz default now())",
               dbname="shop")
        os.mkdir(SECOND, 0o700)
        check("init", pawl("backup", "init", "--empty", "--vault", VAULT)[0] == 0)
        with open(CONFIG) as f:
            text = f.read()
        with open(CONFIG, "w") as f:
            f.write(text + "  - {name: second, directory: %s}\ntargets:\n  - {name: shop, postgres: \"dbname=shop\", physical: true, "
                    "wal: {every: 1s}, rpo: 1h, every: 24h, vault: [local, second], keep: {daily: 2}}\n"
                    "  - {name: secret, postgres: \"dbname=shop\", physical: true, wal: 1s, vault: local, "
                    "encrypt: {to: me, command: [tr, a-z, b-za], decrypt: [tr, b-za, a-z]}}\n" % SECOND)

        status, said = pawl("backup", "wal", "--once", "secret")
        check("WAL before any backup is kept, and that it goes on from none is said", status == 0 and "take one" in said and "Note" not in said, said)
        status, said = pawl("backup", "shop")
        check("a physical backup through the command, and no stray word", status == 0 and "WARNING" not in said, said)
        time.sleep(1.1)  # what is kept ends in another second than it begins
        said = shop()[1]
        check("before the first WAL is due nothing is red for it, and what keeps it is named", not any("WAL" in r for r in said["red"]) and
              any("pawl backup wal shop --once" in n and "pawl schedule" in n for n in said["notes"]), said)
        pg.sql("insert into log select g from generate_series(1, 500) g; update orders set body = upper(body) where id % 3 = 0", dbname="shop")
        before, good = now(), pg.fingerprint("shop")
        time.sleep(0.05)
        pg.sql("drop table orders", dbname="shop")
        pg.sql("insert into log values (1000)", dbname="shop")
        status, said = pawl("backup", "wal", "--once", "shop")
        now_kept = as_json("status")[1]["targets"][0]["wal"]["to"]
        check("kept, with the window", status == 0 and "Point in time: from" in said, said)
        check("no byte twice, none missing", len(pieces()) >= 2 and unbroken(pieces()), pieces())

        # Committed, and on the server's disk only later: in the next piece.
        pg.sql("insert into log values (1999)", dbname="shop")
        pg.sql("set synchronous_commit = off; insert into log values (2000)", dbname="shop")
        late = now()
        status, said = pawl("backup", "wal", "--once", "shop")
        time.sleep(1.1)  # the window is told by the second: its end is to be behind what the pieces before reach
        pg.sql("insert into log values (3000)", dbname="shop")
        status, more = pawl("backup", "wal", "--once", "shop")
        now_kept = as_json("status")[1]["targets"][0]["wal"]["to"]
        status, said, folder = restored("late", "--until", late)
        check("to a moment whose last commit came to the disk later", status == 0, said + more)
        if status == 0:
            with Copy(said, folder) as copy:
                check("that commit is there, and none behind it", copy.sql("select max(n) from log") == [["2000"]],
                      (late, said, more, copy.sql("select n, at from log order by n desc limit 3"), pieces()))

        status, said, folder = restored("before", "--until", before)
        check("to just before the table was dropped", status == 0 and "Start it" in said, said)
        if status == 0:
            with Copy(said, folder) as copy:
                check("every row is back", copy.fingerprint() == good, (copy.fingerprint(), good))
        late = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        status, said, folder = restored("late", "--until", late)
        check("a time behind the end is told, and gives nothing", status == 1 and "is not in the archive" in said and "pawl backup wal shop --once" in said and not os.path.exists(folder), said)
        os.mkdir(os.path.join(ROOM, "there"))
        status, said, _ = restored("there")
        check("a folder that is there is refused", status == 1 and "is there" in said, said)
        os.mkdir(os.path.join(ROOM, "half.unfinished"))
        status, said, folder = restored("half")
        check("what a killed restore left is named", status == 1 and "half.unfinished is of a restore" in said and not os.path.exists(folder), said)

        status, said = pawl("drill", "shop")
        check("the drill recovers to the end of the WAL as well", status == 0 and "recovered with the WAL" in said, said)
        check("and says that it counted rows, and compared no dump", "every stored byte, each table's number of rows and every answer as they were; then" in
              said and "dumped" not in said, said)
        status, said = pawl("status", "shop")
        check("status: green, with the window, its age and what the slot holds", status == 0 and "point in time: from" in said and
              "the slot holds" in said and "recovered to" in said and "max_slot_wal_keep_size" in said, said)

        status, said = shop()
        check("status: what can be brought back, and its age, by the WAL", status == 0 and said["point_in_time"].startswith("from " + said["wal"]["from"]) and
              said["rpo_s"] == said["wal"]["rpo_s"] < said["rpo_objective_s"] and said["wal"]["proven_to"], said)
        check("nothing is next where nothing runs by itself", said["schedule"] == "" and said["next_backup"] is None and said["next_drill"] is None, said)
        with Instead("rpo: 1h", "rpo: 1s"):
            waits(lambda: shop()[1]["rpo_s"] > 1)
            status, said = shop()
            check("over the objective is red", status == 3 and said["rpo_s"] > said["rpo_objective_s"] == 1 and
                  any("what can be brought back ends" in r and "the RPO is 1 s" in r for r in said["red"]), said)
        with Instead("wal: {every: 1s}, rpo: 1h", "rpo: 26h"):
            said = shop()[1]
            check("WAL that is kept by hand is point-in-time recovery too", said["point_in_time"].startswith("from ") and
                  not any("point-in-time" in n for n in said["notes"]) and "point in time: from" in pawl("status", "shop")[1], said)

        # Harm: each way has its words, and nothing behind it is promised.
        last = pieces()[-1]
        harmed("a changed piece", last, flip, "wal-altered", "not those that were stored")
        harmed("a piece that is cut", last, cut, "wal-altered", "cut off")
        harmed("a manifest that nobody signed", last, unsigned, "wal-altered", "not signed")
        harmed("a piece of another cluster", last, foreign, "wal-foreign", "another cluster")
        harmed("a missing piece", pieces()[-2] if span(pieces()[-2])[1] > position() else last, gone, "wal-missing", "missing")
        check("and well again", pawl("drill", "shop")[0] == 0)

        # What was kept and went: told at once, fetched again where the server has it, and told as gone for good where it has not.
        last = pieces()[-1]
        shutil.rmtree(os.path.join(WAL, last))
        status, said = shop()
        check("the newest piece is gone: red before anybody looks for it", status == 3 and any("WAL that was kept is gone" in r for r in said["red"]), said)
        check("and the schedule tells it", pawl("schedule", "check")[0] == 3)
        again = pawl("backup", "wal", "--once", "shop")
        check("fetched again, told once, and no gap", again[0] == 0 and "GAP" not in again[1] and "WAL that was kept is gone" in again[1] and
              unbroken(pieces()) and span(pieces()[-1])[1] >= span(last)[1], (again, pieces()))
        again = pawl("backup", "wal", "--once", "shop")
        check("and green again, nothing more said of it", again[0] == 0 and "gone" not in again[1] and unbroken(pieces()) and shop()[0] == 0, again)
        pg.sql("insert into log values (3001)", dbname="shop")
        pawl("backup", "wal", "--once", "shop")
        middle = pieces()[-2]
        os.rename(os.path.join(WAL, middle), os.path.join(ROOM, middle))
        again = [pawl("backup", "wal", "--once", "shop") for _ in range(2)]
        check("one in the middle: what lies behind it is lost, each time, and nothing is fetched for it", all(a[0] == 1 and "take a new one" in a[1] and
              "Point in time: from" in a[1] and "GAP" not in a[1] for a in again), again)
        status, said = shop()
        cut = said["wal"]["to"]
        check("status: red, and to where it still comes back", status == 3 and any("no moment behind " + cut in r for r in said["red"]) and
              said["wal"]["from"] < cut < now_kept and "nothing later" in said["point_in_time"], said)
        os.rename(os.path.join(ROOM, middle), os.path.join(WAL, middle))
        check("the piece is back", pawl("backup", "wal", "--once", "shop")[0] == 0 and shop()[0] == 0)

        # Nothing was written meanwhile.
        check("looked after again", pawl("backup", "wal", "--once", "shop")[0] == 0)
        said = shop()[1]
        listed = [b for b in as_json("backup", "list", "shop")[1]["backups"] if b["target"] == "shop.wal"]
        check("the list says the same end of it", [b["as_of"] for b in listed] == [said["wal"]["to"]] * 2, (listed, said["wal"]))

        # A receiver that is killed at any moment.
        for _ in range(ROUNDS):
            p = receiver()
            until = time.time() + random.uniform(0.1, 1.2)
            while time.time() < until:
                pg.sql("insert into log select g from generate_series(1, 300) g", dbname="shop")
            p.kill()
            p.wait()
        p = receiver()
        check("it keeps it", waits(lambda: pg.sql("select active from pg_replication_slots where slot_name = 'pawl_shop'") == [["t"]]))
        pg.stop()
        pg.start()
        pg.sql("insert into log values (7)", dbname="shop")
        second = pawl("backup", "wal", "shop")
        check("a second that would keep it for good ends at once, and says who does", second == (1, "pawl: shop has its WAL kept just now, by process %d\n"
              % p.pid), second)
        named = pawl("backup", "wal", "--once", "shop")
        check("so does one that takes what there is", named[0] == 1 and "has its WAL kept just now, by process %d" % p.pid in named[1], named)
        check("a server that was started again is followed", waits(lambda: kept() >= lsn()), (kept(), lsn()))
        p.terminate()
        check("told to stop it ends well", patience.wait(p) == 0)
        end = pg.fingerprint("shop")
        status, said = pawl("backup", "wal", "--once", "shop")
        check("killed and started again: no byte twice, none missing", status == 0 and unbroken(pieces()), pieces())
        status, said, folder = restored("killed")
        check("and all of it comes back, to the end", status == 0 and "last transaction" in said, said)
        if status == 0:
            with Copy(said, folder) as copy:
                check("row by row", copy.fingerprint() == end)

        # The disk of yesterday put back under the server.
        pg.stop()
        snapshot = os.path.join(ROOM, "snapshot")
        subprocess.run(["cp", "-a", str(pg.data), snapshot], check=True)
        pg.start()
        pg.sql("insert into log select g from generate_series(1, 3000) g; checkpoint", dbname="shop")
        check("kept before the server is put back", pawl("backup", "wal", "--once", "shop")[0] == 0)
        pg.stop()
        newer = os.path.join(ROOM, "newer")
        os.rename(pg.data, newer)
        os.rename(snapshot, pg.data)
        pg.start()
        before_back = pieces()
        status, said = pawl("backup", "wal", "--once", "shop")
        check("a server that was put back to an older state is refused, and nothing of it is kept", status == 1 and
              "was put back to an older state" in said and pieces() == before_back, said)
        pg.stop()
        shutil.rmtree(pg.data)
        os.rename(newer, pg.data)
        pg.start()

        # WAL that is lost for good, and another timeline.
        pg.sql("select pg_drop_replication_slot('pawl_shop')")
        pg.sql("insert into log values (8); select pg_switch_wal(); insert into log values (9); checkpoint", dbname="shop")
        pg.sql("select pg_switch_wal(); checkpoint")
        status, said = pawl("backup", "wal", "--once", "shop")
        check("a slot that was dropped is told as a gap", status == 1 and "GAP" in said and "no longer has its WAL" in said, said)
        status, said = pawl("status", "shop")
        again = pawl("backup", "wal", "--once", "shop")
        check("each time, as long as no new backup is behind it", again[0] == 1 and "GAP" not in again[1] and "take a new one" in again[1], again)
        check("and red until there is a new backup", status == 3 and "take a new one" in said, said)
        status, said, folder = restored("gap", "--until", now())
        check("nothing behind the gap is promised", status == 1 and "WAL is missing from" in said and not os.path.exists(folder), said)
        # What was fetched again is copied only where it has more than the one that went, which is there still.
        copies = os.listdir(os.path.join(SECOND, "shop.wal"))
        check("each piece is in the other vault as well, and the one that went", last in copies and
              {span(p) for p in copies} >= {span(p) for p in pieces()}, (pieces(), last, copies))
        status, said = shop()
        cut = said["wal"]["to"]
        check("of the gap the JSON says the same", "nothing later: behind backup" in said["point_in_time"] and "take a new one" in said["wal"]["gap"], said)
        status, said, folder = restored("cut", "--until", cut)
        check("to where status says it comes back", status == 0, (cut, said))
        shutil.rmtree(folder, ignore_errors=True)
        status, said = pawl("drill", "shop")
        check("and the drill goes to there, and says so", status == 0 and "as of " + cut in said and shop()[1]["wal"]["proven_to"] == cut, (cut, said))
        timers = os.path.join(HOME, ".local/state/pawl/recovery/schedule")
        open(timers, "w").write("systemd")
        check("and a new backup is due, old or not", shop()[1]["next_backup"] is None, shop()[1])
        check("a new backup", pawl("backup", "shop")[0] == 0)
        check("and no further one", shop()[1]["next_backup"] and "nothing later" not in shop()[1]["point_in_time"], shop()[1])
        os.unlink(timers)
        status, said = shop()
        check("what was said of the old one is not said of it", status == 0 and any("nothing is known before the next" in n for n in said["notes"]), said)
        check("and WAL behind it", pawl("backup", "wal", "--once", "shop")[0] == 0)
        status, said = pawl("status", "shop")
        check("no drill went through that yet", status == 0 and "point in time: from" in said and "recovered to" not in said
              and shop()[1]["wal"]["proven"] is None, said)
        check("and nothing is missing any more", pawl("backup", "wal", "--once", "shop")[0] == 0)
        check("nothing is said of the other vault", "vault second" not in pawl("status", "shop")[1])
        os.rename(SECOND, SECOND + "-away")
        check("one that is not there is told", "vault second cannot be looked into" in pawl("status", "shop")[1])
        os.mkdir(SECOND, 0o700)
        check("and a copy that is not there", "is not whole in vault second" in pawl("status", "shop")[1])
        os.rmdir(SECOND)
        os.rename(SECOND + "-away", SECOND)
        status, said = as_json("status")
        check("the window begins anew", status != 1 and said["targets"][0]["wal"]["to"] and not said["targets"][0]["wal"]["gap"], said)
        listed = pawl("backup", "list", "shop")
        check("the WAL is one line in each vault's list", listed[0] == 0 and listed[1].count("shop.wal") == 2, listed)

        if WHOLE:
            check("encrypted: taken and kept", pawl("backup", "wal", "--once", "secret")[0] == 0 and pawl("backup", "secret")[0] == 0)
            pg.sql("insert into log values (77)", dbname="shop")
            end = pg.fingerprint("shop")
            status, said = pawl("backup", "wal", "--once", "secret")
            folder = os.path.join(ROOM, "secret")
            back, told = pawl("restore", "secret", "--to", folder)
            check("encrypted: and brought back", status == 0 and back == 0 and not os.path.exists(os.path.join(VAULT, "secret.wal", "data.zst")), told)
            if back == 0:
                with Copy(told, folder) as copy:
                    check("row by row", copy.fingerprint() == end)

        # Retention: what only backups that are gone needed goes, and no more.
        oldest = sorted(os.listdir(os.path.join(VAULT, "shop")))[0]
        before_keep = pieces()
        shutil.rmtree(os.path.join(VAULT, "shop", oldest))
        status, said = pawl("backup", "wal", "--once", "shop")
        check("WAL that no backup needs goes, the rest stays unbroken", status == 0 and pieces()[0] != before_keep[0] and
              span(pieces()[0])[0] <= position() < span(pieces()[0])[1] and unbroken(pieces()), (pieces(), before_keep, position()))
        check("in each vault by its own backups", len(os.listdir(os.path.join(SECOND, "shop.wal"))) > len(pieces()))
        pg.sql("insert into log values (10); select pg_switch_wal(); insert into log values (11); select pg_switch_wal(); checkpoint", dbname="shop")
        promote()
        status, said = pawl("backup", "wal", "--once", "shop")
        check("another timeline is told", status == 1 and "timeline 2" in said and "take a new one" in said, said)
        again = pawl("backup", "wal", "--once", "shop")
        check("each time", again[0] == 1 and "another timeline" in again[1], again)
        with open(CONFIG) as f:
            text = f.read()
        with postgres.Server(hba=HBA) as other:
            other.sql("create database shop")
            status, said = pawl("backup", "wal", "--once", "shop", PGPORT=str(other.port))
            check("another server under the same name is refused", status == 1 and "of another cluster" in said, said)
finally:
    shutil.rmtree(ROOM, ignore_errors=True)
t.done()
