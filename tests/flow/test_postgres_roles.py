#!/usr/bin/env python3
# timeout: 300
"""`pawl postgres roles`: the SQL makes roles that may what they should and no more; --check says what the role in use could do."""
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import holds  # noqa: E402
import postgres  # noqa: E402

SHOP = """
CREATE ROLE app LOGIN;
CREATE DATABASE shop OWNER app;
"""
TABLES = """
SET ROLE app;
CREATE SCHEMA "odd ""name";
CREATE TABLE public.orders (id serial primary key, what text);
CREATE TABLE "odd ""name".notes (id int);
INSERT INTO public.orders (what) SELECT 'x' FROM generate_series(1, 5);
"""


class World(holds.World):
    def configure(self, connect):
        path = self.dir + "/config/pawl/postgres.yaml"
        with open(path, "w") as f:
            f.write(json.dumps({"version": 1, "upstreams": [{"name": "shop", "connect": connect}]}))
        os.chmod(path, 0o600)

    def check(self, *more):
        done = self.pawl("postgres", "roles", "--check", "--json", *more, ok=None)
        found = {f["what"]: f for f in json.loads(done.stdout)["findings"]}
        assert done.returncode == (3 if any(not f["good"] for f in found.values()) else 0), (done.returncode, found)
        return found


def refused(pg, sql, user, words="permission denied"):
    done = pg.psql("-c", sql, dbname="shop", user=user)
    assert done.returncode != 0 and (words in done.stderr or "must be owner" in done.stderr or "must be superuser" in done.stderr), (sql, done.stdout, done.stderr)


