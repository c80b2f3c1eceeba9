"""For flow tests of the Terraform gate: a lab with a person who has a key, a policy, and pawl in the way.

    with gate.Gate() as g:
        d = g.small("prod")                      # a small stack, initialised
        r = g.agent("apply", cwd=d)              # what an agent gets in place of `terraform apply`
        g.approve(gate.hold(r.stdout), typed="courses-prod-files")
"""
import json
import os
import re
import subprocess

import lab

SMALL = """terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "5.100.0" }
  }
}
variable "env" { default = "%(env)s" }
variable "note" { default = "a" }
provider "aws" {
  region            = "eu-west-1"
  s3_use_path_style = true
  default_tags {
    tags = { environment = var.env }
  }
}
resource "aws_s3_bucket" "files" {
  bucket = "courses-%(env)s-files"
  tags   = { note = var.note }
}
resource "aws_ecs_cluster" "main" {
  name = "courses-%(env)s"
}
"""

POLICY = {
    "version": 1,
    "preset": "solo",
    "environments": [
        {"name": "scratch", "kind": "scratch", "match": {"tag": "scratch"}},
        {"name": "scratch-folder", "kind": "scratch", "match": {"path": "*/scratch*"}},
        {"name": "trial", "kind": "staging", "match": {"tag": "trial"}},
        {"name": "production", "kind": "production", "match": {"tag": "prod"}},
    ],
}


# No provider, no cloud: terraform's own kind of resource. ${pause}: a file that terraform waits for in the middle.
PLAIN = """variable "note" { default = "a" }
variable "pause" { default = "/" }
resource "terraform_data" "one" {
  input = var.note
}
resource "terraform_data" "slow" {
  triggers_replace = var.pause
  depends_on       = [terraform_data.one]
  provisioner "local-exec" {
    command = "while ! [ -e ${var.pause} ]; do sleep 0.1; done"
  }
}
resource "terraform_data" "last" {
  depends_on = [terraform_data.slow]
}
"""


class Gate(lab.Lab):
    def __init__(self, cloud=True, **kw):
        super().__init__(**kw)
        self.cloud = cloud

    def start(self):
        if self.cloud:
            super().start()
        else: # no emulator, no provider
            open(self.log, "w").close()
            self.rc = os.path.join(self.work, "tf.rc")
            with open(self.rc, "w") as f:
                f.write("disable_checkpoint = true\n")

    def __enter__(self):
        super().__enter__()
        self.config = os.path.join(self.work, "config")
        os.makedirs(os.path.join(self.config, "pawl"))
        self.key = os.path.join(self.work, "alice")
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "alice", "-f", self.key], check=True)
        public = " ".join(open(self.key + ".pub").read().split()[:2])
        self.policy(dict(POLICY, approvers=[{"name": "alice", "key": public}]))
        return self

    def policy(self, text):
        """YAML takes JSON."""
        with open(os.path.join(self.config, "pawl", "policy.yaml"), "w") as f:
            json.dump(text, f, indent=1)

    def env(self, **more):
        e = super().env(XDG_CONFIG_HOME=self.config)
        e.pop("SSH_AUTH_SOCK", None)
        for k, v in more.items():
            if v is None:
                e.pop(k, None)
            else:
                e[k] = v
        return e

    def agent(self, *args, **kw):
        """`pawl terraform …` as an agent runs it."""
        env = dict(kw.pop("env", None) or self.env(), CLAUDECODE="1")
        return self.pawl("terraform", *args, env=env, **kw)

    def approve(self, hold, typed="yes", *more, **kw):
        return self.pawl("approve", hold, "--key", self.key, "--yes", typed, *more, **kw)

    def yes(self, hold):
        """As a person would: look at the hold, type what it asks for, sign."""
        r = self.pawl("show", hold, "--json")
        card = json.loads(r.stdout)["card"]
        typed = card["typed_name"] if card["demands"]["confirm"] == "typed" and card["typed_name"] else "yes"
        r = self.approve(hold, typed)
        if r.returncode:
            raise RuntimeError("approving %s as %r failed:\n%s" % (hold, typed, r.stdout))
        return typed

    def findings(self, plan, cwd, *more):
        """Codes of what `pawl plan` finds; opens no hold."""
        r = self.pawl("plan", plan, "--json", "--no-hold", *more, cwd=cwd)
        try:
            card = json.loads(r.stdout[r.stdout.index("{"):])
        except ValueError:
            return r, set()
        return r, {c["change"].get("finding") for c in card.get("changes", [])} - {None}

    def small(self, name, env="prod", init=True):
        d = os.path.join(self.work, name)
        os.makedirs(d)
        with open(os.path.join(d, "main.tf"), "w") as f:
            f.write(SMALL % {"env": env})
        if init:
            r = self.terraform("init", "-no-color", cwd=d)
            if r.returncode:
                raise RuntimeError("terraform init failed:\n" + r.stdout)
        return d

    def plain(self, name, init=True):
        d = os.path.join(self.work, name)
        os.makedirs(d)
        with open(os.path.join(d, "main.tf"), "w") as f:
            f.write(PLAIN)
        if init:
            r = self.terraform("init", "-no-color", cwd=d)
            if r.returncode:
                raise RuntimeError("terraform init failed:\n" + r.stdout)
        return d

    @property
    def state_dir(self):
        return os.path.join(self.state_home, "pawl")

    def ledger(self, kind=None):
        """Entries as `pawl log --json` prints them."""
        r = self.pawl("log", "export")
        rows = [json.loads(line) for line in r.stdout.splitlines() if line.startswith("{")]
        return [x for x in rows if kind is None or x.get("kind") == kind]


def hold(text):
    """The hold's id in what pawl said; None when there is none."""
    m = re.search(r"\bheld as (H-\d+)", text)
    return m.group(1) if m else None


def state(folder):
    with open(os.path.join(folder, "terraform.tfstate")) as f:
        return json.load(f)
