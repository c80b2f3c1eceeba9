#!/usr/bin/env python3
# timeout: 1200
"""A saved plan does not say where it acts: pawl apply acts in the region it was planned in, and refuses in another account."""
import os
import sys

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
    r = g.agent("plan", "-out=q", "-no-color", cwd=d)
    t.eq(r.returncode, 0, "planned in account " + lab.ACCOUNT, r.stdout)
    os.environ["MOTO_ACCOUNT_ID"] = "210987654321"
    with lab.Lab() as other:
        r = g.pawl("apply", "q", cwd=d, env=g.env(AWS_ENDPOINT_URL=other.url))
        t.ok(r.returncode != 0, "credentials that open another account: refused", r.stdout)
        t.has(r.stdout, "210987654321", "the account they open is named")
        t.eq(other.writes(), [], "and not one writing call was made there")
    r = g.pawl("apply", "q", cwd=d)
    t.eq(r.returncode, 0, "with those of the plan it applies", r.stdout)
t.done()
