#!/usr/bin/env python3
# timeout: 300
"""A saved plan does not say in which region it acts: pawl apply acts where it was planned, whatever the environment says now."""
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
t.done()
