#!/usr/bin/env python3
"""The ledger under SIGKILL at every write, under failing writes, under a process that keeps the lock.

Whatever happens: the chain verifies, every acknowledged entry is there, and the ledger takes the next one.
"""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab

t = lab.Tap()
LIB = os.path.join(lab.BUILD, "tests", "lib")
TOOL = os.path.join(LIB, "ledger_tool")
work = tempfile.mkdtemp(prefix="pawl-kill-")
count = [0]


def env(**kill):
    e = dict(os.environ)
    e["ASAN_OPTIONS"] = "verify_asan_link_order=0:detect_leaks=0"
    if kill:
        e["LD_PRELOAD"] = os.path.join(LIB, "killat.so")
        e.update({"KILLAT_" + k: str(v) for k, v in kill.items()})
    return e


def tool(*args, **kill):
    r = subprocess.run([TOOL] + [str(a) for a in args], env=env(**kill), stdin=subprocess.DEVNULL, text=True,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)
    return r


def fresh():
    count[0] += 1
    return os.path.join(work, "l%d" % count[0])


def acked(r):
    return [int(s) for s in r.stdout.split("\n") if s.isdigit()]


def entries(d):
    r = tool(d, "verify")
    m = re.match(r"entries (\d+) torn ([01])", r.stdout)
    return int(m.group(1)) if m else r.stdout


def check(d, told, what):
    """What is wrong with the ledger after a death, or None."""
    exists = os.path.isdir(d) and any(n.endswith(".seg") for n in os.listdir(d))
    if exists and not isinstance(entries(d), int):
        return "%s: does not verify: %s" % (what, entries(d))
    if told and entries(d) < max(told):
        return "%s: told of %d, has %s" % (what, max(told), entries(d))
    before = entries(d) if exists else 0
    r = tool(d, "append", 1)
    if r.returncode or acked(r)[0] < before or acked(r)[0] > before + 1:
        return "%s: the next append: %s%s" % (what, r.stdout, r.stderr)
    seqs = [int(s.split()[0]) for s in tool(d, "seqs").stdout.splitlines()]
    if seqs != list(range(1, acked(r)[0] + 1)):
        return "%s: entries %s" % (what, seqs)
    return None


def steps(args, prepare=None):
    d = fresh()
    if prepare:
        prepare(d)
    log = d + ".log"
    r = tool(d, *args, LOG=log)
    assert r.returncode == 0, r.stdout + r.stderr
    return sum(1 for _ in open(log))


def every_kill(name, args, prepare=None):
    n, bad = steps(args, prepare), []
    for when in ("before", "half", "after"):
        for k in range(1, n + 1):
            d = fresh()
            if prepare:
                prepare(d)
            r = tool(d, *args, N=k, WHEN=when)
            if r.returncode != -9:
                bad.append("step %d %s: not killed (%d)" % (k, when, r.returncode))
            wrong = check(d, acked(r), "killed %s step %d" % (when, k))
            bad += [wrong] if wrong else []
    t.ok(n > 5 and not bad, "%s: SIGKILL before, in the middle of and behind each of %d steps" % (name, n), "\n".join(bad[:20]))


def every_failure(name, args, errno, sticky, prepare=None):
    n, bad = steps(args, prepare), []
    for k in range(1, n + 1):
        d = fresh()
        if prepare:
            prepare(d)
        r = tool(d, *args, N=k, FAIL=errno, STICKY=sticky)
        wrong = check(d, acked(r), "step %d" % k)
        bad += [wrong] if wrong else []
        if r.returncode and r.stdout and not re.search(r"^error .{10,}", r.stdout, re.M) and r.returncode != 1:
            bad.append("step %d: says %r" % (k, r.stdout))
    t.ok(not bad, "%s: %s at each of %d steps%s" % (name, errno, n, ", and ever after" if sticky else ""), "\n".join(bad[:20]))


def nearly_full(d):
    """A segment so full that the next entries begin another."""
    r = tool(d, "append", 2, 520000)
    assert r.returncode == 0, r.stdout


every_kill("a new ledger", ("append", 2))
every_kill("the next segment", ("append", 2, 3000), nearly_full)
every_failure("a new ledger", ("append", 3), "ENOSPC", 0)
every_failure("a new ledger", ("append", 3), "EIO", 1)
every_failure("the next segment", ("append", 2, 3000), "ENOSPC", 1, nearly_full)

# Threads in one process, killed in the middle of batches.
bad = []
for k in (30, 41, 52, 63, 74, 85):
    d = fresh()
    r = tool(d, "batch", 8, 20, N=k, WHEN="half")
    wrong = check(d, acked(r), "batch, step %d" % k)
    bad += [wrong] if wrong else []
t.ok(not bad, "eight threads, killed in the middle of a batch", "\n".join(bad))

# A lock that is kept: bounded wait, and the holder's pid in the error.
d = fresh()
tool(d, "append", 1)
p = subprocess.Popen([TOOL, d, "hold", "3600"], stdout=subprocess.PIPE, text=True, env=env())
p.stdout.readline()
r = tool(d, "append", 1)
p.kill()
p.wait()
t.ok(r.returncode == 1 and "locked by process %d" % p.pid in r.stdout, "a lock kept too long is an error that names its holder", r.stdout)
t.eq(check(d, [1], "after the lock"), None, "once the holder is gone the ledger goes on")
t.done()
