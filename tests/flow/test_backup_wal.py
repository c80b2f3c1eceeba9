#!/usr/bin/env python3
"""WAL between physical backups, by the commands alone: kept, brought back to a moment, gaps and harm told; a receiver that is killed loses and
doubles nothing."""
# timeout: 300
import datetime
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab
import postgres

t = lab.Tap()
if postgres.missing():
    print("1..0 # SKIP " + postgres.missing())
    sys.exit(0)
PAWL = lab.binary("pawl")
HOME = os.environ["HOME"]
CONFIG = os.path.join(HOME, ".config/pawl/backup.yaml")
VAULT = os.path.join(HOME, "vault")
WAL = os.path.join(VAULT, "shop.wal")
HBA = "local all all trust\nlocal replication all trust\nhost all all 127.0.0.1/32 trust\nhost replication all 127.0.0.1/32 trust\n"
ROOM = tempfile.mkdtemp(prefix="pawl-wal-", dir="/tmp")  # a server that is not root's must reach it
os.chmod(ROOM, 0o777)


def env(**more):
    e = {"HOME": HOME, "PATH": os.environ["PATH"], "PGHOST": pg.host, "PGPORT": str(pg.port), "PGUSER": "postgres"}
    for name in ("ASAN_OPTIONS", "TMPDIR"):
        if name in os.environ:
            e[name] = os.environ[name]
    return dict(e, **more)


def pawl(*args):
    p = subprocess.run([PAWL, *args], env=env(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    return p.returncode, p.stdout + p.stderr


def as_json(*args):
    status, said = pawl(*args, "--json")
    return status, json.loads(said)


def check(name, cond, detail=""):
    t.ok(cond, name, str(detail)[-1500:])


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
        command = re.search(r"^  (\S+)/pg_ctl ", said, re.M)
        self.bin = command.group(1)

    def __enter__(self):
        subprocess.run(pg.prefix + [self.bin + "/pg_ctl", "-D", self.folder, "-o", "-p %d -k ''" % self.port, "-l", self.folder + ".log", "-w",
                                    "start"], check=True, capture_output=True, cwd="/")
        return self

    def __exit__(self, *_):
        subprocess.run(pg.prefix + [self.bin + "/pg_ctl", "-D", self.folder, "-m", "immediate", "stop"], capture_output=True, cwd="/")
        shutil.rmtree(self.folder, ignore_errors=True)

    def fingerprint(self):
        other = object.__new__(postgres.Server)
        other.__dict__.update(pg.__dict__, port=self.port, process=None)
        return other.fingerprint("shop")


def restored(name, *words):
    folder = os.path.join(ROOM, name)
    status, said = pawl("restore", "shop", "--to", folder, *words)
    return status, said, folder


try:
    with postgres.Server(hba=HBA) as pg:
        pg.sql("create database shop")
        pg.sql("create table orders as select g id, md5(g::text) body from generate_series(1, 2000) g; create table log (n int, at timestamptz default now())",
               dbname="shop")
        check("init", pawl("backup", "init", "--empty", "--vault", VAULT)[0] == 0)
        with open(CONFIG) as f:
            text = f.read()
        with open(CONFIG, "w") as f:
            f.write(text + "targets:\n  - {name: shop, postgres: \"dbname=shop\", physical: true, wal: {every: 1s}, rpo: 1h, every: 24h}\n")

        status, said = pawl("backup", "wal", "--once", "shop")
        check("WAL before any backup is kept, and that it goes on from none is said", status == 0 and "take one" in said, said)
        status, said = pawl("backup", "shop")
        check("a physical backup through the command", status == 0, said)
        pg.sql("insert into log select g from generate_series(1, 500) g; update orders set body = upper(body) where id % 3 = 0", dbname="shop")
        before, good = now(), pg.fingerprint("shop")
        time.sleep(0.05)
        pg.sql("drop table orders", dbname="shop")
        pg.sql("insert into log values (1000)", dbname="shop")
        end = pg.fingerprint("shop")
        status, said = pawl("backup", "wal", "--once")
        check("kept, with the window", status == 0 and "Point in time: from" in said, said)
        check("no byte twice, none missing", len(pieces()) >= 2 and unbroken(pieces()), pieces())

        status, said, folder = restored("before", "--until", before)
        check("to just before the table was dropped", status == 0 and "Start it" in said, said)
        if status == 0:
            with Copy(said, folder) as copy:
                check("every row is back", copy.fingerprint() == good, (copy.fingerprint(), good))
        status, said, folder = restored("end")
        check("to the end", status == 0 and "last transaction" in said, said)
        if status == 0:
            with Copy(said, folder) as copy:
                check("everything up to there", copy.fingerprint() == end)
        late = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        status, said, folder = restored("late", "--until", late)
        check("a time behind the end is told, and gives nothing", status == 1 and "is not in the archive" in said and not os.path.exists(folder), said)
        os.mkdir(os.path.join(ROOM, "there"))
        status, said, _ = restored("there")
        check("a folder that is there is refused", status == 1 and "is there" in said, said)
finally:
    shutil.rmtree(ROOM, ignore_errors=True)
t.done()
