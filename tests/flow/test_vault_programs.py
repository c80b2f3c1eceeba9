#!/usr/bin/env python3
# restic and rclone as vaults: what goes in comes out, nothing is written over, what breaks off is no backup, what is removed is gone.
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab

TOOL = os.path.join(lab.BUILD, "tests", "lib", "vault_tool")


def one(t, name, place, env):
    def tool(*words, data=b"", lock="0"):
        r = subprocess.run([TOOL, place, lock] + [str(w) for w in words], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, timeout=600)
        r.says = r.stderr.decode(errors="replace")
        return r

    data = os.urandom(3 << 20)
    for id in "20260101T000000Z-aa", "20260102T000000Z-bb":
        for f, b in ("data.zst", data), ("manifest.json", b"{}"), ("manifest.sig", b"sig"):
            r = tool("put", "shop", id, f, data=b)
            if r.returncode:
                t.ok(False, name + ": put", r.says)
                return
    r = tool("get", "shop", "20260101T000000Z-aa", "data.zst")
    t.ok(r.stdout == data, name + ": a file comes back", r.says)
    r = tool("get", "shop", "20260101T000000Z-aa", "data.zst", 3000001)
    t.ok(r.stdout == data[3000001:], name + ": from the middle, too", r.says)
    r = tool("put", "shop", "20260101T000000Z-aa", "data.zst", data=b"x")
    t.ok(r.returncode == 1 and "nothing in a vault is written over" in r.says, name + ": nothing is written over", r.says)
    r = tool("get", "shop", "20260101T000000Z-aa", "none")
    t.ok(r.returncode == 1 and "is not there" in r.says, name + ": what is not there is said", r.says)
    r = tool("part", "shop", "20260103T000000Z-cc", "data.zst", 1 << 20, data=data)
    lines = tool("list", "shop").stdout.decode().splitlines()
    t.ok([l.split()[:2] for l in lines if " whole" in l] == [["shop/20260102T000000Z-bb", "whole"], ["shop/20260101T000000Z-aa", "whole"]],
         name + ": two whole ones are listed, newest first, and none that broke off", lines)
    r = tool("put", "shop", "x", "data", data=b"x", lock="86400")
    t.ok(r.returncode == 1 and "locks nothing" in r.says, name + ": a lock that nobody would keep is refused", r.says)
    r = tool("remove", "shop", "20260101T000000Z-aa")
    lines = tool("list", "shop").stdout.decode()
    t.ok(r.returncode == 0 and "-aa" not in lines and "-bb" in lines, name + ": one is removed, the other stays", r.says + lines)
    return tool


def main():
    t = lab.Tap()
    work = tempfile.mkdtemp()
    env = {k: v for k, v in os.environ.items() if not k.startswith(("RESTIC", "RCLONE"))}
    try:
        if shutil.which("rclone"):
            conf = os.path.join(work, "rclone.conf")
            open(conf, "w").write("[far]\ntype = local\n")
            env["RCLONE_CONFIG"] = conf
            tool = one(t, "rclone", "rclone:far:" + os.path.join(work, "far"), env)
            r = subprocess.run([TOOL, "rclone::s3,secret_access_key=x:b", "0", "list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
            t.ok(r.returncode == 1 and b"no key stands on a command line" in r.stderr, "rclone: no key on a command line", r.stderr)
        else:
            t.skip("rclone", "rclone is not installed")
        if shutil.which("restic"):
            password = os.path.join(work, "password")
            open(password, "w").write("a\n")
            env.update(RESTIC_PASSWORD_FILE=password, RESTIC_CACHE_DIR=os.path.join(work, "cache"))
            repo = os.path.join(work, "repo")
            subprocess.run(["restic", "-r", repo, "init", "-q"], env=env, check=True)
            one(t, "restic", "restic:" + repo, env)
            r = subprocess.run([TOOL, "restic:" + repo, "0", "list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env=dict(env, RESTIC_PASSWORD_FILE="/nonexistent"))
            t.ok(r.returncode == 1 and b"restic" in r.stderr or b"password" in r.stderr, "restic: a wrong password is said", r.stderr)
        else:
            t.skip("restic", "restic is not installed")
    finally:
        shutil.rmtree(work)
    t.done()


main()
