#!/usr/bin/env python3
# `pawl restore` of MariaDB: into a new database beside the live one, compared with the manifest, counts against the live tables; never over
# what is there, no event beside the live one's, no word of the dump that names a database. A real server.
# timeout: 300
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab
import mariadb

if mariadb.missing():
    lab.skip_all(mariadb.missing())
HOME = os.environ["HOME"]
SCHEMA = """
CREATE TABLE customers (id int PRIMARY KEY, name varchar(80));
CREATE TABLE orders (id int PRIMARY KEY, customer int, note text, FOREIGN KEY (customer) REFERENCES customers (id));
CREATE TABLE empty (a int);
CREATE TABLE gone (a int);
INSERT INTO gone VALUES (1), (2);
INSERT INTO customers SELECT seq, CONCAT('name ', seq) FROM seq_1_to_40;
INSERT INTO orders SELECT seq, 1 + seq % 40, CONCAT('-- Dumping events for database\\n', seq) FROM seq_1_to_300;
CREATE VIEW totals AS SELECT customer, COUNT(*) n FROM orders GROUP BY customer;
CREATE EVENT every ON SCHEDULE EVERY 1 SECOND DO DELETE FROM shop.customers;
ALTER EVENT every DISABLE;
DELIMITER //
CREATE PROCEDURE p() BEGIN
-- Dumping things
SELECT 1; END//
CREATE DEFINER=ghost@localhost TRIGGER t BEFORE INSERT ON customers FOR EACH ROW SET NEW.name = COALESCE(NEW.name, 'x')//
"""
t = lab.Tap()


