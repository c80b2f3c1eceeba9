#!/usr/bin/env python3
"""The gate while clients are cut off, cancelled and abandoned, and its server is killed: nothing twice, nothing lost, nothing left over.

PAWL_TEST_CHAOS_SECONDS: how long (10); PAWL_TEST_SEED: another day.
"""
# serial
# timeout: 1500
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import patience  # noqa: E402
import pg_chaos  # noqa: E402
import pgwire as w  # noqa: E402
import postgres  # noqa: E402

SECONDS = float(os.environ.get("PAWL_TEST_CHAOS_SECONDS", "10"))
SEED = int(os.environ.get("PAWL_TEST_SEED", "4"))
POLICY = "version: 1\nbudgets:\n  - {environment: production, statement: 1000000, transaction: 1000000, hour: 100000000}\n"
CONF = {"synchronous_commit": "on", "autovacuum": "on"}  # what was told as committed outlives a crash of the server


# What AddressSanitizer keeps of freed memory (256 MB) would hide what the gate itself keeps.
os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=8:thread_local_quarantine_size_kb=64"


def fds(gate):
    return len(os.listdir("/proc/%d/fd" % gate.process.pid))


def settled(call, most, seconds=patience.LIMIT):
    end = time.time() + seconds
    while call() > most and time.time() < end:
        time.sleep(0.2)
    return call()


def prepare(pg):
    import subprocess
    pg.sql("create role agent login superuser; create database t")
    pg.sql(pg_chaos.TABLES, "t")
    done = subprocess.run(["pgbench", "-i", "-q", "-s", "1", "-h", pg.host, "-p", str(pg.port), "-U", "agent", "t"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout


def a_bad_day(pg, gate, notes):
    chaos = pg_chaos.Chaos(pg, gate, SEED)
    chaos.run(min(3, SECONDS / 4), 10)  # so that all is there that is made once
    chaos.settle()
    before, memory = settled(lambda: fds(gate), 0, 3), gate.memory()
    first, chaos = chaos, pg_chaos.Chaos(pg, gate, SEED + 1)
    pg.sql("truncate ops; update acc set balance = 0", "t")
    enough = 20 * min(SECONDS, 10) / 10
    chaos.run(SECONDS, enough + 1)
    chaos.settle()
    chaos.look()
    after = settled(lambda: fds(gate), before + 2)
    notes.append("seed %d, %.0f s: %s" % (SEED, SECONDS, ", ".join("%s %d" % c for c in sorted(chaos.counts.items()))))
    notes.append("file descriptors %d, then %d; memory %.1f MB, then %.1f MB" % (before, after, memory / 1e6, gate.memory() / 1e6))
    problems = first.problems + chaos.problems
    assert not problems, problems
    assert after <= before + 2, "descriptors: %d before, %d after" % (before, after)
    assert gate.memory() < memory + (48 << 20), notes
    assert chaos.counts["done"] > enough, chaos.counts
    patience.until(lambda: gate.psql("-c", "select 1").stdout == "1\n", words=gate.said)  # where nobody is quick it may take longer than one may take to log in


def main():
    why = postgres.missing()
    if why:
        print("1..0 # SKIP " + why)
        return 0
    notes = []
    with postgres.Server(conf=CONF) as pg:
        prepare(pg)
        policy, answer = os.path.join(os.environ["TMPDIR"], "policy"), os.path.join(os.environ["TMPDIR"], "answer")
        with open(policy, "w") as f:
            f.write(POLICY)
        open(answer, "w").close()

        def nothing_twice_nothing_lost_nothing_left(pg, gate):
            a_bad_day(pg, gate, notes)

        status = w.run([nothing_twice_nothing_lost_nothing_left], pg, "--environment", "production", "--policy", policy, "--decide", answer,
                       "--login", "3")
        for line in notes:
            print("# " + line)
        return status


if __name__ == "__main__":
    sys.exit(main())
