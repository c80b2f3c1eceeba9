#!/usr/bin/env python3
# timeout: 1800
"""A backup of PostgreSQL is tampered with in every way that came to mind; the drill names each, and calls none verified.

Three hands: without the key; with the key, the dump changed and the manifest as it was; with the key, all of it made to fit. The last
can only be told by the server, which is restored into and asked. PAWL_TEST_TAMPER=whole: every truncation, and
all of those that take a server; else each eighth of them.
"""
import fcntl
import os
import pathlib
import re
import shutil
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import postgres  # noqa: E402
import recoveries  # noqa: E402
import source  # noqa: E402

WHOLE = os.environ.get("PAWL_TEST_TAMPER") == "whole"
STEP = 64 << 10
SCHEMA = """
CREATE ROLE clerk;
CREATE TABLE customers (id serial PRIMARY KEY, name text NOT NULL, city text);
CREATE TABLE orders (id int PRIMARY KEY, customer int REFERENCES customers, total numeric CHECK (total > 0), at timestamptz);
CREATE TABLE papers (id int PRIMARY KEY, body text);
CREATE INDEX orders_at ON orders (at);
ALTER TABLE orders OWNER TO clerk;
INSERT INTO customers (name, city) SELECT 'name ' || i, 'Köln' FROM generate_series(1, 40) i;
INSERT INTO orders SELECT i, 1 + i % 40, i, '2026-01-01'::timestamptz + i * interval '1 hour' FROM generate_series(1, 300) i;
INSERT INTO papers SELECT i, (SELECT string_agg(encode(sha512((i || '.' || j)::bytea), 'base64'), '') FROM generate_series(1, 20) j)
FROM generate_series(1, 3400) i;
"""
INVARIANTS = {"orders": "SELECT count(*) FROM orders", "last": "SELECT max(at) FROM orders"}
NAME = rb"\n1\tname 1\tK\xc3\xb6ln\n"
END = b"--\n-- PostgreSQL database dump complete\n--\n"
FITS = ("tables", "schema")


def sub(pattern, by):
    return lambda dump: re.sub(pattern, by, dump, count=1, flags=re.S)


def copy_of(table):
    return rb"COPY public\.%s \(.*?\n\\\.\n" % table


def before_end(statement):
    return lambda dump: dump.replace(END, statement + b"\n\n" + END)


FIRST_INDEX = b"ALTER TABLE ONLY public.customers\n    ADD CONSTRAINT customers_pkey PRIMARY KEY (id);\n"
EVENT = b"""CREATE FUNCTION public.takes() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
IF tg_tag = 'CREATE INDEX' THEN DELETE FROM public.orders WHERE id = 300; END IF; END $$;
CREATE EVENT TRIGGER takes ON ddl_command_end EXECUTE FUNCTION public.takes();"""


def behind_first_index(statement):
    return lambda dump: dump.replace(FIRST_INDEX, FIRST_INDEX + statement + b"\n")


def before_first_index(statement):
    return lambda dump: dump.replace(FIRST_INDEX, b"--\n" + statement + b"\n\n--\n" + FIRST_INDEX)


