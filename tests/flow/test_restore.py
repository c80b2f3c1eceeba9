#!/usr/bin/env python3
# pawl restore: whole, one table, rows, beside a live database, and never over one. Real PostgreSQL.
# timeout: 600
import json
import os
import sys

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import postgres
from holds import Tap

if postgres.missing():
    print("1..0 # SKIP " + postgres.missing())
    sys.exit(0)
from bring import Shop

S = Shop()
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
    assert text.count("\n") == 2 + 2 + 1 and "COPY public.orders (id, user_id, total) FROM stdin;" in text, text
    p = S.pg.psql("-v", "ON_ERROR_STOP=1", "-q", "-f", path, dbname="shop")
    assert p.returncode == 0, p.stderr
    assert S.rows("SELECT count(*) FROM orders WHERE id IN (7, 8)") == "2"
    out = S.pawl("restore", "shop", "--table", "public.nothing", "--into", "no_table")
    assert out.returncode == 1 and "has no table public.nothing" in out.stderr and "no_table" not in S.databases(), out


def test_a_table_and_a_database_that_are_gone():
    S.rows("DROP TABLE orders CASCADE")
    r = restore("--into", "without_orders")
    assert diff(r, "public.orders") == (2000, False, 2000, 0), r
    text = S.pawl("restore", "shop", "--into", "in_words").stdout
    assert "public.orders: 2000 rows; the live database has no such table" in text and "Nothing live was touched." in text, text
    S.rows("DROP DATABASE shop", "postgres")
    r = restore("--into", "shop")  # it is no more: so nothing is over it
    assert r["rows"] == 2503 and S.rows("SELECT count(*) FROM orders") == "2000", r


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
    assert out.returncode == 1 and "no target is called 'other'" in out.stderr, out


try:
    status = Tap().run([v for k, v in list(globals().items()) if k.startswith("test_")])
finally:
    S.close()
sys.exit(status)
