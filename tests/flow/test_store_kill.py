#!/usr/bin/env python3
"""The index and the outbox under SIGKILL at every write: what is to be told is told, the ledger verifies, and a forced rebuild agrees."""
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab
import patience

t = lab.Tap()
PAWL = lab.binary("pawl")
SHIM = os.path.join(lab.BUILD, "tests", "lib", "killat.so")
home = os.environ["HOME"]
config = os.path.join(home, ".config", "pawl")
os.makedirs(config)
told = os.path.join(home, "told")
script = os.path.join(home, "tell")
with open(script, "w") as f:
    f.write("#!/bin/sh\ncat >> %s\necho >> %s\n" % (told, told))
os.chmod(script, 0o755)
with open(os.path.join(config, "policy.yaml"), "w") as f:
    f.write("version: 1\nnotify:\n  - command: [%s]\n" % script)
clean = os.path.join(home, "clean")


def pawl(state, *args, **kill):
    e = dict(os.environ, PAWL_STATE=state, ASAN_OPTIONS="verify_asan_link_order=0:detect_leaks=0")
    if kill:
        e["LD_PRELOAD"] = SHIM
        e["KILLAT_COMM"] = "pawl-full"
        e.update({"KILLAT_" + k: str(v) for k, v in kill.items()})
    return subprocess.run([PAWL] + list(args), env=e, stdin=subprocess.DEVNULL, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=300)


def at_work(state):
    """Somebody in the background."""
    for p in filter(str.isdigit, os.listdir("/proc")):
        try:
            if ("PAWL_STATE=" + state).encode() in open("/proc/%s/environ" % p, "rb").read().split(b"\0"):
                return True
        except OSError:
            continue
    return False


# A ledger with one thing to tell, nobody told yet: made without a policy that names anybody.
os.environ["XDG_CONFIG_HOME"] = os.path.join(home, "nobody")
pawl(clean, "freeze", "--reason", "kill test")
# The delivery in the background finds nobody to tell, and is done.
patience.until(lambda: os.path.exists(os.path.join(clean, "index.db")) and pawl(clean, "notify", "flush").returncode == 0)
patience.until(lambda: not at_work(clean))
del os.environ["XDG_CONFIG_HOME"]
for f in os.listdir(clean):
    if f.startswith("index") or f.startswith("notify"):
        os.unlink(os.path.join(clean, f))


def fresh(n):
    d = os.path.join(home, "s%s" % n)
    shutil.copytree(clean, d)
    if os.path.exists(told):
        os.unlink(told)
    return d


def events():
    return [json.loads(x)["event"] for x in open(told).read().split("\n") if x] if os.path.exists(told) else []


d = fresh("log")
log = os.path.join(home, "steps")
r = pawl(d, "notify", "flush", "--now", LOG=log)
n = sum(1 for _ in open(log))
t.ok(r.returncode == 0 and n > 15 and events() == ["freeze"], "one thing is told, in %d steps" % n, r.stdout)
bad = []
for when in ("before",):
    for k in range(1, n + 1):
        what = "killed %s step %d" % (when, k)
        d = fresh("%s%d" % (when, k))
        pawl(d, "notify", "flush", "--now", N=k, WHEN=when)
        first = events()
        r = pawl(d, "notify", "flush", "--now")
        if r.returncode:
            bad.append("%s: the next flush: %s" % (what, r.stdout))
        got = events()
        # At least once; a second time only when the kill came between the telling and its entry.
        if got not in (["freeze"], ["freeze", "freeze"]) or (len(got) == 2 and not first):
            bad.append("%s: told %s" % (what, got))
        if pawl(d, "log", "verify").returncode:
            bad.append("%s: the ledger does not verify" % what)
        states = [m["state"] for m in json.loads(pawl(d, "notify", "list", "--json").stdout)["messages"]]
        if states != ["sent"]:
            bad.append("%s: outbox %s" % (what, states))
        shutil.rmtree(d)
t.ok(not bad, "SIGKILL at each of them: told, and the ledger verifies", "\n".join(bad[:20]))
bad = []
for errno, begin in (("ENOSPC", 1), ("EIO", 2)):
    for k in range(begin, n + 1, 4):
        d = fresh("%s%d" % (errno, k))
        r = pawl(d, "notify", "flush", "--now", N=k, FAIL=errno, STICKY=1)
        if r.returncode not in (0, 1) or (r.returncode and "pawl: " not in r.stdout and "failed 1" not in r.stdout):
            bad.append("%s step %d: %d %s" % (errno, k, r.returncode, r.stdout))
        r = pawl(d, "notify", "flush", "--now")
        if r.returncode or "freeze" not in events() or pawl(d, "log", "verify").returncode:
            bad.append("%s step %d: afterwards %s" % (errno, k, r.stdout))
        shutil.rmtree(d)
t.ok(not bad, "a disk that is full or broken from any step on: one clear line, and later all is told", "\n".join(bad[:20]))
t.done()