def pawl(*words):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "XDG_", "PAWL_STATE", "MYSQL"))}
    p = subprocess.run([lab.binary("pawl"), *words], env=dict(env, HOME=HOME), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
    return p.returncode, p.stdout + p.stderr


def main(db):
    def databases():
        return {r[0] for r in db.sql("SHOW DATABASES")} - {"information_schema", "mysql", "performance_schema", "sys"}

    def contents(name):
        return [db.sql("SELECT * FROM %s ORDER BY 1" % table, name) for table in ("customers", "orders", "empty", "gone", "totals")]

    db.sql("CREATE DATABASE shop CHARACTER SET utf8mb4; CREATE USER ghost@localhost; GRANT ALL ON shop.* TO ghost@localhost")
    db.sql(SCHEMA, "shop")
    pawl("backup", "init", "--empty", "--vault", HOME + "/vault")
    yaml = HOME + "/.config/pawl/backup.yaml"
    key = re.search(r"^key: (\S+)", open(yaml).read(), re.M).group(1)
    words = db.connect("shop")[len("mysql:"):]
    with open(yaml, "w") as f:
        json.dump({"version": 1, "key": key, "vaults": [{"name": "local", "directory": HOME + "/vault"}],
                   "targets": [{"name": "shop", "mysql": words, "vault": "local", "invariants": {"orders": "SELECT COUNT(*) FROM orders"}}]}, f)
    status, out = pawl("backup", "--drill")
    t.ok(status == 0 and "verified" in out, "a target of MariaDB: backup and drill through the command line", out)
    was = contents("shop")
    status, s = pawl("status", "--json")
    s = json.loads(s)["targets"][0]
    t.ok(status == 0 and s["green"] and s["kind"] == "mysql" and s["rows"] == 342 and s["last_drill"] == "verified", "and it is green", s)

    db.sql("SET foreign_key_checks = 0; DELETE FROM customers WHERE id > 30; DROP TABLE gone; INSERT INTO orders VALUES (999, 1, 'new')", "shop")
    db.sql("DROP USER ghost@localhost")
    live = db.sql("SELECT * FROM orders", "shop")
    status, out = pawl("restore", "shop")
    new = (databases() - {"shop"} or {""}).pop()
    t.ok(status == 0 and new.startswith("shop_restored_2") and new in out and "each table as its manifest says." in out, "a new database beside it", out)
    id = json.loads(pawl("backup", "list", "--json")[1])["backups"][0]["backup"]
    t.eq(new, "shop_restored_" + id.split("-")[0], "called by the backup's time, as PostgreSQL's is")
    t.eq(contents(new), was, "holds what was backed up, to the last value")
    t.ok("`customers`: 40 rows; the live table has 30, 10 fewer" in out and "`orders`: 300 rows; the live table has 301, 1 more" in out
         and "`gone`: 2 rows; the live database has no such table" in out, "the diff says how many rows each table has, there and live", out)
    t.ok(db.sql("SELECT * FROM orders", "shop") == live and "Nothing live was touched." in out, "the live one is as it was")
    t.ok("1 event was left out" in out and not db.sql("SELECT * FROM information_schema.events WHERE event_schema = '%s'" % new),
         "its event was left out", out)
    t.ok("run as users that are not there: ghost@localhost" in out, "a user that a trigger runs as and that is gone is named", out)
    t.eq(len(db.sql("SELECT * FROM information_schema.routines WHERE routine_schema = '%s'" % new)), 1, "its procedure was not")
    status, entries = pawl("log", "--kind", "restore.finished", "--json")
    body = json.loads(entries)["entries"][0]["body"]
    t.ok(body["result"] == "restored" and body["into"] == new and body["rows"] == 342, "the ledger has it", body)

    # Never over anything.
    before = (databases(), contents(new))
    for into in (new, "shop"):
        status, out = pawl("restore", "shop", "--into", into)
        t.ok(status == 1 and "is not empty" in out, "not into %s, which holds something" % ("the live one" if into == "shop" else "the first"), out)
    t.ok((databases(), contents(new)) == before and db.sql("SELECT * FROM orders", "shop") == live, "and nothing of them changed")
    status, out = pawl("restore", "shop", "--into", "x`; DROP DATABASE shop; --")
    t.ok(status == 1 and "is no name for a database" in out and "shop" in databases(), "a name that is none is refused", out)
    db.sql("CREATE DATABASE ready")
    status, out = pawl("restore", "shop", "--into", "ready", "--server", words, "--json", "--no-diff")
    j = json.loads(out)
    t.ok(status == 0 and j["into"] == "ready" and j["rows"] == 342 and j["not_compared"] == "not asked for" and j["values_compared"],
         "into an empty one that is there, on a server that is named", out)

    # After a loss: into the place of the live one, which is compared with nothing then; another server's of that name is another.
    db.sql("DROP DATABASE shop")
    status, out = pawl("restore", "shop", "--into", "shop", "--server", words)
    t.ok(status == 0 and "Not compared with the live database: it was restored as the live one itself" in out and "the live table has" not in out,
         "what is restored as the live one is not compared with itself", out)
    t.eq(contents("shop"), was, "and is what was backed up")

    # What fails leaves no database.
    names = databases()
    id = sorted(os.listdir(HOME + "/vault/shop"))[-1]
    data = "%s/vault/shop/%s/data.zst" % (HOME, id)
    whole = open(data, "rb").read()
    os.chmod(data, 0o600)
    with open(data, "r+b") as f:
        f.seek(len(whole) // 2)
        f.write(bytes([whole[len(whole) // 2] ^ 1]))
    status, out = pawl("restore", "shop", "--into", "half")
    t.ok(status == 1 and "not those that were stored" in out and databases() == names, "a changed bit: not restored, no database left behind", out)
    with open(data, "wb") as f:
        f.write(whole)

    # Objects made under another character set make the dump say ALTER DATABASE with the live one's name.
    db.sql("CREATE DATABASE other CHARACTER SET latin1")
    db.sql("CREATE TABLE a (b int); CREATE PROCEDURE q() SELECT 1; ALTER DATABASE other CHARACTER SET utf8mb4", "other")
    with open(yaml, "w") as f:
        json.dump({"version": 1, "key": key, "vaults": [{"name": "local", "directory": HOME + "/vault"}],
                   "targets": [{"name": "other", "mysql": words.replace("dbname=shop", "dbname=other"), "vault": "local"}]}, f)
    names = databases()
    status, out = pawl("backup", "other")
    status, out = pawl("restore", "other")
    t.ok(status == 1 and "names a database" in out and databases() == names, "a dump that names its database is told to no server", out)
    t.eq(db.sql("SELECT default_character_set_name FROM information_schema.schemata WHERE schema_name = 'other'"), [["utf8mb4"]],
         "and the live one keeps its character set")


with mariadb.Server() as server:
    main(server)
t.done()
