#!/usr/bin/env python3
"""pgbench through the gate, through pgbouncer in session mode, and direct, turn by turn in one run.

usage: bench/postgres.py [--build DIR] [--seconds N] [--rounds N] [--scale N] [NAME ...]
NAME: of the rows below; default all. What is printed besides the ratios: transactions a second of each round, microseconds of processor
time a transaction in the proxy, and mean latency.
"""
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests" / "lib"))
UNBUDGETED = "-unbudgeted"  # of rows through a gate whose policy counts nothing, so that no witness looks
# name, pgbench's words, clients, at least this share of pgbouncer's throughput
ROWS = [("select-%s-%d" % (mode, n), ["-S", "-M", mode], n, 1.0) for mode in ("simple", "extended", "prepared") for n in (1, 16, 64)]
TPCB = [("tpcb-%s-%d" % (mode, n), ["-M", mode], n) for mode, n in (("simple", 1), ("simple", 16), ("prepared", 16))]
ROWS += [(*row, 0.8) for row in TPCB]
ROWS += [(name + UNBUDGETED, words, n, 1.0) for name, words, n in TPCB]


def ticks(pid):
    f = open("/proc/%d/stat" % pid).read().rsplit(")", 1)[1].split()
    return (int(f[11]) + int(f[12])) * 1e6 / os.sysconf("SC_CLK_TCK")


def pgbench(where, words, clients, seconds):
    # Its clock (-T) runs while it logs in, and SCRAM costs the client some 20 ms of processor a connection: with 64 clients a short
    # run would be over before the first transaction. It leaves the log-ins out of its tps.
    seconds += clients // 16
    argv = ["pgbench", "-n", "-T", str(seconds), "-c", str(clients), "-j", "1", *words, where["db"]]
    env = {**os.environ, "PGHOST": "127.0.0.1", "PGPORT": str(where["port"]), "PGUSER": "agent", "PGPASSWORD": "secret"}
    before = ticks(where["pid"]) if where["pid"] else 0
    done = subprocess.run(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    used = ticks(where["pid"]) - before if where["pid"] else 0
    n = re.search(r"actually processed: (\d+)", done.stdout)
    tps = re.search(r"tps = ([\d.]+)", done.stdout)
    late = re.search(r"latency average = ([\d.]+)", done.stdout)
    if done.returncode or not n or not tps:
        sys.exit("pgbench %s: %s" % (" ".join(argv), done.stdout))
    return float(tps.group(1)), used / max(1, int(n.group(1))), float(late.group(1)) * 1000


def pgbouncer(pg, folder):
    program = shutil.which("pgbouncer", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if not program:
        return None
    import postgres
    port = postgres.free_port()
    (folder / "users").write_text('"agent" "secret"\n')
    (folder / "ini").write_text("[databases]\ndb = host=127.0.0.1 port=%d dbname=db user=agent\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
                                "listen_port = %d\nauth_type = trust\nauth_file = %s\npool_mode = session\nmax_client_conn = 200\n"
                                "default_pool_size = 100\nunix_socket_dir =\nlogfile = %s\nlog_connections = 0\nlog_disconnections = 0\n"
                                "ignore_startup_parameters = extra_float_digits\n" % (pg.port, port, folder / "users", folder / "log"))
    os.chmod(folder, 0o777)
    os.chmod(folder / "users", 0o644)
    argv = [program, "-q", str(folder / "ini")]
    if pg.prefix:
        argv = pg.prefix + argv
    p = subprocess.Popen(argv, stdin=subprocess.DEVNULL)
    time.sleep(1)
    return p, port


def main():
    args, build, seconds, rounds, scale = sys.argv[1:], ROOT / "build", 3, 3, 10
    while args and args[0].startswith("--"):
        name, value = args[0], args[1]
        args = args[2:]
        if name == "--build":
            build = pathlib.Path(value).resolve()
        seconds = int(value) if name == "--seconds" else seconds
        rounds = int(value) if name == "--rounds" else rounds
        scale = int(value) if name == "--scale" else scale
    os.environ["PAWL_BUILD"] = str(build)
    import pgwire
    import postgres
    if postgres.missing():
        sys.exit(postgres.missing())
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pawl-bench-"))
    with postgres.Server({"shared_buffers": "256MB"}) as pg:
        pg.sql("create role agent login; create database db owner agent")
        subprocess.run(["pgbench", "-i", "-q", "-s", str(scale), "-h", "127.0.0.1", "-p", str(pg.port), "-U", "agent", "db"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        bouncer = pgbouncer(pg, folder)
        if not bouncer:
            sys.exit("no pgbouncer")
        # A policy that counts rows and never stops them: the witness looks before every commit.
        (folder / "policy").write_text("version: 1\nbudgets:\n  - {environment: scratch, statement: 1000000, transaction: 1000000, hour: 100000000}\n")
        (folder / "unbudgeted").write_text("version: 1\n")
        wheres = {"direct": {"port": pg.port, "pid": 0, "db": "db"},
                  "pgbouncer": {"port": bouncer[1], "pid": bouncer[0].pid, "db": "db"}}
        rows = [r for r in ROWS if not args or r[0] in args]
        try:
            for policy in ("policy", "unbudgeted"):
                mine = [r for r in rows if r[0].endswith(UNBUDGETED) == (policy == "unbudgeted")]
                if not mine:
                    continue
                with pgwire.Gate(pg, "--environment", "scratch", "--policy", str(folder / policy), dbname="db") as gate:
                    run({**wheres, "gate": {"port": gate.port, "pid": gate.process.pid, "db": "db"}}, mine, seconds, rounds)
        finally:
            bouncer[0].terminate()
            bouncer[0].wait()
            shutil.rmtree(folder, ignore_errors=True)


def run(wheres, rows, seconds, rounds):
    for name, words, clients, least in rows:
        got = {w: [] for w in wheres}
        for _ in range(rounds):
            for w, where in wheres.items():
                got[w].append(pgbench(where, words, clients, seconds))
        for w, all_ in got.items():
            print("  %-20s %-10s %s tps, %5.1f us of processor, %7.1f us latency" % (
                name, w, " ".join("%6.0f" % t for t, _, _ in all_), statistics.median(c for _, c, _ in all_), statistics.median(x for _, _, x in all_)))
        mid = {w: [statistics.median(column) for column in zip(*all_)] for w, all_ in got.items()}
        print("%s-throughput %.3f (at least %g) of pgbouncer's; %.3f of direct" % (name, mid["gate"][0] / mid["pgbouncer"][0], least, mid["gate"][0] / mid["direct"][0]))
        if name.startswith("select"):
            print("%s-processor %.3f (at most 1) of pgbouncer's a round trip" % (name, mid["gate"][1] / max(0.01, mid["pgbouncer"][1])))
        if clients == 1 and name.startswith("select"):
            print("%s-added-us %.1f (at most 45) microseconds over direct" % (name, max(0, mid["gate"][2] - mid["direct"][2])), flush=True)


if __name__ == "__main__":
    main()
