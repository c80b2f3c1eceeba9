#!/usr/bin/env python3
# 60 random discards (KEEP_DISCARDS; make soak: 1,000), each kept, really run, undone, and compared: bytes, modes, times, links, attributes, and what git says.
# timeout: 1200
import os
import shutil
import stat
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import discards

TOOL = os.path.join(os.environ["PAWL_BUILD"], "tests", "lib", "keep_tool")
N = int(os.environ.get("KEEP_DISCARDS", "60"))
FIRST = int(os.environ.get("KEEP_SEED", "0"))
ENV = {"PATH": "/usr/bin:/bin", "HOME": os.environ.get("HOME", "/nonexistent")}


def tool(state, *words):
    return subprocess.run([TOOL, state, *words], env=ENV, capture_output=True)


def collect(w):
    """What git would do in time: everything that nothing names goes."""
    for ref in ("HEAD", "main", *w.branches):
        discards.git(w.root, "reflog", "expire", "--expire=now", ref, check=False)
    discards.git(w.root, "gc", "-q", "--prune=now", check=False)


def differences(a, b):
    return ["%r: %r is %r" % (k, a.get(k), b.get(k)) for k in sorted(set(a) | set(b), key=repr) if a.get(k) != b.get(k)]


def expected(tree, wishes):
    """A name that goes while another name of the same file stays comes back as a file of its own (docs/undo.md)."""
    gone = [w[len(b"path:"):].split(b"/w/", 1)[1] for w in wishes if w.startswith(b"path:")]
    went = lambda n: any(n == g or n.startswith(g + b"/") for g in gone)
    groups = [[n for n in g if went(n) == side] for g in tree[b" hard links"] for side in (True, False)]
    return tree | {b" hard links": sorted(g for g in groups if len(g) > 1)}


def untimed(tree, *kinds):
    return {k: v[:4] + v[5:] if v and v[0] in kinds else v for k, v in tree.items()}


def one(seed, home):
    w = discards.World(seed, home + "/w", os.getcwd() + "/histories")
    way = w.rng.choice(discards.WAYS)
    wishes, command = way(w)
    before = w.tree(), w.state()
    p = tool(home + "/state", "take", " ".join(os.fsdecode(c) for c in command), *wishes)
    if p.returncode:
        return way, "not kept: %s" % p.stderr, False
    kept = p.stdout.strip()
    between = differences(before[0], w.tree()) + differences(before[1], w.state())
    if between:
        return way, "taking changed something: %s" % between[:3], False
    subprocess.run(command, cwd=w.root, env=discards.ENV, capture_output=True)
    lost = w.tree(), w.state()
    if seed % 2 and way is not discards.clean:
        collect(w)
    p = tool(home + "/state", "restore", kept)
    if p.returncode:
        return way, "not undone: %s" % p.stderr, False
    tree = expected(before[0], wishes) if way in (discards.rm, discards.move) else before[0]
    now = w.tree()
    if command[0] == "git":  # writes links anew that have no difference; --abort files too: their times are git's
        kinds = (stat.S_IFREG, stat.S_IFLNK) if way is discards.abort else (stat.S_IFLNK,)
        tree, now = untimed(tree, *kinds), untimed(now, *kinds)
    wrong = differences(tree, now) + differences(before[1], w.state())
    return way, "; ".join(wrong[:4]), lost != before


def main():
    print("1..2")
    bad, did = [], 0
    for seed in range(FIRST, FIRST + N):
        home = tempfile.mkdtemp(prefix="keep-", dir=os.getcwd())
        way, wrong, lost = one(seed, home)
        did += lost
        if wrong:
            bad.append("seed %d, %s: %s" % (seed, way.__name__, wrong))
        shutil.rmtree(home)
    for line in bad[:20]:
        print("# " + line[:1500])
    print("%s 1 - %d of %d discards undone, byte for byte" % ("not ok" if bad else "ok", N - len(bad), N))
    print("%s 2 - %d of %d lost something" % ("ok" if did >= N * 0.8 else "not ok", did, N))
    return 1 if bad else 0


sys.exit(main())
