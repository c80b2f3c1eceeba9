#!/usr/bin/env python3
# timeout: 900
"""What the witness sees of what a transaction really did, on a real PostgreSQL: every way of changing rows, every trap on the way."""
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import budgets  # noqa: E402
import postgres  # noqa: E402
import source  # noqa: E402

psycopg2 = budgets.client()

SCHEMA = """
create extension if not exists postgres_fdw;
create role somebody;
create schema "Odd . Schema";
create table "Odd . Schema"."T b" (id int primary key);
insert into "Odd . Schema"."T b" select generate_series(1, 10);
create type mood as enum ('sad', 'ok');
create table victim (id int primary key, n int default 0, m mood default 'ok', pad text default repeat('x', 40));
insert into victim select generate_series(1, 1000);
create table empty_one (id int primary key);
create table parent (id int primary key);
create table child (id int primary key, parent int references parent on delete cascade);
create table grandchild (id int primary key, child int references child on delete set null);
insert into parent values (1), (2);
insert into child select g, 1 from generate_series(1, 500) g;
insert into grandchild select g, g from generate_series(1, 100) g;
create table later (id int primary key, parent int references parent on delete cascade deferrable initially deferred);
create table log (at int, what text);
create table watched (id int primary key, n int default 0);
insert into watched select generate_series(1, 50);
create function note() returns trigger language plpgsql as $$ begin delete from victim where id <= 7; return null; end $$;
create trigger on_watched after update on watched for each statement execute function note();
create table put_off (id int primary key);
create constraint trigger on_put_off after insert on put_off deferrable initially deferred for each row execute function note();
create view look as select id, n from victim;
create rule look_delete as on delete to look do instead delete from victim where id = old.id;
create table events (at int, kind text) partition by range (at);
create table events_1 partition of events for values from (0) to (100);
create table events_2 partition of events for values from (100) to (200) partition by range (at);
create table events_2a partition of events_2 for values from (100) to (150);
create table events_2b partition of events_2 for values from (150) to (200);
insert into events select g from generate_series(0, 199) g;
create table mother (id int);
create table daughter () inherits (mother);
insert into mother values (1), (2);
insert into daughter values (3), (4), (5);
create function purge() returns int language plpgsql as $$ begin delete from victim; return 1; end $$;
create function purge_in_bits() returns int language plpgsql as $$ begin
  for i in 1..10 loop begin delete from victim where id % 10 = i - 1; exception when others then null; end; end loop; return 1; end $$;
create function purge_and_repent() returns int language plpgsql as $$ begin
  begin delete from victim; raise exception 'no'; exception when others then null; end; return 1; end $$;
create function wipe() returns int language plpgsql as $$ begin execute 'trunc' || 'ate victim'; return 1; end $$;
create function drop_it() returns int language plpgsql as $$ begin execute 'dr' || 'op table empty_one'; return 1; end $$;
create function as_temp() returns int language plpgsql as $$ begin
  drop table if exists scratch_pad; create temp table scratch_pad on commit drop as select * from victim; delete from scratch_pad; return 1; end $$;
create function grants() returns int language plpgsql as $$ begin execute 'grant all on victim to public'; return 1; end $$;
create function blinded() returns int language plpgsql set track_counts = off as $$ begin delete from victim; return 1; end $$;
create function half_blinded() returns int language plpgsql as $$ begin
  perform set_config('track_counts', 'off', true); delete from victim where id > 1; perform set_config('track_counts', 'on', true); return 1; end $$;
create operator @!@ (function = purge_op, leftarg = int, rightarg = int);
create procedure commits() language plpgsql as $$ begin delete from victim; commit; end $$;
create materialized view summary as select count(*) from victim;
create server elsewhere foreign data wrapper postgres_fdw options (host '127.0.0.1', port '%(port)d', dbname 'postgres');
create user mapping for postgres server elsewhere options (user 'postgres');
create foreign table far (id int, n int) server elsewhere options (table_name 'watched');
create table big (id int, body text);
alter table big alter body set storage external;
insert into big select g, repeat('y', 20000) from generate_series(1, 5) g;
"""
OPERATOR = "create function purge_op(int, int) returns int language plpgsql as $$ begin delete from victim; return 1; end $$;\n"

