#!/usr/bin/env python3
"""Thousands that connect and never come to the point, and messages as large as there are: others are served meanwhile, memory stays bounded.

PAWL_TEST_FLOOD: how many sockets (900). PAWL_TEST_LARGE: megabytes of the large messages (48; a length says 1 GB at most, 1000 is whole).
"""
# timeout: 900
import os
import resource
import select
import socket
import struct
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import patience  # noqa: E402
import pgwire as w  # noqa: E402

FLOOD = int(os.environ.get("PAWL_TEST_FLOOD", "900"))
LARGE = int(os.environ.get("PAWL_TEST_LARGE", "48")) * 1000000
LOGIN = 3 if FLOOD < 2000 else 20 # seconds
NEVER = "100000"
MEMORY = 64 << 20 # that a large message may cost the gate
WORDS = b"user\0agent\0database\0db\0\0"
STARTUP = struct.pack(">ii", 8 + len(WORDS), 196608) + WORDS
SASL = w.message("p", b"SCRAM-SHA-256\0" + struct.pack(">i", 40) + b"n,,n=,r=" + b"x" * 32)
TESTS = []


def test(f):
    TESTS.append(f)
    return f


def sanitized(gate):
    return b"__asan_init" in open("/proc/%d/exe" % gate.process.pid, "rb").read()


def fds(gate):
    return len(os.listdir("/proc/%d/fd" % gate.process.pid))


class Peak:
    """The most memory that the gate held since then, over what it had."""

    def __init__(self, gate):
        self.gate, self.before = gate, gate.memory()
        try:
            with open("/proc/%d/clear_refs" % gate.process.pid, "w") as f:
                f.write("5")
        except OSError:
            pass # then it is the most since it began

    def more(self):
        for line in open("/proc/%d/status" % self.gate.process.pid):
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 - self.before
        return 0


# --- the flood ---

def silent(s):
    pass


def half(s):
    s.sendall(b"\0\0\x20\0\0\3\0\0user\0" + b"x" * 7000)


def then_nothing(s):
    s.sendall(STARTUP)


def half_a_password(s):
    s.sendall(STARTUP + SASL)


def garbage(s):
    s.sendall(os.urandom(300))


def ssl_again(s):
    s.sendall(struct.pack(">ii", 8, 80877103))


KINDS = (silent, half, then_nothing, half_a_password, garbage, ssl_again)


class Busy(threading.Thread):
    """A session that asks all the time; how long it waited at most, and what it got."""

    def __init__(self, gate):
        super().__init__(daemon=True)
        self.raw, self.stopped, self.worst, self.n, self.wrong = logged_in(gate), False, 0.0, 0, None
        self.start()

    def goes_on(self):
        """It is answered again and again."""
        first = self.n
        patience.until(lambda: self.wrong or self.n > first + 20, words=lambda: "answered %d times" % (self.n - first))
        assert not self.wrong, self.wrong

    def run(self):
        try:
            while not self.stopped:
                began = time.time()
                got = self.raw.ask(w.query("select 1"))
                assert [k for k, _ in got] == list("TDCZ"), got
                self.worst = max(self.worst, time.time() - began)
                self.n += 1
                time.sleep(0.005)
        except Exception as e:  # noqa: BLE001: whoever ends it looks
            self.wrong = e

    def end(self):
        self.stopped = True
        self.join(patience.LIMIT)
        self.raw.close()
        assert not self.wrong, self.wrong


def logged_in(gate):
    """Where logging in may take but a few seconds, a busy machine may need several tries."""
    def once():
        try:
            return gate.raw()
        except (PermissionError, EOFError, ConnectionError):
            return None
    return patience.until(once)


def trickle(sockets, over):
    """A byte now and then, to the end: their time to log in does not begin anew by it."""
    part = b"\0\0\x20\0" + STARTUP[4:8] + b"user\0" + b"y" * 8000
    sent = 0
    while not over.is_set():
        for s in sockets:
            try:
                s.send(part[sent:sent + 1])
            except OSError:
                pass
        sent += 1
        over.wait(0.5)


def closed(sockets):
    """Those that the gate does not close."""
    left = {s.fileno(): s for s in sockets}
    poll, until = select.poll(), time.time() + LOGIN + patience.LIMIT
    for fd in left:
        poll.register(fd, select.POLLIN | select.POLLRDHUP)
    while left and time.time() < until:
        for fd, _ in poll.poll(1000):
            try:
                more = left[fd].recv(65536, socket.MSG_DONTWAIT)
            except BlockingIOError:
                continue
            except OSError:
                more = b""
            if not more:
                poll.unregister(fd)
                left.pop(fd).close()
    return list(left.values())


