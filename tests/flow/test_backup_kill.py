#!/usr/bin/env python3
"""SIGKILL at every step of a backup and of a drill that changes a file: no half backup counts, no result is claimed, nothing old is lost, and
the next run clears up and is good. Every step with PAWL_KILL_ALL set (make soak); otherwise a sample of them."""
# timeout: 3600
# serial
import fcntl
import glob
import json
import os
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab
import postgres

t = lab.Tap()
SHIM = os.path.join(lab.BUILD, "tests", "lib", "killat.so")
if postgres.missing() or not os.path.exists(SHIM):
    print("1..0 # SKIP " + (postgres.missing() or "the killat shim is not built"))
    sys.exit(0)
PAWL = lab.binary("pawl")
HOME = os.environ["HOME"]
ALL = bool(os.environ.get("PAWL_KILL_ALL"))
SAMPLE = 3
SCRATCH = HOME if os.geteuid() != 0 else "/tmp"


def pawl(state, *args, **kill):
    e = dict(os.environ, PAWL_STATE=state, TMPDIR=HOME, ASAN_OPTIONS="verify_asan_link_order=0:detect_leaks=0")
    if kill:
        e["LD_PRELOAD"] = SHIM
        e["KILLAT_COMM"] = "pawl-full"
        e.update({"KILLAT_" + k: str(v) for k, v in kill.items()})
    p = subprocess.run([PAWL, *args], env=e, stdin=subprocess.DEVNULL, text=True, capture_output=True, timeout=600)
    return p.returncode, p.stdout, p.stderr


def state_of(name):
    s = os.path.join(HOME, name)
    shutil.rmtree(s, ignore_errors=True)
    subprocess.run(["cp", "-a", CLEAN, s], check=True)
    # The vault's folder stands in backup.yaml: one place, filled anew.
    shutil.rmtree(VAULT)
    subprocess.run(["cp", "-a", HOME + "/vault.clean", VAULT], check=True)
    return s


def steps(*args):
    log = HOME + "/log"
    if os.path.exists(log):
        os.unlink(log)
    status, out, err = pawl(state_of("count"), *args, LOG=log)
    lines = [x.split() for x in open(log).read().splitlines()]
    return status, len(lines), out + err


def abandoned(folder):
    """Whoever made it is dead: nobody holds its file. Tests beside this one have servers there as well."""
    try:
        with open(folder + "/owner") as f:
            fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    except OSError:
        return False


def scratch():
    """A small drill's lies in memory in place of /tmp."""
    found = glob.glob(SCRATCH + "/pawl-scratch-*")
    return {f for f in (found + glob.glob("/dev/shm/pawl-scratch-*") if SCRATCH == "/tmp" else found) if abandoned(f)}


def working(pid):
    """It has a server."""
    return "postgres" in subprocess.run(["ps", "-o", "args=", "--ppid", str(pid)], capture_output=True, text=True).stdout


def status(state):
    return json.loads(pawl(state, "status", "--json")[1])["targets"][0]


def backups(state):
    return {b["backup"]: b for b in json.loads(pawl(state, "backup", "list", "--json")[1])["backups"]}


