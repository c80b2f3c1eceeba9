#!/usr/bin/env python3
# pawl restore: whole, one table, rows, beside a live database, and never over one. Real PostgreSQL.
# timeout: 1800
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab
import patience
import postgres
from holds import Tap

if postgres.missing():
    print("1..0 # SKIP " + postgres.missing())
    sys.exit(0)
from bring import PAWL, Shop

S = Shop()
S.rows("CREATE ROLE boss SUPERUSER; ALTER TABLE \"Odd Name\" OWNER TO boss; "
       "UPDATE users SET note = note || repeat('x', 2000) WHERE id > 100")
ID = S.backup()
NEW = "shop_restored_" + ID[:16]


def restore(*args):
    out = S.pawl("restore", "shop", "--json", *args)
    return json.loads(out.stdout) if out.returncode == 0 else out


def diff(r, table):
    t = [t for t in r["diff"] if t["table"] == table][0]
    return t["rows"], t["live"], t["only_in_backup"], t["only_live"]


def test_whole_beside_the_live_one_with_what_it_would_bring():
    S.rows("DELETE FROM orders WHERE id IN (7, 8); UPDATE users SET name = 'x' WHERE id = 3; INSERT INTO orders VALUES (5000, 1, 1);"
           "INSERT INTO \"Odd Name\" VALUES ('a')")
    before = S.rows("SELECT count(*), sum(total) FROM orders")
    r = restore()
    assert r["into"] == NEW and r["tables"] == 3 and r["rows"] == 2503 and r["compared"], r
    assert diff(r, "public.orders") == (2000, True, 2, 1), r
    assert diff(r, "public.users") == (500, True, 1, 1), r
    assert diff(r, 'public."Odd Name"') == (3, True, 0, 1), r
    assert S.rows("SELECT count(*), sum(total) FROM orders", NEW) == "2000|2001000"
    assert S.rows("SELECT count(*) FROM big", NEW) == "1900"
    assert S.rows("SELECT count(*), sum(total) FROM orders") == before  # nothing live was touched
    e = S.log("restore.finished")[-1]["body"]
    assert e["result"] == "restored" and e["into"] == NEW and e["only_in_backup"] == 3 and e["only_live"] == 3, e


def test_again_it_has_a_name_of_its_own():
    for name in (NEW + "_2", NEW + "_3"):
        assert restore("--no-diff")["into"] == name
    out = S.pawl("restore", "shop", "--server", "host=/nowhere user=postgres")
    assert out.returncode == 1 and S.log("restore.finished")[-1]["body"]["result"] == "failed", out


def test_a_database_that_is_not_empty_is_refused():
    for name in (NEW, "shop"):
        out = S.pawl("restore", "shop", "--into", name)
        assert out.returncode == 1 and "is not empty: nothing is restored over what is there" in out.stderr, out
    assert S.log("restore.finished")[-1]["body"]["result"] == "failed"
    assert S.rows("SELECT count(*) FROM orders") == "1999"


class Breaks:
    """A way to the server that breaks, once, where a client says ${word}; after that it is there again, or for good not."""

    def __init__(self, word, again):
        self.word, self.again, self.broken = word, again, False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client = self.listener.accept()[0]
            if self.broken and not self.again:
                client.close()
                continue
            server = socket.create_connection(("127.0.0.1", S.pg.port))
            threading.Thread(target=self.relay, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self.relay, args=(server, client, False), daemon=True).start()

    def relay(self, come, go, asks):
        try:
            while data := come.recv(65536):
                if asks and not self.broken and self.word in data:
                    self.broken = True
                    return
                go.sendall(data)
        except OSError:
            pass
        finally:
            for s in (come, go):
                try:
                    s.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # it has ended