@test
def a_flood_that_never_logs_in(pg, gate):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    n = min(FLOOD, hard - 300)
    with w.Gate(pg, "--environment", "scratch", "--login", str(LOGIN), "--connections", str(n + 50)) as g:
        logged_in(g).close()
        before, busy = fds(g), Busy(g)
        peak, began = Peak(g), time.time()
        sockets = flood(g, n)
        took = time.time() - began
        slow = socket.socket(), socket.socket()
        for s in slow:
            s.connect((g.host, g.port))
        ended = threading.Event()
        dripping = threading.Thread(target=trickle, args=(slow, ended))
        dripping.start()
        left = closed(sockets + list(slow))
        over = time.time() - began
        ended.set()
        dripping.join()
        each = peak.more() / n
        busy.goes_on()
        busy.end()
        patience.until(lambda: fds(g) <= before, words=lambda: "%d descriptors, %d before" % (fds(g), before))
        if n < FLOOD:
            print("# %d sockets and not %d: no more descriptors may be had (ulimit -n)" % (n, FLOOD))
        print("# %d sockets in %.1f s, closed after %.1f s at most; %d bytes of memory each; a session beside them asked %d times and waited "
              "%.0f ms at most; %d descriptors before, %d after" % (n, took, over, each, busy.n, busy.worst * 1000, before, fds(g)))
        assert not left, "%d were let wait" % len(left)
        assert over > LOGIN - 1, "those that might still have logged in were sent away after %.1f s" % over
        assert each < (65536 if sanitized(g) else 24576), each
        logged_in(g).close()
        assert g.close() == 0


def flood(g, n):
    sockets = []
    for i in range(n):
        s = socket.create_connection((g.host, g.port), timeout=patience.LIMIT)
        sockets.append(s)
        try:
            KINDS[i % len(KINDS)](s)
        except OSError:
            pass # garbage may be answered that quickly
    return sockets


@test
def who_is_in_goes_on_and_one_more_comes_in_while_all_of_them_are_there(pg, gate):
    n = min(FLOOD, resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 300)
    waits = [i for i in range(n) if KINDS[i % len(KINDS)] not in (garbage, ssl_again)]
    with w.Gate(pg, "--environment", "scratch", "--login", NEVER, "--connections", str(n + 50)) as g:
        before, busy = fds(g), Busy(g)
        sockets = flood(g, n)
        patience.until(lambda: fds(g) >= before + len(waits), words=lambda: "%d descriptors of %d" % (fds(g), before + len(waits)))
        busy.goes_on()
        raw = g.raw()
        assert raw.kinds(w.query("select 1")) == "TDCZ" and g.sql("select 1") == [["1"]]
        raw.close()
        busy.goes_on()
        assert fds(g) >= before + len(waits), "they are all there yet"
        print("# %d sockets; a session beside them was answered %d times and waited %.0f ms at most" % (n, busy.n, busy.worst * 1000))
        busy.end()
        for s in sockets:
            s.close()
        assert g.close() == 0


@test
def a_flood_that_fills_the_gate(pg, gate):
    """Who is in goes on; who comes is told; when they are gone there is room."""
    with w.Gate(pg, "--environment", "scratch", "--login", "2", "--connections", "40") as g:
        raw = logged_in(g)
        sockets = [socket.create_connection((g.host, g.port), timeout=patience.LIMIT) for _ in range(60)]
        assert raw.kinds(w.query("select 1")) == "TDCZ"
        assert not closed(sockets)
        assert raw.kinds(w.query("select 1")) == "TDCZ"
        raw.close()
        raw = logged_in(g)
        assert raw.kinds(w.query("select 1")) == "TDCZ"
        raw.close()
        assert g.close() == 0


# --- large messages ---

def within(what, gate, peak):
    more = peak.more()
    print("# %s: %d MB of memory at most besides" % (what, more >> 20))
    assert more < (MEMORY * 8 if sanitized(gate) else MEMORY), (what, more)


def send_large(r, head, n, chunk=b"x" * (1 << 20)):
    """A message whose body is ${head} and then ${n} bytes."""
    r.send(head)
    while n:
        r.send(chunk[:min(n, len(chunk))])
        n -= min(n, len(chunk))


