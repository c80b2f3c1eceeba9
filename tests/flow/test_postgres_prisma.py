#!/usr/bin/env python3
# timeout: 600
"""Prisma's own commands through `pawl gate postgres`, `--force` and all: what resets, drops and loses is held and not a row is lost; what a
migration makes is made as without the gate. Its schema engine is the WASM one, upon @prisma/adapter-pg: no program is downloaded.
"""
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import holds  # noqa: E402
import pg_gate  # noqa: E402
import pg_tools  # noqa: E402
import postgres  # noqa: E402

PG = None
CONFIG = """
import { defineConfig } from 'prisma/config';
import { PrismaPg } from '@prisma/adapter-pg';
import Result from 'pg/lib/result.js';
// The schema engine reads columns of the types name and "char", for which the adapter has no word.
const add = Result.prototype.addFields;
Result.prototype.addFields = function (fields) { for (const f of fields) if (f.dataTypeID === 19 || f.dataTypeID === 18) f.dataTypeID = 25; return add.call(this, fields); };
// A timer that nothing waits for any more keeps it running for a minute behind a push.
const timer = globalThis.setTimeout;
globalThis.setTimeout = (f, ms, ...more) => { const t = timer(f, ms, ...more); if (ms > 30000) t.unref(); return t; };
export default defineConfig({ experimental: { adapter: true }, engine: 'js', schema: 'schema.prisma', migrations: { path: 'migrations' },
  adapter: async () => new PrismaPg({ connectionString: process.env.DATABASE_URL, allowExitOnIdle: true, idleTimeoutMillis: 100 }) });
"""
HEAD = 'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n'
COURSES = "model courses {\n  id Int @id @default(autoincrement())\n  name String?\n}\n"
WHOLE = COURSES.replace("}", "  submissions submissions[]\n}") + """model submissions {
  id Int @id @default(autoincrement())
  course Int?
  body String?
  courses courses? @relation(fields: [course], references: [id], onDelete: Cascade, onUpdate: NoAction)
}
"""
MARK = "model marks {\n  id Int @id\n  points Int\n}\n"
FIRST = {"migrations/migration_lock.toml": 'provider = "postgresql"\n',
         "migrations/20240101000000_first/migration.sql": "-- CreateTable\nCREATE TABLE \"marks\" (\"id\" INTEGER NOT NULL, \"points\" INTEGER "
         "NOT NULL, CONSTRAINT \"marks_pkey\" PRIMARY KEY (\"id\"));\n-- CreateIndex\nCREATE INDEX \"marks_points\" ON \"marks\"(\"points\");\n"}
MIGRATIONS = """CREATE TABLE "_prisma_migrations" (id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ,
    migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ, started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count INTEGER NOT NULL DEFAULT 0)"""


def prisma(w, schema, *words, url=None, files=None):
    pg_tools.npm()
    folder = pg_tools.project(w, {"prisma.config.mjs": CONFIG, "schema.prisma": HEAD + schema, **(files or {})})
    # What is said to be there already is not downloaded; only the WASM engine runs.
    (folder / "engine").touch()
    done = pg_tools.run(["env", "PRISMA_QUERY_ENGINE_LIBRARY=%s/engine" % folder, "CHECKPOINT_DISABLE=1", "PRISMA_HIDE_UPDATE_MESSAGE=1",
                         "node_modules/.bin/prisma", *words], w, url, folder)
    done.stdout = re.sub(r"127\.0\.0\.1:\d+|in \d+\.?\d*m?s", "…", done.stdout)
    return done


def world():
    """Where what makes passes, and what destroys is asked about."""
    return pg_gate.fresh(PG, upstream={"environment": "staging"})


def test_pushes_and_resets_that_lose():
    with world() as w:
        before = pg_tools.shape(PG)
        pg_tools.held(w, prisma(w, COURSES, "db", "push", "--accept-data-loss", "--skip-generate"), before, "submissions_course_fkey")
        pg_tools.held(w, prisma(w, COURSES, "db", "push", "--force-reset", "--accept-data-loss", "--skip-generate"), before)
        # Refused, it tries to drop one by one: that is held as well. The first way is what a person is asked about.
        reset, = [e for e in w.log("hold.opened") if "DROP SCHEMA" in e["body"]["summary"]]
        assert reset["body"]["summary"].startswith("drops 2 tables, ") and "5,020 rows, 5,000 of them in public.submissions" in \
            reset["body"]["summary"], reset
        w.approve("H-%d" % reset["seq"], "alice", "yes")
        done = prisma(w, MARK, "migrate", "reset", "--force", "--skip-generate", files=FIRST)
        assert done.returncode == 0 and "20240101000000_first" in done.stdout, (done.stdout, done.stderr)
        assert set(PG.fingerprint("shop")) == {"public.marks", "public._prisma_migrations"}
        after = pg_tools.shape(PG)
        w.refused('DROP SCHEMA "public" CASCADE', "held")
        assert pg_tools.shape(PG) == after


def test_deploys():
    """A migration that makes is made as without the gate; the one that drops is held, and stays to be done."""
    with world() as w:
        PG.sql(MIGRATIONS, "shop")
        one = prisma(w, MARK, "migrate", "deploy", url=PG.url("shop"), files=FIRST)
        left = pg_tools.plain_schema(PG)
        PG.sql("DROP TABLE marks; TRUNCATE _prisma_migrations", "shop")
        two = prisma(w, MARK, "migrate", "deploy")
        pg_tools.alike(one, two)
        assert "20240101000000_first" in two.stdout and left == pg_tools.plain_schema(PG), two.stdout
        rows = PG.sql("SELECT * FROM submissions ORDER BY id", "shop")
        third = prisma(w, MARK, "migrate", "deploy", files={"migrations/20240102000000_second/migration.sql": "DROP TABLE \"submissions\";\n"})
        assert third.returncode != 0 and "pawl: held as H-" in third.stderr, third.stderr
        assert rows == PG.sql("SELECT * FROM submissions ORDER BY id", "shop")
        assert PG.sql("SELECT migration_name, finished_at IS NULL FROM _prisma_migrations ORDER BY 1", "shop") == [
            ["20240101000000_first", "f"], ["20240102000000_second", "t"]]


def test_pushes_that_make():
    with world() as w:
        one = prisma(w, WHOLE + MARK, "db", "push", "--skip-generate", "--accept-data-loss", url=PG.url("shop"))
        left = pg_tools.plain_schema(PG)
        PG.sql("DROP TABLE marks", "shop")
        pg_tools.alike(one, prisma(w, WHOLE + MARK, "db", "push", "--skip-generate", "--accept-data-loss"))
        assert left == pg_tools.plain_schema(PG) and "CREATE TABLE public.marks" in left


def main():
    global PG
    why = postgres.missing()
    if why:
        print("1..1\nok 1 - prisma # SKIP " + why)
        return 0
    with postgres.Server() as PG:
        return holds.Tap().run([f for n, f in sorted(globals().items()) if n.startswith("test_")], {"test_pushes_and_resets_that_lose"})


sys.exit(main())
