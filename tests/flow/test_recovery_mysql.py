#!/usr/bin/env python3
# timeout: 1200
"""A backup of MariaDB under way of writes, its drill, and what the drill says when it was tampered with. PAWL_TEST_TAMPER=whole: all of them."""
import contextlib
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import mariadb  # noqa: E402
import recoveries  # noqa: E402
import source  # noqa: E402

WHOLE = os.environ.get("PAWL_TEST_TAMPER") == "whole"
PASSWORD = 'p"\\# \'x'
SCHEMA = """
CREATE TABLE customers (id int PRIMARY KEY AUTO_INCREMENT, name varchar(80) NOT NULL, city varchar(80)) CHARSET utf8mb4;
CREATE TABLE orders (id int PRIMARY KEY, customer int, total decimal(10,2) CHECK (total > 0), at timestamp, b blob, KEY orders_at (at),
  CONSTRAINT orders_customer FOREIGN KEY (customer) REFERENCES customers (id));
CREATE TABLE nothing (a int);
CREATE TABLE beats (n int PRIMARY KEY);
INSERT INTO customers (name, city) SELECT CONCAT('name ', seq), IF(seq = 3, 'a;(b)\\n''', 'Köln') FROM seq_1_to_40;
INSERT INTO orders SELECT seq, 1 + seq % 40, seq, '2026-01-01' + INTERVAL seq HOUR, UNHEX(SHA1(seq)) FROM seq_1_to_300;
CREATE DEFINER=clerk@localhost VIEW totals AS SELECT customer, SUM(total) t FROM orders GROUP BY customer;
CREATE TRIGGER cities BEFORE INSERT ON customers FOR EACH ROW SET NEW.city = COALESCE(NEW.city, 'none; or');
DELIMITER //
CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 'a;b'; END//
"""
USERS = """
SET GLOBAL time_zone = '+05:00';
CREATE DATABASE shop CHARACTER SET utf8mb4;
CREATE USER clerk@localhost; GRANT ALL ON shop.* TO clerk@localhost;
CREATE USER backup@localhost IDENTIFIED BY 'p"\\\\# ''x';
GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON shop.* TO backup@localhost;
GRANT SELECT ON mysql.proc TO backup@localhost;
"""
FITS = ("tables", "schema")


def sub(pattern, by):
    return lambda dump: re.sub(pattern, by, dump, count=1, flags=re.S)


def more(text):
    return lambda dump: dump.replace(b"-- Dump completed", text + b"\n-- Dump completed")


def dump(change, believe=()):
    return lambda f: f.replace(change, "mysql", believe)


def says(**members):
    return lambda f: f.say(**members)


def invariants(change):
    def hand(f):
        all_ = f.manifest("shop", f.id)["invariants"]
        change(all_)
        f.say(invariants=all_)
    return hand


