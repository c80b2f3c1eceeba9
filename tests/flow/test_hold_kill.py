#!/usr/bin/env python3
# Opening, approving and using a hold under SIGKILL at every write, and under writes that fail: never a use without its entry
# in the ledger, the chain always verifies, and afterwards the hold is usable once or spent.
# Every write has its turn, each in one of the ways to die there; PAWL_TEST_WHOLE (make soak): in all of them.
# timeout: 1200
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
from holds import BUILD, PAWL, TOOL, Tap, World, key, refused

SHIM = os.path.join(BUILD, "tests", "lib", "killat.so")
WHEN = ("before", "half", "after")


def ways(i, all_of_them):
    return all_of_them if os.environ.get("PAWL_TEST_WHOLE") else [all_of_them[i % len(all_of_them)]]


def run(w, argv, **kill):
    env = dict(w.env, LD_PRELOAD=SHIM, ASAN_OPTIONS="verify_asan_link_order=0:detect_leaks=0")
    env.update({"KILLAT_" + k: str(v) for k, v in kill.items()})
    return subprocess.run(argv, cwd=w.dir, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)


def steps(w, argv, comm):
    log = w.dir + "/killat.log"
    r = run(w, argv, LOG=log, COMM=comm)
    assert r.returncode == 0, r.stdout + r.stderr
    n = sum(1 for _ in open(log))
    os.unlink(log)
    assert n >= 2, "the shim saw %d writes" % n
    return n


def chain(w):
    w.pawl("log", "verify")


def used(w, h):
    return [e for e in w.log("grant.used") if e["body"]["hold"] == h]


def spent_or_usable(w, r, h, said_ok):
    """After a death: what was said is written; what is written is not said twice."""
    chain(w)
    before = used(w, h)
    assert not said_ok or before, "a use without its entry"
    answer = w.use(r)
    if before:
        refused(answer, "was used")
    else:
        assert answer["ok"], answer
    refused(w.use(r), "was used")
    assert len(used(w, h)) == 1
    chain(w)


def case(w, serial):
    r = w.request(binding={"serial": str(serial)})
    return r, w.open(r)


def said_ok(p):
    try:
        return json.loads(p.stdout)["ok"]
    except ValueError:
        return False


def test_use_killed_at_every_write():
    w = World()
    r, h = case(w, 0)
    w.approve(h)
    n, deaths = steps(w, [TOOL, "use", r], "hold_tool"), 0
    for i in range(1, n + 1):
        for when in ways(i, WHEN):
            r, h = case(w, "%d%s" % (i, when))
            w.approve(h)
            p = run(w, [TOOL, "use", r], N=i, WHEN=when, COMM="hold_tool")
            deaths += p.returncode == -9
            spent_or_usable(w, r, h, said_ok(p))
    assert deaths >= n * 2 / 3, "only %d deaths in %d steps" % (deaths, n)


def test_use_when_writes_fail():
    w = World()
    r, h = case(w, 0)
    w.approve(h)
    n = steps(w, [TOOL, "use", r], "hold_tool")
    for i in range(1, n + 1):
        for fail in ways(i, ("EIO", "ENOSPC")):
            r, h = case(w, "%d%s" % (i, fail))
            w.approve(h)
            p = run(w, [TOOL, "use", r], N=i, FAIL=fail, STICKY=1, COMM="hold_tool")
            assert p.returncode in (0, 1), p
            spent_or_usable(w, r, h, said_ok(p))


def test_approve_killed_at_every_write():
    w = World()
    full = PAWL + "-full"
    r, h = case(w, 0)
    argv = lambda hold: [full, "approve", hold, "--key", key("alice"), "--yes", "courses-prod-db"]
    n = steps(w, argv(h), "pawl-full")
    for i in range(1, n + 1):
        for when in ways(i, ("before", "half")):
            r, h = case(w, "%d%s" % (i, when))
            run(w, argv(h), N=i, WHEN=when, COMM="pawl-full")
            chain(w)
            state = [x["state"] for x in json.loads(w.pawl("holds", "--json").stdout)["holds"] if x["id"] == h]
            assert state in (["open"], ["approved"]), state
            if state == ["open"]:
                refused(w.use(r), "waits for a person")
                w.approve(h)
            spent_or_usable(w, r, h, False)


def test_open_killed_at_every_write():
    w = World()
    r = w.request()
    n = steps(w, [TOOL, "open", r], "hold_tool")
    for i in range(1, n + 1):
        for when in ways(i, ("half", "after")):
            r = w.request(binding={"serial": "%d%s" % (i, when)})
            p = run(w, [TOOL, "open", r], N=i, WHEN=when, COMM="hold_tool")
            chain(w)
            told = json.loads(p.stdout)["hold"] if said_ok(p) else None
            h = w.open(r)
            assert told in (None, h), (told, h)
            w.approve(h)
            spent_or_usable(w, r, h, False)


def main():
    if not os.path.exists(SHIM):
        print("1..0 # SKIP the killat shim is not built")
        return 0
    return Tap().run([t for n, t in sorted(globals().items()) if n.startswith("test_")])


if __name__ == "__main__":
    sys.exit(main())
