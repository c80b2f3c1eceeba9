#!/usr/bin/env python3
# timeout: 600
"""Python's clients and two of its ORMs through `pawl gate postgres`: psycopg 3 (pipelines, cursors, COPY, cancel), asyncpg, Django and
SQLAlchemy. What destroys is held and nothing is lost; all else prints and leaves what it does without the gate.
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

PG = None
PYTHON = "/usr/bin/python3"  # Debian's: the packages are its
STAGING = {"environment": "staging"}


def script(w, needs, text, url=None, words=()):
    """Of Debian's Python, with the packages it needs."""
    if subprocess.run([PYTHON, "-c", "import " + needs], capture_output=True).returncode:
        raise holds.Skip("no %s for %s" % (needs, PYTHON))
    folder = pg_tools.project(w, {"main.py": text})
    return pg_tools.run([PYTHON, "main.py", *words], w, url, folder)


def as_direct(needs, text, words=()):
    """It prints, and leaves, what it does without the gate."""
    with pg_gate.fresh(PG, upstream=STAGING) as w:
        two = script(w, needs, text, words=words)
        left = pg_tools.shape(PG)
    pg_gate.make(PG)
    bare = holds.World()
    bare.environ = lambda: dict(bare.env)
    one = script(bare, needs, text, PG.url("shop"), words)
    bare.close()
    pg_tools.alike(one, two)
    assert left == pg_tools.shape(PG)
    return two.stdout


PSYCOPG = """
import logging, os, threading, time, datetime, decimal, uuid, psycopg
logging.disable()                                      # what it logs of a failed pipeline hangs on the moment
from psycopg import rows
c = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
print(c.execute("select 1, %s::text, %s::numeric, %s::bytea, %s::timestamptz, %s::int[], %s::uuid, %s::jsonb",
    ("a", decimal.Decimal("1.50"), b"\\0\\xff", datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc), [1, None], uuid.UUID(int=7), '{"a": 1}')).fetchall())
print(c.execute("select id, name from courses where id < %s order by id", (4,), binary=True).fetchall())
for i in range(12):                                    # the driver prepares it behind the fifth
    r = c.execute("select count(*) from submissions where course = %s", (i,)).fetchone()
print(r, [p[0] for p in c.execute("select statement like '%count%' from pg_prepared_statements where statement not like '%pg_%'").fetchall()])
with c.transaction():
    c.execute("insert into courses (name) values ('tx')")
    try:
        with c.transaction():                          # a savepoint
            c.execute("insert into submissions (course) values (999999)")
    except psycopg.errors.ForeignKeyViolation as e:
        print(e.sqlstate, e.diag.constraint_name)
    with c.transaction(force_rollback=True):
        c.execute("update courses set name = 'never' where id = 1")
with c.pipeline() as p:                                # one round trip
    all = [c.execute("insert into courses (name) values (%s) returning id", ("p%d" % i,)) for i in range(20)]
    sums = c.execute("select count(*) from courses")
    p.sync()
    print([x.fetchone() for x in all][-1], sums.fetchone())
try:                                                   # what fails takes what is before and behind it along
    with c.pipeline():
        c.execute("insert into courses (name) values ('lost')")
        c.execute("select 1/0")
        c.execute("insert into courses (name) values ('lost too')")
except psycopg.Error as e:
    print(type(e).__name__, e.sqlstate)
print(c.execute("select count(*) from courses where name like 'lost%'").fetchone(), c.info.transaction_status.name)
cur = c.cursor()
cur.executemany("insert into courses (name) values (%s)", [("m%d" % i,) for i in range(50)])
print(cur.rowcount)
cur.executemany("insert into courses (name) values (%s) returning id", [("r1",), ("r2",)], returning=True)
print(cur.fetchall(), cur.nextset(), cur.fetchall())
with c.transaction(), c.cursor("server", row_factory=rows.dict_row) as s:
    s.itersize = 700
    s.execute("select id, course from submissions order by id")
    print(sum(r["id"] for r in s), s.statusmessage)
with c.transaction(), c.cursor("scrolls", scrollable=True, withhold=True) as s:
    s.execute("select id from submissions order by id")
    s.scroll(4000); print(s.fetchone()); s.scroll(-3, "relative"); print(s.fetchmany(2))
with cur.copy("copy courses (name) from stdin") as out:
    for i in range(500): out.write_row(("copied %d" % i,))
print(cur.rowcount, cur.statusmessage)
with cur.copy("copy (select id, name from courses where name like 'copied 4%' order by id) to stdout (format binary)") as inn:
    inn.set_types(["int4", "text"]); print(sum(1 for _ in inn.rows()))
try:
    with cur.copy("copy courses (name) from stdin") as out:
        out.write_row(("half",)); raise KeyError("the client gave up")
except (KeyError, psycopg.Error) as e: print(type(e).__name__)
try: cur.execute("copy courses from '/etc/passwd'; select 1") if False else cur.execute("select nothing from nowhere")
except psycopg.Error as e: print(e.sqlstate, e.diag.message_primary, e.diag.statement_position)
def stop():                                            # once it sleeps
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as o:
        while not o.execute("select 1 from pg_stat_activity where wait_event = 'PgSleep' and query = 'select pg_sleep(608)'").fetchone(): time.sleep(0.05)
        c.cancel()
threading.Thread(target=stop).start()
try: c.execute("select pg_sleep(608)")
except psycopg.errors.QueryCanceled as e: print(e.sqlstate)
c.add_notice_handler(lambda d: print(d.severity, d.message_primary))
c.execute("set client_min_messages = notice; create temp table if not exists t (i int); create temp table if not exists t (i int)")
c.add_notify_handler(lambda n: print(n.channel, n.payload))
c.execute("listen ch"); c.execute("notify ch, 'hello'"); c.execute("select 1")
cur.execute("select 1; select 'two'; insert into courses (name) values ('multi'); select 3")
while True:
    print(cur.statusmessage, cur.fetchall() if cur.description else None)
    if not cur.nextset(): break
c.autocommit = False; c.isolation_level = psycopg.IsolationLevel.SERIALIZABLE; c.read_only = True
try: c.execute("insert into courses (name) values ('no')")
except psycopg.Error as e: print(e.sqlstate)
c.rollback(); c.read_only = None; c.deferrable = None
c.execute("insert into courses (name) values ('serial')"); c.commit()
print({k: c.info.parameter_status(k) for k in ("server_version", "client_encoding", "DateStyle", "integer_datetimes", "standard_conforming_strings", "default_transaction_read_only", "in_hot_standby")})
c.close()
"""


