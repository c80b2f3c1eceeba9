"""PostgreSQL's protocol by hand, and the gate as a test starts it (tests/lib/wire_tool.c).

gate = Gate(pg, "--decide", "approve")     # the server of tests/lib/postgres.py behind it, database "db", key agent/secret
gate.psql("-c", "select 1"); gate.raw() -> Raw, logged in
"""
import base64
import hashlib
import hmac
import os
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import traceback

import patience
import postgres


class Gate:
    def __init__(self, pg, *flags, dbname="t", user="agent", socket_dir=None, words=""):
        self.flags, self.pg = flags, pg
        tool = pathlib.Path(os.environ["PAWL_BUILD"]) / "tests" / "lib" / "wire_tool"
        argv = [str(tool), "--upstream", "db=host=127.0.0.1 port=%d user=%s dbname=%s %s" % (pg.port, user, dbname, words),
                "--key", "agent=secret", *flags]
        self.log_path = tempfile.mkstemp(prefix="gate-")[1]
        self.log = open(self.log_path, "wb")
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log)
        line = self.process.stdout.readline()
        if not line.strip():
            raise RuntimeError(pathlib.Path(self.log_path).read_text())
        self.port = int(line)
        self.host = "127.0.0.1"
        self.env = {**{k: v for k, v in os.environ.items() if not k.startswith("PG")}, "PGHOST": self.host, "PGPORT": str(self.port),
                    "PGUSER": "agent", "PGPASSWORD": "secret", "PGDATABASE": "db", "PSQLRC": "/dev/null", "PGCONNECT_TIMEOUT": str(patience.LIMIT)}

    def said(self):
        return pathlib.Path(self.log_path).read_text(errors="replace")

    def psql(self, *args, text=None, timeout=300, env=None):
        argv = ["psql", "-X", "-A", "-t", "-q", *args]
        return subprocess.run(argv, env={**self.env, **(env or {})}, input=text, stdin=None if text is not None else subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=timeout)

    def sql(self, text):
        done = self.psql("-v", "ON_ERROR_STOP=1", text=text)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return [line.split("|") for line in done.stdout.splitlines()]

    def raw(self, **words):
        return Raw(self.host, self.port, **words)

    def memory(self):
        for line in open("/proc/%d/status" % self.process.pid):
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        return 0

    def close(self):
        """Exit status; the tool ends when its input does."""
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(patience.LIMIT)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def message(kind, body=b""):
    return kind.encode() + struct.pack(">i", len(body) + 4) + body


def text(s):
    return s.encode() + b"\0"


def query(s):
    return message("Q", text(s))


def parse(s, name="", types=()):
    return message("P", text(name) + text(s) + struct.pack(">h", len(types)) + b"".join(struct.pack(">i", t) for t in types))


def bind(values=(), name="", portal=""):
    body = text(portal) + text(name) + struct.pack(">hh", 0, len(values))
    for v in values:
        body += struct.pack(">i", -1) if v is None else struct.pack(">i", len(v.encode())) + v.encode()
    return message("B", body + struct.pack(">h", 0))


def execute(portal="", rows=0):
    return message("E", text(portal) + struct.pack(">i", rows))


def describe(what="P", name=""):
    return message("D", what.encode() + text(name))


def close(what, name=""):
    return message("C", what.encode() + text(name))


SYNC, FLUSH, COPY_DONE, TERMINATE = message("S"), message("H"), message("c"), message("X")


def fields(body):
    """Of an ErrorResponse: {"C": "42601", …}"""
    return {f[:1].decode(): f[1:].decode("utf-8", "replace") for f in body.split(b"\0") if f}


