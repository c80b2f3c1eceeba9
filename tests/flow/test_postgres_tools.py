#!/usr/bin/env python3
# timeout: 600
"""Real tools through `pawl gate postgres`: what destroys is held and not a row is lost (by fingerprint), what does not behaves as it does
without the gate. How npm's come here: pg_tools.py. They run in their most forceful mode, against a production that has more than their schema names.
"""
import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import holds  # noqa: E402
import pg_gate  # noqa: E402
import pg_tools  # noqa: E402
import postgres  # noqa: E402
from pg_tools import direct_and_gate, held, node, project, run, same  # noqa: E402

PG = None


def world():
    return pg_gate.fresh(PG)


DRIZZLE = {
    "drizzle.config.ts": "import { defineConfig } from 'drizzle-kit';\nexport default defineConfig({ schema: './schema.ts', "
                         "dialect: 'postgresql', dbCredentials: { url: process.env.DATABASE_URL! } });\n",
    "schema.ts": "import { pgTable, serial, text } from 'drizzle-orm/pg-core';\n"
                 "export const courses = pgTable('courses', { id: serial('id').primaryKey(), name: text('name') });\n",
}


def test_drizzle_push_force():
    pg_tools.npm()
    with world() as w:
        before = pg_tools.shape(PG)
        folder = project(w, DRIZZLE)
        held(w, run(["node_modules/.bin/drizzle-kit", "push", "--force"], w, cwd=folder), before, "open_work")


def test_drizzle_push_asks_and_nobody_answers():
    pg_tools.npm()
    with world() as w:
        before = pg_tools.shape(PG)
        folder = project(w, DRIZZLE)
        run(["node_modules/.bin/drizzle-kit", "push"], w, cwd=folder)
        assert pg_tools.shape(PG) == before


def test_sequelize_sync_force():
    with world() as w:
        before = pg_tools.shape(PG)
        held(w, node(w, """
const { Sequelize, DataTypes } = require('sequelize');
const db = new Sequelize(process.env.DATABASE_URL, { logging: false });
db.define('submissions', { body: DataTypes.TEXT }, { tableName: 'submissions', timestamps: false });
db.sync({ force: true }).then(() => console.log('done'), e => { console.error(e.parent ? e.parent.code + ' ' + e.message : e); process.exit(1); });
"""), before, "submissions")


def test_sequelize_truncate():
    with world() as w:
        before = pg_tools.shape(PG)
        held(w, node(w, """
const { Sequelize, DataTypes } = require('sequelize');
const db = new Sequelize(process.env.DATABASE_URL, { logging: false });
const S = db.define('s', { body: DataTypes.TEXT }, { tableName: 'submissions', timestamps: false });
S.destroy({ truncate: true, cascade: true }).then(() => console.log('done'), e => { console.error(e.parent.code + ' ' + e.message); process.exit(1); });
"""), before, "submissions")


def test_typeorm_drop_schema():
    with world() as w:
        before = pg_tools.shape(PG)
        held(w, node(w, """
require('reflect-metadata');
const { DataSource } = require('typeorm');
const d = new DataSource({ type: 'postgres', url: process.env.DATABASE_URL, dropSchema: true, synchronize: true, entities: [] });
d.initialize().then(() => console.log('done'), e => { console.error(e.code + ' ' + e.message); process.exit(1); });
"""), before)


def test_knex_rollback_of_all():
    with world() as w:
        PG.sql("CREATE TABLE knex_migrations (id serial primary key, name varchar(255), batch int, migration_time timestamptz);"
               "CREATE TABLE knex_migrations_lock (index serial primary key, is_locked int); INSERT INTO knex_migrations_lock (is_locked) VALUES (0);"
               "INSERT INTO knex_migrations (name, batch, migration_time) VALUES ('1_first.js', 1, now())", "shop")
        script = """
const knex = require('knex')({ client: 'pg', connection: process.env.DATABASE_URL });
const source = { getMigrations: async () => ['1_first.js'], getMigrationName: m => m,
  getMigration: async () => ({ up: k => k.schema.createTable('submissions', t => t.increments()), down: k => k.schema.dropTable('submissions') }) };
knex.migrate.rollback({ migrationSource: source }, true).then(() => console.log('done'), e => { console.error(e.code + ' ' + e.message); process.exitCode = 1; })
  .finally(() => knex.destroy());
"""
        done = node(w, script)
        said = done.stdout + done.stderr
        assert "pawl: held as H-" in said, said[-2000:]
        assert PG.sql("SELECT count(*) FROM submissions", "shop") == [["5000"]]


