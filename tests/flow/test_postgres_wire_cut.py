#!/usr/bin/env python3
"""A server, and then a client, that is gone after the n-th message of a session, for each n in turn (every PAWL_TEST_CUT_STRIDE-th): what was
told as committed is there, nobody waits for ever, and the gate goes on."""
# timeout: 900
import os
import socket
import struct
import sys
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import patience  # noqa: E402
import pgwire as w  # noqa: E402

TESTS = []
STRIDE = int(os.environ.get("PAWL_TEST_CUT_STRIDE", "23"))
STEPS = 6


def test(f):
    TESTS.append(f)
    return f


class Relay:
    """Between the gate and the server. Once armed it passes `left` messages of the server's, and then the connection is gone."""

    def __init__(self, pg):
        self.pg, self.left, self.passed, self.lock = pg, None, 0, threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def arm(self, left):
        """Of the connections that are made from now on."""
        with self.lock:
            self.left, self.passed = left, 0

    def accept(self):
        while True:
            gate = self.listener.accept()[0]
            server = socket.create_connection((self.pg.host, self.pg.port))
            counts = self.left is not None
            for f, args in ((self.up, (gate, server)), (self.down, (server, gate, counts))):
                threading.Thread(target=f, args=args, daemon=True).start()

    @staticmethod
    def end(*sockets):
        for s in sockets:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def up(self, gate, server):
        try:
            while True:
                got = gate.recv(65536)
                if not got:
                    break
                server.sendall(got)
        except OSError:
            pass
        self.end(gate, server)

    def may_pass(self):
        with self.lock:
            if self.left == 0:
                return False
            self.passed += 1
            if self.left is not None:
                self.left -= 1
            return True

    def down(self, server, gate, counts):
        left = b""
        try:
            while True:
                got = server.recv(65536)
                if not got:
                    break
                if not counts:
                    gate.sendall(got)
                    continue
                left += got
                while len(left) >= 5 and len(left) > struct.unpack(">i", left[1:5])[0]:
                    n = 1 + struct.unpack(">i", left[1:5])[0]
                    if not self.may_pass():
                        raise OSError
                    gate.sendall(left[:n])
                    left = left[n:]
        except OSError:
            pass
        self.end(gate, server)
        gate.close()
        server.close()


def steps(r, key):
    """A session, and after each of its steps how many were told as done. One that was refused is told of, too: it ends the session."""
    insert = "insert into cut values (%d, %%d)" % key

    def done(got, word):
        assert got[-1][0] == "Z"
        if any(k == "E" for k, b in got):
            raise EOFError(str(w.errors(got)[0]))
        assert any(k == "C" and b.startswith(word) for k, b in got), got

    done(r.ask(w.query(insert % 1)), b"INSERT")
    yield 1
    done(r.ask(w.parse("insert into cut values ($1::int, 2)"), w.bind((str(key),)), w.describe(), w.execute(), w.SYNC), b"INSERT")
    yield 2
    r.send(w.query("copy cut from stdin"))
    if r.until("GE")[-1][0] == "E":
        raise EOFError("no COPY")
    done(r.ask(w.message("d", b"%d\t3\n" % key), w.COPY_DONE), b"COPY")
    yield 3
    done(r.ask(w.query("create table held_%d as select 1 as i" % key)), b"SELECT")
    done(r.ask(w.query("drop table held_%d" % key)), b"DROP")
    yield 4
    r.ask(w.query("begin"))
    done(r.ask(w.query(insert % 5)), b"INSERT")
    done(r.ask(w.query("commit")), b"COMMIT")
    yield 5
    r.ask(w.parse("begin"), w.bind(), w.execute(), w.parse(insert % 6), w.bind(), w.execute(), w.SYNC)
    done(r.ask(w.parse("commit"), w.bind(), w.execute(), w.SYNC), b"COMMIT")
    yield 6


def session(gate, key, kind=w.Raw, **words):
    """How many steps were told as done before it broke."""
    told, r = 0, None
    try:
        r = kind(gate.host, gate.port, **words)
        for told in steps(r, key):
            pass
    except (EOFError, ConnectionError, PermissionError):
        pass
    finally:
        if r:
            r.close()
    return told