def test_a_connection_that_breaks_is_undone_or_what_stays_is_said():
    S.rows("ALTER ROLE boss RENAME TO other_boss")
    for again in (True, False):
        way = Breaks(b"COPY public.users", again)
        out = S.pawl("restore", "shop", "--into", "half", "--server", "host=127.0.0.1 port=%d user=postgres sslmode=disable gssencmode=disable" % way.port, timeout=600)
        assert out.returncode == 1 and way.broken, out
        stays = "the database half, made there and not whole, could not be dropped" in out.stderr
        strong = "roles made there may keep what they may while it is restored, such as SUPERUSER (boss)" in out.stderr
        assert stays is strong is not again, out
        assert ("half" in S.databases()) is not again, S.databases()
        assert S.rows("SELECT rolsuper FROM pg_roles WHERE rolname = 'boss'") == ("f" if again else "t")
        if again:
            S.rows("DROP ROLE boss")
    assert "could not be dropped" in S.log("restore.finished")[-1]["body"]["error"]
    S.rows("DROP DATABASE half", "postgres")
    S.rows("DROP ROLE boss; ALTER ROLE other_boss RENAME TO boss")


class Halts(Breaks):
    """A way to the server on which what says ${word} goes no further, and nothing breaks."""

    def __init__(self, word):
        self.reached = threading.Event()
        super().__init__(word, True)

    def relay(self, come, go, asks):
        if not asks:
            return super().relay(come, go, asks)
        while data := come.recv(65536):
            if not self.reached.is_set() and self.word in data:
                self.reached.set()
                while come.recv(65536):
                    pass
                break
            go.sendall(data)
        go.close()
        come.close()


def ended(sig, reached, *args):
    p = subprocess.Popen([PAWL, "restore", "shop", *args], cwd=S.dir, env=S.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                         preexec_fn=lab.signals_heard)
    reached()
    p.send_signal(sig)
    out = p.communicate(timeout=patience.LIMIT)
    assert p.returncode == -sig, (p.returncode, out)
    return out[1]


def test_a_signal_undoes_what_is_not_whole():
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        way = Halts(b"COPY public.users")
        says = ended(sig, lambda: way.reached.wait(patience.LIMIT), "--into", "half", "--server",
                     "host=127.0.0.1 port=%d user=postgres sslmode=disable gssencmode=disable" % way.port)
        body = S.log("restore.finished")[-1]["body"]
        assert "it was ended by " + sig.name in says and body["result"] == "failed" and sig.name in body["error"], (says, body)
        assert "as_of" not in body and "half" not in S.databases(), body


def test_a_signal_leaves_no_half_of_a_file():
    path, began = S.dir + "/cut.sql", S.dir + "/began"
    S.config(encrypt={"to": "nobody", "command": ["cat"], "decrypt": ["sh", "-c", "echo > %s; exec sleep 600" % began]})
    try:
        def reached():
            patience.until(lambda: os.path.exists(began))
            assert os.path.exists(path + ".unfinished") and not os.path.exists(path)
        says = ended(signal.SIGINT, reached, "--out", path)
    finally:
        S.config()
    assert "it was ended by SIGINT" in says and not [f for f in os.listdir(S.dir) if f.startswith("cut")], says


def test_a_role_that_may_not_make_it_is_told_who_may():
    S.rows("CREATE ROLE reads LOGIN IN ROLE pg_read_all_data; ALTER ROLE boss RENAME TO other_boss")
    S.config(postgres=S.connect.replace("user=postgres", "user=reads"))
    try:
        out = S.pawl("restore", "shop")
        assert out.returncode == 1 and "create role" in out.stderr and "The role reads may not" in out.stderr and "CREATEROLE" in out.stderr, out
        S.rows("ALTER ROLE other_boss RENAME TO boss")
        out = S.pawl("restore", "shop")
        assert out.returncode == 1 and "create database" in out.stderr and "The role reads may not" in out.stderr, out
        assert "--server" in out.stderr and "CREATEDB" in out.stderr, out
        r = restore("--server", "host=127.0.0.1 port=%d user=postgres" % S.pg.port)
        S.rows("DROP DATABASE \"%s\"" % r["into"], "postgres")
    finally:
        S.config()