# What must be counted to the row: (name, statements, {relation: (deleted, updated, inserted)}).
COUNTED = [
    ("DELETE", ["delete from victim where id <= 10"], {"public.victim": (10, 0, 0)}),
    ("UPDATE", ["update victim set n = 1 where id <= 10"], {"public.victim": (0, 10, 0)}),
    ("INSERT", ["insert into log select 1 from generate_series(1, 30)"], {"public.log": (0, 0, 30)}),
    ("upsert", ["insert into victim select g, 5 from generate_series(995, 1005) g on conflict (id) do update set n = 5"],
     {"public.victim": (0, 6, 5)}),
    ("MERGE", ["merge into victim v using generate_series(1, 1000) g on v.id = g when matched and g <= 400 then delete "
               "when matched and g <= 600 then update set n = 1"], {"public.victim": (400, 200, 0)}),
    ("CTE", ["with d as (delete from victim where id <= 200 returning id) insert into log select id from d"],
     {"public.victim": (200, 0, 0), "public.log": (0, 0, 200)}),
    ("cascade", ["delete from parent where id = 1"],
     {"public.parent": (1, 0, 0), "public.child": (500, 0, 0), "public.grandchild": (0, 100, 0)}),
    ("trigger", ["update watched set n = 1 where id = 1"], {"public.watched": (0, 1, 0), "public.victim": (7, 0, 0)}),
    ("deferred trigger", ["insert into put_off values (1)"], {"public.put_off": (0, 0, 1), "public.victim": (7, 0, 0)}),
    ("rule", ["delete from look where id <= 4"], {"public.victim": (4, 0, 0)}),
    ("function", ["select purge()"], {"public.victim": (1000, 0, 0)}),
    ("function with savepoints inside", ["select purge_in_bits()"], {"public.victim": (1000, 0, 0)}),
    ("DO with dynamic SQL", ["do $$ begin execute 'del' || 'ete from victim'; end $$"], {"public.victim": (1000, 0, 0)}),
    ("PREPARE and EXECUTE", ["prepare p as delete from victim where id = $1", "execute p(1)", "execute p(2)", "deallocate p"],
     {"public.victim": (2, 0, 0)}),
    ("cursor", ["declare c cursor for select * from victim for update", "fetch 3 from c", "delete from victim where current of c"],
     {"public.victim": (1, 0, 0)}),
    ("EXPLAIN ANALYZE", ["explain analyze delete from victim"], {"public.victim": (1000, 0, 0)}),
    ("COPY of a DELETE", ["copy (delete from victim returning 1) to '/dev/null'"], {"public.victim": (1000, 0, 0)}),
    ("partitions", ["delete from events where at >= 50"], {"public.events": (150, 0, 0)}),
    ("a partition by name", ["delete from events_2a"], {"public.events": (50, 0, 0)}),
    ("a row that moves", ["update events set at = 120 where at = 5"], {"public.events": (1, 0, 1)}),
    ("inheritance", ["delete from mother"], {"public.mother": (2, 0, 0), "public.daughter": (3, 0, 0)}),
    ("names that need quotes", ['delete from "Odd . Schema"."T b"'], {"Odd . Schema.T b": (10, 0, 0)}),
    ("TOAST is no table of its own", ["update big set body = repeat('z', 20000) where id <= 2"], {"public.big": (0, 2, 0)}),
    ("temporary tables are free", ["create temp table t_free as select generate_series(1, 100) i", "delete from t_free"], {}),
    ("a function's temporary table", ["select as_temp()", "select as_temp()"], {}),
    ("several statements", ["delete from victim where id <= 5", "update victim set n = 2 where id = 9", "delete from parent where id = 2"],
     {"public.victim": (5, 1, 0), "public.parent": (1, 0, 0)}),
    ("a savepoint that stays", ["savepoint s", "delete from victim where id <= 5", "release s"], {"public.victim": (5, 0, 0)}),
    ("a savepoint taken back", ["savepoint s", "delete from victim where id <= 5", "rollback to s"], {}),
    ("a function that takes it back", ["select purge_and_repent()"], {}),
    ("large objects", ["select lo_unlink(l) from (select lo_from_bytea(0, 'x') l) x"], {"pg_catalog.pg_largeobject_metadata": (1, 0, 1),
                                                                                     "pg_catalog.pg_largeobject": (1, 0, 1)}),
    ("reads", ["select count(*) from victim", "select * from victim where id = 1 for update"], {}),
    ("nothing found", ["delete from victim where id = 5000"], {}),
    ("rows of a table emptied after", ["delete from victim where id <= 5", "select nextval('s')"], {"public.victim": (5, 0, 0)}),
    ("parallel plan", ["set local parallel_setup_cost = 0", "set local parallel_tuple_cost = 0", "set local min_parallel_table_scan_size = 0",
                       "delete from victim where id in (select max(id) from victim group by id % 3)"], {"public.victim": (3, 0, 0)}),
]

