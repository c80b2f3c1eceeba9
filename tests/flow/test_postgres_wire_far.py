#!/usr/bin/env python3
"""What is deep, foreign or moves: nested texts, other encodings, schemas that change under a statement, servers behind TLS and servers that
fail over."""
# timeout: 400
import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import patience  # noqa: E402
import pgwire as w  # noqa: E402
import postgres  # noqa: E402

TESTS = []
EVERY = 1 if os.environ.get("PAWL_TEST_FAR") == "whole" else 4 # of the deep texts


def test(f):
    TESTS.append(f)
    return f


def deep(n):
    yield "select " + "(" * n + "1" + ")" * n
    yield "select 1" + "+1" * n
    yield "select " + "-" * 0 + "- " * n + "1"
    yield "select " + "not " * n + "true"
    yield "select '{}'::jsonb" + "->'a'" * n
    yield "select ('{}'::jsonb)" + "['a']" * n
    yield "select " + "array[" * n + "1" + "]" * n
    yield "select " + "(select " * n + "1" + ")" * n
    yield "select " + "case when true then " * n + "1" + " end" * n
    yield "select 1 where " + " or ".join(["1=1"] * n)
    yield "select " + "f(" * n + "1" + ")" * n
    yield "select " + "1::int" + "::int" * n
    yield "select * from " + "(" * n + "t" + ")" * n
    yield "select 1" + " union select 1" * n
    yield "with " + ", ".join("c%d as (select 1)" % i for i in range(min(n, 1000))) + " select 1"
    yield "select jsonb_path_query('{}', '$" + ".a" * n + "')"
    yield "explain " * n + "select 1"


@test
def a_hundred_thousand_deep(pg, gate):
    """By Query and by Parse: an answer within bounds, and others are served meanwhile."""
    other, r = gate.raw(), gate.raw()
    before = gate.memory()
    for i, text in list(enumerate(deep(100000)))[::EVERY]:
        for message in ([w.query(text)], [w.parse(text), w.bind(), w.execute(), w.SYNC])[i % 2:][:1]:
            got = r.ask(*message)
            assert got[-1][0] == "Z" and (w.errors(got) or got[-2][0] == "C"), (text[:40], got[-3:])
            assert other.kinds(w.query("select 1")) == "TDCZ"
    assert gate.memory() - before < 400 << 20, (before, gate.memory())
    r.close()
    other.close()


@test
def as_deep_as_may_be_on_every_thread(pg, gate):
    """Judged by the worker and once more by an asker's smaller stack: a person says no to each, or it is too deep to be asked about."""
    r = gate.raw()
    for n in (4900,):
        for text in list(deep(n))[::EVERY]:
            got = r.ask(w.query("drop table t1; " + text))
            assert w.errors(got) and w.errors(got)[0]["C"] in ("PW001", "PW002", "PW004", "42601", "54001"), (n, text[:40], got)
            got = r.ask(w.query("delete from t1 where (%s) is null" % text if text.startswith("select") else text))
            assert got[-1][0] == "Z", (n, text[:40])
    r.close()


@test
def other_encodings(pg, gate):
    """A quote may be the second byte of a character there: what the gate reads would not be what the server reads."""
    for name in ("SJIS", "GBK", "BIG5", "GB18030", "JOHAB", "UHC", "sjis", "windows932", "shift_jis", "MSKANJI", "SHIFT_JIS_2004"):
        for options in ({"client_encoding": name}, {"options": "-c client_encoding=%s" % name}, {"options": "-c CLIENT_ENCODING=%s" % name}):
            try:
                gate.raw(options=options).close()
                raise AssertionError("%s was let in" % options)
            except (PermissionError, EOFError, ConnectionError):
                pass
        r = gate.raw()
        for text in ("set client_encoding to '%s'", "set names '%s'", "set session client_encoding = '%s'", "set local client_encoding = '%s'",
                     "select set_config('client_encoding', '%s', false)", "select pg_catalog.set_config('client' || '_encoding', '%s', true)",
                     "begin; set local client_encoding = '%s'", "update pg_settings set setting = '%s' where name = 'client_encoding'",
                     "alter role agent set client_encoding = '%s'", "do $$begin set client_encoding = '%s'; end$$"):
            got = r.ask(w.query(text % name))
            assert w.errors(got), (text % name, got)
        assert r.ask(w.query("show client_encoding"))[1][1].endswith(b"UTF8")
        r.close()
    for name in ("utf8", "UTF-8", "Unicode", "LATIN1", "latin-9", "EUC_JP", "WIN1252", "koi8r", "SQL_ASCII", "ISO_8859_5"):
        gate.raw(options={"client_encoding": name}).close()
    r = gate.raw()
    for text in (b"select '\x95\x5c'; drop table t0; --'", b"select '\xbf\x27; drop table t0; --'", b"select '\xc0\x27'", b"select 1 \xff\xfe", b"\xef\xbb\xbfselect 1",
                 b"select U&'\\0027'; drop table t0", "select 'é' where 'ｄｒｏｐ' = ''".encode()):
        got = r.ask(w.message("Q", text + b"\0"))
        assert got[-1][0] == "Z" and not any(k == "C" and b.startswith(b"DROP") for k, b in got), (text, got)
    r.send(w.message("Q", b"select 1\0; drop table t0\0"))
    assert w.errors(r.until("E"))[0]["C"] == "08P01"
    assert pg.sql("select count(*) from t0", "t") == [["3"]]