def take_large(r, kind, pause=0.0):
    """The length of the next message of that kind, its bytes thrown away; what comes before it too."""
    while True:
        head = r.read(5)
        n = struct.unpack(">i", head[1:])[0] - 4
        left, r.left = n - len(r.left[:n]), r.left[n:]
        while left:
            got = len(r.socket.recv(min(left, 1 << 20)))
            if not got:
                raise EOFError
            left -= got
            time.sleep(pause)
        if head[:1].decode() == kind:
            return n


@test
def a_large_copy_in(pg, gate):
    """One CopyData of all of it, and small ones."""
    r = gate.raw(timeout=300)
    peak = Peak(gate)
    line = b"y" * 999 + b"\n"
    r.send(w.query("copy large from stdin where t = 'z'"))
    assert r.until("GEZ")[-1][0] == "G"
    send_large(r, b"d" + struct.pack(">i", 4 + LARGE), LARGE, line * 1000)
    for _ in range(LARGE // 10 // 1000000):
        r.send(w.message("d", line * 100) * 10)
    r.send(w.COPY_DONE)
    got = r.until("Z")
    assert not w.errors(got) and got[0][1] == b"COPY 0\0", got
    within("COPY of %d MB in one message" % (LARGE // 1000000), gate, peak)
    r.close()


@test
def a_large_result(pg, gate):
    """A value in one DataRow: read as it comes, and by one who dawdles, whose bytes the gate must not hoard."""
    for pause in (0.0, 0.002):
        n = LARGE if not pause else LARGE // 4
        r = gate.raw(timeout=300)
        peak = Peak(gate)
        r.send(w.parse("select convert_to(repeat('x', %d), 'UTF8')" % n), w.message("B", b"\0\0" + struct.pack(">hhhh", 0, 0, 1, 1)), w.execute(), w.SYNC)
        assert take_large(r, "D", pause) == n + 6
        assert r.until("Z")[-1][0] == "Z"
        within("a bytea of %d MB%s" % (n // 1000000, ", read slowly" if pause else ""), gate, peak)
        r.close()


@test
def a_large_parameter(pg, gate):
    """Passed on as it comes in a read; a write by it that has to be asked about is too large to be."""
    n = LARGE
    bind = lambda: b"B" + struct.pack(">i", n + 16) + b"\0\0" + struct.pack(">hhi", 0, 1, n)  # noqa: E731
    r = gate.raw(timeout=300)
    peak = Peak(gate)
    r.send(w.parse("select length($1)"))
    send_large(r, bind(), n)
    r.send(struct.pack(">h", 0), w.execute(), w.SYNC)
    got = r.until("Z")
    assert [b for k, b in got if k == "D"] == [struct.pack(">hi", 1, len(str(n))) + str(n).encode()], got[-3:]
    r.send(w.parse("with x as (select $1::text) delete from large"))
    send_large(r, bind(), n)
    r.send(struct.pack(">h", 0), w.execute(), w.SYNC)
    got = r.until("Z")
    assert w.errors(got) and w.errors(got)[0]["C"] in ("PW001", "PW004"), got
    assert pg.sql("select count(*) from large", "t") == [["1"]]
    assert r.kinds(w.query("select 1")) == "TDCZ"
    within("a parameter of %d MB" % (n // 1000000), gate, peak)
    r.close()


@test
def statements_about_the_limit(pg, gate):
    """Eight megabytes are judged; what is longer is refused without being kept, and told that it is too long."""
    r = gate.raw(timeout=300)
    peak = Peak(gate)
    for n, fine in ((8 << 20, True), ((8 << 20) + 1, False), (LARGE, False)):
        text = b"select 1 as a -- "
        send_large(r, b"Q" + struct.pack(">i", n - 1) + text, n - 6 - len(text))
        r.send(b"\0")
        got = r.until("Z")
        assert ("E" not in [k for k, _ in got]) == fine, (n, got)
        assert fine or (w.errors(got)[0]["C"] == "PW004" and "longer than" in w.errors(got)[0]["M"]), got
    assert r.kinds(w.query("select 1")) == "TDCZ"
    within("statements up to %d MB" % (LARGE // 1000000), gate, peak)
    r.close()


def prepare(pg):
    pg.sql("create table large(t text); insert into large values ('kept')", "t")
    # What AddressSanitizer keeps of freed memory (256 MB) would hide what the gate itself keeps.
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=8:thread_local_quarantine_size_kb=64"


if __name__ == "__main__":
    sys.exit(w.main(TESTS, "--environment", "production", "--decide", "refuse", prepare=prepare))