# What no count shows: (name, statement, finding, what it names).
TOLD = [
    ("TRUNCATE in a function", "select wipe()", "witness.locked", "public.victim"),
    ("DROP in a function", "select drop_it()", "witness.locked", "public.empty_one"),
    ("rows deleted, then TRUNCATE", "do $$ begin delete from victim; execute 'truncate victim'; end $$", "witness.locked", "public.victim"),
    ("ALTER in DO", "do $$ begin execute 'alter table victim drop column pad'; end $$", "witness.locked", "public.victim"),
    ("rename in DO", "do $$ begin execute 'alter table victim rename to gone'; end $$", "witness.locked", "public.victim"),
    ("rewrite in DO", "do $$ begin execute 'alter table victim alter pad type varchar(50)'; end $$", "witness.locked", "public.victim"),
    ("triggers switched off in DO", "do $$ begin execute 'alter table watched disable trigger all'; end $$", "witness.locked", "public.watched"),
    ("a trigger made in DO", "do $$ begin execute 'create trigger t before delete on victim for each row execute function note()'; end $$",
     "witness.locked", "public.victim"),
    ("a rule made in DO", "do $$ begin execute 'create rule r as on insert to log do instead delete from victim'; end $$",
     "witness.locked", "public.log"),
    ("a partition detached in DO", "do $$ begin execute 'alter table events detach partition events_1'; end $$", "witness.locked",
     "public.events_1"),
    ("GRANT in a function", "select grants()", "witness.catalogue", "pg_catalog.pg_class"),
    ("GRANT behind a temporary table", "create temp table z (i int default 1); do $$ begin execute 'grant all on victim to public'; end $$",
     "witness.catalogue", "pg_catalog.pg_class"),
    ("GRANT of a column behind a temporary table, in a block that may fail",
     "create temp table z (i int); do $$ begin begin execute 'grant select (n) on victim to public'; exception when others then null; end; end $$",
     "witness.catalogue", "pg_catalog.pg_attribute"),
    ("a function replaced in DO", "do $$ begin execute 'create or replace function purge() returns int language sql as ''select 2'''; end $$",
     "witness.catalogue", "pg_catalog.pg_proc"),
    ("a role altered in DO", "do $$ begin execute 'alter role somebody superuser'; end $$", "witness.permissions", "pg_catalog.pg_authid"),
    ("default rights in DO", "do $$ begin execute 'alter default privileges grant all on tables to public'; end $$", "witness.permissions",
     "pg_catalog.pg_default_acl"),
    ("foreign rows", "delete from far where id = 1", "witness.foreign", "public.far"),
    ("the catalogue by hand", "do $$ begin delete from pg_catalog.pg_enum where enumlabel = 'sad'; end $$", "witness.catalogue",
     "pg_catalog.pg_enum"),
    ("a matview made anew in DO", "do $$ begin execute 'refresh materialized view summary'; end $$", "witness.locked", "public.summary"),
]