def test_psycopg_3_is_as_without_the_gate():
    assert "57014" in as_direct("psycopg", PSYCOPG)


def test_psycopg_3_destroys_in_a_pipeline():
    with pg_gate.fresh(PG) as w:
        before = pg_tools.shape(PG)
        done = script(w, "psycopg", """
import os, psycopg
c = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
try:
    with c.pipeline():
        c.execute("insert into courses (name) values ('with it')")
        c.execute("delete from submissions")
        c.execute("update courses set name = 'behind it' where id = 1")
except psycopg.Error as e: print(e.sqlstate, e.diag.message_primary)
try: c.cursor().executemany("delete from submissions where id > %s or true", [(1,), (2,)])
except psycopg.Error as e: print(e.sqlstate)
with c.transaction(force_rollback=True):
    c.execute("declare d cursor for select id from submissions for update")
try:
    with c.transaction(): c.execute("truncate submissions")
except psycopg.Error as e: print(e.sqlstate)
print(c.execute("select count(*) from submissions").fetchone(), c.info.transaction_status.name)
""")
        assert done.stdout.splitlines()[1:] == ["PW001", "PW001", "(5000,) IDLE"], (done.stdout, done.stderr)
        hold = pg_tools.held(w, done, before, "5,000 rows", "submissions")
        w.approve(hold, "alice", w.log("hold.opened")[0]["body"]["typed_name"] or "yes")
        once = "import os, psycopg\nc = psycopg.connect(os.environ['DATABASE_URL'], autocommit=True)\nprint(c.execute('delete from submissions').rowcount)\n"
        done = script(w, "psycopg", once)
        assert done.stdout == "5000\n", (done.stderr, w.said())
        PG.sql("INSERT INTO submissions (course) VALUES (1)", "shop")
        assert "pawl: held as H-" in script(w, "psycopg", once).stderr
        assert PG.sql("SELECT count(*) FROM submissions", "shop") == [["1"]]


