#!/usr/bin/env python3
"""What no honest client sends, and what no network promises: garbage, lengths that lie, peers that die, wrong passwords, TLS. Those who
dawdle and what is too large: test_postgres_flood."""
# timeout: 600
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import patience  # noqa: E402
import pgwire as w  # noqa: E402

TESTS = []
LOGIN = "900" # seconds: longer than anybody here waits, so that only what was sent ends a connection


def test(f):
    TESTS.append(f)
    return f


def alive(gate):
    assert gate.process.poll() is None, gate.said()[-2000:]
    assert gate.sql("select 1") == [["1"]]


def drain(s):
    """What is said until the other side closes."""
    got = b""
    try:
        while True:
            more = s.recv(65536)
            if not more:
                return got
            got += more
    except (ConnectionError, socket.timeout) as e:
        return got if isinstance(e, ConnectionError) else None


def refused(call):
    try:
        call()
    except (PermissionError, EOFError, ConnectionError) as e:
        return str(e) or "closed"
    return None


@test
def garbage_before_the_log_in(pg, gate):
    rng = random.Random(4)
    for i in range(300):
        s = socket.create_connection((gate.host, gate.port), timeout=patience.LIMIT)
        n = rng.choice((1, 4, 7, 8, 9, 20, 200, 20000))
        first = rng.choice((b"", struct.pack(">ii", rng.randrange(0, 12000), 196608), b"\0\0\0\x08\x04\xd2\x16\x2f", struct.pack(">ii", 16, 80877102)))
        try:
            s.sendall(first + rng.randbytes(n))
            s.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        assert drain(s) is not None, "the gate let a broken packet wait"
        s.close()
    alive(gate)


@test
def garbage_after_the_log_in(pg, gate):
    rng = random.Random(5)
    whole = [w.query("select 1"), w.parse("select $1::int"), w.bind(["1"]), w.describe(), w.execute(), w.SYNC, w.FLUSH, w.close("S"),
             w.query("insert into bad values (1)"), w.parse("insert into bad values ($1)", "i"), w.bind(["2"], "i"), w.message("d", b"x"), w.COPY_DONE]
    pg.sql("create table bad(i int)", "t", "agent")
    for i in range(300):
        r = gate.raw()
        stream = bytearray(b"".join(rng.choice(whole) for _ in range(rng.randrange(1, 8))))
        for _ in range(rng.randrange(0, 4)):
            stream[rng.randrange(len(stream))] = rng.randrange(256)
        cut = rng.randrange(len(stream) + 1) if rng.random() < 0.5 else len(stream)
        try:
            r.socket.sendall(bytes(stream[:cut]))
            r.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        assert drain(r.socket) is not None, "message %d: it hangs" % i
        r.close()
    alive(gate)


@test
def unknown_messages_are_refused(pg, gate):
    for kind in "ApWz1!\0\xff":
        r = gate.raw()
        r.send(kind.encode("latin1") + b"\0\0\0\x04")
        assert w.errors(r.until("E"))[0]["C"] == "08P01", kind
        assert drain(r.socket) == b""
    r = gate.raw()
    got = r.ask(w.message("F", struct.pack(">iihhh", 964, 0, 0, 0, 0)))
    assert w.errors(got)[0]["C"] == "PW004"
    r.close()


@test
def lengths_that_lie(pg, gate):
    for kind, n in (("Q", 3), ("Q", -1), ("Q", 0x7fffffff), ("S", 100), ("B", 5), ("P", 0x40000005), ("d", 3), ("X", 9)):
        r = gate.raw()
        r.send(kind.encode() + struct.pack(">i", n) + b"x" * 100)
        r.socket.shutdown(socket.SHUT_WR)
        assert drain(r.socket) is not None, (kind, n)
        r.close()
    alive(gate)


@test
def passwords(pg, gate):
    assert "28P01" in refused(lambda: gate.raw(password="wrong"))
    assert "28P01" in refused(lambda: gate.raw(user="nobody"))
    assert "28P01" in refused(lambda: gate.raw(user="late", password="gone")), "an expired key"
    assert "3D000" in refused(lambda: gate.raw(dbname="nothere"))
    assert "0A000" in refused(lambda: gate.raw(options={"replication": "database"}))
    assert refused(lambda: gate.raw(options={"client_encoding": "SJIS"}))
    assert refused(lambda: gate.raw(options={"options": "-f s"}))
    r = gate.raw(options={"options": "-c search_path=pg_catalog -c statement_timeout=10000", "DateStyle": "German"})
    assert r.ask(w.query("show search_path"))[1][1].endswith(b"pg_catalog") and b"German" in r.ask(w.query("show datestyle"))[1][1]
    r.close()
    r = gate.raw(version=196610)
    assert r.negotiated == struct.pack(">ii", 0, 0) and r.kinds(w.query("select 1")) == "TDCZ"
    r.close()