# The 47 of the 61 rows of the bypass matrix that run in a transaction block and that a witness can see, in the matrix's words.
MATRIX = {
    "DO + dynamic": "do $$ begin execute 'drop table empty_one'; end $$",
    "DO delete": "do $$ begin delete from victim; end $$",
    "function body": "select purge()",
    "create+call fn": "create function pg_temp.f() returns int language sql as 'delete from victim; select 1'; select pg_temp.f()",
    "operator hides fn": "select 1 @!@ 2",
    "cast hides fn": "select '(1)'::cast_me::int",
    "view with fn": "select * from purging",
    "CTE delete": "with d as (delete from victim returning 1) select count(*) from d",
    "WHERE true": "delete from victim where true",
    "WHERE id=id": "delete from victim where id = id",
    "WHERE EXISTS": "delete from victim where exists (select 1)",
    "USING join": "delete from victim using victim v where victim.id = v.id",
    "MERGE delete": "merge into victim v using victim w on v.id = w.id when matched then delete",
    "upsert overwrite": "insert into victim select id, 7 from victim where id <= 100 on conflict (id) do update set n = 0",
    "EXPLAIN ANALYZE": "explain analyze delete from victim",
    "PREPARE+EXECUTE": "prepare q as delete from victim; execute q; deallocate q",
    "cursor WHERE CURRENT": "declare c cursor for select * from victim; fetch c; delete from victim where current of c",
    "COPY(DELETE)": "copy (delete from victim returning 1) to '/dev/null'",
    "comment prefix": "/* x */ drop table victim cascade",
    "nested comment": "/* /* */ */ drop table victim cascade",
    "multi-stmt": "select 1; drop table victim cascade",
    "unicode ident": "drop table U&\"vic\\0074im\" cascade",
    "ALTER drop column": "alter table victim drop column pad",
    "ALTER type rewrite": "alter table victim alter pad type varchar(50)",
    "ALTER rename": "alter table victim rename to gone",
    "ALTER detach/inherit": "alter table events detach partition events_1",
    "DROP SCHEMA": "drop schema \"Odd . Schema\" cascade",
    "DROP TYPE CASCADE": "drop type mood cascade",
    "DROP FUNCTION CASCADE": "drop function note() cascade",
    "CREATE OR REPLACE view": "create or replace view look as select id, n from victim where false",
    "CREATE RULE instead": "create rule r as on insert to log do instead delete from victim",
    "CREATE TRIGGER": "create trigger t before delete on victim for each row execute function note()",
    "DISABLE TRIGGER": "alter table watched disable trigger all",
    "DISABLE RLS": "alter table victim disable row level security",
    "SELECT INTO": "select * into made from victim",
    "GRANT": "grant all on victim to public",
    "REVOKE": "grant select on victim to somebody; revoke all on victim from somebody",
    "ALTER ROLE": "alter role somebody set work_mem = '64kB'",
    "ALTER DATABASE": "alter database postgres set work_mem = '8MB'",
    "lo_unlink": "select lo_create(77777); select lo_unlink(77777)",
    "query_to_xml fn": "select query_to_xml('select purge()', true, false, '')",
    "ts_stat": "select * from ts_stat('select to_tsvector(''simple'', purge()::text)')",
    "catalog delete": "delete from pg_description where objoid = (select max(objoid) from pg_description)",
    "CLUSTER": "cluster victim using victim_pkey",
    "REFRESH MATVIEW": "refresh materialized view summary",
    "LOCK": "lock table victim",
    "SECURITY LABEL/COMMENT": "comment on table victim is 'x'",
}
MORE = """
create sequence s;
create role watcher;
create type cast_me as (i int);
create function purge_cast(cast_me) returns int language plpgsql as $$ begin delete from victim; return 1; end $$;
create cast (cast_me as int) with function purge_cast(cast_me);
create view purging as select purge();
"""


class World:
    def __init__(self, pg, tap):
        self.pg, self.tap = pg, tap
        self.tool = budgets.Tool("policy.yaml")
        self.other = self.connect()
        self.other.autocommit = True
        self.c = self.connect()
        self.c.autocommit = True
        self.w = budgets.Witness(self.tool, self.c)
        with self.other.cursor() as u:
            u.execute("select c.oid, n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
                      "where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname not in ('pg_catalog', 'pg_toast', 'information_schema')")
            for row in u.fetchall():
                self.tool.say("known", *row)

    def connect(self, **kw):
        return psycopg2.connect(host=self.pg.host, port=self.pg.port, user=kw.get("user", "postgres"), dbname="postgres")

    def did(self, *statements, expect=(), after="rollback", lookup=False):
        """What the witness says of them, in a transaction that is then rolled back; lookup: and of what is unknown, as long as it runs."""
        with self.c.cursor() as u:
            u.execute("begin")
            try:
                for s in statements:
                    u.execute(s)
                self.w.foreign = any(" far " in s for s in statements)
                saw = self.w.look(u, expect=expect, role="watcher")
                return self.w.lookup(saw, self.other) if lookup and saw["unknown"] else saw
            finally:
                u.execute(after)


