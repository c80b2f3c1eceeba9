#!/usr/bin/env python3
# timeout: 1200
"""The private copy reads, locks and writes the original's state, wherever that is, and holds only what it may."""
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import gate
import lab

why = lab.missing("terraform")
if why:
    lab.skip_all(why)
t = lab.Tap()
cloud = lab.missing("moto", "aws") is None


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)


with gate.Gate(cloud=cloud) as g:
    # --- a monorepo: modules above the root module, a link, secrets that stay behind
    repo = os.path.join(g.work, "scratch-repo")
    d = os.path.join(repo, "live", "prod")
    write(os.path.join(d, "main.tf"), 'variable "x" {}\nmodule "m" {\n  source = "../../modules/m"\n  x = var.x\n}\n'
          'output "motd" {\n  value = file("${path.module}/../../shared/motd")\n}\n')
    write(os.path.join(repo, "modules", "m", "m.tf"), 'variable "x" {}\nmodule "n" {\n  source = "../n"\n  x = var.x\n}\n')
    write(os.path.join(repo, "modules", "n", "n.tf"), 'variable "x" {}\nresource "terraform_data" "it" {\n  input = var.x\n}\n')
    write(os.path.join(repo, "shared", "motd"), "hello")
    write(os.path.join(repo, "old.tfstate"), "{}")
    write(os.path.join(g.work, "outside.tfvars"), 'x = "from outside"\n')
    write(os.path.join(g.work, "secret"), "do not copy")
    os.symlink(os.path.join(g.work, "secret"), os.path.join(repo, "link-out"))
    os.symlink("shared", os.path.join(repo, "link-in"))
    subprocess.run(["git", "init", "-q", repo], check=True, env=g.env())
    g.terraform("init", cwd=d)
    r = g.agent("plan", "-out=p", "-var-file=../../../outside.tfvars", "-no-color", cwd=d)
    t.eq(r.returncode, 0, "a git work tree with local modules and files above the module is planned", r.stdout)
    work = os.path.join(g.state_dir, "work")
    copy = os.path.join(work, os.listdir(work)[0])
    have = subprocess.run(["find", ".", "-name", ".terraform", "-prune", "-o", "-print"], cwd=os.path.join(copy, "tree"), text=True,
                          capture_output=True).stdout.split()
    t.ok("./modules/n/n.tf" in have and "./shared/motd" in have and "./link-in" in have, "what the module reads is in the copy", str(have))
    t.ok(not [f for f in have if ".git" in f or f.endswith(".tfstate") or "link-out" in f],
         "no .git, no state, no link that leads out", str(have))
    t.eq(os.stat(copy).st_mode & 0o777, 0o700, "nobody else can look in")
    r = g.pawl("apply", "p", cwd=d)
    s = gate.state(d) if os.path.exists(os.path.join(d, "terraform.tfstate")) else {}
    t.ok(r.returncode == 0 and "from outside" in json.dumps(s), "applied in the copy, written to the original's state", r.stdout)
    t.ok(not os.path.exists(copy), "the copy goes after the apply")
    r = g.terraform("plan", "-detailed-exitcode", "-var-file=../../../outside.tfvars", cwd=d)
    t.eq(r.returncode, 0, "terraform in the original sees nothing left to do", r.stdout)

    # --- workspaces, TF_DATA_DIR, -chdir
    w = g.plain("scratch-ws")
    g.terraform("workspace", "new", "blue", cwd=w)
    r = g.agent("apply", "-auto-approve", cwd=w)
    blue = os.path.join(w, "terraform.tfstate.d", "blue", "terraform.tfstate")
    t.ok(r.returncode == 0 and os.path.exists(blue) and not os.path.exists(os.path.join(w, "terraform.tfstate")),
         "the selected workspace's state is written, no other", r.stdout)
    r = g.agent("-chdir=" + w, "apply", "-auto-approve", "-var", "note=x", env=g.env(TF_WORKSPACE="default"))
    t.ok(r.returncode == 0 and os.path.exists(os.path.join(w, "terraform.tfstate")), "-chdir and TF_WORKSPACE are followed", r.stdout)
    e = g.plain("scratch-data", init=False)
    env = g.env(TF_DATA_DIR="elsewhere")
    g.terraform("init", cwd=e, env=env)
    r = g.agent("apply", "-auto-approve", cwd=e, env=env)
    t.ok(r.returncode == 0 and os.path.exists(os.path.join(e, "terraform.tfstate")), "TF_DATA_DIR is followed", r.stdout)
    r = g.agent("apply", "-auto-approve", cwd=w, env=g.env(TF_CLI_ARGS_apply="-destroy", TF_WORKSPACE="blue"))
    t.ok("3 to destroy" in r.stdout, "-destroy from TF_CLI_ARGS_apply is seen, planned, judged", r.stdout)

    # --- refused
    n = g.plain("scratch-new", init=False)
    write(os.path.join(n, "backend.tf"), 'terraform {\n  backend "local" {\n    path = "x/terraform.tfstate"\n  }\n}\n')
    r = g.agent("apply", "-auto-approve", cwd=n)
    t.ok(r.returncode == 1 and "init" in r.stdout and not os.path.exists(os.path.join(n, "terraform.tfstate")),
         "a folder that is not initialised is no blank slate, it is refused", r.stdout)
    rc = os.path.join(g.work, "dev.rc")
    write(rc, 'provider_installation {\n  dev_overrides {\n    "hashicorp/aws" = "/nowhere"\n  }\n  direct {}\n}\n')
    r = g.agent("apply", "-auto-approve", cwd=w, env=g.env(TF_CLI_CONFIG_FILE=rc))
    t.ok(r.returncode == 1 and "dev_overrides" in r.stdout, "dev_overrides in the CLI configuration are refused", r.stdout)
    r = g.agent("apply", "-auto-approve", cwd=w, env=g.env(TF_CLI_CONFIG_FILE=None, TERRAFORM_CONFIG=rc))
    t.ok(r.returncode == 1 and "dev_overrides" in r.stdout, "by that variable's older name too", r.stdout)
    for name in (".terraform.d/dev.tfrc", ".tofurc"):
        home = os.path.join(g.work, "home-" + os.path.basename(name))
        os.makedirs(os.path.dirname(os.path.join(home, name)))
        shutil.copy(rc, os.path.join(home, name))
        r = g.agent("apply", "-auto-approve", cwd=w, env=g.env(TF_CLI_CONFIG_FILE=None, HOME=home))
        t.ok(r.returncode == 1 and "dev_overrides" in r.stdout, "and in ~/" + name, r.stdout)
    write(os.path.join(w, "broken.tf"), "resource {")
    r = g.agent("plan", "-out=q", cwd=w)
    t.ok(r.returncode == 1 and not os.path.exists(os.path.join(w, "q")), "a configuration that is none: terraform's own words", r.stdout)

    # --- a remote state
    if not cloud:
        t.skip("an S3 backend's state is read, locked and written", "no emulator")
    else:
        b = g.plain("scratch-s3", init=False)
        write(os.path.join(b, "backend.tf"), 'terraform {\n  backend "s3" {\n    bucket = "tfstate"\n    key = "x/prod.tfstate"\n'
              '    region = "eu-west-1"\n    use_path_style = true\n    use_lockfile = true\n  }\n}\n')
        g.aws("s3", "mb", "s3://tfstate")
        g.terraform("init", cwd=b)
        g.terraform("workspace", "new", "blue", cwd=b)
        mark = g.mark()
        r = g.agent("apply", "-auto-approve", cwd=b)
        acts = [c["action"] for c in g.calls(mark)]
        t.ok(r.returncode == 0 and "PUT /tfstate/env:/blue/x/prod.tfstate.tflock" in acts and
             "PUT /tfstate/env:/blue/x/prod.tfstate" in acts, "an S3 backend's state is locked and written, in its workspace", r.stdout)
        r = g.terraform("plan", "-detailed-exitcode", cwd=b)
        t.eq(r.returncode, 0, "terraform in the original sees nothing left to do", r.stdout)
        d3 = g.ledger("apply.started")[-1]
        t.ok("s3:tfstate/x/prod.tfstate" in json.dumps(d3), "the ledger names the backend", json.dumps(d3))
t.done()