def bit(f):
    f.flip("data.zst", f.data.stat().st_size // 2)


# (name, hand, code, words). The first four need no server.
TABLE = [
    ("one bit of the data", bit, "bytes", "not those that were stored"),
    ("cut", lambda f: os.truncate(f.data, f.data.stat().st_size // 2), "bytes", "cut off"),
    ("a foreign key's signature", lambda f: f.write(f.manifest("shop", f.id), f.new_key("x")), "signature", "not signed"),
    ("a server of MySQL", says(server="8.0.36"), "no-server", "of MySQL"),
    ("a value", dump(sub(rb"'name 1'", b"'name 2'")), "values", "rows of `customers`"),
    ("a row less", dump(sub(rb"\(1,'name 1','K\xc3\xb6ln'\),\n?", b"")), "rows", "39 rows of `customers`"),
    ("a table less", dump(sub(rb"INSERT INTO `orders` VALUES.*?;\n", b"")), "table-lost", "`orders`"),
    ("an index less", dump(sub(rb"  KEY `orders_at` \(`at`\),\n", b"")), "schema", "indexes"),
    ("half a dump", dump(lambda d: d[:len(d) // 2]), "half", "ends"),
    ("half a dump with the last words put there", dump(lambda d: d[:d.index(b"-- Table structure for table `orders`")] + b"-- Dump completed\n"),
     "table-lost", "`orders`"),
    ("an empty dump", dump(lambda d: b""), "half", "half a dump"),
    ("a value changed by a statement", dump(more(b"UPDATE customers SET city = 'Bonn' WHERE id = 7;"), FITS), "values", "what was restored has as many"),
    ("a row deleted by a statement", dump(more(b"DELETE FROM orders WHERE id = 300;"), FITS), "rows", "299 rows of `orders`"),
    ("a table dropped by a statement", dump(more(b"DROP TABLE beats;"), FITS), "table-lost", "what was restored has not: `beats`"),
    ("a table made by a statement", dump(more(b"CREATE TABLE y AS SELECT 1 AS a;"), FITS), "table-more", "`y`"),
    ("an index that the dump leaves out", dump(sub(rb"  KEY `orders_at` \(`at`\),\n", b""), FITS), "invariant", "objects is tables 4"),
    ("a statement that no server takes", dump(more(b"CREATE TABEL z ();"), FITS), "error", "ERROR 1064"),
    ("text read in another encoding", dump(lambda d: d.replace(b"SET NAMES utf8mb4", b"SET NAMES latin1"), FITS), "values", "`customers`"),
    ("another answer", invariants(lambda a: a[-1].update(value="2027-01-01 00:00:00")), "invariant", "last is 2026-01-13 07:00:00"),
    ("a question that nobody can answer", invariants(lambda a: a[-1].update(sql="SELECT MAX(paid) FROM orders")), "invariant", "last cannot be answered"),
    ("a user that is absent", says(roles=[]), "role", "run as a user that does not exist: clerk@localhost"),
    ("a newer server", says(server="99.1.2-MariaDB"), "older-server", "99.1.2-MariaDB"),
    ("another dump program", says(tool="mariadb-dump from 9.1"), "no-server", "may write the same rows otherwise"),
    ("a word for the client", dump(more(b"\\! touch /tmp/pawl-nobody;"), FITS), "error", "ERROR"),
    ("rows that are there, in a long statement", dump(sub(rb"(INSERT INTO `customers` VALUES.*?;\n)", rb"\1\1"), FITS), "error", "ERROR 1062"),
]


def judge(f, code, words):
    d = f.drill("shop")
    want = "could not verify" if code in ("no-server", "older-server") else "failed"
    good = d.result == want and code in d.codes and re.search(words, d.text) and not os.path.exists("/tmp/pawl-nobody")
    return [] if good else ["wanted: %s, %s, %s" % (want, code, words), d.text]


def writer(db, stop):
    """One beat after the other: the answer and the dump must have as many."""
    n = 0
    while not stop.is_set():
        db.sql("INSERT INTO beats SELECT %d + seq FROM seq_1_to_50" % n, "shop")
        n += 50


def backups(tap, db, v):
    env = {"RECOVERY_PASSWORD": PASSWORD}
    asks = {"beats": "SELECT COUNT(*) FROM beats", "last": "SELECT MAX(at) FROM orders;"}
    try:
        v.backup("shop", db.connect("shop", "backup"), env, **asks)
        tap.check("without the right to lock, no answers", ["there was a backup"])
    except RuntimeError as e:
        tap.check("without the right to lock, no answers", [] if "GRANT RELOAD" in str(e) else [str(e)])
    db.sql("GRANT RELOAD ON *.* TO backup@localhost")
    try:
        v.backup("shop", db.connect("shop", "backup"), env, two="SELECT 1, 2")
        tap.check("two values are no answer", ["there was a backup"])
    except RuntimeError as e:
        tap.check("two values are no answer", [] if "one row with one value" in str(e) else [str(e)])
    with open("login.cnf", "w") as f:
        f.write('[client]\npassword="%s"\n' % PASSWORD.replace("\\", "\\\\").replace('"', '\\"'))
    os.chmod("login.cnf", 0o600)
    v.backup("file", db.connect("shop", "backup") + " defaults-file=" + os.path.abspath("login.cnf"))
    stop = threading.Event()
    t = threading.Thread(target=writer, args=(db, stop))
    t.start()
    try:
        time.sleep(0.3)
        ids = [v.backup("shop", db.connect("shop", "backup"), env, **asks) for _ in range(8 if WHOLE else 4)]
    finally:
        stop.set()
        t.join()
    wrong = []
    for id in ids:
        m = v.manifest("shop", id)
        beats = [t["rows"] for t in m["tables"] if t["name"] == "`beats`"] or [0]
        answer = [i["value"] for i in m["invariants"] if i["name"] == "beats"]
        if str(beats[0]) != answer[0]:
            wrong.append("%s rows, and the answer is %s" % (beats[0], answer[0]))
    tap.check("answers are of the instant of the dump", wrong)
    return ids[-1]


def silent(tap, db, v):
    """Whoever does not answer any more is given up, whatever is waited for."""
    os.environ["RECOVERY_PATIENCE"] = "2"
    d = v.drill("shop", "query:long=0=SELECT SLEEP(300)")
    tap.check("a scratch server that falls silent", [] if d.result == "could not verify" and d.codes == ["broke-off"] * len(d.codes) else [d.text])
    db.process.send_signal(signal.SIGSTOP)
    try:
        v.backup("shop", db.connect("shop", "backup"), {"RECOVERY_PASSWORD": PASSWORD})
        tap.check("a server that does not answer", ["there was a backup"])
    except RuntimeError as e:
        tap.check("a server that does not answer", [] if "said nothing for too long" in str(e) else [str(e)])
    finally:
        db.process.send_signal(signal.SIGCONT)
        del os.environ["RECOVERY_PATIENCE"]


def servers(folder):
    """Pids of the servers that are in ${folder}."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/cmdline" % pid, "rb") as f:
                words = f.read().split(b"\0")
        except OSError:
            continue
        if words[0].endswith(b"mariadbd") and any(w.startswith(b"--datadir=" + folder.encode()) for w in words):
            found.append(int(pid))
    return found


def killed(tap, v):
    """The server of a drill dies while it is asked."""
    folder = tempfile.mkdtemp(prefix="pawl-killed-", dir="/tmp")
    os.chmod(folder, 0o755)
    os.environ["RECOVERY_FOLDER"] = folder
    got = []
    t = threading.Thread(target=lambda: got.append(v.drill("shop", "query:long=0=SELECT SLEEP(600)")))
    t.start()
    while t.is_alive() and not servers(folder):
        time.sleep(0.1)
    time.sleep(2.5)
    while t.is_alive():  # each that there is: the one that makes the files may have gone just now, and the one that is asked not come
        for pid in servers(folder):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        t.join(0.1)
    del os.environ["RECOVERY_FOLDER"]
    shutil.rmtree(folder, ignore_errors=True)
    d = got[0]
    tap.check("a scratch server that dies says nothing of the backup",
              [] if d.result == "could not verify" and d.codes == ["broke-off"] * len(d.codes) else [d.text])


def main():
    why = mariadb.missing()
    if why:
        print("1..0 # SKIP " + why)
        return
    tap = source.Tap()
    os.chmod(os.getcwd(), 0o755)
    v = recoveries.Vault(os.path.join(os.getcwd(), "w"))
    with mariadb.Server() as db:
        db.sql(USERS)
        db.sql(SCHEMA, "shop")
        good = backups(tap, db, v)
        silent(tap, db, v)
    d = v.drill("shop", "query:orders=300=SELECT COUNT(*) FROM orders")
    tap.check("what is sound is verified", [] if d.result == "verified" and d.tables == 3 else [d.text])
    killed(tap, v)
    for name, hand, code, words in TABLE if WHOLE else TABLE[:5] + TABLE[11::6] + TABLE[-1:]:
        f = v.forge("shop", good)
        hand(f)
        tap.check("%s: %s" % (name, code), judge(f, code, words))
        shutil.rmtree(f.folder, ignore_errors=True)
    print("1..%d" % tap.n)


main()