ASYNCPG = """
import asyncio, os, asyncpg, datetime
async def main():
    pool = await asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=2, max_size=4)
    async with pool.acquire() as c:
        print(await c.fetch("select id, name from courses where id = any($1::int[]) order by id", [1, 2]))
        print(await c.fetchval("select $1::timestamptz", datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)), await c.execute("select 1; select 2"))
        await c.execute("create type mood as enum ('ok', 'bad'); create table moods (id serial primary key, m mood, at mood[])")
        await c.execute("insert into moods (m, at) values ($1, $2)", "ok", ["bad", "ok"])    # it reads the types it does not know
        print(await c.fetch("select m, at from moods"))
        st = await c.prepare("select count(*) from submissions where course = $1")
        print([await st.fetchval(i) for i in range(3)], st.get_parameters()[0].name, [a.name for a in st.get_attributes()])
        async with c.transaction():
            print(sum([r["id"] async for r in c.cursor("select id from submissions order by id", prefetch=300)]))
            cur = await c.cursor("select id from submissions order by id"); await cur.forward(10); print(await cur.fetch(2))
            try:
                async with c.transaction(): await c.execute("select 1/0")
            except asyncpg.DivisionByZeroError as e: print(e.sqlstate)
            await c.execute("insert into courses (name) values ('async')")
        await c.executemany("insert into courses (name) values ($1)", [("e%d" % i,) for i in range(300)])
        try: await c.executemany("insert into submissions (course) values ($1)", [(1,), (2,), (99999,)])
        except asyncpg.ForeignKeyViolationError as e: print(e.sqlstate)
        print(await c.copy_records_to_table("courses", columns=["name"], records=[("rec%d" % i,) for i in range(200)]))
        with open("out", "wb") as f: print(await c.copy_from_query("select id, name from courses where id < $1", 5, output=f, format="csv"))
        print(open("out").read().split(), await c.copy_to_table("courses", source="out", columns=["id", "name"], format="csv") if False else "")
        try: await c.execute("select pg_sleep(609)", timeout=0.5)
        except asyncio.TimeoutError: print("timeout")
        got = asyncio.Queue(); heard = lambda *a: got.put_nowait(a[3])
        await c.add_listener("ch", heard); await c.execute("notify ch, 'x'"); print(await got.get()); await c.remove_listener("ch", heard)
        async with c.transaction(isolation="serializable", readonly=True, deferrable=True): print(await c.fetchval("select count(*) from moods"))
        try: await c.fetch("select nothing")
        except asyncpg.UndefinedColumnError as e: print(e.sqlstate, e.position)
    print(sorted(await asyncio.gather(*[pool.fetchval("select $1::int", i) for i in range(40)]))[-1])   # each goes back by RESET ALL
    await pool.close()
asyncio.run(main())
"""


def test_asyncpg_is_as_without_the_gate():
    assert "timeout" in as_direct("asyncpg", ASYNCPG)


def test_asyncpg_destroys():
    with pg_gate.fresh(PG) as w:
        before = pg_tools.shape(PG)
        done = script(w, "asyncpg", """
import asyncio, os, asyncpg
async def main():
    c = await asyncpg.connect(os.environ["DATABASE_URL"])
    async def no(it):
        try: await it; print("passed")
        except asyncpg.PostgresError as e: print(e.sqlstate, str(e).split(",")[0])
    await no(c.execute("delete from submissions where $1", True))
    await no(c.executemany("delete from courses where id <> $1 or id = $1", [(1,)]))
    await no(c.fetch("with gone as (delete from submissions returning id) select count(*) from gone"))
    st = await c.prepare("truncate submissions, courses")
    await no(st.fetch())
    async def in_one():
        async with c.transaction(): await c.execute("drop table submissions")
    await no(in_one())
    print(await c.fetchval("select count(*) from submissions"))
asyncio.run(main())
""")
        said = done.stdout.splitlines()
        assert [line.split()[0] for line in said] == ["PW001"] * 5 + ["5000"], (done.stdout, done.stderr)
        for line, words in zip(said, (["5,000"], ["20"], ["5,000"], ["5,020 rows"], ["5,000"])):
            card = w.pawl("show", w.hold(line)).stdout
            assert all(word in card for word in words), (line, card)
        assert pg_tools.shape(PG) == before


