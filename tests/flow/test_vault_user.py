#!/usr/bin/env python3
# A vault of a user of its own, by the documented commands: `pawl vault init` as root makes the user, root's backup and drill become it, the
# proof finds nothing, the agent sees a green status and can do no more. The user is made in a copy of /etc, in a mount namespace of the
# test's own: the machine's accounts are not touched, whatever happens.
# timeout: 240
import json
import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab
import postgres

AGENT, PLACE = 61011, "/srv"
if os.geteuid() != 0:
    lab.skip_all("becoming another user takes root")
if postgres.missing():
    lab.skip_all(postgres.missing())
if not shutil.which("useradd", path="/usr/sbin:/usr/bin"):
    lab.skip_all("no useradd here")
if "--inside" not in sys.argv:
    if subprocess.run(["unshare", "-m", "true"], stderr=subprocess.DEVNULL).returncode != 0:
        lab.skip_all("no mount namespace of our own here")
    os.execvp("unshare", ["unshare", "-m", "--propagation", "private", sys.executable, os.path.abspath(__file__), "--inside"])


def tmpfs(on):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "none", on], check=True)


def below(path):
    return [os.path.join(where, n) for where, dirs, files in os.walk(path) for n in dirs + files]


def main():
    t = lab.Tap()
    machine = open("/etc/passwd").read()
    tmpfs(PLACE)
    etc = tempfile.mkdtemp(dir=PLACE)
    subprocess.run(["cp", "-a", "/etc/.", etc], check=True)
    subprocess.run(["mount", "--bind", etc, "/etc"], check=True)
    os.chmod("/etc", 0o755)
    with open("/etc/passwd", "a") as f:
        f.write("pawlagent:x:%d:%d::%s/agent:/bin/sh\n" % (AGENT, AGENT, PLACE))
    os.mkdir(PLACE + "/agent", 0o700)
    os.chown(PLACE + "/agent", AGENT, AGENT)
    os.mkdir(PLACE + "/bin")
    for name in "pawl", "pawl-full":
        shutil.copy(os.path.realpath(lab.binary(name)), PLACE + "/bin/" + name)
    os.mkdir(PLACE + "/root", 0o700)
    vault = PLACE + "/vault"

    def pawl(*words, agent=False, keeper=None):
        env = {"PATH": PLACE + "/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": PLACE + ("/agent" if agent else "/root")}
        env.update({k: v for k, v in os.environ.items() if k in ("ASAN_OPTIONS", "UBSAN_OPTIONS")})
        uid, gid = (AGENT, AGENT) if agent else (keeper.pw_uid, keeper.pw_gid) if keeper else (0, 0)
        who = ["setpriv", "--reuid", str(uid), "--regid", str(gid), "--clear-groups"] if uid else []
        env.update({"HOME": keeper.pw_dir, "PAWL_STATE": vault + "/state"} if keeper else {})
        p = subprocess.run([*who, PLACE + "/bin/pawl", *words], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           text=True, timeout=600, cwd="/" if keeper else PLACE + ("/agent" if agent else "/root"))
        return p.returncode, p.stdout + p.stderr

    with postgres.Server() as pg:
        pg.sql("create database shop")
        pg.sql("create table submissions as select g id, md5(g::text) body from generate_series(1, 5000) g", dbname="shop")
        status, said = pawl("vault", "init", "--user", "pawlflow", "--directory", vault, agent=True)
        t.ok(status == 1 and "only be made by root" in said, "without root there is no other user's vault, and that is said", said)
        status, said = pawl("vault", "init", "--user", "root", "--directory", vault)
        t.ok(status == 1 and "is root" in said and not os.path.exists(vault), "root is no user for a vault", said)
        status, said = pawl("vault", "init", "--user", "pawlflow", "--directory", vault)
        user = pwd.getpwnam("pawlflow") if "pawlflow" in open("/etc/passwd").read() else None
        t.ok(status == 0 and user and user.pw_uid and user.pw_shell.endswith("nologin") and "Made user pawlflow" in said,
             "vault init makes the user, who cannot log in", said)
        if not user:
            t.done()
            return
        modes = {n: (stat.S_IMODE(os.stat(vault + n).st_mode), os.stat(vault + n).st_uid) for n in ("/store", "/state", "/state/recovery/key.pem", "/points")}
        t.eq(modes, {"/store": (0o700, user.pw_uid), "/state": (0o700, user.pw_uid), "/state/recovery/key.pem": (0o600, user.pw_uid),
                     "/points": (0o755, user.pw_uid)}, "its folders and its key are its own")
        status, said = pawl("vault", "init", "--user", "pawlflow", "--directory", vault)
        t.ok(status == 1 and "there already" in said, "a second time it takes nothing over", said)
        pg.sql("create role pawlflow login; grant pg_read_all_data to pawlflow")
        status, said = pawl("backup", "init", "host=127.0.0.1 port=%d dbname=shop user=pawlflow" % pg.port)
        t.ok(status == 0, "backup init as root adds the database", said)
        status, said = pawl("backup", "--drill")
        t.ok(status == 0 and "verified" in said, "root's backup and drill become the vault's user, and it verifies", said)
        owners = {os.lstat(p).st_uid for p in below(vault)}
        kept = [p for p in below(vault + "/store") if p.endswith("manifest.sig")]
        t.ok(owners == {user.pw_uid} and len(kept) == 1, "all that was written is the vault's user's, nothing is root's", (owners, kept))
        t.ok(not os.listdir(PLACE + "/root") or not os.path.exists(PLACE + "/root/.local/state/pawl/recovery"), "and nothing lies in root's home")
        status, said = pawl("vault", "prove", "--as", "pawlagent", "--json")
        proof = json.loads(said)["proofs"][0] if status == 0 else {}
        t.ok(status == 0 and proof["worked"] == 0 and proof["tried"] >= 35 and not proof["same_uid"] and proof["targets"] == 1,
             "the proof: no way worked, and the statement says it", said[-1500:])
        status, said = pawl("status", "--json", agent=True)
        s = json.loads(said)["targets"][0] if status == 0 else {}
        t.ok(status == 0 and s["rows"] == 5000 and s["last_drill"] == "verified" and not any("no boundary" in n for n in s["notes"]),
             "the agent sees a green status, with a boundary", said[-1500:])
        t.ok(pawl("status")[0] == 0, "and so does root", pawl("status")[1])
        # Whoever keeps the vault is no agent, unless somebody says that he is.
        status, said = pawl("vault", "prove", keeper=user)
        s = json.loads(pawl("status", "--json")[1])
        t.ok(status == 3 and "NOT TRIED AS AN AGENT" in said and "what was found at 20" in said and "--as USER" in said,
             "the vault's user tries himself: that proves and disproves nothing, and is said", (status, said[-1500:]))
        t.ok(s["green"] and s["targets"][0]["ways_worked"] == 0 and s["targets"][0]["ways_tried"] == proof["tried"],
             "the earlier proof stands", s["targets"][0]["red"])
        status, said = pawl("vault", "prove", "--as", "pawlflow")
        s = json.loads(pawl("status", "--json")[1])
        t.ok(status == 3 and "NO BOUNDARY" in said and any("for the agent, who is the vault's own user" in r for r in s["targets"][0]["red"]),
             "an agent that is named and is the vault's user was found out: red", (said[-1500:], s["targets"][0]["red"]))
        pawl("vault", "prove", keeper=user)
        t.ok(pawl("status")[0] == 3, "which no run that proves nothing makes good")
        t.ok(pawl("vault", "prove", "--as", "pawlagent")[0] == 0 and pawl("status")[0] == 0, "and a proof as another does")
        for words in ("backup",), ("drill",), ("backup", "list"):
            status, said = pawl(*words, agent=True)
            t.ok(status == 1, "the agent's `pawl %s` is refused" % " ".join(words), said)
        before = sorted((p, os.lstat(p).st_mtime, os.lstat(p).st_size) for p in below(vault))
        subprocess.run(["setpriv", "--reuid", str(AGENT), "--regid", str(AGENT), "--clear-groups", "sh", "-c",
                        "rm -rf %s; touch %s/points/x; mv %s/store /tmp/" % (vault, vault, vault)], stderr=subprocess.DEVNULL)
        t.eq(sorted((p, os.lstat(p).st_mtime, os.lstat(p).st_size) for p in below(vault)), before, "and what the agent does by hand changes nothing")
        status, said = pawl("backup", "--drill")
        t.ok(status == 0 and len([p for p in below(vault + "/store") if p.endswith("manifest.sig")]) == 2, "the next run is good", said)
    subprocess.run(["umount", "-l", "/etc"], check=True)
    t.ok(open("/etc/passwd").read() == machine and "pawlflow" not in machine, "the machine's accounts are as they were")
    t.done()


main()
