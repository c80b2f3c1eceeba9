#!/usr/bin/env python3
# timeout: 1200
"""Every allocation of a verdict fails in turn, once alone and once with all that follow: no verdict softens.

`pawl-full` is the dynamic twin of `pawl`: same table, same code, so an LD_PRELOAD shim reaches it.
"""
import os
import shutil
import signal
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import source  # noqa: E402

FULL = source.BUILD / "pawl-full"
SHIM = source.BUILD / "tests" / "lib" / "failalloc.so"
PLANS = source.ROOT / "tests" / "fixtures" / "datatalks"
# How strict an answer is. Errors and aborts count as deny for every caller.
STRICT = {0: 0, 3: 1, 4: 2}
SAMPLES, LAST = 40, 40  # evenly over all allocations of a command, and every one of the last
DEADLY = {signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE}


def run(words, home, **fail):
    env = {"HOME": str(home), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "LD_PRELOAD": str(SHIM),
           "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0:allocator_may_return_null=1",
           "FAILALLOC_COMM": "pawl-full"}
    env.update({"FAILALLOC_" + k: str(v) for k, v in fail.items()})
    return subprocess.run([str(FULL)] + words, env=env, cwd=home, stdin=subprocess.DEVNULL, capture_output=True, timeout=300)


def strictness(status):
    return STRICT.get(status, 2)


def allocations(words, home):
    """How many a command makes, and how it ends."""
    file = os.path.join(home, "count")
    p = run(words, home, COUNT=file)
    return int(open(file).read()), p


def softened(words, work):
    """Problems found while failing each allocation of one command."""
    home = os.path.join(work, "base")
    os.makedirs(home)
    run(words, home)  # whatever is made once is made now
    count, base = allocations(words, home)
    if base.returncode not in STRICT:
        yield "without a failure: status %d: %s" % (base.returncode, base.stderr.decode(errors="replace")[-300:])
        return
    chosen = sorted(set(range(1, count + 1, max(1, count // SAMPLES))) | set(range(max(count - LAST, 1), count + 1)))
    print("# note: %s: %d allocations, %d of them failed in turn, status %d"
          % (" ".join(os.path.basename(w) for w in words), count, len(chosen), base.returncode))
    for sticky in (0, 1):
        for n in chosen:
            fresh = os.path.join(work, "fresh")
            shutil.rmtree(fresh, ignore_errors=True)
            shutil.copytree(home, fresh, symlinks=True)
            p = run(words, fresh, N=n, STICKY=sticky)
            where = "allocation %d%s" % (n, " and all after it" if sticky else "")
            if p.returncode < 0 and -p.returncode in DEADLY:
                yield "%s: signal %d" % (where, -p.returncode)
            elif b"AddressSanitizer" in p.stderr and b"SEGV" in p.stderr:
                yield "%s: %s" % (where, p.stderr.decode(errors="replace")[:400])
            elif strictness(p.returncode) < strictness(base.returncode):
                yield "%s: status %d in place of %d" % (where, p.returncode, base.returncode)
            if n % 16 == 1 and os.path.isdir(os.path.join(fresh, ".local")):
                after = run(["log", "verify"], fresh)
                if after.returncode:
                    yield "%s: then log verify: %s" % (where, after.stderr.decode(errors="replace")[:200])


def main():
    tap = source.Tap()
    cases = [("the completion script", ["completion", "bash"]),
             ("a plan that passes", ["plan", "--offline", str(PLANS / "no-change.json")]),
             ("a plan that is held", ["plan", "--offline", str(PLANS / "safe-update.json")]),
             ("a plan that destroys", ["plan", "--offline", str(PLANS / "destroy.json")]),
             ("a policy", ["policy", "check"])]
    for name, words in cases:
        with tempfile.TemporaryDirectory() as work:
            tap.check("no verdict softens: " + name, softened(words, work))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
