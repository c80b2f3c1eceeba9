#!/usr/bin/env python3
"""What a backup costs beside pg_dump, and a drill beside pg_restore, of the same database in the same run, on PostgreSQL servers of its own.

60 tables, 1,943,200 rows in one, more than 2 GB: about 15 minutes and 12 GB of disk; --quick: a tenth of it. Processor time is that of the
programs and of the server's processes that worked for them. Backup: at most 1.3 times pg_dump, at most a third of pg_dump -Fc, at most
64 MB of memory. Drill: at most 1.1 times as long as pg_restore -j2 into a server with the drill's settings; of a physical backup at most a
quarter as long. Drill of 10 MB: at most a second of processor time, template there. Vault: a second of processor time for a GB that is
fetched and hashed.
usage: bench/backup.py [--build DIR] [--quick]
"""
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
BUILD = HERE.parent / "build"
if "--build" in sys.argv:
    BUILD = pathlib.Path(sys.argv[sys.argv.index("--build") + 1]).resolve()
os.environ.setdefault("PAWL_SOURCE", str(HERE.parent))
os.environ["PAWL_BUILD"] = str(BUILD)
sys.path.insert(0, str(HERE.parent / "tests" / "lib"))
import postgres  # noqa: E402
import recoveries  # noqa: E402

QUICK = "--quick" in sys.argv
ROWS, OTHERS = (194320, 4700) if QUICK else (1943200, 47000)
HBA = "local all all trust\nhost all all 127.0.0.1/32 trust\nhost replication all 127.0.0.1/32 trust\n"
TICK = os.sysconf("SC_CLK_TCK")
# As a scratch server has them.
THROWN_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "wal_level": "minimal", "max_wal_senders": "0", "autovacuum": "off",
               "checkpoint_timeout": "1d", "max_wal_size": "64GB", "shared_buffers": "128MB", "maintenance_work_mem": "256MB", "jit": "off"}


