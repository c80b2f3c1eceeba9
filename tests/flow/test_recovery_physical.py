#!/usr/bin/env python3
# timeout: 1200
"""Physical backups: taken while rows change, recovered to the moment that was asked, counted; tampered with, each way has its word.

PAWL_TEST_TAMPER=whole: every way; else those that are told apart by different parts of a drill."""
import io
import os
import subprocess
import sys
import tarfile
import tempfile
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import postgres  # noqa: E402
import recoveries  # noqa: E402
import source  # noqa: E402

t = source.Tap()
if postgres.missing():
    print("1..0 # SKIP " + postgres.missing())
    sys.exit(0)
FORM = "bytes"
WHOLE = os.environ.get("PAWL_TEST_TAMPER") == "whole"
EVERY_DAY = ("a flipped bit in the vault", "an invariant changed", "a tar cut between its files, signed for", "a missing WAL segment, signed for")
HBA = "local all all trust\nlocal replication all trust\nhost all all 127.0.0.1/32 trust\nhost replication all 127.0.0.1/32 trust\n"
SMALL = {"shared_buffers": "16MB"}
BLOCK = 512


def members(plain):
    """[(header at, name, data at, size)] of both tars."""
    at, found = 0, []
    while at < len(plain):
        head = plain[at:at + BLOCK]
        if not head[0]:
            at += BLOCK
            continue
        size = int(head[124:135], 8)
        found.append((at, head[:100].rstrip(b"\0").decode(), at + BLOCK, size))
        at += BLOCK + -(-size // BLOCK) * BLOCK
    return found


def flipped(name, at=100):
    def change(plain):
        where = next(m for m in members(plain) if m[1].startswith(name) and m[3] > at)
        b = bytearray(plain)
        b[where[2] + at] ^= 1
        return bytes(b)
    return change


def without(choose):
    def change(plain):
        _, _, data, size = where = choose(members(plain))
        return plain[:where[0]] + plain[data + -(-size // BLOCK) * BLOCK:]
    return change


def last_wal(found):
    return [m for m in found if m[1].startswith("pg_wal/0")][-1]


def cut(plain):
    return plain[:next(m for m in members(plain) if m[1] == "pawl.end")[0]] + bytes(1024)


def cut_anywhere(plain):
    return plain[:len(plain) // 2 + 100]


def foreign(plain):
    """As if another cluster had written all of the WAL."""
    b = bytearray(plain)
    for _, name, data, _ in members(plain):
        if name.startswith("pg_wal/0"):
            b[data + 24] ^= 1
    return bytes(b)


def outside(plain):
    info = tarfile.TarInfo("../outside")
    info.size = 1
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        tar.addfile(info, io.BytesIO(b"x"))
    return out.getvalue() + plain


def say(name, good, detail=""):
    t.check(name, [] if good else [str(detail)[-600:]])


def busy(pg, stop):
    while not stop.is_set():
        pg.sql("INSERT INTO busy SELECT g FROM generate_series(1, 20) g; DELETE FROM busy WHERE n % 3 = 1", dbname="shop")


with tempfile.TemporaryDirectory() as tmp, tempfile.TemporaryDirectory(dir="/tmp") as room, postgres.Server(conf=SMALL, hba=HBA) as pg:
    pg.sql("CREATE DATABASE shop")
    pg.sql("CREATE TABLE orders AS SELECT g id, md5(g::text) body FROM generate_series(1, 5000) g; CREATE TABLE busy (n int);"
           "CREATE TABLE \"Odd one\" (x int); CREATE UNLOGGED TABLE fleeting AS SELECT 1", dbname="shop")
    os.chmod(room, 0o755)  # for the servers of drills; root's are another user's
    os.environ["RECOVERY_FOLDER"] = room
    v = recoveries.Vault(tmp)
    connect = "physical:" + pg.url("shop")
    stop = threading.Event()
    writer = threading.Thread(target=busy, args=(pg, stop))
    writer.start()
    try:
        id = v.backup("shop", connect, orders="SELECT count(*) FROM orders", sums="SELECT sum(n) FROM busy")
    finally:
        stop.set()
        writer.join()
    m = v.manifest("shop", id)
    say("the manifest has the tables that are kept, with their rows", {x["name"]: x["rows"] for x in m["tables"]}.items() >=
        {"public.orders": 5000, 'public."Odd one"': 0}.items() and "public.fleeting" not in str(m["tables"]), m["tables"])
    say("and the answers, the cluster and the position", {"orders", "sums", "objects", "system identifier"} <=
        {x["name"] for x in m["invariants"]} and any(x["name"].startswith("recovered to ") for x in m["invariants"]), m["invariants"])
    d = v.drill("shop")
    say("while rows changed: verified, each table's rows and each answer at one moment", d.result == "verified" and d.tables == 3, d.text)
    say("no slot and no server is left behind", pg.sql("SELECT count(*) FROM pg_replication_slots") == [["0"]] and not
        os.listdir(room), os.listdir(room))

    def tampered(name, code, change=None, result="failed", hand=None, **members_):
        if not WHOLE and name not in EVERY_DAY:
            return
        f = v.forge("shop", id)
        if hand:
            hand(f)
        elif change:
            f.replace(change, FORM, **members_)
        else:
            f.say(**members_)
        d = f.drill("shop")
        say("%s: %s, never verified" % (name, code), d.result == result and code in d.codes, d.text)

    tampered("a flipped bit in the vault", "bytes", hand=lambda f: f.flip("data.zst", f.data.stat().st_size // 2))
    tampered("cut in the vault", "bytes", hand=lambda f: os.truncate(f.data, f.data.stat().st_size // 2))
    tampered("an invariant changed", "invariant", invariants=[dict(i, value="4999") if i["name"] == "orders" else i for i in m["invariants"]])
    tampered("another number of rows", "rows", tables=[dict(x, rows=x["rows"] + (x["name"] == "public.orders")) for x in m["tables"]])
    tampered("a table that is not there", "table-lost", tables=m["tables"] + [dict(m["tables"][-1], name="public.zzz")])
    tampered("another major version", "older-server", server="99.1", result="could not verify")
    tampered("a tar cut between its files, signed for", "half", cut)
    tampered("a tar cut within a file, signed for", "half", cut_anywhere)
    tampered("a missing WAL segment, signed for", "wal-missing", without(last_wal))
    tampered("a file lost, signed for", "error", without(lambda found: next(x for x in found if x[1].startswith("base/5/") and x[3])))
    tampered("a bit in a data file, signed for", "error", flipped("base/5/"))
    tampered("a name that leads out, signed for", "half", outside)
    tampered("WAL of another cluster, signed for", "wal-foreign", foreign)
    limits = "idle_session_timeout", "idle_in_transaction_session_timeout"
    pg.sql("; ".join("ALTER ROLE postgres SET %s = '100ms'" % x for x in limits))
    try:
        said = v.backup("shop", connect)
    except RuntimeError as e:
        said = str(e)
    pg.sql("; ".join("ALTER ROLE postgres RESET %s" % x for x in limits))
    say("the role's limits for idle sessions end no backup", said > id and "no backup" not in said, said)
    holder = threading.Thread(target=lambda: pg.psql(dbname="shop", text="BEGIN; LOCK TABLE orders; SELECT pg_sleep(611); COMMIT"))
    holder.start()
    pg.sleeps(611)
    try:
        said = v.backup("shop", connect, env={"RECOVERY_PATIENCE": "4"})
    except RuntimeError as e:
        said = str(e)
    say("a table that somebody holds is not waited for without an end", "silent for too long" in said and pg.sleeps(611), said)
    pg.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ~ 'pg_sleep' AND pid <> pg_backend_pid()")
    holder.join()
    subprocess.run(pg.prefix + ["mkdir", str(pg.folder / "space")], check=True)
    pg.sql("CREATE TABLESPACE elsewhere LOCATION '%s'" % (pg.folder / "space"))
    try:
        said = v.backup("shop", connect)
    except RuntimeError as e:
        said = str(e)
    say("tablespaces are said, not left out", "tablespaces" in said and "elsewhere" in said, said)
sys.exit(t.end())