def counts(saw):
    return {k: tuple(v) for k, v in saw["counts"].items()}


def counted(world):
    for name, statements, want in COUNTED:
        saw = world.did(*statements)
        if saw["unknown"]:
            saw = world.w.lookup(saw, world.other)
        wrong = [] if counts(saw) == want and not saw["broken"] and not saw["unannounced"] else ["wanted %s, saw %s" % (want, saw)]
        world.tap.check("counted to the row: " + name, wrong)


def told(world):
    for name, statement, finding, what in TOLD:
        saw = world.did(statement)
        wrong = [] if [finding, what] in saw["unannounced"] and not saw["broken"] else ["saw %s" % saw]
        if finding != "witness.foreign":
            announced = world.did(statement, expect=("CATALOGUE", "public.empty_one", "public.victim", "public.watched", "public.log",
                                                     "public.events", "public.events_1", "public.summary"))
            wrong += ["announced, and told all the same: %s" % announced] if finding != "witness.permissions" and announced["unannounced"] else []
        world.tap.check("told where nothing announced it: " + name, wrong)


def matrix(world):
    missed = []
    for name, text in MATRIX.items():
        saw = world.did(text)
        if not (saw["counts"] or saw["unannounced"] or saw["unknown"] or saw["catalogue"] or saw["broken"]) and name != "LOCK":
            missed.append("%s: %s" % (name, saw))
    world.tap.check("sees %d of the rows of the bypass matrix" % len(MATRIX), missed + ([] if len(MATRIX) == 47 else ["not 47 rows"]))


def nothing_carries_over(world):
    """Counters of one transaction never count in the next, however it ended."""
    wrong = []

    def clean(how):
        saw = world.did("delete from victim where id = 1")
        if counts(saw) != {"public.victim": (1, 0, 0)}:
            wrong.append("after %s: %s" % (how, saw))

    for i in range(20):
        clean("a transaction that the witness saw (%d)" % i)
    with world.c.cursor() as u:
        for how, statements, end in (("rollback", ["delete from victim"], "rollback"),
                                     ("an error", ["delete from victim", "select 1/0"], "rollback"),
                                     ("a commit nobody saw", ["update victim set n = n"], "commit"),
                                     ("savepoints", ["savepoint a", "delete from victim", "rollback to a", "delete from victim"], "rollback")):
            u.execute("begin")
            try:
                for s in statements:
                    u.execute(s)
            except psycopg2.Error:
                pass
            u.execute(end)
            world.w.forget(u)
            clean(how)
        try:
            u.execute("update victim set n = 1 / (1000 - id)")
        except psycopg2.Error:
            pass
        world.w.forget(u)
        clean("an error in autocommit")
        u.execute("begin")
        u.execute("delete from victim")
        u.execute("prepare transaction 'two'")
        world.w.forget(u)
        u.execute("rollback prepared 'two'")
        world.w.forget(u)
        clean("a prepared transaction")
        u.execute("begin")
        u.execute("delete from victim where id = 3")
        first = world.w.look(u, before=False)
        u.execute("delete from victim where id = 4")
        both = world.w.look(u)
        u.execute("rollback")
        if counts(first) != {"public.victim": (1, 0, 0)} or counts(both) != {"public.victim": (2, 0, 0)}:
            wrong.append("two looks: %s, %s" % (first, both))
        # That it must be asked to forget at all is PostgreSQL's way: else this test proves nothing.
        u.execute("begin")
        u.execute("delete from victim")
        u.execute("rollback")
        saw = world.did("delete from victim where id = 1")
        if counts(saw) != {"public.victim": (1001, 0, 0)}:
            wrong.append("without forgetting: %s" % saw)
    world.tap.check("nothing carries over from one transaction into the next", wrong)