def where(n):
    if ALL or n <= SAMPLE:
        return range(1, n + 1)
    return sorted({1 + (n - 1) * i // (SAMPLE - 1) for i in range(SAMPLE)})


def kills(what, n, check):
    wrong = []
    for at in where(n):
        for when in ("before", "after") if ALL else ("before", "after")[at % 2:][:1]:
            s = state_of("killed")
            code, out, err = pawl(s, *what, N=at, WHEN=when)
            if code != -9 and code != 137:
                wrong.append((at, when, "not killed", code, out, err))
                continue
            wrong += [(at, when) + w for w in check(s)]
    return wrong


def after_backup(s):
    there = backups(s)
    if OLD not in there or not there[OLD]["whole"]:
        yield ("the old backup is lost", sorted(there))
    if status(s)["verified_backup"] != OLD:
        yield ("the last verified one is forgotten", status(s))
    code, out, err = pawl(s, "backup", "--drill")
    if code:
        yield ("the next run does not recover", code, out, err)
    left = [b for b in backups(s).values() if not b["whole"]]
    if left:
        yield ("left behind", left)
    if not status(s)["green"]:
        yield ("not green after it", status(s))
    if pawl(s, "log", "verify")[0]:
        yield ("the ledger is broken",)


def after_drill(s):
    before = status(s)
    if before["verified"] and before["verified_backup"] not in (OLD, NEW):
        yield ("verified what was not", before)
    if before["last_drill"] != "verified":
        yield ("a killed drill said something", before)
    code, out, err = pawl(s, "drill")
    if code:
        yield ("the next drill does not recover", code, out, err)
    if scratch() - SCRATCH_BEFORE:
        yield ("a scratch server is left", scratch() - SCRATCH_BEFORE)


with postgres.Server() as pg:
    pg.sql("create database shop")
    pg.sql("create table submissions as select g id, md5(g::text) body from generate_series(1, 500) g", dbname="shop")
    os.environ.update(PGHOST=pg.host, PGPORT=str(pg.port), PGUSER="postgres", PGDATABASE="shop")
    CLEAN, VAULT = HOME + "/clean", HOME + "/vault"
    assert pawl(CLEAN, "backup", "init", "--vault", VAULT)[0] == 0
    first = pawl(CLEAN, "backup", "--drill")
    t.ok(first[0] == 0, "a first backup, verified", str(first))
    OLD = status(CLEAN)["backup"]
    os.rename(CLEAN + "/recovery/cache", HOME + "/cache")  # one template for all
    os.symlink(HOME + "/cache", CLEAN + "/recovery/cache")
    subprocess.run(["cp", "-a", VAULT, HOME + "/vault.clean"], check=True)

    code, n, said = steps("backup")
    t.ok(code == 0 and n > 20, "a backup takes %d steps that change files" % n, said)
    wrong = kills(["backup"], n, after_backup)
    t.ok(not wrong, "killed at %s of them: the old one stays, the next run recovers" % ("each" if ALL else "some"), str(wrong[:3]))

    NEW = OLD
    SCRATCH_BEFORE = scratch()
    code, n, said = steps("drill")
    t.ok(code == 0 and n > 5, "a drill takes %d steps that change files" % n, said)
    wrong = kills(["drill"], n, after_drill)
    t.ok(not wrong, "killed at %s of them: nothing claimed, no server left, the next drill is good" % ("each" if ALL else "some"), str(wrong[:3]))

    # In the middle of a restore, by the clock: its server dies with it, its folder goes with the next one.
    pg.sql("insert into submissions select g, repeat(md5(g::text), 20) from generate_series(1, 100000) g", dbname="shop")
    s = state_of("clock")
    pawl(s, "backup")
    e = dict(os.environ, PAWL_STATE=s, TMPDIR=HOME)
    full = subprocess.Popen([PAWL + "-full" if os.path.exists(PAWL + "-full") else PAWL, "drill"], env=e, stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.time() + 300
    while time.time() < until and not working(full.pid):
        time.sleep(0.02)
    full.kill()
    full.wait()
    left = scratch() - SCRATCH_BEFORE
    t.ok(left, "a drill killed while its server runs leaves a folder")
    code, out, err = pawl(s, "drill")
    t.ok(code == 0 and not (scratch() - SCRATCH_BEFORE), "which the next drill ends and removes", out + err + str(scratch() - SCRATCH_BEFORE))
    t.ok(not [f for f in left if f in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout], "with its server")

    # Two at once: one works, the other says who has it.
    first = subprocess.Popen([PAWL, "backup"], env=dict(os.environ, PAWL_STATE=s), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)
    tried = []
    while first.poll() is None:
        tried.append(pawl(s, "backup"))
    busy = [x for x in tried if x[0] == 1 and "just now, by process" in x[1]]
    t.ok(first.returncode == 0 and (busy or not tried) or any(x[0] == 0 for x in tried), "two at once do not mix", str(tried[:2]))
    t.ok(all(b["whole"] for b in backups(s).values()), "and nothing half done is left", str(backups(s)))
t.done()
