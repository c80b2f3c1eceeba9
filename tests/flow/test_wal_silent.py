#!/usr/bin/env python3
"""A server that falls silent for good, at each place where an archive of WAL asks it something: that is said, and the archive
goes on once it answers."""
# timeout: 900
import os
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab
import patience
import postgres

t = lab.Tap()
if postgres.missing():
    print("1..0 # SKIP " + postgres.missing())
    sys.exit(0)
PAWL = lab.binary("pawl")
HOME = os.environ["HOME"]
HBA = "local all all trust\nhost all all 127.0.0.1/32 trust\nhost replication all 127.0.0.1/32 trust\n"
#           what is asked               what is said then
PLACES = [("pg_is_in_recovery", "does not say where its WAL is"),
          ("IDENTIFY_SYSTEM", "does not say who it is"),
          ("pg_replication_slots", "does not say where its WAL is"),
          ("START_REPLICATION", "the WAL cannot be read"),
          ("clock_timestamp", "does not say where its WAL is")]


class Relay:
    """To the server, until a client asks what it must not be asked: from there on not a byte goes to it. Heard again once it is healed."""

    def __init__(self, pg, word):
        self.to, self.word, self.silent = (pg.host, pg.port), word.encode(), False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client = self.listener.accept()[0]
            server = socket.create_connection(self.to)
            threading.Thread(target=self.relay, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self.relay, args=(server, client, False), daemon=True).start()

    def relay(self, come, go, asks):
        try:
            while data := come.recv(65536):
                word = self.word
                if asks and word and word in data:
                    self.silent = True
                if not (asks and self.silent):
                    go.sendall(data)
            go.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def heal(self):
        self.word, self.silent = None, False


def run(pg, n, word, ret):
    home = os.path.join(HOME, str(n))
    os.mkdir(home)
    relay = Relay(pg, word)
    env = {"HOME": home, "PATH": os.environ["PATH"], "PGUSER": "postgres"}
    for name in ("ASAN_OPTIONS", "TMPDIR"):
        if name in os.environ:
            env[name] = os.environ[name]
    subprocess.run([PAWL, "backup", "init", "--empty", "--vault", home + "/vault"], env=env, check=True, capture_output=True)
    with open(home + "/.config/pawl/backup.yaml", "a") as f:
        f.write("targets:\n  - {name: shop%d, postgres: \"host=127.0.0.1 port=%d dbname=postgres\", physical: true, "
                "wal: 1s, rpo: 1h, every: 24h, vault: local}\n" % (n, relay.port))
    told, kept, said = home + "/told", home + "/vault/shop%d.wal" % n, ""
    began, until = time.time(), time.time() + 300
    with open(told, "w") as f:
        p = subprocess.Popen([PAWL, "backup", "wal", "shop%d" % n], env=env, stdin=subprocess.DEVNULL, stdout=f, stderr=f)
    while "it is tried again" not in said and p.poll() is None and time.time() < until:
        time.sleep(0.5)
        with open(told) as f:
            said = f.read()
    fell, seconds, until = relay.silent, time.time() - began, time.time() + 180
    before = len(os.listdir(kept)) if os.path.isdir(kept) else 0
    relay.heal()
    while p.poll() is None and time.time() < until and len(os.listdir(kept) if os.path.isdir(kept) else []) <= before:
        pg.sql("select pg_switch_wal()")
        time.sleep(0.5)
    back = p.poll() is None and os.path.isdir(kept) and len(os.listdir(kept)) > before
    p.terminate()
    try:
        status = p.wait(patience.LIMIT)
    except subprocess.TimeoutExpired:
        p.kill()
        status = p.wait()
    ret[word] = (fell, seconds, said, back, status)


with postgres.Server(hba=HBA) as pg:
    said = {}
    threads = [threading.Thread(target=run, args=(pg, n, word, said)) for n, (word, _) in enumerate(PLACES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for word, words in PLACES:
        silent, seconds, text, back, status = said[word]
        t.ok(silent and words + ": it has not answered for 60 s" in text, "silent at %s: given up, and said" % word, "%.1f s, %s" % (seconds, text[-600:]))
        t.ok(back and status == 0, "and the archive goes on once it answers", (back, status))
t.done()