def kept(pg, key, told):
    """What was told is there; one more may be, whose answer was cut off; of a step nothing is twice."""
    rows = sorted(int(r[0]) for r in pg.sql("select step from cut where key = %d" % key, "t"))
    want = [s for s in range(1, told + 1) if s != 4]
    if rows not in (want, want + [told + 1]):
        return "after %d steps: %s" % (told, rows)
    if told >= 4 and pg.sql("select to_regclass('held_%d') is null" % key, "t") != [["t"]]:
        return "the table is not gone"
    return None


def quiet(pg, before):
    """No backend is left over."""
    now = lambda: int(pg.sql("select count(*) from pg_stat_activity where datname = 't' and backend_type = 'client backend'", "t")[0][0])  # noqa: E731
    patience.until(lambda: now() <= before, words=lambda: "%d backends, %d before" % (now(), before))


def every(pg, gate, cut, base):
    """cut(n, key): the steps told and whether it was cut at all."""
    wrong, n, whole, backends = [], 0, False, None
    while not whole and not wrong:
        told, whole = cut(n, base + n)
        why = kept(pg, base + n, told)
        if why:
            wrong.append("cut after %d: %s" % (n, why))
        assert gate.process.poll() is None, gate.said()[-2000:]
        backends = backends or 1 + int(pg.sql("select count(*) from pg_stat_activity where datname = 't'", "t")[0][0])
        n += STRIDE
        assert n < 2000
    assert not wrong, wrong
    assert told == STEPS, "the last one was not cut, and came to %d" % told
    quiet(pg, backends)
    assert gate.sql("select 1") == [["1"]]
    print("# cut %d times up to %d messages" % (n // STRIDE, n - STRIDE))


@test
def a_server_that_is_gone_after_any_message(pg, gate):
    relay = Relay(pg)

    class Behind:
        host, port = "127.0.0.1", relay.port

    def cut(n, key):
        relay.arm(n)
        told = session(g, key)
        whole = relay.left > 0
        relay.arm(None)
        return told, whole

    with w.Gate(Behind, "--environment", "production", "--decide", "approve", words="sslmode=disable gssencmode=disable") as g:
        assert g.sql("select 1") == [["1"]]
        every(pg, g, cut, 1000)
        assert g.close() == 0
    relay.listener.close()


class Leaves(w.Raw):
    """A client that is gone once it has heard `hears` messages: with a reset, its last words unread."""

    def __init__(self, *args, hears, **words):
        self.hears = hears
        super().__init__(*args, **words)

    def next(self):
        if not self.hears:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.socket.close()
            raise EOFError("left")
        self.hears -= 1
        return super().next()


@test
def a_client_that_is_gone_after_any_message(pg, gate):
    def cut(n, key):
        told = session(gate, key, Leaves, hears=n)
        return told, told == STEPS

    every(pg, gate, cut, 5000)


@test
def a_byte_a_second_holds_nobody_else(pg, gate):
    """A client in the middle of a message, within a transaction that locks nothing: others are served, and it is answered in the end."""
    slow = [gate.raw() for _ in range(20)]
    message = w.query("insert into cut values (9, 9)")
    for i in range(6):
        for r in slow:
            r.send(message[i:i + 1])
        assert gate.sql("select 1") == [["1"]]
        threading.Event().wait(0.1)
    assert pg.sql("select count(*) from pg_locks where relation = 'cut'::regclass", "t") == [["0"]]
    for r in slow:
        r.send(message[6:])
    for r in slow:
        assert [k for k, _ in r.until("Z")] == ["C", "Z"]
        r.close()
    assert pg.sql("select count(*) from cut where key = 9", "t") == [["20"]]


def tables(pg):
    pg.sql("create table cut(key int, step int); create index on cut(key)", "t", "agent")


if __name__ == "__main__":
    sys.exit(w.main(TESTS, "--environment", "production", "--decide", "approve", prepare=tables))
