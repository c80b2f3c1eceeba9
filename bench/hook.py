#!/usr/bin/env python3
"""`pawl hook claude-code`, from exec to exit, against /bin/true and against cc-safety-net on the same calls.

usage: bench/hook.py [--build DIR] [--runs N]
Calls: commands that pass untouched, and commands that are held, each time anew: a hold is an entry of the ledger, on disk before the answer.
 cc-safety-net comes from npm and is run by node; without npm, or without a network, that part is said to be missing.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PEER = "cc-safety-net@2.4.5"
PASS = ["git status", "ls -la src && grep -rn 'drop table' src | head", "npm test -- --watch=false",
        "git commit -m 'drop the users table; rm -rf / in the readme'", "terraform plan -out=tfplan", "make -j4 && ./build/app --help"]
HELD = ["terraform -chdir=stacks/NUMBER destroy -auto-approve", "psql -h db.example.com shop -c 'drop table orders_NUMBER'", "kubectl delete namespace shop-NUMBER",
        "aws rds delete-db-instance --db-instance-identifier shop-NUMBER --skip-final-snapshot"]


def call(command, cwd, session="bench"):
    return json.dumps({"session_id": session, "transcript_path": "/t.jsonl", "cwd": cwd, "permission_mode": "default",
                       "hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": {"command": command}, "tool_use_id": "t"})


def ratio(spawn, runs, first, second, env, cwd, command):
    """Each run is of a session of its own, and where the command has a number in it asks for something new: every hold is a new entry."""
    given = pathlib.Path(env["HOME"]) / ("input-%d" % abs(hash(command)))
    given.mkdir(exist_ok=True)
    for i in range(runs):
        (given / str(i)).write_text(call(command.replace("NUMBER", str(i)), cwd, "bench-%d" % i))
    out = subprocess.run([str(spawn), str(runs)] + first + ["--"] + second, env=dict(env, SPAWN_INPUT=str(given)), cwd=cwd,
                         capture_output=True, text=True)
    if out.returncode:
        sys.exit(out.stderr)
    lines = out.stdout.splitlines()
    return float(re.match(r"ratio ([\d.]+)", lines[-1]).group(1)), lines[0]


def peer(work):
    """Where cc-safety-net can be run, or why not."""
    folder = pathlib.Path(work) / "peer"
    try:
        got = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), PEER], capture_output=True,
                             text=True, timeout=300)
    except (OSError, subprocess.TimeoutExpired) as e:
        return None, str(e)
    script = folder / "node_modules" / "cc-safety-net" / "dist" / "bin" / "cc-safety-net.js"
    return (script, "") if script.exists() else (None, got.stderr.strip()[-200:])


def refused(pawl, text, env, cwd):
    out = subprocess.run([str(pawl), "hook", "claude-code"], input=text, env=env, cwd=cwd, capture_output=True, text=True)
    return '"deny"' in out.stdout


def worst(rows, label, at_most):
    name, value = max(rows, key=lambda r: r[1])
    mean = sum(r[1] for r in rows) / len(rows)
    print("%-18s %.3f (at most %g) %s, worst of %d: %s" % (label, mean, at_most, "ok" if mean <= at_most else "TOO SLOW", len(rows), name[:40]))
    print("%-18s %.3f is the slowest of them" % ("", value))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", default=str(ROOT / "build"))
    p.add_argument("--runs", type=int, default=200)
    o = p.parse_args()
    build = pathlib.Path(o.build).resolve()
    pawl, spawn = build / "src" / "cli" / "pawl", build / "bench" / "spawn"
    words = [str(pawl), "hook", "claude-code"]
    bad = False
    with tempfile.TemporaryDirectory() as work:
        cwd = os.path.join(work, "project")
        os.makedirs(os.path.join(cwd, ".git"))
        env = {"HOME": work, "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        for label, commands, held, at_most in (("hook-allow", PASS, False, 2.5), ("hook-hold", HELD, True, 4)):
            rows = []
            for command in commands:
                if refused(pawl, call(command, cwd), env, cwd) != held:
                    print("%s: not measured: the verdict on `%s` is another" % (label, command))
                    bad = True
                    continue
                value, detail = ratio(spawn, o.runs, words, ["/bin/true"], env, cwd, command)
                print("    %-48.48s %s" % (command, detail.split("median")[1]))
                rows.append((command, value))
            if rows:
                worst(rows, label, at_most)
        script, why = peer(work)
        if not script:
            print("cc-safety-net: not measured: %s" % why)
            return 1 if bad else 0
        node = ["/usr/bin/env", "node", str(script), "hook", "--claude-code"]
        rows = [(c, ratio(spawn, max(10, o.runs // 20), words, node, env, cwd, c)[0]) for c in PASS + HELD]
        worst(rows, "hook/cc-safety-net", 0.04)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
