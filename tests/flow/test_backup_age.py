#!/usr/bin/env python3
# A backup encrypted to an age key that this side does not hold: nothing of it can be read here, and with the key all of it comes back.
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab

if not shutil.which("age") or not shutil.which("age-keygen"):
    lab.skip_all("age is not installed")


def drill(pawl, target):
    r = pawl("drill", target, "--json")
    d = json.loads(r.stdout)["drills"][0]
    return r.returncode, d["result"], [x["code"] for x in d["reasons"]], d


def with_key(t, work, pawl, conf, head, to, key):
    """A database whose drills hold the key ('identity'), hold another, hold none; and a cipher of the owner's own."""
    db = sqlite3.connect(work + "/notes.db")
    db.executescript("CREATE TABLE notes (a INTEGER PRIMARY KEY, b); INSERT INTO notes VALUES (1, 'a secret row'), (2, 'two')")
    db.close()

    def configure(more):
        open(conf, "w").write(head + "\ntargets:\n  - {name: lite, sqlite: %s/notes.db, vault: local, %s}\n" % (work, more))

    code, result, codes, d = drill(pawl, "rows")
    t.ok(code == 1 and result == "could not verify" and codes == ["no-key"], "a drill without the key could not verify, and says why", d)
    configure("encrypt: %s, identity: %s" % (to, key))
    r = pawl("backup", "lite", "--drill")
    t.ok(r.returncode == 0 and "verified" in r.stdout, "with its key a drill reads, restores and compares it", r.stdout)
    files = [os.path.join(d, f) for d, _, fs in os.walk(work + "/vault/lite") for f in fs]
    t.ok(files and not any(b"secret row" in open(f, "rb").read() for f in files), "what lies there is encrypted all the same")
    r = pawl("restore", "lite", "--out", work + "/back.db")
    rows = sqlite3.connect(work + "/back.db").execute("SELECT b FROM notes ORDER BY a").fetchall() if r.returncode == 0 else r.stdout
    t.eq(rows, [("a secret row",), ("two",)], "and it is restored in clear")
    other = work + "/other"
    subprocess.run(["age-keygen", "-o", other], stderr=subprocess.DEVNULL, check=True)
    configure("encrypt: %s, identity: %s" % (to, other))
    code, result, codes, d = drill(pawl, "lite")
    t.ok(code != 0 and result != "verified", "another's key is no verified backup", d)
    configure("encrypt: %s, identity: %s" % (to, key))
    t.eq(drill(pawl, "lite")[1], "verified", "with the right one it verifies again")
    secret = work + "/pass"
    open(secret, "w").write("correct horse\n")
    os.chmod(secret, 0o600)
    words = "openssl, enc, %s-aes-256-ctr, -pbkdf2, -pass, 'file:" + secret + "'"
    configure("encrypt: {to: openssl, command: [%s], decrypt: [%s]}" % (words % "", words % "-d, "))
    r = pawl("backup", "lite", "--drill")
    t.ok(r.returncode == 0 and "verified" in r.stdout, "a cipher of the owner's own, there and back", r.stdout)
    configure("encrypt: {to: openssl, command: [sh, -c, 'head -c 100; exit 5'], decrypt: [cat]}")
    r = pawl("backup", "lite")
    t.ok(r.returncode == 1 and "NO BACKUP" in r.stdout, "one that fails leaves no backup", r.stdout)


def main():
    t = lab.Tap()
    work = tempfile.mkdtemp()
    key, text = os.path.join(work, "key"), b"a secret row\n" * 1000
    try:
        subprocess.run(["age-keygen", "-o", key], stderr=subprocess.DEVNULL, check=True)
        to = subprocess.run(["age-keygen", "-y", key], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
        env = {"HOME": work, "PATH": os.environ["PATH"], "XDG_STATE_HOME": work + "/state", "XDG_CONFIG_HOME": work + "/config"}
        source = os.path.join(work, "rows")
        open(source, "wb").write(text)

        def pawl(*words):
            return subprocess.run([lab.binary("pawl")] + list(words), env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, errors="replace", timeout=600)

        for d in "state/pawl/recovery", "config/pawl", "vault":
            os.makedirs(os.path.join(work, d), 0o700)
        pem = os.path.join(work, "state", "pawl", "recovery", "key.pem")
        subprocess.run([os.path.join(lab.BUILD, "tests", "lib", "recovery_tool"), "key", pem], check=True)
        public = subprocess.run(
            "openssl pkey -in %s -pubout -outform DER | tail -c 32 | base64" % pem, shell=True,
            stdout=subprocess.PIPE, text=True).stdout.strip()
        conf = os.path.join(work, "config", "pawl", "backup.yaml")
        head = "version: 1\nkey: %s\nvaults:\n  - {name: local, directory: %s}" % (public, os.path.join(work, "vault"))
        open(conf, "w").write(head + "\ntargets:\n  - {name: rows, command: [/bin/cat, %s], vault: local, encrypt: %s}\n" % (source, to))
        r = pawl("backup", "rows")
        t.ok(r.returncode == 0, "a backup is taken", r.stdout)
        stored = [os.path.join(d, f) for d, _, fs in os.walk(os.path.join(work, "vault")) for f in fs]
        data = [f for f in stored if f.endswith("data.zst.age")]
        t.ok(len(data) == 1 and not any(b"secret row" in open(f, "rb").read() for f in stored), "nothing of it lies there in clear", stored)
        clear = subprocess.run("age -d -i %s %s | zstd -dc" % (key, data[0] if data else "none"), shell=True, stdout=subprocess.PIPE).stdout
        t.eq(clear, text, "with the key it comes back byte for byte")
        out = os.path.join(work, "out")
        r = pawl("restore", "rows", "--out", out)
        t.ok(r.returncode != 0 and not os.path.exists(out), "without it nothing is restored", r.stdout)
        with_key(t, work, pawl, conf, head, to, key)
    finally:
        shutil.rmtree(work)
    t.done()


main()