@test
def a_schema_that_moves(pg, gate):
    """Judged is what runs: what another connection does between Parse, Bind and Execute makes nothing worse than a read run as a read."""
    pg.sql("create table moved(id int); insert into moved select generate_series(1, 2000); create function quiet() returns int language sql as 'select 1'; "
           "create schema s1; create schema s2; create view s1.v as select 1 as x", "t", "agent")
    with w.Gate(pg, "--environment", "production", "--decide", "refuse") as fresh:  # which has read just that
        r = fresh.raw()
        assert r.kinds(w.parse("select quiet()", "q"), w.parse("delete from moved where id = 1", "d"), w.SYNC) == "11Z"
        assert r.kinds(w.query("set search_path = s1, public")) == "CZ"
        assert r.kinds(w.parse("select * from v", "v2"), w.SYNC) == "1Z"
        pg.sql("create or replace function quiet() returns int language plpgsql as 'begin delete from moved; return 1; end'; alter table moved rename to gone; "
               "create table moved(id int); insert into moved select 1 from generate_series(1, 1500); "
               "create function loud() returns int language plpgsql as 'begin delete from gone; return 1; end'; create view s2.v as select loud() as x; "
               "alter schema s1 rename to s3; alter schema s2 rename to s1", "t", "agent")
        got = r.ask(w.bind((), "q"), w.execute(), w.SYNC)
        assert w.errors(got), got
        got = r.ask(w.bind((), "v2"), w.execute(), w.SYNC)
        assert w.errors(got), got
        got = r.ask(w.bind((), "d"), w.execute(), w.SYNC)
        assert w.errors(got), "1500 rows, past the budget of 1000"
        counts = pg.sql("select (select count(*) from moved), (select count(*) from gone)", "t")
        assert counts == [["1500", "2000"]], counts
        r.close()
        assert fresh.close() == 0


@test
def the_first_server_falls_and_the_second_takes_over(pg, gate):
    words = "host=127.0.0.1,127.0.0.1 port=%d,%d target_session_attrs=%s"
    with postgres.Server() as second:
        second.sql("create role agent login superuser; create database t; alter database t set default_transaction_read_only = off")
        with w.Gate(pg, "--environment", "production", words=words % (pg.port, second.port, "any")) as g:
            where = lambda: g.sql("show port")[0][0]  # noqa: E731
            assert where() == str(pg.port)
            r = g.raw()
            pg.stop()
            assert w.errors(r.until("E"))[0]["C"] in ("57P01", "08006")
            assert where() == str(second.port)
            second.sql("create table after_all(i int)", "t", "agent")
            assert g.psql("-c", "insert into after_all values (1)").returncode == 0, "its schema is read from the new one"
            pg.start()
            assert where() == str(pg.port)
            assert g.close() == 0


@test
def tls_to_the_server(pg, gate):
    folder = os.environ["TMPDIR"]
    run = lambda *a: subprocess.run(a, check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: E731
    new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    run("openssl", "req", "-x509", *new, "-keyout", "up-ca.key", "-out", "up-ca.pem", "-days", "2", "-subj", "/CN=test ca")
    for name, alt in (("good", "IP:127.0.0.1"), ("bad", "DNS:elsewhere.example")):
        run("openssl", "req", *new, "-keyout", name + ".key", "-out", name + ".csr", "-subj", "/CN=" + name)
        with open(os.path.join(folder, "ext"), "w") as f:
            f.write("subjectAltName=" + alt)
        run("openssl", "x509", "-req", "-in", name + ".csr", "-CA", "up-ca.pem", "-CAkey", "up-ca.key", "-CAcreateserial", "-out", name + ".pem", "-days", "2",
            "-extfile", "ext")
    words = "sslmode=verify-full sslrootcert=%s/up-ca.pem password=hidden channel_binding=%s"
    with postgres.Server(password="hidden", hba="local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n") as up:
        for name, works in (("good", True), ("bad", False)):
            for end in ("pem", "key"):
                with open("%s/%s.%s" % (folder, name, end), "rb") as f, open("%s/server.%s" % (up.data, end), "wb") as to:
                    to.write(f.read())
            for end in ("pem", "key"):
                os.chown("%s/server.%s" % (up.data, end), os.stat(up.data).st_uid, -1)
                os.chmod("%s/server.%s" % (up.data, end), 0o600)
            up.sql("alter system set ssl_cert_file = 'server.pem'", local=True)
            up.sql("alter system set ssl_key_file = 'server.key'", local=True)
            up.sql("alter system set ssl = on", local=True)
            before = up.sql("select pg_conf_load_time()", local=True)
            up.sql("select pg_reload_conf()", local=True)
            # Whoever comes now is of a server that has read it.
            patience.until(lambda: up.sql("select pg_conf_load_time()", local=True) != before)
            with w.Gate(up, "--environment", "scratch", dbname="postgres", user="postgres", words=words % (folder, "require")) as g:
                done = g.psql("-c", "select ssl from pg_stat_ssl where pid = pg_backend_pid()")
                assert (done.stdout == "t\n") == works, (name, done.stdout, done.stderr)
                if works:
                    big = g.psql("-c", "select repeat('y', 3000000)")
                    assert len(big.stdout) == 3000001
                    assert g.psql("-c", "create table over_tls(i int); insert into over_tls values (1)").returncode == 0
                else:
                    assert "08001" in done.stderr or "certificate" in done.stderr, done.stderr
                assert g.close() == 0
        with w.Gate(up, "--environment", "scratch", dbname="postgres", user="postgres", words="sslmode=disable password=hidden") as g:
            assert g.psql("-c", "select 1").returncode == 2, "the server wants TLS"


def tables(pg):
    pg.sql("create table t1(i int); create table t0(i int); insert into t0 values (1), (2), (3)", "t", "agent")


if __name__ == "__main__":
    sys.exit(w.main(TESTS, "--environment", "production", "--decide", "refuse", prepare=tables))
