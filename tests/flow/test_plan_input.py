#!/usr/bin/env python3
"""What is no plan is an error: exit status 1, one line that names the file and says what to do, no hold, nothing recorded."""
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab

t = lab.Tap()
fixtures = pathlib.Path(lab.FIXTURES)
plan = (fixtures / "safe-update.json").read_bytes()
zipped = (fixtures / "safe-update.tfplan").read_bytes()
bad = {
    "empty": b"",
    "text": b"Error: no plan\n",
    "cut off": plan[: len(plan) // 2],
    "one byte short": plan.rstrip()[:-1],
    "two documents": plan.rstrip() + plan,
    "a state": (fixtures / "state-old.tfstate").read_bytes(),
    "duplicate key": plan.replace(b'"resource_changes"', b'"resource_changes":[],"resource_changes"', 1),
    "format of the future": plan.replace(b'"format_version":"1.2"', b'"format_version":"2.0"', 1),
    "nested too deep": b'{"format_version":"1.2","resource_changes":' + b"[" * 5000,
    "not UTF-8": plan.replace(b"courses-prod-db", b"courses-\xff\xfe-db", 1),
    "zip cut off": zipped[: len(zipped) // 2],
    "zip with something before it": b"x" + zipped,
    "zip head only": zipped[:4],
}
for name, data in bad.items():
    path = name.replace(" ", "-") + ".plan"
    pathlib.Path(path).write_bytes(data)
    r = subprocess.run([lab.binary(), "plan", "--offline", path], capture_output=True, text=True, errors="replace")
    lines = r.stderr.splitlines()
    t.ok(r.returncode == 1 and not r.stdout and len(lines) == 1 and path in lines[0] and len(lines[0]) > len(path) + 30,
         name + ": one line, exit status 1", "%d\n%s%s" % (r.returncode, r.stdout[:300], r.stderr))
for name in ("missing.plan", "."):
    r = subprocess.run([lab.binary(), "plan", "--offline", name], capture_output=True, text=True)
    t.ok(r.returncode == 1 and len(r.stderr.splitlines()) == 1, name + ": one line, exit status 1", r.stderr)
    if name == "missing.plan":
        t.has(r.stderr, "pawl terraform plan -out=missing.plan", "and what to do")
r = subprocess.run([lab.binary(), "plan", "--offline", "--json", "empty.plan"], capture_output=True, text=True)
t.ok("cut off" in json.loads(r.stdout)["error"], "with --json the error is JSON", r.stdout)
r = subprocess.run([lab.binary(), "log", "export"], capture_output=True, text=True)
t.eq(r.stdout, "", "nothing was recorded, no hold opened")
t.done()
