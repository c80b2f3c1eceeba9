#!/usr/bin/env python3
# timeout: 1200
"""Exactly what was approved is applied, once, where it was planned; a kill leaves a record."""
import http.server
import json
import os
import shutil
import signal
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import gate
import lab
import patience

why = lab.missing("terraform")
if why:
    lab.skip_all(why)
t = lab.Tap()


def serial(d):
    p = os.path.join(d, "terraform.tfstate")
    return gate.state(d)["serial"] if os.path.exists(p) else 0


def value(d):
    return [r for r in gate.state(d)["resources"] if r["name"] == "one"][0]["instances"][0]["attributes"]["output"]["value"]


class States(http.server.BaseHTTPRequestHandler):
    """The other end of terraform's http backend: a state that lies in no folder."""
    kept = {}

    def do(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.split("?")[0]
        if self.command == "POST":
            self.kept[path] = body
        out = self.kept.get(path, b"") if self.command == "GET" else b""
        self.send_response(404 if self.command == "GET" and path not in self.kept else 200)
        self.send_header("Content-Length", str(len(out)))
        self.end_headers()
        self.wfile.write(out)

    do_GET = do_POST = do_LOCK = do_UNLOCK = do

    def log_message(self, *_):
        pass


def travel(g, url):
    """Planned in one checkout, approved there; applied from another checkout of another path, whose pawl knows nothing of it."""
    def checkout(name):
        top = os.path.join(g.work, name)
        for folder in (".git", "live/prod", "modules/m"):
            os.makedirs(os.path.join(top, folder))
        with open(os.path.join(top, "live/prod/main.tf"), "w") as f:
            f.write('terraform {\n  backend "http" {\n    address = "%s/prod"\n  }\n}\nvariable "note" { default = "a" }\n'
                    'module "m" {\n  source = "../../modules/m"\n  note   = var.note\n}\n' % url)
        with open(os.path.join(top, "modules/m/m.tf"), "w") as f:
            f.write('variable "note" {}\nresource "terraform_data" "one" {\n  input = var.note\n}\n')
        folder = os.path.join(top, "live/prod")
        r = g.terraform("init", "-no-color", cwd=folder)
        if r.returncode:
            raise RuntimeError(r.stdout)
        return top, folder

    def now():
        kept = json.loads(States.kept.get("/prod", b"{}"))
        return kept["resources"][0]["instances"][0]["attributes"]["output"]["value"] if kept.get("resources") else None

    def to_runner(plan, cwd):
        runner = dict(g.env(), XDG_STATE_HOME=os.path.join(g.work, "far-runner"))
        return g.pawl("apply", plan, "--approval", ticket_path(g), cwd=cwd, env=runner)

    def planned(note):
        g.agent("plan", "-out=p", "-var", "note=" + note, cwd=here)
        h = json.loads(g.pawl("plan", "p", "--json", cwd=here).stdout)["hold"]
        r = g.approve(h, "yes", "--out", ticket_path(g))
        if r.returncode:
            raise RuntimeError(r.stdout)
        return os.path.join(here, "p"), h

    top, here = checkout("checkout")
    there_top, there = checkout("elsewhere/of/a/runner")
    plan, h = planned("a")
    t.eq(g.ledger("hold.opened")[-1]["body"]["cwd"], "live/prod", "with a backend elsewhere an approval binds to the folder within the project")
    module = os.path.join(there_top, "modules/m/m.tf")
    with open(module, "a") as f:
        f.write("# another revision\n")
    r = to_runner(plan, there)
    t.ok(r.returncode == 1 and "modules/m/m.tf differs" in r.stdout and now() is None, "another revision of the configuration is refused", r.stdout)
    shutil.copy(os.path.join(top, "modules/m/m.tf"), module)
    extra = os.path.join(there, "extra.tf")
    open(extra, "w").close()
    r = to_runner(plan, there)
    t.ok(r.returncode == 1 and "does not have" in r.stdout and now() is None, "so is a file that the plan does not know", r.stdout)
    os.unlink(extra)
    shutil.copytree(os.path.join(there_top, "live/prod"), os.path.join(there_top, "live/other"))
    r = to_runner(plan, os.path.join(there_top, "live/other"))
    t.ok(r.returncode == 1 and "the folder" in r.stdout and now() is None, "so is another folder of the same project", r.stdout)
    r = to_runner(plan, there)
    t.ok(r.returncode == 0 and now() == "a", "the same revision at another path applies it", r.stdout)
    r = to_runner(plan, there)
    t.ok(r.returncode == 1 and now() == "a", "once", r.stdout)
    plan, h = planned("b")
    g.policy(dict(gate.POLICY, approvers=[{"name": "alice", "key": stranger(g)}]))
    r = to_runner(plan, there)
    t.ok(r.returncode == 1 and now() == "a", "a runner whose policy knows other approvers refuses", r.stdout)


def ticket_path(g):
    return os.path.join(g.work, "far-ticket")


def stranger(g):
    path = os.path.join(g.work, "stranger")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    return " ".join(open(path + ".pub").read().split()[:2])


with gate.Gate(cloud=False) as g:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), States)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    travel(g, "http://127.0.0.1:%d" % server.server_port)
    server.shutdown()