def at_the_commit(world):
    """What would run after the look: deferred triggers have run, and a cursor WITH HOLD may not write."""
    wrong = []
    with world.c.cursor() as u:
        u.execute("begin")
        u.execute("declare h cursor with hold for select purge()")
        saw = world.w.look(u)
        if saw["counts"]:
            wrong.append("it ran already: %s" % saw)
        try:
            u.execute("commit")
            wrong.append("the cursor's query wrote at the commit")
        except psycopg2.Error as e:
            if e.pgcode != "25006":
                wrong.append("%s" % e)
        u.execute("select count(*) from victim")
        if u.fetchone()[0] != 1000:
            wrong.append("rows are gone")
        # What may happen at a commit still does.
        u.execute("create temp table kept (i int) on commit delete rows; create temp table gone (i int) on commit preserve rows")
        u.execute("begin")
        u.execute("create temp table dropped (i int) on commit drop; insert into kept values (1); notify x; listen x")
        u.execute("declare h cursor with hold for select id from victim")
        u.execute("savepoint a; insert into put_off values (8); release a")
        world.w.look(u)
        u.execute("commit")
        u.execute("fetch 2 from h")
        if u.rowcount != 2:
            wrong.append("a harmless cursor did not live on")
        u.execute("select (select count(*) from kept) + (select count(*) from put_off) + (select count(*) from victim)")
        if u.fetchone()[0] != 0 + 1 + 993:
            wrong.append("not as committed without a witness")
        u.execute("insert into victim select generate_series(1, 7); delete from put_off; close h")
        world.w.forget(u)
        u.execute("begin; delete from victim where id = 1")
        world.w.look(u)
        u.execute("prepare transaction 'seen'")
        u.execute("rollback prepared 'seen'")
        world.w.forget(u)
    world.tap.check("nothing that runs at the commit writes unseen", wrong)


def games(world):
    """What a client or a function could do to the witness itself."""
    wrong = []
    want = {"public.victim": (1000, 0, 0)}
    harmless = [
        "set local search_path = evil, pg_catalog", "set local search_path = ''", "set local enable_nestloop = off", "set local jit = on",
        "set local enable_indexscan = off", "set local quote_all_identifiers = on", "set local row_security = off", "set local work_mem = '64kB'",
        "set local plan_cache_mode = force_custom_plan", "set local bytea_output = escape", "set local datestyle = 'german'",
        "set local role somebody_else", "set local session_replication_role = replica", "set local lock_timeout = 1", "set local force_parallel_mode = on",
        "select pg_stat_reset()", "select pg_stat_clear_snapshot()", "select pg_stat_force_next_flush()", "set local stats_fetch_consistency = snapshot",
        "set local client_encoding = latin1", "set local default_transaction_isolation = serializable", "set local jit_above_cost = 0",
    ]
    with world.c.cursor() as u:
        u.execute("create schema evil; create role somebody_else; grant usage on schema evil to public")
        u.execute("create function evil.pg_stat_get_xact_tuples_deleted(oid) returns bigint language sql as 'select 0::bigint'")
        u.execute("create function evil.pg_lock_status() returns setof record language sql as 'select 1'")
        u.execute("create function evil.current_setting(text) returns text language sql as 'select ''on'''")
        u.execute("create function evil.never(name, name) returns bool language sql as 'select false'")
        u.execute("create function evil.never(text, text) returns bool language sql as 'select false'")
        u.execute("create operator evil.= (function = evil.never, leftarg = text, rightarg = text)")
        u.execute("create table evil.pg_class (oid oid, relname name)")
        u.execute("create view evil.pg_locks as select 1 as pid where false")
        world.w.forget(u)
    for s in harmless:
        saw = world.did("delete from victim", s)
        if counts(saw) != want or saw["broken"]:
            wrong.append("%s: %s" % (s, saw))
    for s in ["set local track_counts = off", "set track_counts = off"]:
        for order in ((s, "delete from victim"), ("delete from victim", s)):
            saw = world.did(*order)
            if not saw["broken"] or "track_counts" not in saw["why"]:
                wrong.append("%s: %s" % (order, saw))
    for s in ["select blinded()", "set local track_counts = off; delete from victim; set local track_counts = on",
              "select half_blinded()"]:
        saw = world.did(s)
        if not saw["broken"]:
            wrong.append("%s: %s" % (s, saw))
    with world.c.cursor() as u:
        for s in ("set local statement_timeout = 1", "set local transaction_read_only = on"):
            u.execute("begin")
            u.execute(s)
            try:
                for _ in range(200):
                    world.w.look(u)
            except psycopg2.Error as e:
                if e.pgcode != "57014":
                    wrong.append("%s: %s" % (s, e))
            u.execute("rollback")
    world.tap.check("no setting, no shadow and no switch deceives it", wrong)


