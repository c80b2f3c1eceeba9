#!/usr/bin/env python3
# timeout: 900
"""Databases that are odd and sound: each is taken and verified. And some that cannot be: each says why, and is never called verified."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab  # noqa: E402
import postgres  # noqa: E402
import recoveries  # noqa: E402

if postgres.missing():
    lab.skip_all(postgres.missing())

# name: (statements, settings of the database, tables, rows)
SOUND = {
    "line feeds and a dump's own words in names": (r"""
        create schema "new
line"; create table "new
line"."ta
ble ) FROM stdin;" ("a
b" int, "--" int); insert into "new
line"."ta
ble ) FROM stdin;" values (1, 2);
        create table " FROM stdin;
COPY x"(a int); insert into " FROM stdin;
COPY x" values (1), (2);
        create table "COPY public.x (a) FROM stdin;" (a text); insert into "COPY public.x (a) FROM stdin;" values (E'\n\\.\n');
        create table words (a text default E'a\'b\\', check (a <> E'COPY public.words (a) FROM stdin;\nfoo\n\\.\n')); insert into words values ('x');
        create function f() returns text language sql as $$ select '
COPY public.words (a) FROM stdin;
evil
\.

--
-- PostgreSQL database dump complete
--
' $$""", [], 4, 5),
    "bytes written another way, and other settings": (r"""create table t (a date, b interval, c bytea, d float8, e timestamptz);
        insert into t values ('2020-12-31', '1-2', '\x01005c', 0.1::float4, now())""",
        ["bytea_output = escape", "datestyle = 'SQL, DMY'", "intervalstyle = sql_standard", "extra_float_digits = 0", "timezone = 'Asia/Tokyo'",
         "quote_all_identifiers = on", "standard_conforming_strings = off", "default_transaction_read_only = on"], 1, 1),
    "rows that name tables and functions": ("""create schema s; create table s.t (r regclass, p regprocedure, y regtype, n regnamespace);
        create table t (); insert into s.t values ('t', 'lower(text)', 't', 'public'), ('s.t', null, 's.t', 's')""", [], 2, 2),
    "limits of time that end before the dump does": ("create table t as select g, repeat(md5(g::text), 8) x from generate_series(1, 30000) g",
        ["idle_in_transaction_session_timeout = '50ms'", "statement_timeout = '100ms'", "lock_timeout = '50ms'"], 1, 30000),
    "what only a superuser may own": ("""create table t (a int); insert into t values (1); create role "we ird, one" superuser;
        create function ev() returns event_trigger language plpgsql as $$ begin raise exception 'nothing is changed here'; end $$;
        create event trigger et on ddl_command_end execute function ev(); alter event trigger et disable;
        create foreign data wrapper w; alter foreign data wrapper w owner to "we ird, one"; alter event trigger et enable""", [], 1, 1),
    "tables without columns, parts of tables, large objects, no rows": ("""create table none (); insert into none default values;
        insert into none default values; create table part (a int, b text) partition by range (a); create table p1 partition of part for values from (0) to (9);
        create table pd partition of part default; insert into part values (1, 'a'), (99, 'b'); create index on only part (b);
        create table par (a int primary key); create table chi (b int) inherits (par); insert into par values (1); insert into chi values (2, 3);
        create unlogged table u (a text); insert into u values ('x'); select lo_from_bytea(0, decode(repeat('00ff5c', 9999), 'hex'));
        create materialized view v as select count(*) from par; create materialized view w as select 1 with no data;
        create table g (a int, b int generated always as (a * 2) stored, c int generated always as identity); insert into g (a) values (7);
        create table nv (a int); insert into nv values (5); alter table nv add constraint ck check (a < 3) not valid""", [], 8, 9),
    "views that are made again in the name of a superuser, a member, a reader of all": ('''
        create role boss superuser; create role clerk; create role team; create role via in role team; create role person in role via;
        create role all_reader in role pg_read_all_data; create schema s authorization clerk; create table s.t (a int); insert into s.t values (1), (2);
        alter table s.t owner to clerk; create schema u authorization team; create table u.t (a int); insert into u.t values (3); alter table u.t owner to team;
        create materialized view v1 as select * from s.t; alter materialized view v1 owner to boss;
        create materialized view v2 as select * from u.t; alter materialized view v2 owner to person;
        create materialized view v3 as select t.a, x.a as b from s.t, u.t as x; alter materialized view v3 owner to all_reader''', [], 2, 3),
    "rows that a view's owner sees a part of, or all": ('''create role keeper; create role seer bypassrls; create role partly;
        create table r (a int); insert into r values (1), (2); alter table r owner to keeper; alter table r enable row level security;
        create policy p on r using (a = 1); grant select on r to seer, partly;
        create materialized view sees as select * from r; alter materialized view sees owner to seer;
        create materialized view part as select * from r; alter materialized view part owner to partly;
        create index on part (a)''', [], 1, 2),
    "indexes and columns by functions that do as a superuser does": ('''create role chief superuser; create role hand; create schema h authorization hand;
        create table h.k (a int, f int); insert into h.k values (1, 10); alter table h.k owner to hand;
        create function look(int) returns int language sql immutable security definer as 'select f from h.k where a = $1'; alter function look owner to chief;
        create table i (a int, g int generated always as (look(a)) stored); insert into i (a) values (1); create index on i (look(a));
        alter table i owner to hand; alter table i add constraint c check (look(a) is null or a > 0)''', [], 2, 2),
    "a view whose owner may because the database is his": ('''create role master; revoke all on schema public from public;
        create table t (a int); insert into t values (1); alter table t owner to master; create materialized view v as select * from t;
        alter materialized view v owner to master;
        do $$ begin execute format('alter database %I owner to master', current_database()); end $$''', [], 1, 1),
}
# name: (statements, user, words of why there is none)
NONE = {
    "rows hidden from who backs up": ("""create table t (a int); insert into t values (1), (2); alter table t enable row level security;
        create policy p on t using (a = 1); grant select on t to reader""", "reader", "row-level security"),
    "a table that may not be read": ("create table t (a int); create table s (a int); grant select on t to reader", "reader", "permission denied"),
}


