"""What goes on around the PostgreSQL gate on a bad day: clients that write and know what became of it, and everything that gets in their way.

chaos = Chaos(pg, gate, seed)
chaos.run(seconds, enough); chaos.settle(); chaos.counts     # what happened, by name; on a slow day longer, until so many writes were told as done
"""
import collections
import os
import random
import signal
import socket
import struct
import subprocess
import threading
import time

import patience
import pgwire as w

TABLES = """
create table ops(client int, n int, delta int);
create table acc(id int primary key, balance bigint);
insert into acc select g, 0 from generate_series(1, 20) g;
alter table ops owner to agent; alter table acc owner to agent;
"""
GONE = (OSError, EOFError, ConnectionError, PermissionError, ValueError, struct.error)


class Writer(threading.Thread):
    """Writes numbered rows in every form the protocol has; each is `done`, `not` or `unknown` afterwards."""

    def __init__(self, chaos, number):
        super().__init__(daemon=True)
        self.chaos, self.number, self.n, self.told = chaos, number, 0, 0
        self.rng = random.Random(chaos.seed * 1000 + number)
        self.fate = {}

    def messages(self, delta):
        insert = "insert into ops values (%d, %d, %d)" % (self.number, self.n, delta)
        update = "update acc set balance = balance + %d where id = %d" % (delta, self.rng.randint(1, 20))
        form = self.rng.randrange(5)
        if form == 0:
            return [[w.query("%s; %s" % (insert, update))]]
        if form == 1:
            return [[w.query(one)] for one in ("begin", insert, update, "commit")]
        if form == 2:
            return [[w.parse(insert), w.bind(), w.execute(), w.parse(update), w.bind(), w.execute(), w.SYNC]]
        if form == 3:
            ext = lambda text: [w.parse(text), w.bind(), w.execute(), w.SYNC]  # noqa: E731
            return [ext("begin"), ext(insert), ext(update), ext("commit")]
        return [[m for text in ("begin", insert, update, "commit") for m in (w.parse(text), w.bind(), w.execute(), w.SYNC)]]

    def one(self, raw):
        """None: the connection is no longer of use."""
        delta, begun = self.rng.randint(-50, 50), False
        self.n += 1
        self.fate[self.n] = "not"
        try:
            for step in self.messages(delta):
                begun = True
                self.fate[self.n] = "unknown"
                if self.rng.random() < self.chaos.rate / 50:
                    part = b"".join(step)
                    raw.socket.sendall(part[:self.rng.randrange(len(part))])
                    raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.chaos.counts["client cut off"] += 1
                    return None
                raw.send(*step)
                if self.rng.random() < self.chaos.rate / 50:
                    self.chaos.cancel(raw, self.rng)
                answers = sum(m[:1] in (b"Q", b"S") for m in step)
                got = [raw.until("Z") for _ in range(answers)]
                if any(w.errors(one) for one in got):
                    return self.failed(raw, got)
            self.fate[self.n] = "done"
            self.told += 1
        except GONE:
            self.fate[self.n] = "unknown" if begun else "not"
            return None
        return True

    def failed(self, raw, got):
        """An error: it did not happen. Behind a BEGIN that failed in a pipeline the rest went on without it: nobody knows."""
        for one in got:
            for e in w.errors(one):
                self.chaos.counts["error " + e["C"]] += 1
        try:
            raw.ask(w.query("rollback"))
        except GONE:
            return None
        if len(got) == 1:
            self.fate[self.n] = "not"
        return True

    def run(self):
        while not self.chaos.over:
            try:
                raw = w.Raw(self.chaos.gate.host, self.chaos.gate.port)
            except GONE:
                time.sleep(0.2)
                continue
            try:
                while not self.chaos.over and self.one(raw):
                    pass
            except socket.timeout:
                self.chaos.problems.append("writer %d waited %d s for an answer" % (self.number, patience.LIMIT))
            finally:
                raw.socket.close()


