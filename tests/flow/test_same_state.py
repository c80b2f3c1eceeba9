#!/usr/bin/env python3
"""A backup whose bucket the same Terraform state manages, on real terraform, provider and emulator: no proof for what a plan of that state
destroys, though the plan leaves the bucket alone; proof once the bucket has left the state, or leaves it by the same plan."""
# timeout: 900
import os
import re
import sys

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import gate
import lab
from points import Points

why = lab.missing("terraform", "provider", "moto")
if why:
    lab.skip_all(why)
t = lab.Tap()

HEAD = """terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "5.100.0" }
  }
}
provider "aws" {
  region            = "eu-west-1"
  s3_use_path_style = true
  default_tags {
    tags = { environment = "prod" }
  }
}
"""
DB = """resource "aws_db_instance" "db" {
  identifier          = "courses-prod-db"
  engine              = "postgres"
  instance_class      = "db.t3.medium"
  allocated_storage   = 50
  username            = "courses"
  password            = "not-so-secret"
  skip_final_snapshot = true
}
"""
BUCKET = """resource "aws_s3_bucket" "backups" {
  bucket = "courses-backups"
}
"""
LET_GO = """removed {
  from = aws_s3_bucket.backups
  lifecycle {
    destroy = false
  }
}
"""
SAME = re.compile(r"IN THE SAME BLAST RADIUS the Terraform state of what goes \(local:\S*terraform\.tfstate\) "
                  "also manages the bucket of its vault, fleet: aws_s3_bucket.backups")


class World:
    """Where the tests' statements are written: this lab's state and configuration."""

    def __init__(self, g):
        self.dir = os.path.join(g.work, "world")
        os.makedirs(self.dir)
        os.makedirs(g.state_dir, exist_ok=True)
        os.symlink(g.state_dir, self.dir + "/state")
        os.symlink(g.config, self.dir + "/config")


def said(r):
    return " ".join(r.stdout.split())


def write(d, *parts):
    with open(os.path.join(d, "main.tf"), "w") as f:
        f.write(HEAD + "".join(parts))


def card(g, d, *words):
    """What `pawl plan` says of a plan made by real terraform."""
    r = g.terraform("plan", "-no-color", "-out=p", *words, cwd=d)
    t.eq(r.returncode, 0, "control: terraform plan " + " ".join(words), r.stdout)
    return said(g.pawl("plan", "p", "--no-hold", cwd=d))


with gate.Gate() as g:
    g.policy(dict(gate.POLICY, approvers=[{"name": "alice", "key": " ".join(open(g.key + ".pub").read().split()[:2])}],
                  rules=[{"name": "nothing-without-a-backup", "match": {"gate": "terraform", "kind": "delete", "type": "aws_db_instance"}, "verdict": "hold",
                          "confirm": "typed", "recovery": {"verified_within": "24h"}}]))
    Points(World(g), s3="s3://courses-backups/shop").write()
    d = os.path.join(g.work, "stack")
    os.makedirs(d)
    write(d, DB, BUCKET)
    for words in (["init"], ["apply", "-auto-approve"]):
        r = g.terraform(*words, "-no-color", cwd=d)
        t.eq(r.returncode, 0, "control: the stack is made, terraform " + words[0], r.stdout)
    mark = g.mark()

    write(d, BUCKET)
    r = g.agent("apply", "-auto-approve", "-no-color", cwd=d)
    h = gate.hold(r.stdout)
    t.ok(r.returncode == 1 and h, "a plan that destroys the database alone is held", r.stdout)
    t.has(said(r), SAME, "its card: the bucket is of the same state")
    r = g.approve(h, "courses-prod-db", cwd=d)
    t.ok(r.returncode != 0 and "evidence that the policy demands is missing" in said(r), "nobody can say yes to it", r.stdout)
    t.has(said(r), "a `removed` block for aws_s3_bucket.backups with `destroy = false`", "and the way out is named")
    t.has(card(g, d, "-target=aws_db_instance.db"), SAME, "a plan of that one target knows the whole state too")

    write(d, LET_GO)
    text = card(g, d)
    t.ok("BLAST" not in text and "missing" not in text and "forget" in text, "what lets go of the bucket by the same plan leaves the backup apart", text)

    write(d, DB, LET_GO)
    r = g.agent("apply", "-auto-approve", "-no-color", cwd=d)
    h = gate.hold(r.stdout)
    if h:
        g.yes(h)
        r = g.agent("apply", "-auto-approve", "-no-color", cwd=d)
    t.eq(r.returncode, 0, "the bucket leaves the state", r.stdout)
    t.eq(g.destructive(mark), [], "nothing was destroyed by then")
    write(d)
    r = g.agent("apply", "-auto-approve", "-no-color", cwd=d)
    h = gate.hold(r.stdout)
    t.ok(r.returncode == 1 and h and "BLAST" not in r.stdout and "missing" not in r.stdout, "then the same plan has a backup that counts", r.stdout)
    g.yes(h)
    r = g.agent("apply", "-auto-approve", "-no-color", cwd=d)
    t.ok(r.returncode == 0 and "rds DeleteDBInstance" in g.destructive(mark), "and is done with a person's yes", r.stdout)
    t.ok(not any(c.startswith("s3 ") for c in g.destructive(mark)), "the bucket is there", g.destructive(mark))
t.done()