def main():
    t = lab.Tap()
    with postgres.Server() as pg:
        pg.sql("create role reader login")
        v = recoveries.Vault(os.path.join(os.getcwd(), "v"))

        def connect(name, user):
            return "host=%s port=%d user=%s dbname=%s" % (pg.host, pg.port, user, name)

        for i, (name, (sql, settings, tables, rows)) in enumerate(SOUND.items()):
            pg.sql("create database d%d" % i)
            pg.sql(sql, dbname="d%d" % i)
            for s in settings:
                pg.sql("alter database d%d set %s" % (i, s))
            v.backup("d%d" % i, connect("d%d" % i, "postgres"))
            d = v.drill("d%d" % i)
            t.ok((d.result, d.tables, d.rows) == ("verified", tables, rows), name, d.text)
        for i, (name, (sql, user, words)) in enumerate(NONE.items()):
            pg.sql("create database n%d" % i)
            pg.sql(sql, dbname="n%d" % i)
            try:
                said = "a backup: " + v.backup("n%d" % i, connect("n%d" % i, user))
            except RuntimeError as e:
                said = str(e)
            t.ok(words in said and "\\u{a}" not in said, "no backup: " + name, said)
            t.ok(v.drill("n%d" % i).result == "could not verify", "and none to be verified")
        # What lifts the limit is itself under it, and so is what pg_dump begins with: on a busy machine one of some tries.
        pg.sql("create database hasty")
        pg.sql("create table t as select 1 a; alter database hasty set statement_timeout = '1ms'", dbname="hasty")
        said = []
        for _ in range(20):
            try:
                said = v.backup("hasty", connect("hasty", "postgres"))
                break
            except RuntimeError as e:
                said.append(str(e))
        t.ok(isinstance(said, str), "a limit shorter than the question about limits ends no backup", said)
        try:
            said = recoveries.run(recoveries.TOOL, "drill", "/nowhere/vault", v.key, "d0", v.cache).decode()
        except RuntimeError as e:
            said = str(e)
        t.ok("/nowhere/vault cannot be opened" in said, "a vault that is not there is named by its folder", said)
    t.done()


main()