class Chaos:
    def __init__(self, pg, gate, seed, rate=1.0):
        self.pg, self.gate, self.seed, self.rate = pg, gate, seed, rate
        self.rng = random.Random(seed)
        self.over = False
        self.counts, self.problems = collections.Counter(), []
        self.lock = threading.Lock()
        self.left = []

    def cancel(self, raw, rng):
        key = raw.key if rng.random() < 0.8 else raw.key[:4] + b"none"
        try:
            c = w.Raw(self.gate.host, self.gate.port, login=False)
            c.send(b"\0\0\0\x10\x04\xd2\x16\x2e" + key)
            c.socket.close()
            self.counts["cancelled"] += 1
        except GONE:
            pass

    def bench(self):
        modes = [(mode, flags) for mode in ("simple", "extended", "prepared") for flags in ([], ["-S"])]
        while not self.over:
            mode, flags = modes[self.counts["pgbench"] % len(modes)]
            self.counts["pgbench"] += 1
            p = subprocess.Popen(["pgbench", "-n", "-M", mode, "-c", "3", "-T", "4", *flags, "db"], env=self.gate.env,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if self.counts["pgbench"] % 3 == 0:
                time.sleep(self.rng.random() * 2)
                p.send_signal(signal.SIGKILL)
                self.counts["pgbench killed"] += 1
            try:
                p.wait(patience.LIMIT)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()
                self.problems.append("a pgbench hung")

    # --- what gets in the way ---

    def backends(self):
        return [int(r[0]) for r in self.pg.sql("select pid from pg_stat_activity where usename = 'agent' and application_name <> 'pawl'")]

    def terminate(self):
        self.pg.sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'agent' order by random() limit 1")

    def kill_backend(self):
        pids = self.backends()
        if pids:
            os.kill(self.rng.choice(pids), signal.SIGKILL)

    def restart(self):
        self.pg.stop(signal.SIGQUIT)
        time.sleep(self.rng.random())
        self.pg.start()

    def held(self):
        """A statement that waits for a person, and is given up."""
        r = w.Raw(self.gate.host, self.gate.port)
        r.send(w.query("drop table ops"))
        time.sleep(self.rng.random() * 0.5)
        if self.rng.random() < 0.5:
            r.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        r.socket.close()

    def half(self):
        """Half a message, left alone."""
        r = w.Raw(self.gate.host, self.gate.port)
        r.send(w.query("select 1"), w.query("insert into ops values (-1, -1, 7)")[:self.rng.randint(1, 30)])
        self.left.append(r.socket)

    def slow(self):
        """Somebody who never comes to the point."""
        s = socket.create_connection((self.gate.host, self.gate.port), timeout=patience.LIMIT)
        s.sendall(b"\0\0\0\x20\0\3"[:self.rng.randint(1, 6)])
        self.left.append(s)

    def garbage(self):
        s = socket.create_connection((self.gate.host, self.gate.port), timeout=patience.LIMIT)
        s.sendall(self.rng.randbytes(200))
        s.close()

    def disturb(self, seconds, enough):
        acts = [(self.terminate, 6), (self.held, 6), (self.half, 4), (self.slow, 4), (self.garbage, 4), (self.kill_backend, 1), (self.restart, 1)]
        names, weights = zip(*acts)
        end = time.time() + seconds
        while time.time() < end or (sum(one.told for one in self.writers) < enough and time.time() < end + patience.LIMIT):
            act = self.rng.choices(names, weights)[0]
            try:
                act()
                self.counts[act.__name__.replace("_", " ")] += 1
            except (RuntimeError, *GONE):
                pass  # the server is away
            while len(self.left) > 30:
                self.left.pop(0).close()
            time.sleep(self.rng.random() * 0.8 / self.rate)

    def run(self, seconds, enough=0, writers=6):
        self.writers = [Writer(self, n) for n in range(writers)]
        threads = self.writers + [threading.Thread(target=self.bench, daemon=True)]
        for t in threads:
            t.start()
        self.disturb(seconds, enough)
        self.over = True
        for t in threads:
            t.join(2 * patience.LIMIT)
            if t.is_alive():
                self.problems.append("%s does not end" % t.name)
        for s in self.left:
            s.close()

    def settle(self, seconds=patience.LIMIT):
        """Nobody of the gate's is left at the server."""
        end = time.time() + seconds
        while time.time() < end:
            try:
                if not self.backends():
                    return
            except RuntimeError:
                pass
            time.sleep(0.2)
        self.problems.append("backends without a client: %s" % self.pg.sql("select pid, state, query from pg_stat_activity where usename = 'agent'"))

    def look(self):
        """Nothing twice, nothing lost, nothing half."""
        times = collections.Counter((int(c), int(n)) for c, n in self.pg.sql("select client, n from ops", "t"))
        for one in self.writers:
            for n, fate in one.fate.items():
                got = times.pop((one.number, n), 0)
                self.counts[fate] += 1
                if got > 1 or (fate == "done" and got != 1) or (fate == "not" and got):
                    self.problems.append("row %d of %d is there %d times, and was %s" % (n, one.number, got, fate))
        if times:
            self.problems.append("rows that nobody wrote: %s" % times)
        (sums,) = self.pg.sql("select (select sum(balance) from acc) = (select coalesce(sum(delta), 0) from ops), "
                              "(select sum(abalance) from pgbench_accounts) = (select coalesce(sum(delta), 0) from pgbench_history), "
                              "(select sum(tbalance) from pgbench_tellers) = (select sum(bbalance) from pgbench_branches), "
                              "(select sum(tbalance) from pgbench_tellers) = (select coalesce(sum(delta), 0) from pgbench_history)", "t")
        if sums != ["t"] * 4:
            self.problems.append("sums that do not agree: %s" % sums)
