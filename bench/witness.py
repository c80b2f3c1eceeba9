#!/usr/bin/env python3
"""What the pre-commit witness adds to a write: pgbench's prepared update in a pipeline, with it and without, in turns.

usage: bench/witness.py --build DIR
On a PostgreSQL of its own, one client, unix socket. Of each transaction's latency the lower tenth: what others on the machine do is not
measured. The promise is 80 us; a server with the usual number of connections (100) and locks (64 each), and with few other backends.
"""
import glob
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests" / "lib"))
import postgres  # noqa: E402

PROMISE_US = 80
ROUNDS, SECONDS = 6, 2
UPDATE = "UPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid = :aid;"


def texts(build):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as policy:
        policy.write("version: 1\n")
        policy.flush()
        out = subprocess.run([build / "tests" / "lib" / "budget_tool", policy.name], input="texts\t150000\n", stdout=subprocess.PIPE, text=True,
                             check=True)
    return dict(line.split("\t", 1) for line in out.stdout.splitlines())


def script(folder, name, before, after):
    path = pathlib.Path(folder) / name
    lines = ["\\set aid random(1, 100000)", "\\startpipeline", "BEGIN READ WRITE;", *before, UPDATE, *after, "COMMIT;", "\\endpipeline"]
    path.write_text("\n".join(lines) + "\n")
    return path


def latencies(pg, path, folder):
    """Of each transaction, in microseconds."""
    log = os.path.join(folder, "log")
    subprocess.run([pg.bin / "pgbench", "-n", "-h", pg.folder, "-p", str(pg.port), "-U", "postgres", "-M", "prepared", "-c", "1", "-T",
                    str(SECONDS), "-f", path, "-l", "--log-prefix", log, "postgres"], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    found = []
    for f in glob.glob(log + ".*"):
        found += [int(line.split()[2]) for line in open(f)]
        os.unlink(f)
    return found


def tenth(values):
    return sorted(values)[len(values) // 10]


def main():
    build = pathlib.Path(sys.argv[sys.argv.index("--build") + 1]).resolve() if "--build" in sys.argv else ROOT / "build"
    why = postgres.missing()
    if why:
        print("skipped: " + why)
        return
    sql = texts(build)
    witness, quick = ([sql[n] + ";" for n in ("_pawl_constraints", "_pawl_read_only", which)] for which in ("_pawl_witness", "_pawl_quick"))
    with postgres.Server(conf={"max_connections": "100"}) as pg, tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        subprocess.run([pg.bin / "pgbench", "-i", "-q", "-h", pg.folder, "-p", str(pg.port), "-U", "postgres", "postgres"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        ways = {"plain": script(folder, "plain", [], []), "witness": script(folder, "witness", [], quick), "locks": script(folder, "locks", [], witness),
                "look": script(folder, "look", [], quick[2:]), "forget": script(folder, "forget", [], [sql["_pawl_forget"] + ";"])}
        seen = {w: [] for w in ways}
        for _ in range(ROUNDS):
            for w, path in ways.items():
                seen[w] += latencies(pg, path, folder)
    us = {w: tenth(v) for w, v in seen.items()}
    print("a write in a pipeline: %d us; with the witness %d, its query alone %d, a bare function instead %d; with that of the locks, for many tables, %d "
          "(lower tenth of %d)" % (us["plain"], us["witness"], us["look"], us["forget"], us["locks"], len(seen["witness"])))
    print("witness-cost %.3f of %d us (at most 1.0) %d us on a write" % ((us["witness"] - us["plain"]) / PROMISE_US, PROMISE_US,
                                                                     us["witness"] - us["plain"]))


main()