@test
def the_client_dies_at_every_message(pg, gate):
    pg.sql("create table dies(i int primary key)", "t", "agent")
    steps = [w.query("begin"), w.query("insert into dies values (1)"), w.query("copy dies from stdin"), w.message("d", b"7\n")]
    steps2 = [w.parse("insert into dies values (1)"), w.bind(), w.execute(), w.FLUSH]
    for many in (steps, steps2):
        for n in range(1, len(many) + 1):
            r = gate.raw()
            r.send(*many[:n])
            time.sleep(0.02)  # some of it is under way by then, or all, or nothing
            r.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            r.close()
    patience.until(lambda: pg.sql("select count(*) from pg_stat_activity where usename='agent' and application_name <> 'pawl' "
                                  "and pid <> pg_backend_pid()") == [["0"]])
    assert pg.sql("select count(*) from dies", "t") == [["0"]], "what was not committed is gone"
    alive(gate)


@test
def the_server_dies(pg, gate):
    r = gate.raw()
    late = w.Background(lambda: r.until("Z"))
    r.send(w.query("select pg_sleep(603)"))
    pg.sleeps(603)
    pg.stop(signal.SIGQUIT)
    late.ended()
    assert isinstance(late.error, (EOFError, ConnectionError)), (late.result, late.error)
    why = refused(lambda: gate.raw())
    assert why and "08001" in why, why
    pg.start()
    alive(gate)


@test
def many_connections(pg, gate):
    """Those that wait cost little; those too many are refused."""
    import resource
    most = min(8000, resource.getrlimit(resource.RLIMIT_NOFILE)[1] // 2 - 200)
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with w.Gate(pg, "--connections", str(most), "--login", LOGIN) as g:
        fds = lambda: len(os.listdir("/proc/%d/fd" % g.process.pid))  # noqa: E731
        before, there, s = g.memory(), fds(), []
        for _ in range(most - 10):
            s.append(socket.create_connection((g.host, g.port), timeout=patience.LIMIT))
        patience.until(lambda: fds() >= there + len(s))
        assert (g.memory() - before) / len(s) < 16384, "%d bytes each" % ((g.memory() - before) / len(s))
        alive(g)
        over = [socket.create_connection((g.host, g.port), timeout=patience.LIMIT) for _ in range(20)]
        heard = {o: (o.setblocking(False), b"")[1] for o in over}

        def told():
            """Of those that there was no room for."""
            for o in over:
                try:
                    heard[o] += o.recv(4096)
                except (ConnectionError, BlockingIOError):
                    pass
            return sum(b"\0C53300\0" in said for said in heard.values())
        patience.until(lambda: told() >= 9, words=lambda: "told: %d" % told())
        for one in s + over:
            one.close()
        assert g.close() == 0


@test
def tls(pg, gate):
    folder = os.environ["TMPDIR"]
    run = lambda *a: subprocess.run(a, check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: E731
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=test ca")
    for name in ("127.0.0.1", "agent", "other"):
        run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", name + ".key", "-out", name + ".csr", "-subj", "/CN=" + name)
        run("openssl", "x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", name + ".pem", "-days", "2")
    path = lambda name: os.path.join(folder, name)  # noqa: E731
    with w.Gate(pg, "--login", LOGIN, "--certificate", path("127.0.0.1.pem"), "--private-key", path("127.0.0.1.key"), "--client-ca", path("ca.pem")) as g:
        ask = lambda **env: g.psql("-c", "select 1", env={"PGSSLROOTCERT": path("ca.pem"), **env})  # noqa: E731
        assert ask(PGSSLMODE="verify-ca", PGCHANNELBINDING="require").stdout == "1\n"
        assert ask(PGSSLMODE="verify-ca", PGPASSWORD="wrong").returncode == 2
        cert = {"PGSSLMODE": "verify-ca", "PGPASSWORD": ""}
        assert ask(**cert, PGSSLCERT=path("agent.pem"), PGSSLKEY=path("agent.key")).stdout == "1\n"
        assert ask(**cert, PGSSLCERT=path("other.pem"), PGSSLKEY=path("other.key")).returncode == 2
        assert ask(PGSSLMODE="disable").stdout == "1\n"
        big = g.psql("-c", "select length(repeat('x', 3000000)), repeat('y', 3000000)", env={"PGSSLMODE": "require"})
        assert len(big.stdout) == 3000009, len(big.stdout)
        s = socket.create_connection((g.host, g.port), timeout=patience.LIMIT)
        s.sendall(b"\0\0\0\x08\x04\xd2\x16\x2f" + b"\0\0\0\x20\0\3\0\0user\0agent\0")
        assert drain(s) == b"", "bytes behind the request for TLS"
        assert g.close() == 0


if __name__ == "__main__":
    sys.exit(w.main(TESTS, "--environment", "scratch", "--decide", "refuse", "--login", LOGIN, "--expired", "late=gone"))
