#!/usr/bin/env python3
"""A whole verdict, from exec to exit, against /bin/true: `pawl plan FILE` on a recorded plan of about 200 KB.

usage: bench/verdict.py [--build DIR] [--runs N]
Three of them: a plan that passes, one that is held (its hold stands already), and the start-up alone (`pawl version`).
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PLANS = ROOT / "tests" / "fixtures" / "datatalks"
AT_MOST = 3.0


def compare(spawn, runs, command, env, cwd):
    out = subprocess.run([str(spawn), str(runs)] + command + ["--", "/bin/true"], env=env, cwd=cwd, capture_output=True,
                         text=True)
    if out.returncode:
        sys.exit(out.stderr)
    lines = out.stdout.splitlines()
    return float(re.match(r"ratio ([\d.]+)", lines[-1]).group(1)), lines[:-1]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", default=str(ROOT / "build"))
    p.add_argument("--runs", type=int, default=400)
    o = p.parse_args()
    build = pathlib.Path(o.build).resolve()
    pawl, spawn = build / "src" / "cli" / "pawl", build / "bench" / "spawn"
    missed = False
    with tempfile.TemporaryDirectory() as work:
        env = {"HOME": work, "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        rows = [("start-up", ["version"], (0,), None)]
        for name, plan, wanted in (("passes", "no-change.json", (0,)), ("is-held", "remove-db.json", (3, 4))):
            rows.append(("verdict-" + name, ["plan", "--offline", str(PLANS / plan)], wanted, PLANS / plan))
        for name, words, wanted, plan in rows:
            words = [w for w in words if w != "--offline" or offline(pawl)]
            first = subprocess.run([str(pawl)] + words, env=env, cwd=work, capture_output=True, text=True)
            if first.returncode not in wanted:
                print("%-18s not measured: exit status %d: %s" % (name, first.returncode, first.stderr.strip()[:200]))
                missed = True
                continue
            ratio, detail = compare(spawn, o.runs, [str(pawl)] + words, env, work)
            for line in detail:
                print("    " + line.replace(str(build) + "/src/cli/", ""))
            size = ", plan of %d KB" % (plan.stat().st_size // 1024) if plan else ""
            print("%-18s %.3f (at most %g) %s%s" % (name, ratio, AT_MOST, "ok" if ratio <= AT_MOST else "TOO SLOW", size))
    return 1 if missed else 0


def offline(pawl):
    """Is there a switch that keeps the verdict from asking the cloud?"""
    said = subprocess.run([str(pawl), "plan", "--help"], capture_output=True, text=True)
    return "--offline" in said.stdout


if __name__ == "__main__":
    sys.exit(main())