def main():
    tap = holds.Tap()
    if postgres.missing():
        print("1..1\nok 1 - roles # SKIP " + postgres.missing())
        return 0
    with postgres.Server() as pg:
        world = World()
        pg.sql(SHOP)
        pg.sql(TABLES, dbname="shop")
        words = ("postgres", "roles", "--login", "pawl_gate", "--owner", "app", "--schema", "public", "--schema", 'odd "name')

        def make():
            sql = world.pawl(*words).stdout
            done = pg.psql("-q", dbname="shop", user="postgres", text=sql)
            assert done.returncode == 0, done.stderr

        def test_the_sql_runs_twice():
            make()
            make()
            pg.sql("CREATE ROLE looker LOGIN IN ROLE pawl_agent_read")

        def test_reads_and_writes_rows():
            assert pg.sql("SELECT count(*) FROM public.orders", "shop", "pawl_gate") == [["5"]]
            pg.sql("INSERT INTO public.orders (what) VALUES ('y'); UPDATE public.orders SET what = 'z' WHERE id = 6; "
                   "DELETE FROM public.orders WHERE id = 6", "shop", "pawl_gate")
            pg.sql('SELECT * FROM "odd ""name".notes', "shop", "pawl_gate")

        def test_drops_truncates_and_alters_nothing_of_others():
            for sql in ("DROP TABLE public.orders", "TRUNCATE public.orders", "ALTER TABLE public.orders DROP COLUMN what",
                        "DROP SCHEMA public CASCADE", "CREATE SCHEMA other", "DROP DATABASE postgres", "CREATE ROLE x",
                        "COPY public.orders TO '/tmp/pawl-no'", "CREATE TRIGGER t BEFORE DELETE ON public.orders FOR EACH ROW "
                        "EXECUTE FUNCTION suppress_redundant_updates_trigger()"):
                refused(pg, sql, "pawl_gate")

        def test_makes_and_drops_its_own():
            pg.sql("CREATE TABLE public.mine (id int); ALTER TABLE public.mine ADD x int; DROP TABLE public.mine", "shop", "pawl_gate")

        def test_the_trash_is_there_for_it_and_only_for_it():
            pg.sql("CREATE TABLE pawl_trash.t (x int); DROP TABLE pawl_trash.t", "shop", "pawl_gate")
            refused(pg, "DROP SCHEMA pawl_trash", "looker")
            refused(pg, "CREATE TABLE pawl_trash.t (x int)", "looker")

        def test_what_it_makes_is_the_owners_too():
            pg.sql("CREATE TABLE public.made (id int)", "shop", "pawl_gate")
            pg.sql("INSERT INTO public.made VALUES (1); ALTER TABLE public.made ADD x int; DROP TABLE public.made", "shop", "app")

        def test_the_reader_only_reads():
            pg.sql("SELECT * FROM public.orders", "shop", "looker")
            refused(pg, "INSERT INTO public.orders (what) VALUES ('y')", "looker")
            refused(pg, "CREATE TABLE public.t (x int)", "looker")

        def test_tables_of_tomorrow():
            pg.sql("CREATE TABLE public.later (id int)", "shop", "app")
            pg.sql("SELECT * FROM public.later; DELETE FROM public.later", "shop", "pawl_gate")
            refused(pg, "TRUNCATE public.later", "pawl_gate")

        def test_check_finds_nothing_in_the_made_role():
            world.configure("host=127.0.0.1 port=%d dbname=shop user=pawl_gate" % pg.port)
            found = world.check()
            bad = [f for f in found.values() if not f["good"]]
            assert not bad, bad
            assert "pawl_gate" in found["role"]["text"] and "shop" in found["role"]["text"]
            assert "cannot be seen" in found["logins-without-password"]["text"]
            assert "Nothing found" in world.pawl("postgres", "roles", "--check").stdout

        def test_check_of_a_superuser():
            pg.sql("CREATE ROLE nopass LOGIN")
            world.configure("host=127.0.0.1 port=%d dbname=shop user=postgres" % pg.port)
            found = world.check()
            for what in ("superuser", "owns-tables", "owns-database", "create-schema", "logins-without-password", "trusted-logins"):
                assert what in found and not found[what]["good"], (what, found)
            assert "nopass" in found["logins-without-password"]["text"]

        def test_check_of_an_owner_with_more_than_it_should():
            pg.sql("ALTER ROLE app CREATEDB CREATEROLE REPLICATION BYPASSRLS; GRANT pg_read_server_files, pg_execute_server_program TO app; "
                   "CREATE ROLE boss; GRANT boss TO app")
            pg.sql("CREATE TABLE public.foreign_one (id int); GRANT TRUNCATE ON public.foreign_one TO app; "
                   "CREATE FUNCTION public.as_root() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'; "
                   "GRANT SET ON PARAMETER session_replication_role TO app; "
                   "CREATE EXTENSION dblink; CREATE EXTENSION postgres_fdw; CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw; "
                   "CREATE USER MAPPING FOR app SERVER far OPTIONS (user 'x', password 'hunter2')", "shop")
            world.configure("host=127.0.0.1 port=%d dbname=shop user=app" % pg.port)
            found = world.check()
            want = {"createdb": "CREATEDB", "createrole": "CREATEROLE", "replication": "slots", "bypassrls": "BYPASSRLS",
                    "server-member": "pg_execute_server_program", "member": "boss", "owns-database": "owns", "owns-schemas": "2 schema",
                    "owns-tables": "3 table", "truncate": "1 table", "definer-functions": "as_root", "extensions": "dblink",
                    "user-mappings": "far", "session-replication-role": "foreign keys off"}
            for what, words in want.items():
                assert what in found and not found[what]["good"] and words in found[what]["text"], (what, found.get(what))
            assert "superuser" not in found
            assert "hunter2" not in json.dumps(found)
            done = world.pawl("postgres", "roles", "--check", ok=None)
            assert "!!" in done.stdout and done.returncode == 3, (done.returncode, done.stdout)

        def test_check_without_a_server_says_so():
            world.configure("host=127.0.0.1 port=1 dbname=shop user=app connect_timeout=2")
            done = world.pawl("postgres", "roles", "--check", ok=False)
            assert "refused" in done.stderr and done.returncode == 1, (done.returncode, done.stderr)
            assert done.stderr.count("\n") == 1 and "Connection refused. Is the server running" in done.stderr, "one readable line: " + done.stderr

        here = locals()
        status = tap.run([here[n] for n in list(here) if n.startswith("test_")])
        world.close()
        return status


if __name__ == "__main__":
    sys.exit(main())