def commit_inside(world):
    wrong = []
    with world.c.cursor() as u:
        for s in ("call commits()", "do $$ begin delete from victim; commit; end $$"):
            u.execute("begin")
            try:
                u.execute(s)
                wrong.append("%s committed" % s)
            except psycopg2.Error as e:
                if e.pgcode != "2D000":
                    wrong.append(str(e))
            u.execute("rollback")
            world.w.forget(u)
        u.execute("select count(*) from victim")
        if u.fetchone()[0] != 1000:
            wrong.append("rows are gone")
    world.tap.check("a COMMIT inside CALL and DO fails in a block", wrong)


def both_made_and_taken(world):
    """A function that makes a table, of which the snapshot knows nothing, and beside it takes away what was there before."""
    with world.other.cursor() as o:
        o.execute("create function kept_one() returns int language sql as 'select 1'; create type kept_kind as (a int); "
                  "create view kept_view as select 1 as x; create table with_trigger (i int); create schema kept_schema; "
                  "create trigger kept_trigger after update on with_trigger for each row execute function note(); "
                  "grant select on with_trigger to somebody")
        for row in query(o, "select c.oid, 'public', c.relname from pg_class c where relname in ('kept_view', 'with_trigger')"):
            world.tool.say("known", *row)
    make = "execute 'create table made_here (id serial primary key, r int references made_here)';"
    other = world.connect()
    with other.cursor() as o:
        o.execute("alter table empty_one add more int")
    for what, finding in (("drop function kept_one()", "pg_proc"),
                          ("create or replace function kept_one() returns int language sql as ''select 2''", "pg_proc"),
                          ("drop trigger kept_trigger on with_trigger", ["witness.locked", "public.with_trigger"]),
                          ("drop view kept_view", ["witness.locked", "public.kept_view"]), ("drop type kept_kind", "pg_depend"),
                          ("revoke select on with_trigger from somebody", "pg_class"), ("grant all on with_trigger to public", "pg_class"),
                          ("grant update (i) on with_trigger to somebody", "pg_attribute"),
                          ("alter schema kept_schema rename to other", "pg_namespace"), ("select 1", None), ("drop table made_here", None),
                          ("alter table made_here add x int; grant all on made_here to somebody", None)):
        for text in ("do $$ begin %s execute '%s'; end $$",
                     "do $$ begin begin %s execute '%s'; exception when sqlstate '55000' then null; end; end $$",
                     "do $$ begin %s begin execute '%s'; exception when sqlstate '55000' then null; end; end $$"):
            want = finding if isinstance(finding, list) else ["witness.catalogue", "pg_catalog." + finding] if finding else []
            yield text % (make, what), [want] if want else []
    taken_back = "begin execute 'drop function kept_one()'; raise exception 'no'; exception when others then null; end;"
    yield "do $$ begin %s %s end $$" % (make, taken_back), []
    other.rollback()
    other.close()


def query(cursor, text):
    cursor.execute(text)
    return cursor.fetchall()


def unknown(world):
    """Dropped before the snapshot knew it; made and dropped here; temporary."""
    wrong = []
    with world.other.cursor() as o:
        o.execute("create table too_new (i int); insert into too_new values (1)")
    for s, want in (("do $$ begin execute 'drop table too_new'; end $$", [["witness.locked", "public.too_new"]]),
                    ("do $$ begin execute 'truncate too_new'; end $$", [["witness.locked", "public.too_new"]]),
                    ("do $$ begin execute 'create table here (i int)'; execute 'drop table here'; end $$", []),
                    ("do $$ begin execute 'create table here (i int)'; execute 'truncate here'; end $$", []),
                    ("select as_temp(); select as_temp()", []), *both_made_and_taken(world)):
        saw = world.did(s, lookup=True)
        if (want[0] not in saw["unannounced"] if want else saw["unannounced"]) or saw["broken"]:
            wrong.append("%s: %s" % (s, saw))
    world.tap.check("what the snapshot does not know is looked up from another connection", wrong)


