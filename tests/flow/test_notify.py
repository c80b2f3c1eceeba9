#!/usr/bin/env python3
"""The outbox: told once, retried, resumed after a kill, made anew from the ledger without telling twice."""
import http.server
import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab
import patience

t = lab.Tap()
PAWL = lab.binary("pawl")
home = os.environ["HOME"]
config = os.path.join(home, ".config", "pawl")
state = os.path.join(home, ".local", "state", "pawl")
os.makedirs(config)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers, self.got, self.hang, self.reached = [], [], False, threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        s = self.server
        s.reached.set()
        if s.hang:
            while s.hang:
                time.sleep(0.05)
            return
        status = s.answers.pop(0) if s.answers else 200
        s.got.append((status, json.loads(body), self.headers["Idempotency-Key"]))
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *a):
        pass


def policy(text):
    with open(os.path.join(config, "policy.yaml"), "w") as f:
        f.write("version: 1\n" + text)


def pawl(*args):
    return subprocess.run([PAWL] + list(args), stdin=subprocess.DEVNULL, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=300, start_new_session=True)


def kinds():
    return [e["kind"] for e in json.loads(pawl("log", "--json").stdout)["entries"]]


def messages():
    return json.loads(pawl("notify", "list", "--json").stdout)["messages"]


def settled():
    """Delivery in the background is at work: wait until both ways have told of all, and nothing waits."""
    def once():
        there = messages()
        return {"sendmail", "command"} <= {m["target"].split()[0] for m in there} and all(m["state"] == "sent" for m in there)
    return patience.until(once, words=messages)


# Nobody to tell: nothing is queued, and freeze works.
r = pawl("freeze", "--reason", "trying it")
t.ok(r.returncode == 0 and os.path.exists(os.path.join(state, "freeze")), "freeze leaves its marker", r.stdout)
t.has(pawl("freeze", "--status").stdout, "trying it", "freeze --status says why")
os.rename(os.path.join(state, "freeze"), os.path.join(state, "away"))
t.has(pawl("freeze", "--status").stdout, "taken away by hand", "removing the marker by hand unfreezes nothing: the ledger knows")
os.rename(os.path.join(state, "away"), os.path.join(state, "freeze"))
r = pawl("unfreeze")
t.ok(r.returncode == 1 and os.path.exists(os.path.join(state, "freeze")), "unfreeze without a person at a terminal stays frozen", r.stdout)


SIGNER = os.path.join(home, "id")
subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", SIGNER], check=True)
pawl("approvers", "add", "alice", "--key", SIGNER + ".pub")


def at_terminal(answer):
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(PAWL, [PAWL, "unfreeze", "--key", SIGNER])
    out = b""
    sent = False
    while True:
        try:
            b = os.read(fd, 4096)
        except OSError:
            break
        if not b:
            break
        out += b
        if not sent and b"type the word" in out:
            os.write(fd, answer)
            sent = True
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), out.decode()


code, out = at_terminal(b"y\n")
t.ok(code == 1 and os.path.exists(os.path.join(state, "freeze")), "a plain y does not unfreeze", out)
code, out = at_terminal(b"unfreeze\n")
t.ok(code == 0 and not os.path.exists(os.path.join(state, "freeze")), "the word does", out)
t.eq(kinds(), ["freeze", "unfreeze"], "both are in the ledger, and nothing else")

# A webhook that fails twice.
server = Server()
server.answers = [500, 503]
url = "http://127.0.0.1:%d/hook/SECRETPATH" % server.server_port
out_file = os.path.join(home, "told")
script = os.path.join(home, "tell")
with open(script, "w") as f:
    f.write("#!/bin/sh\ncat >> %s\necho >> %s\n" % (out_file, out_file))
os.chmod(script, 0o755)
mail = os.path.join(home, "sendmail")
with open(mail, "w") as f:
    f.write("#!/bin/sh\ncat > %s.mail-$$\n" % out_file)
os.chmod(mail, 0o755)
os.environ["PAWL_SENDMAIL"] = mail
policy("notify:\n  - webhook: %s\n" % url)
for i in range(3):
    pawl("notify", "flush", "--now")
r = pawl("notify", "flush", "--now")
by_event = {}
for status, body, key in server.got:
    by_event.setdefault(body["event"], []).append((status, key))
told = [b["id"] for s, b, k in server.got if s == 200]
t.eq(sorted(told), ["F-1", "F-2"], "what happened a moment before somebody was named is told, each once")
t.ok(sum(s != 200 for s, b, k in server.got) == 2, "after two failures", server.got)
t.ok(all(len({k for s, k in v}) == 1 for v in by_event.values()), "every attempt carries the same key", by_event)
t.ok(all("approve" not in json.dumps(b) and b["look"] for s, b, k in server.got), "it says where to look, and offers no approval")
k = kinds()
t.eq((k.count("notify.queued"), k.count("notify.sent"), k.count("notify.failed")), (2, 2, 2), "queueing, failures and deliveries are in the ledger")
t.ok("SECRETPATH" not in pawl("log", "--json").stdout, "the ledger does not have the URL's path")

# Killed in the middle of a delivery; another flush resumes it.
server.hang = True
server.reached.clear()
subprocess.run([PAWL, "freeze"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
t.ok(server.reached.wait(patience.LIMIT), "freeze starts the delivery by itself, in the background")
for p in os.listdir("/proc"):
    try:
        cmd = open("/proc/%s/cmdline" % p, "rb").read()
        env = open("/proc/%s/environ" % p, "rb").read()
    except OSError:
        continue
    if b"notify\0flush" in cmd and ("HOME=" + home).encode() + b"\0" in env:
        os.kill(int(p), signal.SIGKILL)
server.hang = False
n = len(server.got)
pawl("notify", "flush", "--now")
t.eq([b["event"] for s, b, k in server.got[n:]], ["freeze"], "a killed delivery is resumed by the next")
pawl("notify", "flush", "--now")
t.eq(len(server.got), n + 1, "and told once")

# The index thrown away, or damaged: made anew from the ledger, and nobody is told again.
for f in os.listdir(state):
    if f.startswith("index.db"):
        os.unlink(os.path.join(state, f))
r = pawl("notify", "flush", "--now")
t.ok(r.returncode == 0 and len(server.got) == n + 1, "an outbox made anew tells nothing twice", r.stdout)
with open(os.path.join(state, "index.db"), "r+b") as f:
    f.write(b"junk" * 2000)
r = pawl("notify", "flush", "--now")
t.has(r.stdout, "set aside", "a damaged index is set aside, and that is said")
t.eq(len(server.got), n + 1, "and again nobody is told twice")

# A command and mail.
policy("notify:\n  - command: [%s]\n  - sendmail: ops@example.com\n" % script)
code, out = at_terminal(b"unfreeze\n")
t.eq(code, 0, "unfrozen again", out)
t.ok(settled(), "command and mail are told in the background", messages())
t.ok('"event":"unfreeze"' in open(out_file).read(), "the command gets the message on standard input")
mails = [open(os.path.join(home, f)).read() for f in os.listdir(home) if f.startswith("told.mail")]
t.ok(any(re.search(r"^To: ops@example.com$", m, re.M) and "Subject: [pawl] F-" in m for m in mails), "sendmail -t gets a mail", mails)
r = pawl("notify", "test", "--json")
t.eq([x["ok"] for x in json.loads(r.stdout)["targets"]], [True, True], "notify test tries every target")
t.eq(pawl("log", "verify").returncode, 0, "the ledger verifies")
server.shutdown()
t.done()
