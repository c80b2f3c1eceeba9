"""A MariaDB server of the test's own: throw-away, on a unix socket, stopped by pid.

with mariadb.Server() as db:
    db.sql("SELECT 1", "shop")     # rows as lists of text; user root, no password
    db.connect("shop")             # words for pawl
mariadb.missing() says why a server cannot be had, for a SKIP; else "".
"""
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile

import patience


def missing():
    need = ("mariadbd", "mariadb-install-db", "mariadb", "mariadb-dump")
    lost = [n for n in need if not shutil.which(n, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")]
    return "no %s (Debian: mariadb-server)" % lost[0] if lost else ""


def _as_user():
    if os.geteuid() != 0:
        return [], os.geteuid()
    for name in ("mysql", "nobody"):
        try:
            who = pwd.getpwnam(name)
        except KeyError:
            continue
        return ["setpriv", "--reuid=%d" % who.pw_uid, "--regid=%d" % who.pw_gid, "--clear-groups"], who.pw_uid
    raise RuntimeError("no user to run MariaDB as")


class Server:
    def __init__(self, *words):
        self.prefix, uid = _as_user()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pawl-my-", dir="/tmp"))
        os.chmod(self.folder, 0o755)
        data = self.folder / "data"
        data.mkdir()
        os.chown(data, uid, -1)
        os.chown(self.folder, uid, -1)
        self.env = {"PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin", "LC_ALL": "C.UTF-8", "HOME": str(self.folder)}
        small = ["--innodb-log-file-size=8M"]
        done = subprocess.run([*self.prefix, "mariadb-install-db", "--no-defaults", "--datadir=%s" % data, "--skip-test-db",
                               "--auth-root-authentication-method=normal", *small], env=self.env, cwd="/", stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            raise RuntimeError(done.stdout)
        self.socket = self.folder / "s"
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, "mariadbd", "--no-defaults", "--datadir=%s" % data, "--socket=%s" % self.socket, "--skip-networking",
                 "--pid-file=%s" % (self.folder / "pid"), "--innodb-buffer-pool-size=64M", "--innodb-flush-method=nosync",
                 "--performance-schema=OFF", "--skip-log-bin", *small, *words],
                env=self.env, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        said = lambda: (self.folder / "log").read_text(errors="replace")  # noqa: E731
        patience.until(lambda: "ready for connections" in said() or self.process.poll() is not None, words=lambda: "MariaDB did not start: " + said())
        if self.process.poll() is not None:
            raise RuntimeError("MariaDB did not start: " + said())

    def sql(self, text, dbname="mysql"):
        done = subprocess.run(["mariadb", "--no-defaults", "--socket=%s" % self.socket, "--user=root", "--batch", "--skip-column-names",
                               "--default-character-set=utf8mb4", dbname], input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return [line.split("\t") for line in done.stdout.splitlines()]

    def connect(self, dbname, user="root"):
        return "mysql:socket=%s user=%s dbname=%s" % (self.socket, user, dbname)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