def plain_roles(world):
    """A role without any right but on its table has its witness too."""
    wrong = []
    with world.other.cursor() as o:
        o.execute("create role plain login; grant select, delete, update on victim to plain")
    c = world.connect(user="plain")
    c.autocommit = True
    w = budgets.Witness(world.tool, c)
    with c.cursor() as u:
        u.execute("begin; delete from victim where id <= 3")
        saw = w.look(u)
        u.execute("rollback")
    if counts(saw) != {"public.victim": (3, 0, 0)} or saw["broken"]:
        wrong.append(str(saw))
    c.close()
    world.tap.check("it needs no rights", wrong)


def quickly(world):
    """The quick one said the same of all above (Witness.same), or that it cannot tell: of what writes a catalogue, and where the
    transaction's picture of the schema may be old, or a superuser looks."""
    wrong = []
    if world.w.quick["same"] < 40 or world.w.quick["closer"] < 20:
        wrong.append("looks: %s" % world.w.quick)
    for what, statements, role, want in (("rows", ["delete from victim where id <= 2"], "watcher", "same"),
                                         ("a snapshot of its own", ["set transaction isolation level repeatable read", "delete from watched"],
                                          "watcher", "closer"),
                                         ("a superuser", ["delete from watched"], None, "closer"),
                                         ("a foreign table", ["update far set n = 1 where false"], "watcher", "closer")):
        with world.c.cursor() as u:
            u.execute("begin")
            for s in statements:
                u.execute(s)
            world.w.foreign = "foreign" in what
            world.w.look(u, role=role)
            u.execute("rollback")
        if world.w.quick["last"] != want:
            wrong.append("%s: %s" % (what, world.w.quick["last"]))
    world.tap.check("the quick witness says what the witness says, or that it cannot tell", wrong)


def other_backends(world):
    """Locks and counters of others are not its own."""
    wrong = []
    other = world.connect()
    with other.cursor() as o:
        o.execute("delete from watched")
        saw = world.did("delete from victim where id <= 2")
        if counts(saw) != {"public.victim": (2, 0, 0)}:
            wrong.append(str(saw))
    other.rollback()
    other.close()
    world.tap.check("others' rows are not its own", wrong)


def cost(world):
    """Against a join of the catalogue that everybody makes, in turn with it: ten times too dear is a mistake."""
    asks = {"look": "execute _pawl_witness", "other": "select count(*) from pg_class c join pg_attribute a on a.attrelid = c.oid"}
    times = {name: [] for name in asks}
    with world.c.cursor() as u:
        u.execute("begin; update victim set n = 1 where id = 1")
        for _ in range(300):
            for name, sql in asks.items():
                t = time.perf_counter()
                u.execute(sql)
                times[name].append(time.perf_counter() - t)
        u.execute("rollback")
    look, other = (sorted(times[name])[len(times[name]) // 10] for name in ("look", "other"))
    world.tap.check("the look is cheap (%d us with its round trip, %.2f of a join of the catalogue)" % (look * 1e6, look / other),
                    [] if look < 2.5 * other else ["%d us, %d us" % (look * 1e6, other * 1e6)])


def main():
    tap = source.Tap()
    why = postgres.missing() or budgets.missing()
    if why:
        tap.skip("the witness on a real PostgreSQL", why)
        return tap.end()
    with open("policy.yaml", "w") as f:
        f.write("version: 1\n")
    with postgres.Server() as pg:
        pg.sql(OPERATOR + SCHEMA.replace("%(port)d", str(pg.port)) + MORE)
        world = World(pg, tap)
        for test in (counted, told, matrix, nothing_carries_over, at_the_commit, games, commit_inside, unknown, plain_roles, other_backends,
                     cost, quickly):
            test(world)
        world.c.close()
        world.other.close()
        world.tap.check("the tool ends clean", [] if world.tool.close() == 0 else ["it did not"])
    return tap.end()


sys.exit(main())