def test_an_empty_one_is_taken_and_kept():
    S.rows("CREATE DATABASE ready", "postgres")
    r = restore("--into", "ready")
    assert r["rows"] == 2503, r
    S.rows("DROP DATABASE ready", "postgres")
    S.rows("CREATE DATABASE has_function", "postgres")
    S.rows("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "has_function")
    out = S.pawl("restore", "shop", "--into", "has_function")
    assert out.returncode == 1 and "not empty" in out.stderr, out


def test_one_table_and_the_rows_that_were_lost():
    path = S.dir + "/rows.sql"
    r = restore("--table", "public.orders", "--into", "one_table", "--rows", path)
    assert r["tables"] == 1 and r["rows"] == 2000 and diff(r, "public.orders")[2:] == (2, 1), r
    assert S.rows("SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM users)", "one_table") == "2000|0"
    text = open(path).read()
    assert (r["rows_file"], r["rows_written"]) == (path, 2) and "Rows that only the backup has: 2." in text, (r, text)
    load(path, "INSERT 0 2")
    assert S.rows("SELECT count(*) FROM orders WHERE id IN (7, 8)") == "2"
    S.rows("BEGIN; CREATE TEMP TABLE u AS SELECT * FROM users; TRUNCATE users CASCADE; COMMIT")
    full = S.dir + "/full.sql"
    size = max(os.path.getsize(os.path.join(d, f)) for d, _, files in os.walk(S.dir + "/state") for f in files)
    out = S.pawl("restore", "shop", "--table", "public.users", "--into", "users_alone", "--rows", full,
                 preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size + 8192, size + 8192)))
    assert out.returncode == 1 and "in the database users_alone, which stays, but its rows are in no file" in out.stderr and not os.path.exists(full), (out, os.path.exists(full))
    assert "users_alone" in S.databases()
    before = S.databases()
    out = S.pawl("restore", "shop", "--table", "public.users", "--rows", path)  # it is there already: nothing is begun
    assert out.returncode == 1 and "exists" in out.stderr and S.databases() == before and open(path).read() == text, out
    out = S.pawl("restore", "shop", "--table", "public.nothing", "--into", "no_table")
    assert out.returncode == 1 and "has no table public.nothing" in out.stderr and "no_table" not in S.databases(), out
    S.rows("CREATE TABLE part (LIKE users) PARTITION BY RANGE (id); ALTER TABLE part ATTACH PARTITION users DEFAULT")
    for name, says in (("public.part", "a partitioned table, whose rows lie in its partitions: 'public.users'"), ("public.big", "it is a view,"),
                       ("public.Odd Name", "say --table 'public.\"Odd Name\"', with"), ("orders", "say --table 'public.orders', with"),
                       ("My Schema.Tab le", "quoted as in SQL")):
        out = S.pawl("restore", "shop", "--table", name, "--into", "no_table")
        assert out.returncode == 1 and says in out.stderr and "no_table" not in S.databases(), (name, out)
    S.rows("ALTER TABLE part DETACH PARTITION users; DROP TABLE part")


def load(path, says, *args):
    p = S.pg.psql("-At", *args, "-f", path, dbname="shop")
    assert p.returncode == 0 and says in p.stdout.splitlines(), (path, p.stdout, p.stderr)
    return p.stdout.splitlines()


def test_a_table_and_a_database_that_are_gone():
    S.rows("DROP TABLE orders CASCADE")
    r = restore("--into", "without_orders")
    assert diff(r, "public.orders") == (2000, False, 2000, 0), r
    text = S.pawl("restore", "shop", "--into", "in_words").stdout
    assert "public.orders: 2000 rows; the live database has no such table" in text and "Nothing live was touched." in text, text
    S.rows("DROP DATABASE shop", "postgres")
    before = S.databases()
    out = S.pawl("restore", "shop", "--table", "public.orders", "--rows", S.dir + "/gone.sql")  # of what nobody can be asked: nothing is begun
    assert out.returncode == 1 and "nothing was restored: --rows is of what the live database lacks" in out.stderr and 'does not exist' in out.stderr, out
    assert S.databases() == before and not [f for f in os.listdir(S.dir) if f.startswith("gone.sql")], (before, S.databases())
    r = restore("--into", "shop")  # it is no more: so nothing is over it
    assert r["rows"] == 2503 and S.rows("SELECT count(*) FROM orders") == "2000", r
    assert not r["compared"] and "nothing live to compare it with" in r["not_compared"], r  # not with itself
    S.rows("DROP DATABASE shop", "postgres")
    S.rows("CREATE DATABASE shop", "postgres")  # empty, and by another way
    text = S.pawl("restore", "shop", "--into", "shop", "--server", "host=%s port=%d user=postgres" % (S.pg.folder, S.pg.port)).stdout
    assert "Not compared with the live database: it was restored as the live one itself" in text and "the live table has" not in text, text