def half(dump):
    return dump[:len(dump) // 2]


def cut_tables(dump):
    """Ends between two tables, with the last words put there."""
    return dump[:re.search(copy_of(b"customers"), dump, re.S).end()] + b"\n\n" + END


# --- without the key: (name, hand, codes that may be named, words) ---

def bit(f):
    f.flip("data.zst", f.data.stat().st_size // 2)


def append(data):
    def hand(f):
        with open(f.data, "ab") as file:
            file.write(data)
    return hand


def truncated(at):
    return lambda f: os.truncate(f.data, at)


def other_data(f):
    shutil.copy(f.honest.root / "other" / OTHER / "data.zst", f.data)


def exchanged(f):
    b = f.data.read_bytes()
    f.data.write_bytes(b[4 << 20:] + b[:4 << 20])


def foreign(f):
    f.write(f.manifest("shop", f.id), key=f.new_key("foreign"))


def manifest_of(target, id):
    def hand(f):
        for name in ("manifest.json", "manifest.sig"):
            shutil.copy(f.honest.root / target / id() / name, f.here / name)
    return hand


def older_again(f):
    """The whole of an older backup under a newer name."""
    shutil.rmtree(f.here)
    f.copy("shop", OLD, to_id=f.id)


def only_older(f):
    shutil.rmtree(f.here)
    f.copy("shop", OLD)


def as_link(f):
    os.rename(f.data, f.here / "elsewhere")
    os.symlink("elsewhere", f.data)


def as_pipe(f):
    os.unlink(f.data)
    os.mkfifo(f.data)


def removed(name):
    return lambda f: os.unlink(f.here / name)


def other_words(f):
    (f.here / "manifest.json").write_text((f.here / "manifest.json").read_text().replace("public.papers", "public.pepars"))


OUTSIDE = [
    ("one bit of the data", bit, "bytes", "not those that were stored"),
    ("the first bit of the data", lambda f: f.flip("data.zst", 0), "bytes", "from byte 0 on"),
    ("the last bit of the data", lambda f: f.flip("data.zst", -1, 128), "bytes", "from byte 4194304 on"),
    ("a byte more", append(b"x"), "bytes", "more behind its end"),
    ("a frame of zstd more", append(b"\x28\xb5\x2f\xfd\x00\x58\x29\x00\x00x;\n"), "bytes", "more behind its end"),
    ("no byte at all", truncated(0), "bytes", "cut off"),
    ("its parts exchanged", exchanged, "bytes", "not those that were stored"),
    ("the data of another database", other_data, "bytes", "not those|cut off"),
    ("no data", removed("data.zst"), "no-vault", "cannot be read"),
    ("a link in place of the data", as_link, "no-vault", "cannot be read"),
    ("a pipe in place of the data", as_pipe, "no-vault", "cannot be read"),
    ("one bit of the manifest", lambda f: f.flip("manifest.json", 300), "signature", "not signed"),
    ("other words in the manifest", other_words, "signature", "not signed"),
    ("one bit of the signature", lambda f: f.flip("manifest.sig", -1), "signature", "not signed"),
    ("half a signature", lambda f: os.truncate(f.here / "manifest.sig", 48), "signature", "not signed"),
    ("a signature by a foreign key", foreign, "signature", "not signed"),
    ("the manifest of an older backup", manifest_of("shop", lambda: OLD), "swapped", "its manifest is that of shop/"),
    ("the manifest of another target", manifest_of("other", lambda: OTHER), "swapped", "its manifest is that of other/"),
    ("an older backup under a newer name", older_again, "swapped", "its manifest is that of shop/"),
    ("the newest taken away", only_older, "replayed", "was taken after it and is not there"),
    ("no manifest", removed("manifest.json"), "no-vault", "no whole backup"),
    ("no signature", removed("manifest.sig"), "no-vault", "no whole backup|cannot be read"),
]


# --- with the key: the dump is another, or the manifest does not fit ---

def dump(change, **believe):
    return lambda f: f.replace(change, **believe)


def member(path, value):
    def hand(f):
        m = f.manifest("shop", f.id)
        at = m
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value(at[path[-1]]) if callable(value) else value
        f.write(m)
    return hand


def more_member(f):
    f.write(dict(f.manifest("shop", f.id), trust="me"))


def less_member(f):
    m = f.manifest("shop", f.id)
    del m["schema"]
    f.write(m)


def whole_other(f):
    """The other database's data in this one's name, its file signed for."""
    f.replace(lambda _: f.honest.forge("other", OTHER).plain())


ZERO = "0" * 64
DUMPS = [
    ("one value", dump(sub(NAME, b"\n1\tname 2\tK\xc3\xb6ln\n")), "values", "rows of public.customers"),
    ("one row less", dump(sub(NAME, b"\n")), "rows", "39 rows of public.customers, its manifest says 40"),
    ("one row more", dump(sub(NAME, b"\n0\tx\t\\\\N\n1\tname 1\tK\xc3\xb6ln\n")), "rows", "41 rows of public.customers"),
    ("a table less", dump(sub(copy_of(b"orders"), b"")), "table-lost", "public.orders"),
    ("a table more", dump(before_end(b"CREATE TABLE public.x (a int);\nCOPY public.x (a) FROM stdin;\n1\n\\.\n")), "table-more", "public.x"),
    ("an index less", dump(sub(rb"CREATE INDEX orders_at[^;]*;\n", b"")), "schema", "indexes"),
    ("a constraint less", dump(sub(rb"ALTER TABLE ONLY public.orders\n    ADD CONSTRAINT orders_customer_fkey[^;]*;\n", b"")), "schema", ""),
    ("a sequence put back", dump(sub(rb"setval\('public.customers_id_seq', 40", b"setval('public.customers_id_seq', 1")), "schema", "sequences"),
    ("a right more", dump(before_end(b"GRANT ALL ON public.papers TO PUBLIC;")), "schema", "rights"),
    ("another encoding", dump(sub(b"client_encoding = 'UTF8'", b"client_encoding = 'LATIN1'")), "schema", ""),
    ("a statement behind the last words", dump(lambda d: d + b"DROP TABLE public.papers;\n"), "schema", ""),
    ("half a dump, cut within a row", dump(half), "half", "ends within"),
    ("half a dump, cut within a statement", dump(lambda d: d[:600]), "half", "last words"),
    ("half a dump that ends between tables", dump(lambda d: cut_tables(d).replace(END, b"")), "half", "last words"),
    ("half a dump with the last words put there", dump(cut_tables), "table-lost", "public.papers"),
    ("an empty dump", dump(lambda d: b""), "half", "half a dump"),
    ("the dump of another database", whole_other, "table-lost", "public.customers"),
]
MEMBERS = [
    ("a file longer than it says", member(("files", 0, "bytes"), lambda n: n - 1), "bytes", ""),
    ("a file shorter than it says", member(("files", 0, "bytes"), lambda n: n + 1), "bytes", "cut off"),
    ("the digest of a part", member(("files", 0, "parts", 0), ZERO), "bytes", "from byte 0 on"),
    ("a part too many", member(("files", 0, "parts"), lambda p: p + [ZERO]), "manifest", "parts"),
    ("more in it than it says", member(("plain_bytes",), lambda n: n - 1), "bytes", "more than its manifest says"),
    ("less in it than it says", member(("plain_bytes",), lambda n: n + 1), "bytes", "less than its manifest says"),
    ("the digest of the dump", member(("plain",), ZERO), "bytes", "what it holds"),
    ("a file that leads elsewhere", member(("files", 0, "name"), "../data.zst"), "manifest", "leads elsewhere"),
    ("a member more", more_member, "manifest", "not known here"),
    ("a member less", less_member, "manifest", "schema: missing"),
    ("a backup of no known kind", member(("kind",), "oracle"), "manifest", "kind: a word that is not known"),
    ("times that cannot be", member(("finished_us",), 5), "manifest", "times that cannot be"),
    ("a clock that was put back since", lambda f: f.say(taken_us=NOW + 3600 * 10**6, finished_us=NOW + 3600 * 10**6), "clock", "time to come"),
]


# --- with the key, and everything fits: the server says so ---

def fitting(change, **members):
    return lambda f: f.replace(change, believe=FITS, **members)


def invariant(name, key, value):
    def hand(f):
        m = f.manifest("shop", f.id)
        next(i for i in m["invariants"] if i["name"] == name)[key] = value
        f.write(m)
    return hand


SERVER = [
    ("a table dropped at the end", fitting(before_end(b"DROP TABLE public.papers;")), "table-lost", "public.papers was not restored"),
    ("a value changed by a statement", fitting(before_end(b"UPDATE public.customers SET city = 'Bonn' WHERE id = 7;")), "values",
     "public.customers has as many rows"),
    ("a row deleted by a statement", fitting(before_end(b"DELETE FROM public.orders WHERE id = 300;")), "rows", "has 299 rows, the backup had 300"),
    ("a row deleted behind an index", fitting(behind_first_index(b"DELETE FROM public.orders WHERE id = 300;")), "rows", "has 299 rows, the backup had 300"),
    ("a row changed where comments are", fitting(before_end(b"COMMENT ON TABLE public.orders IS 'x';UPDATE public.orders SET total = 1 WHERE id = 7;")),
     "values", "public.orders"),
    ("a row deleted when an index is made", fitting(before_first_index(EVENT)), "rows", "has 299 rows, the backup had 300"),
    ("a column dropped with a key", fitting(sub(rb"(ADD CONSTRAINT orders_pkey PRIMARY KEY \(id\));", rb"\1, DROP COLUMN total;")), "table-lost", "total"),
    ("a table made by a statement", fitting(before_end(b"CREATE TABLE public.y AS SELECT 1 AS a;")), "table-more", "4 tables, the backup had 3"),
    ("an index that the dump leaves out", fitting(sub(rb"CREATE INDEX orders_at[^;]*;\n", b"")), "invariant", "objects is constraints 5, functions 0, indexes 0,"),
    ("a constraint that the dump leaves out",
     fitting(sub(rb"ALTER TABLE ONLY public.orders\n    ADD CONSTRAINT orders_customer_fkey[^;]*;\n", b"")), "invariant", "objects is constraints 4"),
    ("an invariant that is another", invariant("orders", "value", "301"), "invariant", "orders is 300, and should be 301"),
    ("an invariant that nobody can answer", invariant("last", "sql", "SELECT max(paid) FROM orders"), "invariant", "last cannot be answered"),
    ("an extension that is not here", member(("extensions",), [{"text": "nonesuch"}]), "no-extension", "nonesuch is not installed"),
    ("a role that is absent", lambda f: f.say(roles=[], rights=[]), "role", 'role "clerk" does not exist'),
    ("a server newer than any here", member(("server",), "99.1"), "older-server", "install postgresql-99"),
    ("text read in another encoding", fitting(sub(b"client_encoding = 'UTF8'", b"client_encoding = 'LATIN1'")), "values", "public.customers"),
    ("a statement that no server takes", fitting(before_end(b"CREATE TABEL public.z ();")), "error", "SQLSTATE 42601"),
    ("a row that breaks a constraint", fitting(sub(rb"\n300\t21\t", b"\n300\t99\t")), "error", "orders_customer_fkey"),
    ("bytes that are no text", fitting(sub(NAME, b"\n1\tname \xff\tK\xc3\xb6ln\n")), "error", "invalid byte sequence"),
    ("a word for psql", fitting(before_end(b"\\! touch " + b"/tmp/pawl-nobody")), None, ""),
]


def judge(f, codes, words, *options):
    d = f.drill("shop", *options)
    wrong = []
    want = "could not verify" if codes and codes in ("no-vault", "clock", "no-extension", "older-server") else "failed"
    if d.result != want:
        wrong.append("it is %s and should be %s" % (d.result, want))
    if codes not in d.codes:
        wrong.append("%s is not named" % codes)
    if words and not re.search(words, d.text):
        wrong.append("the words are not there: %s" % words)
    return wrong + [d.text] if wrong else []


def each(tap, v, table, told, *options):
    for name, hand, codes, words in table:
        f = v.forge("shop", GOOD)
        hand(f)
        if codes:
            tap.check("%s: %s" % (name, codes), judge(f, codes, words, *options))
            told.add(name)
        else:
            d = f.drill("shop")
            tap.check("%s: is not obeyed" % name, [d.text] if d.result != "verified" or os.path.exists("/tmp/pawl-nobody") else [])
        shutil.rmtree(f.folder, ignore_errors=True)


def truncations(tap, v):
    size = (v.root / "shop" / GOOD / "data.zst").stat().st_size
    wrong, n = [], 0
    f = v.forge("shop", GOOD)
    whole = f.data.read_bytes()
    for at in range(0 if WHOLE else 1, size // STEP + 1, 1 if WHOLE else 18):
        f.data.write_bytes(whole[:at * STEP])
        wrong += judge(f, "bytes", "from byte %d on: it is cut off" % (at * STEP))
        n += 1
    tap.check("cut at each 64 KiB: bytes (%d of %d)" % (n, size // STEP + 1), wrong)


def halves(tap, v):
    """What a killed run left of a template goes; one that somebody is making stays; so do servers that died, in memory too."""
    left, held = v.cache / "scratch-99-own.4242", v.cache / "scratch-99-own.4243"
    for folder in (left / "base", held):
        folder.mkdir(mode=0o700, parents=True)
    died = pathlib.Path(tempfile.mkdtemp(prefix="pawl-scratch-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else "/tmp"))
    (died / "owner").touch(mode=0o600)
    fd = os.open(held, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(fd, fcntl.LOCK_EX)
    d = v.drill("shop")
    os.close(fd)
    found = [p for p in (left, died) if p.exists()] + [p for p in (held,) if not p.exists()]
    tap.check("half a template of a run that died is removed, one in the making not", [str(p) for p in found] + ([] if d.result == "verified" else [d.text]))


# The index of the first takes long enough for the key of the second to be told to another session, where it fails while the first is made.
AT_ONCE = b"""CREATE TABLE public.wide AS SELECT md5(g::text) AS x FROM generate_series(1, 150000) g;
CREATE TABLE public.twice AS SELECT 1 AS x FROM generate_series(1, 2) g;

--
CREATE INDEX wide_x ON public.wide USING btree (x);

--
ALTER TABLE ONLY public.twice
    ADD CONSTRAINT twice_x UNIQUE (x);

--
CREATE INDEX wide_no ON public.wide USING btree (no);
"""


def at_once(tap, v):
    f = v.forge("shop", GOOD)
    fitting(before_first_index(AT_ONCE))(f)
    d = f.drill("shop")
    named = re.findall(r"\(SQLSTATE (\w+), at: (\w+ \w+ \w+)", d.text)
    tap.check("what fails while another index is made is named once, in order",
              [] if d.result == "failed" and named == [("23505", "ALTER TABLE ONLY"), ("42703", "CREATE INDEX wide_no")] else [d.text])
    shutil.rmtree(f.folder, ignore_errors=True)


def sound(tap, v):
    d = v.drill("shop", "query:clerks=300=SELECT count(*) FROM orders", "query:order=off=SHOW synchronize_seqscans", "last=" + GOOD, "rpo=3600", "rto=3600")
    tap.check("what is sound is verified, beside the making of indexes", [] if (d.result, d.tables, d.rows, d.beside) == ("verified", 3, 3740, 3) else [d.text])
    time.sleep(2)  # older than it may be, however fast the machine
    d = v.drill("shop", "query:clerks=301=SELECT count(*) FROM orders", "rpo=1")
    tap.check("a query's other answer, and too old: each is named", [] if d.result == "failed" and {"query", "rpo"} <= set(d.codes) else [d.text])
    os.environ["RECOVERY_PATIENCE"] = "2"
    d = v.drill("shop", "query:long=1=SELECT 1 FROM pg_sleep(300)", "rto=1", "rpo=3600")
    del os.environ["RECOVERY_PATIENCE"]
    tap.check("a server that fell silent is no restore that took too long", [] if d.result == "could not verify" and "broke-off" in d.codes else [d.text])
    if not WHOLE:
        return
    d = v.drill("shop", id=OLD)
    tap.check("the older one is sound too", [] if d.result == "verified" else [d.text])


def main():
    global GOOD, OLD, OTHER, NOW
    why = postgres.missing()
    if why:
        print("1..0 # SKIP " + why)
        return
    tap = source.Tap()
    os.chmod(os.getcwd(), 0o755)
    with postgres.Server() as pg:
        pg.sql("CREATE DATABASE shop; CREATE DATABASE other")
        pg.sql(SCHEMA, "shop")
        pg.sql("CREATE TABLE a (b int); INSERT INTO a VALUES (1)", "other")
        v = recoveries.Vault(os.path.join(os.getcwd(), "w"))
        connect = "host=%s port=%d user=postgres dbname=" % (pg.host, pg.port)
        OTHER = v.backup("other", connect + "other")
        OLD = v.backup("shop", connect + "shop", **INVARIANTS)
        time.sleep(1.1)
        GOOD = v.backup("shop", connect + "shop", **INVARIANTS)
    NOW = int(time.time() * 10**6)
    told = set()
    sound(tap, v)
    at_once(tap, v)
    halves(tap, v)
    each(tap, v, OUTSIDE, told, "last=" + GOOD)
    truncations(tap, v)
    each(tap, v, MEMBERS, told)
    for table in (DUMPS, SERVER):
        each(tap, v, table if WHOLE else table[::12], told)
    tap.check("at least thirty ways", [] if len(told) >= 30 else ["only %d" % len(told)])
    print("1..%d" % tap.n)


main()