MODELS = """
import os, sys, django
from django.conf import settings
from urllib.parse import urlsplit, unquote
u = urlsplit(os.environ["DATABASE_URL"])
settings.configure(INSTALLED_APPS=["shop"], USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.AutoField", DATABASES={"default": {
    "ENGINE": "django.db.backends.postgresql", "NAME": "shop", "HOST": u.hostname, "PORT": u.port, "USER": u.username, "PASSWORD": unquote(u.password or "")}})
django.setup()
from django.core.management import call_command
from django.db import connection, transaction, models
from django.db.utils import DatabaseError
from shop.models import Courses, Submissions, Marks
"""
DJANGO = {
    "shop/__init__.py": "", "shop/migrations/__init__.py": "",
    "shop/models.py": """
from django.db import models
class Courses(models.Model):
    name = models.TextField(null=True)
    class Meta: db_table = "courses"; managed = False
class Submissions(models.Model):
    course = models.ForeignKey(Courses, models.CASCADE, db_column="course", null=True)
    body = models.TextField(null=True)
    class Meta: db_table = "submissions"; managed = False
class Marks(models.Model):
    points = models.IntegerField(db_index=True)
    course = models.ForeignKey(Courses, models.CASCADE)
""",
}


def django(w, text, url=None):
    pg_tools.project(w, DJANGO)
    return script(w, "django", MODELS + text, url)


def test_django():
    makes = """
call_command("makemigrations", "shop", verbosity=0)
call_command("migrate", verbosity=1, no_color=True)
call_command("migrate", verbosity=1, no_color=True)
call_command("showmigrations"); call_command("inspectdb", "courses")
with transaction.atomic():
    Courses.objects.create(name="made")
    Marks.objects.bulk_create([Marks(points=i, course_id=1 + i % 20) for i in range(100)], batch_size=30)
    try:
        with transaction.atomic(): Marks.objects.create(points=None, course_id=1)
    except DatabaseError as e: print(type(e).__name__)
print(list(Submissions.objects.filter(course__name="c3").order_by("id").values_list("id", "body")[:3]))
print(Marks.objects.filter(points__lt=10).update(points=models.F("points") + 1), Marks.objects.filter(points__gt=95).delete())
print(sum(1 for _ in Submissions.objects.iterator(chunk_size=500)), Courses.objects.get_or_create(name="c1")[1])
print(Marks.objects.select_for_update().filter(id=1).exists() if False else Marks.objects.aggregate(models.Sum("points")))
call_command("dumpdata", "shop.Courses", "--pks", "1,2")
"""
    with pg_gate.fresh(PG, upstream=STAGING) as w:
        one = django(w, makes, PG.url("shop"))
        left = pg_tools.plain_schema(PG)
        pg_gate.make(PG)
        two = django(w, makes)
        pg_tools.alike(one, two)
        assert left == pg_tools.plain_schema(PG) and "Applying shop.0001_initial... OK" in two.stdout, two.stdout
        before = pg_tools.shape(PG)
        done = django(w, """
for what in (lambda: call_command("flush", interactive=False, verbosity=0), lambda: call_command("migrate", "shop", "zero", verbosity=0),
             lambda: Submissions.objects.all().delete(), lambda: Courses.objects.all()._raw_delete("default")):
    try: what(); print("passed")
    except Exception as e: print(next(line for line in [*str(e).splitlines(), *str(e.__cause__).splitlines()] if "pawl" in line))
print(Submissions.objects.count())
""")
        said = done.stdout.splitlines()
        assert ["pawl: held as H-" in line for line in said] == [True] * 4 + [False] and said[-1] == "5000", (done.stdout, done.stderr)
        # TRUNCATE of all that is its own; the drop of one; what an ORM's delete of everything comes to.
        for line, words in zip(said, (["96 rows"], ["96 rows"], ["5,000"], ["21 rows"])):
            card = w.pawl("show", w.hold(line)).stdout
            assert all(word in card for word in words), (line, card)
        pg_tools.held(w, done, before)


