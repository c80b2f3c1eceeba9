#!/usr/bin/env python3
# A backup encrypted to an age key that this side does not hold: nothing of it can be read here, and with the key all of it comes back.
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab

if not shutil.which("age") or not shutil.which("age-keygen"):
    lab.skip_all("age is not installed")


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
                                  stderr=subprocess.STDOUT, text=True, errors="replace", timeout=120)

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
    finally:
        shutil.rmtree(work)
    t.done()


main()