def test_out_gives_the_dump_as_it_was():
    path = S.dir + "/dump.sql"
    out = S.pawl("restore", "shop", "--out", path)
    assert out.returncode == 0 and "COPY public.users" in open(path).read(), out
    out = S.pawl("restore", "shop", "--out", path)
    assert out.returncode == 1 and "exist" in out.stderr, out


def test_a_bit_that_was_changed_leaves_nothing_behind():
    data = os.path.join(S.vault, "shop", ID, "data.zst")
    os.chmod(data, 0o600)
    with open(data, "r+b") as f:
        f.seek(os.path.getsize(data) // 2)
        b = f.read(1)
        f.seek(-1, 1)
        f.write(bytes([b[0] ^ 1]))
    for args in (["--into", "tampered"], ["--out", S.dir + "/tampered.sql"]):
        out = S.pawl("restore", "shop", *args)
        assert out.returncode == 1, out
    assert "tampered" not in S.databases() and not os.path.exists(S.dir + "/tampered.sql"), S.databases()
    out = S.pawl("restore", "other")
    assert out.returncode == 1 and "no target is called 'other'" in out.stderr and out.stderr.endswith("; there is shop\n"), out


ODD = """
CREATE TABLE keyed (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "a:b" text UNIQUE, twice text GENERATED ALWAYS AS ("a:b" || "a:b") STORED, doc json);
INSERT INTO keyed ("a:b", doc) SELECT 'v' || i, '{"n": 1}' FROM generate_series(1, 9) i;
CREATE TABLE "two
words" (a int, b int, v text, PRIMARY KEY (b, a) DEFERRABLE);
INSERT INTO "two
words" SELECT i, i % 3, E'line\\\\.\n\\\\.' FROM generate_series(1, 9) i;
CREATE TABLE keyless (v text);
INSERT INTO keyless VALUES ('a'), ('a'), ('b');
CREATE TABLE made (v int, k int GENERATED ALWAYS AS (v) STORED PRIMARY KEY);
INSERT INTO made VALUES (1), (2);
CREATE TABLE all_key (a int PRIMARY KEY);
INSERT INTO all_key VALUES (1), (2);
"""


def overwriting(path):
    before, behind = open(path).read().split("\n-- UPDATE ")
    with open(path + ".all", "w") as f:
        f.write(before + "\nUPDATE " + behind.replace("\n-- ", "\n"))
    return path + ".all"


def rows_of(table, written):
    path = S.dir + "/odd%d.sql" % len(os.listdir(S.dir))
    out = S.pawl("restore", "shop", "--table", table, "--rows", path)
    plural = "" if written == 1 else "s"
    assert out.returncode == 0 and "In %s: %d row%s that only the backup has" % (path, written, plural) in out.stdout, out
    assert not written or "psql -d shop -f " + path in out.stdout, out
    return path


def test_rows_that_changed_stay_unless_they_are_to_be_overwritten():
    S.rows(ODD)
    S.backup()
    S.rows("DELETE FROM keyed WHERE id IN (1, 2, 3); UPDATE keyed SET \"a:b\" = 'new' WHERE id = 4;"
           "INSERT INTO keyed (\"a:b\") VALUES ('v3')")
    path = rows_of("public.keyed", 4)
    assert "4|1" in load(path, "INSERT 0 2")  # v3 stands under another key by now
    assert S.rows("SELECT id, \"a:b\", twice FROM keyed WHERE id < 5 OR id > 9 ORDER BY 1") == "1|v1|v1v1\n2|v2|v2v2\n4|new|newnew\n10|v3|v3v3"
    load(path, "INSERT 0 0")
    load(overwriting(path), "UPDATE 3")
    assert S.rows("SELECT id, \"a:b\", twice, doc FROM keyed WHERE id = 4") == '4|v4|v4v4|{"n": 1}'
    S.rows("DELETE FROM \"two\nwords\" WHERE a < 3; UPDATE \"two\nwords\" SET v = 'new' WHERE a = 5")
    path = rows_of('public."two\nwords"', 3)
    assert "3|1" in load(path, "INSERT 0 2")
    assert S.rows("SELECT count(*), count(*) FILTER (WHERE v = 'new'), count(*) FILTER (WHERE v = E'line\\\\.\n\\\\.') FROM \"two\nwords\"") == "9|1|8"
    load(overwriting(path), "UPDATE 3")
    assert S.rows("SELECT count(*) FROM \"two\nwords\" WHERE v = 'new'") == "0"
    out = S.pawl("check", "psql -h db.example.com -d shop -f " + path)  # to load it overwrites nothing
    assert out.returncode == 0 and "changes every row" not in out.stdout, out
    S.rows("DELETE FROM keyless WHERE v = 'b'; DELETE FROM made WHERE v = 1; DELETE FROM all_key WHERE a = 2")
    path = rows_of("public.keyless", 1)
    assert "No primary key" in open(path).read()
    load(path, "INSERT 0 1")
    for table in ("made", "all_key"):
        load(rows_of("public." + table, 1), "INSERT 0 1")
    assert S.rows("SELECT (SELECT count(*) FROM keyless), (SELECT count(*) FROM made), (SELECT count(*) FROM all_key)") == "3|2|2"
    assert "there is nothing to load" in S.pawl("restore", "shop", "--table", "public.made", "--rows", S.dir + "/none.sql").stdout


def test_a_row_that_cannot_come_back_takes_none_with_it():
    S.rows("CREATE TABLE child (id int PRIMARY KEY, made int REFERENCES made); INSERT INTO child VALUES (1, 1), (2, 2)")
    S.backup()
    S.rows("DELETE FROM child; DELETE FROM made WHERE v = 1")
    p = S.pg.psql("-f", rows_of("public.child", 2), dbname="shop")
    assert p.returncode != 0 and "violates foreign key" in p.stderr and S.rows("SELECT count(*) FROM child") == "0", p
    S.rows("DROP TABLE child")
    path = rows_of("public.child", 2)
    p = S.pg.psql("-f", path, dbname="shop")
    assert p.returncode != 0 and p.stderr.count("ERROR") == 1 and 'relation "public.child" does not exist' in p.stderr, p


SHAPES = """
CREATE TABLE other_key (id int PRIMARY KEY, v text);
CREATE TABLE part_key (LIKE other_key INCLUDING ALL);
CREATE TABLE more (LIKE other_key INCLUDING ALL);
CREATE TABLE need (LIKE other_key INCLUDING ALL);
CREATE TABLE fewer (LIKE other_key INCLUDING ALL);
CREATE TABLE renamed (LIKE other_key INCLUDING ALL);
CREATE TABLE "re'named" (id int, "it's, a ""\\x" text, "w
w" text);
"""
ALTERED = """
ALTER TABLE other_key DROP CONSTRAINT other_key_pkey, ADD COLUMN uid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;
ALTER TABLE part_key DROP CONSTRAINT part_key_pkey, ADD COLUMN tenant int NOT NULL DEFAULT 7, ADD PRIMARY KEY (tenant, id);
ALTER TABLE more ADD COLUMN extra text DEFAULT 'new', ADD COLUMN twice text GENERATED ALWAYS AS (v || v) STORED;
ALTER TABLE need ADD COLUMN needed int;
ALTER TABLE fewer DROP COLUMN v;
ALTER TABLE renamed RENAME COLUMN v TO w;
ALTER TABLE "re'named" DROP COLUMN "it's, a ""\\x", DROP COLUMN "w
w";
"""
SHAPED = ("other_key", "part_key", "more", "need", "fewer", "renamed", '"re\'named"')


def shaped():
    S.rows(SHAPES + "".join("INSERT INTO %s SELECT i, 'v' || i FROM generate_series(1, 5) i;" % t for t in SHAPED))
    S.backup()
    S.rows(ALTERED)
    for table in SHAPED:
        S.rows("DELETE FROM %s WHERE id < 3" % table)
    S.rows("UPDATE need SET needed = 1; ALTER TABLE need ALTER COLUMN needed SET NOT NULL;"
           "UPDATE more SET v = 'x' WHERE id = 3; UPDATE other_key SET v = 'x' WHERE id = 3")


def test_a_key_of_columns_that_the_backup_has_not_is_none():
    shaped()
    for table, written in (("other_key", 3), ("part_key", 2)):
        path = rows_of("public." + table, written)
        load(path, "INSERT 0 %d" % written)
        assert "-- No primary key of columns that the backup has" in open(path).read() and "UPDATE" not in open(path).read()
    assert S.rows("SELECT id, v, uid FROM other_key ORDER BY uid") == "3|x|3\n4|v4|4\n5|v5|5\n1|v1|6\n2|v2|7\n3|v3|8"
    assert S.rows("SELECT count(*), sum(id), min(tenant), max(tenant) FROM part_key") == "5|15|7|7"
    load(path, "INSERT 0 0")  # its unique index refuses them


def test_columns_added_since_are_left_alone():
    path = rows_of("public.more", 3)
    assert "3|1" in load(path, "INSERT 0 2")
    S.rows("UPDATE more SET extra = 'mine' WHERE id = 3")
    load(overwriting(path), "UPDATE 3")
    assert S.rows("SELECT * FROM more ORDER BY id") == "1|v1|new|v1v1\n2|v2|new|v2v2\n3|v3|mine|v3v3\n4|v4|new|v4v4\n5|v5|new|v5v5"
    p = S.pg.psql("-f", rows_of("public.need", 2), dbname="shop")
    assert p.returncode != 0 and 'null value in column "needed"' in p.stderr and S.rows("SELECT count(*) FROM need") == "3", p


def refuses(path, table, columns):
    before = S.rows("SELECT * FROM " + table)
    p = S.pg.psql("-f", path, dbname="shop")
    assert p.returncode != 0 and p.stderr.count("ERROR") == 1 and S.rows("SELECT * FROM " + table) == before, p
    assert "nothing is loaded: when this file was written, public.%s lacked columns that the backup has: %s" % (table, columns) in p.stderr, p
    assert "then pawl restore writes a new file" in p.stderr, p


def test_columns_that_are_gone_are_named_and_nothing_is_loaded():
    path = S.dir + "/words.sql"
    out = S.pawl("restore", "shop", "--table", "public.renamed", "--rows", path).stdout
    assert "public.renamed: 5 rows; the live table lacks columns of it (v), so no row is compared" in out, out
    assert "5 rows that only the backup has: all, for the live table lacks columns of them (v)." in out and "no such table" not in out, out
    refuses(path, "renamed", "v")
    S.rows("ALTER TABLE renamed RENAME COLUMN w TO v")
    refuses(path, "renamed", "v")  # it was compared with nothing: so it stays no
    path = S.dir + "/blind.sql"
    out = S.pawl("restore", "shop", "--no-diff", "--table", "public.fewer", "--rows", path).stdout
    assert "lacks columns of them (v)." in out and "psql -d" not in out, out
    refuses(path, "fewer", "v")
    path = S.dir + "/odd.sql"
    r = restore("--table", "public.\"re'named\"", "--rows", path)
    one = r["diff"][0]
    assert one["missing_columns"] == ['it\'s, a "\\x', "w\nw"] and one["live"] and (one["only_in_backup"], one["only_live"]) == (5, 3), r
    assert r["rows_written"] == 5, r
    refuses(path, '"re\'named"', 'it\'s, a "\\x, w\nw')


def test_with_the_columns_back_they_load():
    S.rows("ALTER TABLE fewer ADD COLUMN v text")
    path = rows_of("public.fewer", 5)
    assert "5|3" in load(path, "INSERT 0 2")
    load(overwriting(path), "UPDATE 5")
    assert S.rows("SELECT count(*), count(*) FILTER (WHERE v = 'v' || id) FROM fewer") == "5|5"
    r = restore("--table", "public.fewer")
    assert r["diff"][0]["missing_columns"] == [] and r["only_in_backup"] == 0, r


try:
    status = Tap().run([v for k, v in list(globals().items()) if k.startswith("test_")])
finally:
    S.close()
sys.exit(status)