def test_django_deletes_row_by_row():
    """An ORM that deletes what it read before, by its numbers: each statement is bounded, and the budget stops them all."""
    with pg_gate.fresh(PG) as w:
        PG.sql("CREATE TABLE shop_marks (id serial PRIMARY KEY, points int, course_id int REFERENCES courses)", "shop")
        before = pg_tools.shape(PG)
        done = django(w, """
try: Courses.objects.all().delete(); print("passed")
except Exception as e: print(str(e).splitlines()[0])
""")
        assert "pawl: " in done.stdout and "rows" in done.stdout and "passed" not in done.stdout, (done.stdout, done.stderr)
        assert pg_tools.shape(PG) == before


SQLALCHEMY = """
import os, sys, sqlalchemy as sa
from sqlalchemy import orm
e = sa.create_engine(os.environ["DATABASE_URL"].replace("postgres://", "postgresql+psycopg2://"), future=True, pool_size=2)
meta = sa.MetaData()
if sys.argv[1] == "makes":
    meta.reflect(e)
    Base = orm.declarative_base(metadata=meta)
    class Mark(Base):
        __tablename__ = "marks"
        id = sa.Column(sa.Integer, primary_key=True); points = sa.Column(sa.Numeric(8, 2), index=True)
        course_id = sa.Column(sa.ForeignKey("courses.id", ondelete="CASCADE")); kind = sa.Column(sa.Enum("a", "b", name="kinds"))
    meta.create_all(e); meta.create_all(e)
    with orm.Session(e) as s:
        s.add_all([Mark(points=i, course_id=1 + i % 20, kind="a") for i in range(200)]); s.commit()
        with s.begin_nested(): s.get(Mark, 5).points = 7
        s.delete(s.get(Mark, 6)); s.commit()
        print(s.execute(sa.select(sa.func.count(), sa.func.sum(Mark.points))).one(), s.query(Mark).filter(Mark.points > 190).delete()); s.commit()
        try:
            with s.begin_nested(): s.add(Mark(course_id=99999)); s.flush()
        except sa.exc.IntegrityError as x: print(x.orig.pgcode)
        s.rollback()
    with e.connect().execution_options(stream_results=True) as c:
        print(sum(r.id for r in c.execute(sa.select(meta.tables["submissions"]))))
    print([(c["name"], str(c["type"])) for c in sa.inspect(e).get_columns("marks")], sa.inspect(e).get_foreign_keys("marks"))
else:
    meta.reflect(e)
    for what in (lambda c: meta.drop_all(c), lambda c: c.execute(sa.delete(meta.tables["submissions"])), lambda c: c.execute(sa.text("truncate courses cascade"))):
        try:
            with e.begin() as c: what(c)
            print("passed")
        except sa.exc.DBAPIError as x: print(x.orig.pgcode, str(x.orig).splitlines()[0])
"""


def test_sqlalchemy():
    as_direct("sqlalchemy", SQLALCHEMY, ["makes"])
    with pg_gate.fresh(PG) as w:
        before = pg_tools.shape(PG)
        done = script(w, "sqlalchemy", SQLALCHEMY, words=["drops"])
        said = done.stdout.splitlines()
        assert [line.split()[0] for line in said] == ["PW001"] * 3, (done.stdout, done.stderr)
        for line, words in zip(said, (["submissions", "5,000 rows"], ["5,000 rows"], ["courses", "20 rows", "5,000"])):
            card = w.pawl("show", w.hold(line)).stdout
            assert all(word in card for word in words), (line, card)
        pg_tools.held(w, done, before)


def main():
    global PG
    why = postgres.missing()
    if why:
        print("1..1\nok 1 - clients # SKIP " + why)
        return 0
    with postgres.Server() as PG:
        return holds.Tap().run([f for n, f in sorted(globals().items()) if n.startswith("test_")])


sys.exit(main())