class Cost:
    """Of a program: seconds of it and its children, of the server meanwhile, on the wall; peak memory."""

    def __init__(self, argv, pg=None, out=subprocess.DEVNULL):
        before = server_cpu(pg)
        begun = time.monotonic()
        p = subprocess.Popen([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=out)
        _, status, use = os.wait4(p.pid, 0)
        p.returncode = os.waitstatus_to_exitcode(status)
        self.wall = time.monotonic() - begun
        time.sleep(0.3)  # the server's process ends after the program
        self.own, self.server, self.peak = use.ru_utime + use.ru_stime, server_cpu(pg) - before, use.ru_maxrss / 1024
        self.all = self.own + self.server
        if p.returncode:
            sys.exit("%s ended with status %d" % (argv[0], p.returncode))

    def __str__(self):
        return "%.2f s of processor (%.2f its own), %.2f s of wall, %.0f MB" % (self.all, self.own, self.wall, self.peak)


def stat(pid):
    fields = pathlib.Path("/proc/%d/stat" % pid).read_text().rpartition(")")[2].split()
    return int(fields[1]), [int(f) / TICK for f in fields[11:15]]


def server_cpu(pg):
    """Of those that run and of those that ended."""
    if not pg:
        return 0
    total = sum(stat(pg.process.pid)[1])
    for entry in os.listdir("/proc"):
        try:
            if entry.isdigit() and stat(int(entry))[0] == pg.process.pid:
                total += sum(stat(int(entry))[1][:2])
        except OSError:
            continue
    return total


def fill(pg):
    pg.sql("CREATE DATABASE shop; CREATE DATABASE small")
    pg.sql("CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, email text UNIQUE); INSERT INTO customers SELECT i, 'name ' || i, "
           "md5(i::text) || '@example.com' FROM generate_series(1, 50000) i; "
           "CREATE TABLE submissions (id bigint PRIMARY KEY, customer int NOT NULL REFERENCES customers, at timestamptz NOT NULL, score numeric(6, 2), "
           "link text, answer jsonb); INSERT INTO submissions SELECT i, 1 + i %% 50000, timestamptz '2026-01-01' + i * interval '7 s', i %% 10000 / 7.0, "
           "'https://github.com/' || md5(i::text) || '/homework', jsonb_build_object('q1', md5((i * 3)::text), 'q2', i %% 5, 'notes', "
           "repeat('the answer is in the notebook; ', 6 + i %% 4)) FROM generate_series(1, %d) i; CREATE INDEX ON submissions (customer); "
           "CREATE INDEX ON submissions (at)" % ROWS, "shop")
    for t in range(58):
        pg.sql("CREATE TABLE t%d (id int PRIMARY KEY, customer int REFERENCES customers, state text, placed timestamptz, note text); INSERT INTO t%d "
               "SELECT i, 1 + i %% 50000, 'sent', timestamptz '2026-01-01' + i * interval '1 min', md5((i * %d)::text) || "
               "repeat(' and so on, as said before', 10 + i %% 8) "
               "FROM generate_series(1, %d) i; CREATE INDEX ON t%d (customer)" % (t, t, t + 2, OTHERS, t), "shop")
    pg.sql("CREATE TABLE a (id int PRIMARY KEY, b text, c text); INSERT INTO a SELECT i, md5(i::text), md5((i * 7)::text) FROM generate_series(1, 140000) i; "
           "CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a); INSERT INTO b SELECT i, i FROM generate_series(1, 1000) i", "small")
    pg.sql("VACUUM ANALYZE; CHECKPOINT", "shop")


def tool(v, *words):
    return [recoveries.TOOL, words[0], v.root, v.key] + list(words[1:])


def backups(pg, v, folder):
    where = ["-h", pg.host, "-p", pg.port, "-U", "postgres"]
    connect = "host=%s port=%d user=postgres dbname=" % (pg.host, pg.port)
    size = int(pg.sql("SELECT sum(pg_database_size(datname)) FROM pg_database WHERE datname = 'shop'")[0][0])
    custom = folder / "shop.custom"
    Cost([pg.bin / "pg_dump"] + where + ["shop"], pg)  # the pages are in memory from here on
    # Turn by turn, and the least of each: what else the machine does only adds.
    runs = [(Cost([pg.bin / "pg_dump"] + where + ["shop"], pg), Cost(tool(v, "backup", "shop", connect + "shop"), pg),
             Cost([pg.bin / "pg_dump", "-Fc", "-f", custom] + where + ["shop"], pg)) for _ in range(2)]
    plain, own, packed = (min(costs, key=lambda c: c.all) for costs in zip(*runs))
    print("database %.2f GB, 60 tables, %d rows in one; pg_dump: %s; pg_dump -Fc: %s; backup: %s" % (size / 1e9, ROWS, plain, packed, own))
    print("backup-cpu-to-pg_dump %.3f (at most 1.3) of program and server; the programs alone %.2f s and %.2f s" % (own.all / plain.all, own.own, plain.own))
    print("backup-cpu-to-pg_dump-Fc %.3f (at most 0.333) of program and server; the programs alone %.3f" % (own.all / packed.all, own.own / packed.own))
    print("backup-memory-to-64MB %.3f (at most 1) %.0f MB" % (max(r[1].peak for r in runs) / 64, max(r[1].peak for r in runs)))
    v.backup("small", connect + "small")
    v.backup("files", "physical:" + connect + "shop")
    return custom


def settled():
    """For five seconds ext4 gives out no number of a file that was removed, and looks at each of them: two fifths of a drill behind another."""
    time.sleep(6)


def verified(v, target, **more):
    path = v.folder / "said"
    with open(path, "wb") as out:
        cost = Cost(tool(v, "drill", target, v.cache), out=out, **more)
    said = path.read_text()
    if not said.startswith("verified"):
        sys.exit(said)
    return cost


def drills(v, custom):
    verified(v, "small")  # the template is made
    settled()
    own = verified(v, "shop")
    verified(v, "files")  # the files of both are in memory, or not, alike
    settled()
    files = verified(v, "files")
    settled()
    with postgres.Server(conf=THROWN_AWAY) as pg:
        pg.sql("CREATE DATABASE shop")
        restored = Cost([pg.bin / "pg_restore", "-j2", "-d", "shop", "-h", pg.host, "-p", pg.port, "-U", "postgres", custom], pg)
    print("drill: %s; pg_restore -j2: %s" % (own, restored))
    print("drill-to-pg_restore-j2 %.3f (at most 1.1) on the wall; processor time %.3f" % (own.wall / restored.wall, own.all / restored.all))
    print("physical-drill-to-pg_restore-j2 %.3f (at most 0.25) on the wall: %s" % (files.wall / restored.wall, files))
    small = [verified(v, "small") for _ in range(5)]
    least = min(c.all for c in small)
    print("drill-10MB-cpu-to-1s %.3f (at most 1) the least of five; median %.2f s, on the wall %.2f s" % (
        least, statistics.median(c.all for c in small), statistics.median(c.wall for c in small)))


def retrieval(v, folder):
    """Bytes that do not compress, as a command's stream: what is stored is fetched, its parts and the whole are hashed."""
    mega = 100 if QUICK else 1024
    noise = folder / "noise"
    with open(noise, "wb") as f:
        for _ in range(mega):
            f.write(os.urandom(1 << 20))
    subprocess.run(tool(v, "backup", "noise", "command:cat %s" % noise), check=True, stdout=subprocess.DEVNULL)
    own, plain = min((verified(v, "noise") for _ in range(3)), key=lambda c: c.all), Cost(["openssl", "dgst", "-sha256", noise])
    print("vault-cpu-seconds-a-GB %.3f (at most 1) fetched, hashed as stored and as data, rows counted; %.2f GB/s; openssl's SHA-256 alone %.3f" % (
        own.all / (mega / 1024), mega / 1024 / own.wall, plain.all / (mega / 1024)))


def main():
    if postgres.missing():
        print("nothing to measure: " + postgres.missing())
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pawl-bench-"))
    os.chmod(folder, 0o755)
    try:
        v = recoveries.Vault(folder / "v")
        retrieval(v, folder)
        (folder / "noise").unlink()
        with postgres.Server(conf={"shared_buffers": "512MB", "max_wal_size": "8GB"}, hba=HBA) as pg:
            fill(pg)
            custom = backups(pg, v, folder)
        drills(v, custom)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