with gate.Gate(cloud=False) as g:
    d = g.plain("prod")

    # plan, hold, approve, apply
    r = g.agent("plan", "-out=p", "-no-color", cwd=d)
    t.eq(r.returncode, 0, "plan -out in a private copy", r.stdout)
    r = g.agent("apply", "p", cwd=d)
    h = gate.hold(r.stdout)
    t.ok(r.returncode == 1 and h and serial(d) == 0, "apply FILE is held, exit status 1 as the shim, nothing applied", r.stdout)
    r = g.pawl("apply", "p", cwd=d)
    t.ok(r.returncode == 3 and gate.hold(r.stdout) == h, "pawl apply: the same hold, exit status 3", r.stdout)

    changed = os.path.join(d, "changed")
    data = bytearray(open(os.path.join(d, "p"), "rb").read())
    data[len(data) // 2] ^= 1
    open(changed, "wb").write(bytes(data))
    g.yes(h)
    r = g.pawl("apply", "changed", cwd=d)
    t.ok(r.returncode == 1 and serial(d) == 0, "a changed byte does not pass on that approval", r.stdout)
    shutil.copytree(d, os.path.join(g.work, "other"))
    # Between the yes and the apply the folder is changed: what was planned is applied all the same.
    with open(os.path.join(d, "main.tf"), "a") as f:
        f.write('\nresource "terraform_data" "smuggled" {}\n')
    r = g.pawl("apply", "p", cwd=d)
    t.ok(r.returncode == 0 and serial(d) > 0, "approved: applied, and the original's state is written", r.stdout)
    t.ok("smuggled" not in json.dumps(gate.state(d)), "what was put into the folder after the plan is not applied")
    first = serial(d)
    r = g.pawl("apply", "p", cwd=d)
    t.ok(r.returncode == 1 and serial(d) == first and "applied already, at 20" in r.stdout and "under " + h in r.stdout,
         "a second use does not pass: it says when and under which hold it was applied", r.stdout)
    t.has(g.pawl("log").stdout, "plan.made          terraform ", "the log's line of a plan that was made is not empty")
    started, finished = g.ledger("apply.started"), g.ledger("apply.finished")
    t.ok(len(started) == 1 and len(finished) == 1, "the ledger has one start and one end", str((started, finished)))

    # a plan that pawl did not make
    g.terraform("plan", "-out=raw", "-var", "note=raw", cwd=d)
    r = g.pawl("apply", "raw", cwd=d)
    t.ok(r.returncode == 1 and "not planned by pawl" in r.stdout and "pawl terraform plan" in r.stdout,
         "a plan that pawl did not make is refused, with the safer way", r.stdout)

    # older than its state
    g.agent("plan", "-out=stale", "-var", "note=b", cwd=d)
    r = g.pawl("apply", "stale", cwd=d)
    h = gate.hold(r.stdout)
    g.yes(h)
    g.terraform("apply", "-auto-approve", "-var", "note=c", cwd=d)
    r = g.pawl("apply", "stale", cwd=d)
    t.ok(r.returncode == 1 and "older than its state" in r.stdout and value(d) == "c", "an approved plan older than its state is refused", r.stdout)
    t.ok(len(g.ledger("grant.used")) == 1, "and its approval is not used up")

    # edited by hand: same lineage, same serial
    g.agent("plan", "-out=edited", "-var", "note=d", cwd=d)
    g.yes(gate.hold(g.pawl("apply", "edited", cwd=d).stdout))
    p = os.path.join(d, "terraform.tfstate")
    text = open(p).read()
    open(p, "w").write(text.replace('"value": "c"', '"value": "z"', 1))
    r = g.pawl("apply", "edited", cwd=d)
    t.ok(r.returncode == 1 and "edited" in r.stdout, "a state edited by hand in between is refused", r.stdout)
    open(p, "w").write(text)

    # the words of terraform: hold first, the same words pass once they are approved
    r = g.agent("apply", "-auto-approve", "-var", "note=e", cwd=d)
    h = gate.hold(r.stdout)
    t.ok(r.returncode == 1 and h and value(d) == "c", "apply -auto-approve becomes a plan and a hold", r.stdout)
    g.yes(h)
    r = g.agent("apply", "-auto-approve", "-var", "note=e", cwd=d)
    t.ok(r.returncode == 0 and value(d) == "e", "the same words apply that plan once it is approved", r.stdout)
    r = g.agent("destroy", "-auto-approve", cwd=d)
    h = gate.hold(r.stdout)
    t.ok(r.returncode == 1 and h and value(d) == "e" and "never destroy" in r.stdout, "destroy is held, with the safer way", r.stdout)
    r = g.pawl("deny", h, "--reason", "no", cwd=d)
    r = g.agent("destroy", "-auto-approve", cwd=d)
    t.ok(r.returncode == 1 and value(d) == "e" and gate.hold(r.stdout) != h, "and stays so after a denial, as a hold of its own", r.stdout)
    t.ok("warned before: " + h in " ".join(r.stdout.split()), "whose card says that it was denied before", r.stdout)

    # asked twice, answered once: the plan that waits is taken again, its own bytes, until anything differs
    def bytes_of(name):
        return open(os.path.join(d, name), "rb").read()

    n = len(g.ledger("hold.opened"))
    g.agent("plan", "-out=q1", "-var", "note=q", cwd=d)
    h = gate.hold(g.pawl("apply", "q1", cwd=d).stdout)
    r = g.agent("plan", "-out=q2", "-var", "note=q", cwd=d)
    t.ok(h and h in r.stdout and bytes_of("q1") == bytes_of("q2"), "planned again, the same: the plan that waits, byte for byte", r.stdout)
    t.eq(gate.hold(g.pawl("apply", "q2", cwd=d).stdout), h, "and its hold")
    r = g.agent("apply", "-var", "note=q", cwd=d)
    t.eq(gate.hold(r.stdout), h, "so do the words that apply")
    r = g.agent("apply", "-var", "note=q", cwd=d)
    t.eq(gate.hold(r.stdout), h, "however often")
    t.eq(len(g.ledger("hold.opened")), n + 1, "one hold for five questions")
    for what, more, env in (("another variable", ["-var", "note=r"], {}), ("another option", ["-var", "note=q", "-refresh=false"], {}),
                            ("another mode", ["-destroy", "-var", "note=q"], {}), ("a variable of the environment", ["-var", "note=q"], {"TF_VAR_other": "1"}),
                            ("another target of a provider", ["-var", "note=q"], {"KUBE_CONFIG_PATH": "/elsewhere"})):
        r = g.agent("plan", "-out=other", *more, cwd=d, env=g.env(**env))
        t.ok(h not in r.stdout and bytes_of("other") != bytes_of("q1"), "%s is another plan" % what, r.stdout)
    with open(os.path.join(d, "main.tf"), "a") as f:
        f.write("# a word more\n")
    r = g.agent("plan", "-out=other", "-var", "note=q", cwd=d)
    t.ok(h not in r.stdout and bytes_of("other") != bytes_of("q1"), "so is one of a changed configuration", r.stdout)
    text = open(os.path.join(d, "main.tf")).read()
    open(os.path.join(d, "main.tf"), "w").write(text.replace("# a word more\n", ""))
    g.yes(h)
    r = g.agent("plan", "-out=q3", "-var", "note=q", cwd=d)
    t.ok("approved" in r.stdout and bytes_of("q3") == bytes_of("q1"), "approved and planned again: the approved plan", r.stdout)
    with open(os.path.join(d, "main.tf"), "a") as f:
        f.write("# a word more\n")
    r = g.agent("apply", "-var", "note=q", cwd=d)
    t.ok(r.returncode == 1 and gate.hold(r.stdout) not in (None, h) and value(d) == "e",
         "the words do not apply what was approved for another configuration", r.stdout)
    open(os.path.join(d, "main.tf"), "w").write(text.replace("# a word more\n", ""))
    r = g.pawl("apply", "q3", cwd=d)
    t.ok(r.returncode == 0 and value(d) == "q", "which its own file applies", r.stdout)

    # an approval that travels: the runner has a ledger of its own and verifies offline
    g.agent("plan", "-out=release", "-var", "note=f", cwd=d)
    h = gate.hold(g.pawl("apply", "release", cwd=d).stdout)
    ticket = os.path.join(g.work, "ticket")
    r = g.approve(h, "yes", "--out", ticket)
    runner = dict(g.env(), XDG_STATE_HOME=os.path.join(g.work, "runner"))
    r = g.pawl("apply", "release", cwd=d, env=runner)
    t.ok(r.returncode == 1 and value(d) == "q", "a runner without the approval does not apply", r.stdout)
    r = g.pawl("apply", "release", "--approval", ticket, cwd=d, env=runner)
    t.ok(r.returncode == 0 and value(d) == "f", "with the approval's file it does", r.stdout)
    r = g.pawl("apply", "release", "--approval", ticket, cwd=d, env=runner)
    t.ok(r.returncode == 1, "once", r.stdout)

    # a folder and an address that look like secrets: what is written down of them is what was approved
    odd = g.plain("password=hunter2")
    with open(os.path.join(odd, "main.tf"), "a") as f:
        f.write('resource "terraform_data" "keys" {\n  for_each = toset(["token=abc"])\n}\n')
    g.agent("plan", "-out=p", cwd=odd)
    h = gate.hold(g.pawl("apply", "p", cwd=odd).stdout)
    g.yes(h)
    r = g.pawl("apply", "p", cwd=odd)
    t.ok(r.returncode == 0 and value(odd) == "a", "a folder and an address that look like secrets: held, approved, applied", r.stdout)
    t.ok("hunter2" not in json.dumps(g.ledger("hold.opened")[-1]), "and redacted in the record")

    # frozen: neither a marker removed by hand nor an entry that nobody signed ends it
    g.agent("plan", "-out=cold", "-var", "note=g", cwd=d)
    g.yes(gate.hold(g.pawl("apply", "cold", cwd=d).stdout))
    g.pawl("freeze", "--reason", "looking")
    r = g.pawl("apply", "cold", cwd=d)
    t.ok(r.returncode in (1, 4) and value(d) == "f", "frozen: an approved plan is not applied", r.stdout)
    os.unlink(os.path.join(g.state_dir, "freeze"))
    r = g.pawl("apply", "cold", cwd=d)
    t.ok(r.returncode in (1, 4) and "by hand" in r.stdout and value(d) == "f", "nor with the marker removed", r.stdout)
    forged = os.path.join(g.work, "forged.json")
    with open(forged, "w") as f:
        json.dump({"since": "now", "why": "", "by": "alice", "approver": "alice", "statement": "pawl statement 1\n", "signature": "yes"}, f)
    g.run([os.path.join(lab.BUILD, "tests", "lib", "hold_tool"), "append", "unfreeze", forged])
    r = g.pawl("apply", "cold", cwd=d)
    t.ok(r.returncode in (1, 4) and "no approver signed" in r.stdout and value(d) == "f", "nor after a forged entry", r.stdout)
    stranger(g)
    r = g.pawl("unfreeze", "--key", os.path.join(g.work, "stranger"), "--yes", "unfreeze")
    t.ok(r.returncode == 1 and "FROZEN" in g.pawl("freeze", "--status").stdout, "a stranger's key does not unfreeze", r.stdout)
    r = g.pawl("unfreeze", "--key", g.key, "--yes", "yes")
    t.ok(r.returncode == 1 and "the word is unfreeze" in r.stdout, "another word does not, and the word is said", r.stdout)
    r = g.pawl("unfreeze", "--key", g.key, "--yes", "unfreeze")
    t.ok(r.returncode == 0 and "Not frozen" in g.pawl("freeze", "--status").stdout, "an approver's signature does", r.stdout)
    signed = g.ledger("unfreeze")[-1]["body"]
    line = g.pawl("log", "--kind", "unfreeze").stdout.splitlines()[-1]
    t.ok(signed["by"] == signed["approver"] and line.count("by " + signed["by"]) == 1, "the log names once who did", line)
    g.pawl("freeze")
    os.unlink(os.path.join(g.state_dir, "freeze"))
    with open(forged, "w") as f:
        json.dump(signed, f)
    g.run([os.path.join(lab.BUILD, "tests", "lib", "hold_tool"), "append", "unfreeze", forged])
    t.has(g.pawl("freeze", "--status").stdout, "FROZEN", "the end of one freeze, copied, does not end the next")
    g.pawl("unfreeze", "--key", g.key, "--yes", "unfreeze")
    r = g.pawl("apply", "cold", cwd=d)
    t.ok(r.returncode == 0 and value(d) == "g", "then the plan that was approved is applied", r.stdout)

    # scratch: nobody is asked
    s = g.plain("scratch")
    r = g.agent("apply", "-auto-approve", cwd=s)
    t.ok(r.returncode == 0 and serial(s) > 0, "in an environment named scratch apply passes at once", r.stdout)

    # what tells a provider where to act is not in the plan: it must be what it was
    g.agent("plan", "-out=there", "-var", "note=g", cwd=s)
    r = g.pawl("apply", "there", cwd=s, env=g.env(KUBE_CONFIG_PATH="/another/cluster"))
    t.ok(r.returncode == 1 and "where to act" in r.stdout and value(s) != "g", "another cluster's configuration: refused", r.stdout)
    r = g.pawl("apply", "there", cwd=s)
    t.ok(r.returncode == 0 and value(s) == "g", "with what it was planned with it passes", r.stdout)

    # a denial of one plan does not stick to the words: once the configuration is mended they plan anew
    with open(os.path.join(s, "pawl.yaml"), "w") as f:
        f.write('version: 1\nrules: [{name: no-bad, match: {name: "*bad*", kind: create}, verdict: deny, why: never}]\n')
    bad = os.path.join(s, "bad.tf")
    with open(bad, "w") as f:
        f.write('resource "terraform_data" "bad" {}\n')
    r = g.agent("apply", "-auto-approve", cwd=s)
    t.ok(r.returncode == 1 and "denied" in r.stdout, "what the policy denies is denied", r.stdout)
    os.unlink(bad)
    r = g.agent("apply", "-auto-approve", cwd=s)
    t.ok(r.returncode == 0 and "denied" not in r.stdout, "the same words pass once that is gone from the configuration", r.stdout)

    # asked to stop: passed on politely, recorded
    def in_the_middle(folder, pause, sig):
        env = dict(g.env(), CLAUDECODE="1")
        out = open(os.path.join(g.work, "out.txt"), "w+")

        def said():
            out.seek(0)
            return out.read()

        q = subprocess.Popen([lab.binary("pawl"), "terraform", "apply", "-var", "pause=" + pause], cwd=folder, env=env, stdin=subprocess.DEVNULL,
                             stdout=out, stderr=subprocess.STDOUT)
        patience.until(lambda: "terraform_data.slow: Provisioning" in said() or q.poll() is not None, words=said)
        q.send_signal(sig)
        patience.wait(q)
        return q.returncode, said()

    rc, text = in_the_middle(s, os.path.join(g.work, "never"), signal.SIGINT)
    end = g.ledger("apply.interrupted")
    t.ok(rc == 1 and "interrupted" in text and len(end) == 1, "SIGINT is passed on once and recorded as apply.interrupted", text)
    left = [r for r in gate.state(s)["resources"]]
    t.ok(any(r["name"] == "one" for r in left), "terraform wrote its state before it stopped", json.dumps(left)[:500])

    # killed: the start is on record, the next one says what is known
    go_on = os.path.join(g.work, "go-on")
    rc, text = in_the_middle(s, go_on, signal.SIGKILL)
    t.eq(rc, -signal.SIGKILL, "pawl was killed")
    starts, ends = g.ledger("apply.started"), g.ledger("apply.finished") + g.ledger("apply.interrupted")
    t.ok(len(starts) == len(ends) + 1, "kill -9 leaves a start without an end", "%d %d" % (len(starts), len(ends)))
    lock = os.path.join(s, ".terraform.tfstate.lock.info")
    t.ok(os.path.exists(lock), "terraform is at work yet")
    open(go_on, "w").close()
    patience.until(lambda: not os.path.exists(lock))
    t.ok(any(r["name"] == "last" for r in gate.state(s)["resources"]), "terraform went on to its end")
    r = g.agent("apply", "-var", "pause=/tmp", cwd=s)
    t.has(r.stdout, "no end on record", "the next apply says that one has no end on record")
    t.has(r.stdout, "not known", "and what is not known")
    t.eq(len(g.ledger("apply.interrupted")), 2, "it is recorded as interrupted, once")
    r = g.pawl("log", "verify")
    t.eq(r.returncode, 0, "the ledger verifies", r.stdout)
t.done()