def test_knex_reads_and_writes():
    with world() as w:
        done = node(w, """
const knex = require('knex')({ client: 'pg', connection: process.env.DATABASE_URL });
(async () => {
  await knex('courses').insert({ name: 'new' });
  await knex.transaction(async t => { await t('courses').where({ id: 1 }).update({ name: 'changed' }); await t('submissions').where({ id: 1 }).del(); });
  console.log(JSON.stringify(await knex('courses').whereIn('id', [1, 21]).orderBy('id')));
})().catch(e => { console.error(e); process.exitCode = 1; }).finally(() => knex.destroy());
""")
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip() == '[{"id":1,"name":"changed"},{"id":21,"name":"new"}]', done.stdout


def test_node_postgres_many_at_once():
    with world() as w:
        done = node(w, """
const { Pool } = require('pg');
const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 8 });
(async () => {
  const all = await Promise.all(Array.from({ length: 200 }, (_, i) => pool.query('SELECT $1::int AS n', [i])));
  console.log(all.every((r, i) => r.rows[0].n === i));
  const c = await pool.connect();
  const q = [c.query('BEGIN'), c.query('INSERT INTO courses (name) VALUES ($1)', ['p']), c.query('COMMIT')];
  await Promise.all(q); c.release();
  await pool.query('DELETE FROM submissions').then(() => console.log('gone'), e => console.log(e.code));
})().finally(() => pool.end());
""")
        assert done.stdout.split() == ["true", "PW001"], (done.stdout, done.stderr)
        assert PG.sql("SELECT count(*) FROM submissions", "shop") == [["5000"]]


PIPELINED = """
const { Client } = require('pg'), Cursor = require('pg-cursor'), Stream = require('pg-query-stream');
(async () => {
  const c = new Client({ connectionString: process.env.DATABASE_URL, pipeline: true });
  await c.connect();
  let flying = 0, most = 0;
  const say = p => { most = Math.max(most, ++flying); return p.then(r => (flying--, JSON.stringify(r.rows)), e => (flying--, e.code)); };
  const q = [say(c.query('BEGIN')), say(c.query('INSERT INTO courses (name) VALUES ($1) RETURNING id', ['p'])), say(c.query('SELECT 1/0')),
    say(c.query('SELECT 1')), say(c.query('ROLLBACK'))];
  for (let i = 0; i < 50; i++) q.push(say(c.query({ name: i % 2 ? 'named' : undefined, text: 'SELECT $1::int AS n', values: [i] })));
  q.push(say(c.query('UPDATE courses SET name = $1 WHERE id = 1', ['now'])), say(c.query(DESTROYS)), say(c.query('SELECT name FROM courses WHERE id = 1')));
  console.log((await Promise.all(q)).join(' '), most === q.length);
  await c.end();
  const d = new Client({ connectionString: process.env.DATABASE_URL });
  await d.connect();
  const cursor = d.query(new Cursor('SELECT id FROM submissions ORDER BY id'));
  console.log((await cursor.read(100)).length, (await cursor.read(7)).pop().id);
  await cursor.close();
  let n = 0;
  for await (const row of d.query(new Stream('SELECT id FROM submissions', [], { batchSize: 60 }))) n += row.id;
  console.log(n);
  await d.query(new Cursor('DELETE FROM submissions RETURNING id')).read(1).then(r => console.log(r.length), e => console.log(e.code));
  await d.end();
})();
"""


def test_node_postgres_pipelines_and_portals():
    """All of a pipeline is on the wire before the first answer; what is held in it takes nothing else along."""
    with world() as w:
        harmless = PIPELINED.replace("DESTROYS", "'SELECT 2'").replace("DELETE FROM submissions RETURNING id", "SELECT nothing")
        one = node(w, harmless, PG.url("shop"))
        pg_gate.make(PG)
        pg_tools.alike(one, node(w, harmless))
        assert one.stdout.splitlines()[0].endswith(" true") and one.stdout.splitlines()[1:] == ["100 107", "12502500", "42703"], one.stdout
        before = pg_tools.shape(PG)
        done = node(w, PIPELINED.replace("DESTROYS", "'TRUNCATE submissions'"))
        assert done.stdout.splitlines()[0].endswith('[] PW001 [{"name":"now"}] true') and done.stdout.split()[-1] == "PW001", (done.stdout, done.stderr)
        assert pg_tools.shape(PG) == before


def test_pg_dump_is_the_same():
    """By a role that reads everything and is no superuser: to one that is, pg_dump asks for subscriptions' passwords, and that is held."""
    PG.sql("DROP ROLE IF EXISTS dumper; CREATE ROLE dumper LOGIN IN ROLE pg_read_all_data")
    with pg_gate.fresh(PG, upstream={"connect": "host=127.0.0.1 port=%d dbname=shop user=dumper" % PG.port}) as w:
        one, two = direct_and_gate(["pg_dump", "URL"], w)
        assert one.returncode == 0 and two.returncode == 0, two.stderr
        plain = [pg_tools.plain(p.stdout) for p in (one, two)]
        assert plain[0] == plain[1] and len(plain[0]) > 10000


