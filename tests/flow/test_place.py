#!/usr/bin/env python3
# timeout: 1200
"""A saved plan does not say where it acts: pawl apply acts in the region it was planned in, and refuses in another account."""
import http.server
import os
import sys
import threading
import urllib.request

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import gate
import lab

why = lab.missing("terraform", "provider", "moto")
if why:
    lab.skip_all(why)
t = lab.Tap()

QUEUE = """terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "5.100.0" }
  }
}
provider "aws" {
  default_tags {
    tags = { environment = "scratch" }
  }
}
resource "aws_ssm_parameter" "note" {
  name  = "note"
  type  = "String"
  value = "a"
}
"""

class Switch(http.server.BaseHTTPRequestHandler):
    """One address, behind which stands whichever emulator is chosen: so that nothing in the environment changes."""
    target = None
    protocol_version = "HTTP/1.1"

    def forward(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        ask = urllib.request.Request(Switch.target + self.path, data=body or None, method=self.command,
                                     headers={k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection")})
        try:
            answer = urllib.request.urlopen(ask)
        except urllib.error.HTTPError as e:
            answer = e
        data = answer.read()
        self.send_response(answer.status)
        for k, v in answer.headers.items():
            if k.lower() not in ("connection", "transfer-encoding", "content-length", "server", "date"):
                self.send_header(k, v)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = forward

    def log_message(self, *_):
        pass


switch = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Switch)
threading.Thread(target=switch.serve_forever, daemon=True).start()

with gate.Gate() as g:
    d = os.path.join(g.work, "scratch")
    os.makedirs(d)
    with open(os.path.join(d, "main.tf"), "w") as f:
        f.write(QUEUE)
    r = g.terraform("init", "-no-color", cwd=d)
    t.eq(r.returncode, 0, "init", r.stdout)
    r = g.agent("plan", "-out=p", "-no-color", cwd=d)
    t.eq(r.returncode, 0, "planned with AWS_REGION=" + lab.REGION, r.stdout)
    mark = g.mark()
    elsewhere = g.env(AWS_REGION="us-east-1", AWS_DEFAULT_REGION="us-east-1")
    r = g.pawl("apply", "p", cwd=d, env=elsewhere)
    t.eq(r.returncode, 0, "applied with AWS_REGION=us-east-1 in the environment", r.stdout)
    puts = {c["region"] for c in g.calls(mark) if c["action"] == "PutParameter"}
    t.eq(puts, {lab.REGION}, "it acted in the region of its planning", g.calls(mark))

    with open(os.path.join(d, "main.tf"), "a") as f:
        f.write('resource "aws_ssm_parameter" "second" {\n  name  = "second"\n  type  = "String"\n  value = "b"\n}\n')
    Switch.target = g.url
    env = g.env(AWS_ENDPOINT_URL="http://127.0.0.1:%d" % switch.server_port)
    r = g.agent("plan", "-out=q", "-no-color", cwd=d, env=env)
    t.eq(r.returncode, 0, "planned in account " + lab.ACCOUNT, r.stdout)
    os.environ["MOTO_ACCOUNT_ID"] = "210987654321"
    with lab.Lab() as other:
        Switch.target = other.url
        r = g.pawl("apply", "q", cwd=d, env=env)
        t.ok(r.returncode != 0, "credentials that open another account: refused", r.stdout)
        t.has(r.stdout, "210987654321", "the account they open is named")
        t.eq(other.writes(), [], "and not one writing call was made there")
        r = g.pawl("apply", "q", cwd=d, env=g.env(AWS_ENDPOINT_URL=other.url))
        t.ok(r.returncode != 0 and not other.writes(), "nor does it apply at another address", r.stdout)
    Switch.target = g.url
    r = g.pawl("apply", "q", cwd=d, env=env)
    t.eq(r.returncode, 0, "with those of the plan it applies", r.stdout)
t.done()
