#!/usr/bin/env python3
"""pawl pin: what it records, what it refuses, what it says has changed. Needs no terraform: the state is a local file."""
import json
import os
import pathlib
import pty
import select
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab

FIXTURES = pathlib.Path(lab.FIXTURES)
t = lab.Tap()
root = pathlib.Path(os.path.realpath("."))
project = root / "project"
infra = project / "infra"
infra.mkdir(parents=True)
(project / ".git").mkdir()
(infra / "main.tf").write_text('resource "aws_db_instance" "db" {\n  lifecycle {\n    prevent_destroy = true\n  }\n}\n')
state, pin = infra / "terraform.tfstate", project / "pawl.pin.yaml"
env = dict(os.environ, PAWL_STATE=str(root / "pawl-state"))


def pawl(*args):
    return subprocess.run([lab.binary(), "pin", str(infra), *args], capture_output=True, text=True, env=env, timeout=300,
                          stdin=subprocess.DEVNULL)


def put(name, **change):
    s = json.loads((FIXTURES / name).read_text())
    s.update(change)
    state.write_text(json.dumps(s))
    return s


def typed(text, *args):
    """The same at a terminal, where a person types."""
    child, fd = pty.fork()
    if child == 0:
        os.execve(lab.binary(), [lab.binary(), "pin", str(infra), *args], env)
    out, sent, until = b"", False, time.time() + 300
    while time.time() < until:
        if not select.select([fd], [], [], 1)[0]:
            continue
        try:
            got = os.read(fd, 65536)
        except OSError:
            break
        if not got:
            break
        out += got
        if not sent and b"type the first eight" in out:
            os.write(fd, text.encode() + b"\n")
            sent = True
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), out.decode(errors="replace")


r = pawl()
t.eq(r.returncode, 4, "no state: refused", r.stderr)
t.has(r.stdout, "There is no state at local:terraform.tfstate", "and says so")
state.write_text('{"version":4,"terraform_version":"1.11.4","serial":0,"lineage":"","outputs":{},"resources":[]}')
r = pawl()
t.eq(r.returncode, 4, "an empty state: refused")
t.has(r.stdout, "An empty state is never pinned", "and says so")
t.ok(not pin.exists(), "no pin was written")

put("datatalks/state-new.tfstate".split("/")[1])
r = pawl()
t.eq(r.returncode, 4, "a state with tainted objects: refused")
t.has(r.stdout, "3 of its 12 objects are tainted", "and says how many")

true = put("state-old.tfstate")
r = pawl("--check")
t.eq(r.returncode, 3, "--check without a pin holds")
r = pawl("--dry-run")
t.eq(r.returncode, 0, "--dry-run shows", r.stdout + r.stderr)
t.ok(not pin.exists(), "and writes nothing")
r = pawl("--json")
t.eq(r.returncode, 0, "the true state is pinned", r.stdout + r.stderr)
j = json.loads(r.stdout)
t.eq((j["written"], j["state"]["serial"], j["state"]["managed"], len(j["state"]["resources"])), (True, 30, 29, 29), "--json says what")
text = pin.read_text()
for needle in ('folder: "infra"', 'backend: "local:terraform.tfstate"', 'workspace: "default"', 'account: "123456789012"',
               'region: "eu-west-1"', "serial: 30", "managed: 29", true["lineage"], '      - "aws_db_instance.db"', "courses-prod-db"):
    t.has(text, needle, "the pin has " + needle)
t.eq(pawl("--check").returncode, 0, "--check: as pinned")
r = pawl()
t.eq(r.returncode, 0, "pinning again changes nothing")
t.eq(pin.read_text(), text, "not a byte")
log = subprocess.run([lab.binary(), "log", "--json", "--kind", "pin"], capture_output=True, text=True, env=env)
t.has(log.stdout, true["lineage"], "the ledger has the pin")

grown = json.loads(json.dumps(true))
grown["serial"] = 31
grown["resources"] = [r for r in grown["resources"] if r["type"] != "aws_route53_record"]
state.write_text(json.dumps(grown))
r = pawl("--check")
t.eq(r.returncode, 3, "--check: grown")
t.has(r.stdout, "serial: 30 → 31", "names the serial")
t.has(r.stdout, "1 gone: aws_route53_record.web", "and what is gone")
t.eq(pawl().returncode, 3, "pinning over a pin needs --update")
r = pawl("--update")
t.eq(r.returncode, 0, "--update records it", r.stdout + r.stderr)
t.has(r.stdout, "serial: 30 → 31", "and says what changed")
t.eq(pawl("--check").returncode, 0, "then it is as pinned")

put("state-old.tfstate")
r = pawl("--check")
t.eq(r.returncode, 4, "an older serial is another state")
t.has(r.stdout, "state.rolled-back", "rolled back")
put("state-old.tfstate", lineage="11111111-2222-3333-4444-555555555555", serial=50)
r = pawl("--check")
t.eq(r.returncode, 4, "another lineage is another state")
t.has(r.stdout, "state.swapped", "swapped")
r = pawl("--update")
t.eq(r.returncode, 4, "with objects that the pinned one holds too: refused for good", r.stdout)
t.has(r.stdout, "held by two states", "because they are shared")

other = put("state-old.tfstate", lineage="11111111-2222-3333-4444-555555555555", serial=50)
other["resources"] = [dict(x, instances=[dict(i, attributes=dict(i["attributes"], id="other-" + str(i["attributes"].get("id")), arn=None))
                                         for i in x["instances"]]) for x in other["resources"]]
state.write_text(json.dumps(other))
r = pawl("--update")
t.eq(r.returncode, 3, "another lineage needs a person at a terminal", r.stdout)
status, out = typed("no", "--update")
t.eq(status, 3, "who types something else: nothing pinned", out)
status, out = typed("11111111", "--update")
t.eq(status, 0, "who types the new lineage: pinned", out)
t.has(pin.read_text(), "11111111-2222-3333-4444-555555555555", "the pin is of the new one")
t.eq(pawl("--check").returncode, 0, "and it is as pinned")

pin.write_text("version: 1\nstates:\n  - odd: 1\n")
r = pawl("--check")
t.eq(r.returncode, 1, "a pin that cannot be read is an error")
t.has(r.stderr, "pawl.pin.yaml:3:10: unknown key 'odd'", "with line and column")
t.done()
