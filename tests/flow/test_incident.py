#!/usr/bin/env python3
# timeout: 1800
"""The lost-state incident, every stage, on real terraform, provider and emulator, with pawl in the way.

The call log is the witness: not one destructive call is made without a grant; as control, a granted destroy of a
throw-away stack does reach the emulator.
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import gate
import lab

why = lab.missing("terraform", "provider", "moto")
if why:
    lab.skip_all(why)
t = lab.Tap()
t0 = time.time()


def said(text):
    """The end of what pawl said, where the card is, without its line breaks."""
    return " ".join(text[-8000:].split())


def stage(text):
    print("# %5.0f s  %s" % (time.time() - t0, text), flush=True)


def interrupted(g, cwd, calls=60):
    """`pawl terraform apply`, asked to stop after so many calls of terraform's, as one Ctrl-C would."""
    out = open(os.path.join(g.work, "interrupted.txt"), "w+")
    p = subprocess.Popen([lab.binary("pawl"), "terraform", "apply", "-no-color"], cwd=cwd, env=dict(g.env(), CLAUDECODE="1"),
                         stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
    mark = None
    while p.poll() is None:
        out.seek(0)
        if mark is None and "Creating..." in out.read():
            mark = g.mark()
        if mark is not None and g.mark() - mark >= calls:
            p.send_signal(signal.SIGTERM)
            break
        time.sleep(0.05)
    p.wait(300)
    out.seek(0)
    return p.returncode, out.read()


with gate.Gate() as g:
    stage("0 the old laptop: the first apply, by a person's yes")
    old = g.folder("old")
    r = g.agent("apply", "-auto-approve", "-no-color", cwd=old)
    h = gate.hold(r.stdout)
    t.ok(r.returncode == 1 and h and not os.path.exists(os.path.join(old, "terraform.tfstate")), "apply -auto-approve of production is held", r.stdout)
    t.eq(g.writes(), [], "nothing was written to the cloud by then")
    g.yes(h)
    r = g.agent("apply", "-auto-approve", "-no-color", cwd=old, timeout=600)
    t.ok(r.returncode == 0 and "Apply complete" in r.stdout, "approved, the same words apply exactly that plan", r.stdout)
    prod = lab.state_objects(os.path.join(old, "terraform.tfstate"))
    t.ok(len(prod) >= 25, "the original's state holds what was made", len(prod))
    r = g.pawl("pin", cwd=old)
    t.ok(r.returncode == 0 and os.path.exists(os.path.join(old, "pawl.pin.yaml")), "the state is pinned", r.stdout)
    archive = os.path.join(g.work, "archive.tfstate")
    shutil.copy(os.path.join(old, "terraform.tfstate"), archive)
    made = g.mark()

    stage("1 the new laptop: no state")
    pinned = g.folder("pinned")
    shutil.copy(os.path.join(old, "pawl.pin.yaml"), pinned)
    r = g.agent("apply", "-auto-approve", "-no-color", cwd=pinned)
    t.ok(r.returncode == 1 and gate.hold(r.stdout), "with the pin at hand: held", r.stdout)
    t.has(said(r.stdout), "state.blank-slate", "and called a blank slate")
    t.has(said(r.stdout), "starts from an empty state here", "in words")
    new = g.folder("new")
    r = g.agent("apply", "-auto-approve", "-no-color", cwd=new)
    h = gate.hold(r.stdout)
    t.ok(r.returncode == 1 and h, "without a pin: held", r.stdout)
    t.has(said(r.stdout), "are alive already", "the cloud was asked: what is about to be created is alive")
    t.has(said(r.stdout), "aws_db_instance courses-prod-db", "the database is named")
    t.eq(g.writes(made) + g.destructive(made), [], "no duplicate was created: not one writing call")

    stage("2 the mistake, approved all the same, and interrupted half way")
    g.yes(h)
    rc, text = interrupted(g, new)
    stopped = g.mark()
    t.ok(rc == 1 and "interrupted" in text, "one Ctrl-C: terraform stops politely, pawl says interrupted", text[-3000:])
    end = g.ledger("apply.interrupted")
    t.ok(len(end) == 1 and "created" in str(end[0]), "recorded as apply.interrupted, with what was created", str(end)[:2000])
    mine = lab.state_objects(os.path.join(new, "terraform.tfstate"))
    dup = {a for a in mine if a in prod and mine[a] != prod[a]}
    t.ok(len(dup) > 0, "control: without the hold there would be duplicates: there are now", str(sorted(mine)))

    stage("3 the archive unpacked over the new state")
    shutil.copy(archive, os.path.join(new, "terraform.tfstate"))
    r = g.agent("plan", "-destroy", "-out=gone", "-no-color", cwd=new)
    t.eq(r.returncode, 0, "a destroy plan can be made", r.stdout)
    r, codes = g.findings("gone", new)
    t.ok("state.swapped" in codes, "the state is called swapped", "%s\n%s" % (sorted(codes), r.stdout))
    t.eq(r.returncode, 3, "held")

    stage("4 clean up the duplicates = destroy production")
    r = g.agent("destroy", "-auto-approve", "-no-color", cwd=new)
    h = gate.hold(r.stdout)
    t.ok(r.returncode == 1 and h, "destroy -auto-approve is held", r.stdout)
    for words in ("courses-prod-db", "swapped", "never destroy", "backup"):
        t.has(said(r.stdout).lower(), words, "the card says %s" % words)
    r = g.pawl("deny", h, "--reason", "that is production", cwd=new)
    t.eq(r.returncode, 0, "a person says no", r.stdout)
    r = g.pawl("apply", "gone", cwd=new)
    t.ok(r.returncode != 0, "the saved destroy plan does not pass either", r.stdout)
    for words in (["destroy", "-auto-approve"], ["state", "rm", "aws_db_instance.db"]):
        r = g.agent(*words, cwd=new)
        t.ok(r.returncode == 1 and "Destroying" not in r.stdout, "nor does terraform " + " ".join(words), r.stdout)
    t.eq(g.destructive(stopped), [], "since the interrupted apply not one destructive AWS call was made")
    # Making a security group, the provider takes the rule away that AWS puts into every new one.
    t.eq([c for c in g.destructive() if c != "ec2 RevokeSecurityGroupEgress"], [], "nor before it, in what a person granted")

    stage("5 control: a granted destroy of a throw-away stack")
    small = g.small("trial", env="trial")
    r = g.agent("apply", "-auto-approve", "-no-color", cwd=small)
    if gate.hold(r.stdout):
        g.yes(gate.hold(r.stdout))
        r = g.agent("apply", "-auto-approve", "-no-color", cwd=small)
    t.eq(r.returncode, 0, "a throw-away stack is made", r.stdout)
    mark = g.mark()
    r = g.agent("destroy", "-auto-approve", "-no-color", cwd=small)
    h = gate.hold(r.stdout)
    held = r.stdout
    t.ok(r.returncode == 1 and h and not g.destructive(mark), "its destroy is held first", r.stdout)
    g.yes(h)
    plan = re.search(r"pawl apply (\S+/plan)", held).group(1)
    r = g.pawl("apply", plan, cwd=small, env=g.env(AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None))
    t.ok(r.returncode == 1 and "unknown counts as changed" in r.stdout and not g.destructive(mark), "without credentials it does not pass: unknown counts as changed",
         r.stdout)
    r = g.agent("destroy", "-auto-approve", "-no-color", cwd=small)
    t.ok(r.returncode == 0 and len(g.destructive(mark)) >= 2, "granted, it reaches the emulator", "%s\n%s" % (g.destructive(mark), r.stdout))
    t.ok(all("courses-prod" not in str(c["args"]) + c["action"] for c in g.calls() if lab.is_destructive(c)),
         "and touched nothing of production")
    r = g.pawl("log", "verify")
    t.eq(r.returncode, 0, "the ledger verifies", r.stdout)
    stage("done")
t.done()
