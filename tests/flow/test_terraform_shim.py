#!/usr/bin/env python3
# timeout: 1200
"""The stand-in for terraform: what reads is handed on untouched, what goes round a plan is refused and reaches nothing."""
import os
import sys

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import gate
import lab

t = lab.Tap()

FAKE = """#!/bin/sh
# Stands for terraform: says how it was called, and fails in its own way.
{ printf '%s' "$0"; for a in "$@"; do printf ' [%s]' "$a"; done; printf ' input=%s\\n' "${TF_INPUT-unset}"; } >> "$FAKE_LOG"
exit 7
"""

PASS = [
    [], ["show", "-json", "p"], ["validate"], ["fmt", "-recursive"], ["output", "-json"], ["state", "list"], ["state", "pull"],
    ["state", "show", 'aws_subnet.a["b c"]'], ["providers", "schema", "-json"], ["version"], ["-version"], ["graph"], ["get"],
    ["workspace", "list"], ["workspace", "new", "x"], ["workspace", "select", "x"], ["plan"], ["plan", "-destroy"], ["apply", "-help"],
    ["-chdir=.", "plan", "-var", "a=b c"], ["console"],
]
REFUSED = [
    ["state", "rm", "a.b"], ["state", "mv", "a.b", "a.c"], ["state", "push", "x"], ["state", "replace-provider", "a", "b"],
    ["force-unlock", "-force", "1"], ["workspace", "delete", "x"], ["import", "a.b", "c"], ["taint", "a.b"], ["untaint", "a.b"],
    ["init", "-migrate-state"], ["init", "-reconfigure"], ["init", "-force-copy"], ["init", "-backend-config=x=y"],
    ["plan", "-lock=false"], ["apply", "-lock=false"], ["apply", "-state=x"], ["apply", "-state-out=x"], ["apply", "-backup=-"],
    ["destroy", "-state=x"], ["test"], ["login"], ["frobnicate"], ["state", "frobnicate"],
]
HIDDEN = [
    ({"TF_CLI_ARGS_init": "-reconfigure"}, ["init"]),
    ({"TF_CLI_ARGS": "-lock=false"}, ["plan"]),
    ({"TF_CLI_ARGS_plan": "'-lock=fal'se"}, ["plan"]),
    ({"TF_CLI_ARGS_state": "rm a.b"}, ["state"]),
    ({"TF_CLI_ARGS": "`echo`"}, ["show"]),
    ({"TF_REATTACH_PROVIDERS": "{}"}, ["plan"]),
]

with gate.Gate(cloud=False) as g:
    fake = os.path.join(g.work, "fake")
    links = os.path.join(g.work, "links")
    log = os.path.join(g.work, "fake.log")
    os.makedirs(fake)
    for name in ("terraform", "terragrunt"):
        with open(os.path.join(fake, name), "w") as f:
            f.write(FAKE)
        os.chmod(os.path.join(fake, name), 0o755)
    rest = os.environ["PATH"]

    r = g.pawl("shim", "install", "--dir", links)
    t.eq(r.returncode, 0, "shim install", r.stdout)
    t.eq(sorted(os.listdir(links)), ["terraform", "terragrunt", "tofu"], "links named terraform, terragrunt, tofu")
    t.has(r.stdout, "not a boundary", "install says what the links are not")
    path = links + ":" + fake + ":" + rest
    r = g.pawl("shim", "status", "--dir", links, "--json", env=g.env(PATH=path))
    t.has(r.stdout, '"terraform":{"installed":true,"met_first":true}', "status knows that the link is met first")
    with open(os.path.join(fake, "tofu-other"), "w") as f:
        f.write("x")
    os.makedirs(os.path.join(g.work, "taken"))
    with open(os.path.join(g.work, "taken", "terraform"), "w") as f:
        f.write("somebody's")
    r = g.pawl("shim", "install", "--dir", os.path.join(g.work, "taken"))
    t.ok(r.returncode == 1 and open(os.path.join(g.work, "taken", "terraform")).read() == "somebody's",
         "install leaves alone what is not pawl's", r.stdout)

    def calls():
        return open(log).read().splitlines() if os.path.exists(log) else []

    def run(words, tool="terraform", **env):
        if os.path.exists(log):
            os.unlink(log)
        return g.run([os.path.join(links, tool)] + words, env=g.env(PATH=path, FAKE_LOG=log, **env))

    bad = []
    for words in PASS:
        r = run(words)
        want = "".join(" [%s]" % w for w in words)
        got = calls()
        if r.returncode != 7 or len(got) != 1 or got[0] != os.path.join(fake, "terraform") + want + " input=0":
            bad.append("%r: %d %r %s" % (words, r.returncode, got, r.stdout))
    t.ok(not bad, "%d reading commands reach the real program, words and exit status untouched" % len(PASS), "\n".join(bad))

    r = run(["init"], TF_INPUT=None)
    t.ok(calls() == [os.path.join(fake, "terraform") + " [init] input=0"], "init runs with questions answered no", calls())
    r = run(["show"], TF_INPUT=None)
    t.ok(calls() == [os.path.join(fake, "terraform") + " [show] input=unset"], "other commands keep their environment", calls())

    bad = []
    for words in REFUSED:
        r = run(words)
        if r.returncode != 1 or calls() or "safer" not in r.stdout or "why" not in r.stdout:
            bad.append("%r: %d %r %s" % (words, r.returncode, calls(), r.stdout))
    t.ok(not bad, "%d commands that go round a plan are refused with the safer way and reach nothing" % len(REFUSED), "\n".join(bad))

    bad = []
    for env, words in HIDDEN:
        r = run(words, **env)
        if r.returncode != 1 or calls() or "safer" not in r.stdout:
            bad.append("%r %r: %d %r %s" % (env, words, r.returncode, calls(), r.stdout))
    t.ok(not bad, "the same hidden in the environment", "\n".join(bad))
    n = len([e for e in g.ledger("request")])
    t.eq(n, len(REFUSED) + len(HIDDEN), "every refusal is in the ledger")

    r = run(["run-all", "destroy", "--terragrunt-non-interactive"], tool="terragrunt")
    t.ok(r.returncode == 1 and not calls(), "terragrunt run-all destroy is refused", r.stdout)
    r = run(["run-all", "plan"], tool="terragrunt")
    t.ok(r.returncode == 7 and len(calls()) == 1, "terragrunt run-all plan passes", r.stdout)
    r = g.run([os.path.join(links, "terraform"), "version"], env=g.env(PATH=links, FAKE_LOG=log))
    t.ok(r.returncode == 1 and "no terraform on PATH" in r.stdout, "without a real terraform: said, no loop", r.stdout)
    g.pawl("shim", "uninstall", "--dir", links)
    t.eq(os.listdir(links), [], "uninstall takes the links away")

    why = lab.missing("terraform")
    if why:
        t.skip("init does not move a state though somebody answers yes", why)
    else:
        d = g.plain("move")
        g.terraform("apply", "-auto-approve", cwd=d)
        before = open(os.path.join(d, "terraform.tfstate")).read()
        with open(os.path.join(d, "backend.tf"), "w") as f:
            f.write('terraform {\n  backend "local" {\n    path = "elsewhere/terraform.tfstate"\n  }\n}\n')
        r = g.agent("init", cwd=d, input="yes\nyes\n")
        t.ok(r.returncode != 0 and not os.path.exists(os.path.join(d, "elsewhere", "terraform.tfstate")) and
             open(os.path.join(d, "terraform.tfstate")).read() == before, "init does not move a state though somebody answers yes", r.stdout)
t.done()