class Raw:
    """A client that says what it is told to."""

    def __init__(self, host, port, user="agent", password="secret", dbname="db", login=True, options=None, version=196608, timeout=patience.LIMIT):
        self.socket = socket.create_connection((host, port), timeout=timeout)
        self.left = b""
        self.parameters, self.key = {}, None
        if login:
            self.login(user, password, dbname, options or {}, version)

    def send(self, *parts):
        self.socket.sendall(b"".join(parts))

    def read(self, n):
        while len(self.left) < n:
            more = self.socket.recv(1 << 16)
            if not more:
                raise EOFError("closed")
            self.left += more
        got, self.left = self.left[:n], self.left[n:]
        return got

    def next(self):
        head = self.read(5)
        return head[:1].decode(), self.read(struct.unpack(">i", head[1:])[0] - 4)

    def until(self, kinds="Z"):
        """All messages up to one of these; notices left out."""
        got = []
        while True:
            m = self.next()
            if m[0] not in "NS" or m[0] in kinds:
                got.append(m)
            if m[0] in kinds:
                return got

    def ask(self, *parts):
        self.send(*parts)
        return self.until("Z")

    def kinds(self, *parts):
        return "".join(m[0] for m in self.ask(*parts))

    def login(self, user, password, dbname, options, version):
        words = {"user": user, "database": dbname, **options}
        body = struct.pack(">i", version) + b"".join(text(k) + text(v) for k, v in words.items()) + b"\0"
        self.send(struct.pack(">i", len(body) + 4) + body)
        kind, body = self.next()
        if kind == "v":
            self.negotiated = body
            kind, body = self.next()
        if kind == "E":
            raise PermissionError(fields(body)["C"] + " " + fields(body)["M"])
        if (kind, body) != ("R", b"\0\0\0\0"):  # a server that trusts
            self.sasl(password)
        for kind, body in self.until("ZE"):
            if kind == "E":
                raise PermissionError(fields(body)["C"] + " " + fields(body)["M"])
            if kind == "K":
                self.key = body

    def sasl(self, password):
        bare = "n=,r=" + base64.b64encode(os.urandom(18)).decode()
        first = b"SCRAM-SHA-256\0" + struct.pack(">i", len(bare) + 3) + b"n,," + bare.encode()
        self.send(message("p", first))
        kind, body = self.next()
        if kind == "E":
            raise PermissionError(fields(body)["C"])
        server = body[4:].decode()
        words = dict(w.split("=", 1) for w in server.split(","))
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(words["s"]), int(words["i"]))
        client = hmac.digest(salted, b"Client Key", "sha256")
        final = "c=biws,r=" + words["r"]
        signature = hmac.digest(hashlib.sha256(client).digest(), (bare + "," + server + "," + final).encode(), "sha256")
        proof = base64.b64encode(bytes(a ^ b for a, b in zip(client, signature))).decode()
        self.send(message("p", (final + ",p=" + proof).encode()))

    def close(self):
        self.socket.close()


def errors(messages):
    return [fields(b) for k, b in messages if k == "E"]


class Background(threading.Thread):
    """A call on another thread: .result or .error once it is over, for which ended() waits."""

    def __init__(self, call):
        super().__init__(daemon=True)
        self.call, self.result, self.error = call, None, None
        self.start()

    def run(self):
        try:
            self.result = self.call()
        except Exception as e:  # shown by whoever waits for it
            self.error = e

    def ended(self):
        self.join(patience.LIMIT)
        assert not self.is_alive(), "it never came to an end"
        return self.result


def main(tests, *flags, databases="t", prepare=None):
    """run() with a server of its own, in which ${databases} were made and ${prepare}(server) ran; or all of it is skipped. The exit status."""
    why = postgres.missing()
    if why:
        print("1..0 # SKIP " + why)
        return 0
    with postgres.Server() as pg:
        pg.sql("create role agent login superuser; " + "; ".join("create database " + d for d in databases.split()))
        if prepare:
            prepare(pg)
        return run(tests, pg, *flags)


def run(tests, pg, *flags):
    """Each test with a gate that they share; those named as arguments alone, where some are. The exit status."""
    failed = 0
    with Gate(pg, *flags) as gate:
        for n, f in enumerate(tests, 1):
            if sys.argv[1:] and f.__name__ not in sys.argv[1:]:
                continue
            try:
                skip = f(pg, gate)
                print("ok %d - %s%s" % (n, f.__name__, " # SKIP " + skip if skip else ""), flush=True)
            except Exception as e:  # noqa: BLE001: a failure is a line
                failed += 1
                print("not ok %d - %s" % (n, f.__name__))
                print("# " + "".join(traceback.format_exception(e))[-3000:].replace("\n", "\n# "), flush=True)
        status = gate.close()
        print("%sok %d - the gate ends well" % ("" if status == 0 else "not ", len(tests) + 1))
        if status:
            print("# status %s\n# %s" % (status, gate.said()[-2000:].replace("\n", "\n# ")))
    print("1..%d" % (len(tests) + 1))
    return 1 if failed or status else 0