def test_pg_restore_clean():
    with world() as w:
        subprocess.run(["pg_dump", "-Fc", "-f", w.dir + "/dump", PG.url("shop")], check=True)
        before = pg_tools.shape(PG)
        done = run(["pg_restore", "--clean", "--if-exists", "-d", w.url, w.dir + "/dump"], w)
        held(w, done, before)


def test_psql_script():
    with world() as w:
        before = pg_tools.shape(PG)
        done = run(["psql", "-X", "-v", "ON_ERROR_STOP=1", w.url], w, text="\\d submissions\nBEGIN;\nDROP SCHEMA public CASCADE;\nCOMMIT;\n")
        held(w, done, before)


def test_psql_describes_as_without_the_gate():
    with world() as w:
        for command in ("\\d", "\\d+ submissions", "\\d+ open_work", "\\df", "\\dn+", "\\l", "\\dt+ *.courses", "\\timing off"):
            same(["psql", "-X", "-c", command, "URL"], w)


def test_psql_copies():
    with world() as w:
        same(["psql", "-X", "-c", "\\copy courses to stdout csv header", "URL"], w)
        done = run(["psql", "-X", "-v", "ON_ERROR_STOP=1", "-c", "\\copy courses (name) from stdin", w.url], w, text="one\ntwo\n\\.\n")
        assert done.returncode == 0, done.stderr
        assert PG.sql("SELECT name FROM courses WHERE id > 20 ORDER BY id", "shop") == [["one"], ["two"]]


LOCKS = """
CREATE TABLE marks (id int PRIMARY KEY, course int REFERENCES courses);
ALTER TABLE marks ADD COLUMN other int, ADD FOREIGN KEY (other) REFERENCES submissions DEFERRABLE INITIALLY DEFERRED;
CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM (10) TO (20);
ALTER TABLE days ATTACH PARTITION loose FOR VALUES FROM (20) TO (30);
CREATE TABLE visits (day int REFERENCES days (d));
ALTER TABLE days ADD COLUMN z int;
ALTER TABLE days ADD FOREIGN KEY (c) REFERENCES courses;
ALTER TABLE base ADD COLUMN z int;
CREATE TRIGGER t BEFORE UPDATE ON kid FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
BEGIN; LOCK TABLE days IN EXCLUSIVE MODE; INSERT INTO days (d) VALUES (25); COMMIT
"""


def test_what_a_definition_locks_besides_is_no_surprise():
    """Foreign keys, partitions and triggers lock tables that nothing is done to; a function that empties one is still seen."""
    with pg_gate.fresh(PG, upstream={"environment": "staging"}) as w:
        PG.sql("CREATE TABLE days (d int PRIMARY KEY, c int) PARTITION BY RANGE (d); CREATE TABLE days_0 PARTITION OF days FOR VALUES FROM (0) "
               "TO (10); CREATE TABLE days_x PARTITION OF days DEFAULT; CREATE TABLE loose (d int NOT NULL, c int); CREATE TABLE base (a int);"
               "CREATE TABLE kid () INHERITS (base); CREATE FUNCTION empties() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN EXECUTE "
               "'trun' || 'cate submissions cascade'; RETURN NULL; END $$; CREATE TABLE quiet (i int); CREATE TRIGGER q AFTER INSERT ON "
               "quiet EXECUTE FUNCTION empties()", "shop")
        w.ok(*[line for line in LOCKS.strip().splitlines()])
        w.psql("BEGIN; CREATE TABLE more (c int REFERENCES courses); INSERT INTO quiet VALUES (1); COMMIT")
        assert PG.sql("SELECT count(*) FROM submissions", "shop") == [["5000"]]


def test_pgbench():
    with world() as w:
        subprocess.run(["pgbench", "-i", "-q", "-s", "1", PG.url("shop")], check=True, capture_output=True)
        before = pg_tools.shape(PG)
        held(w, run(["pgbench", "-i", "-s", "1", w.url], w), before, "pgbench_accounts")
        w.new_key()
        for how in ("simple", "extended", "prepared"):
            for script in (["-S"], ["-N"]):
                done = run(["pgbench", "-n", "-M", how, "-c", "4", "-t", "50", *script, w.url], w)
                assert done.returncode == 0 and "number of transactions actually processed: 200/200" in done.stdout, (how, done.stderr)


def main():
    global PG
    why = postgres.missing()
    if why:
        print("1..1\nok 1 - tools # SKIP " + why)
        return 0
    with postgres.Server() as PG:
        return holds.Tap().run([f for n, f in sorted(globals().items()) if n.startswith("test_")])


sys.exit(main())
