#!/usr/bin/env python3
"""What it costs to keep what a statement destroys, on a PostgreSQL of its own (SQL as the gate runs it, by psql).

A DROP of a table of 1 GB that is moved to the trash: under 50 ms, beside a DROP that only drops and a pg_dump of the same table. A DELETE
that keeps its rows: at most 1.25 times the same DELETE, of 100,000 orders with three indexes and a table that refers to them.
usage: bench/postgres_undo.py [--build DIR]
"""
import json
import pathlib
import re
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "lib"))
import postgres  # noqa: E402

ROUNDS = 7
ORDERS = 100000


def plan(build, pg, statement, item, rows=10000):
    tool = subprocess.run([str(build / "tests" / "lib" / "keeping_tool"), "host=%s port=%d user=postgres dbname=postgres" % (pg.host, pg.port)],
                          input=json.dumps({"plan": item, "text": statement, "rows": rows}) + "\n", stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(tool.stdout)


def timed(pg, statements, between):
    """Milliseconds of all of ${statements} in one session, as psql sees them."""
    text = between[0] + "\n\\timing on\n" + "\n".join(s + ";" for s in statements) + "\n\\timing off\n" + between[1]
    done = pg.psql("-q", text=text)
    if done.returncode:
        sys.exit(done.stderr)
    return sum(float(ms) for ms in re.findall(r"^Time: ([\d.]+) ms", done.stdout, re.M))


def moved(build, pg):
    pg.sql("create table big (id bigint primary key, customer int, body text); alter table big alter column body set storage plain; "
           "create view big_view as select id from big; create table child (id int primary key, big bigint references big); create index on big (customer)")
    pg.sql("insert into big select i, i % 1000, repeat('x', 960) from generate_series(1, 1000000) i; insert into child select i, i from generate_series(1, 1000) i; "
           "analyze big; checkpoint")
    (size,) = pg.sql("select pg_total_relation_size('big')")[0]
    begun = time.monotonic()
    kept = plan(build, pg, "drop table big cascade", "K-1")
    planned = (time.monotonic() - begun) * 1000
    own = [timed(pg, [kept["instead"]], ("begin;", "rollback;")) for _ in range(ROUNDS)]
    plain = [timed(pg, ["drop table big cascade"], ("begin;", "rollback;")) for _ in range(ROUNDS)]
    begun = time.monotonic()
    subprocess.run(["pg_dump", "-Fc", "-Z0", "-t", "big", "-h", pg.host, "-p", str(pg.port), "-U", "postgres", "postgres"], stdout=subprocess.DEVNULL, check=True)
    dumped = (time.monotonic() - begun) * 1000
    print("%.2f GB with a view, a foreign key and two indexes: moved in %.1f ms (best %.1f), dropped in %.1f; rehearsed before that in %.0f ms with "
          "connection and start; pg_dump takes %.0f ms" % (int(size) / 1e9, statistics.median(own), min(own), statistics.median(plain), planned, dumped))
    print("undo-move-1GB-to-50ms %.3f (at most 1) %.1f ms, beside a plain DROP's %.1f" % (statistics.median(own) / 50, statistics.median(own), statistics.median(plain)))
    pg.sql("drop table big cascade; drop table child")


def captured(build, pg):
    pg.sql("create table customer (id int primary key); insert into customer select generate_series(1, 1000); "
           "create table orders (id bigint primary key, customer_id int not null references customer, state text not null, placed timestamptz not null default now(), "
           "total numeric(12, 2), note text); create index on orders (customer_id); create index on orders (placed); "
           "create table payment (id bigint primary key, order_id bigint not null references orders); create index on payment (order_id)")
    pg.sql("insert into orders select i, 1 + i % 1000, 'sent', now() - i * interval '1 minute', i / 7.0, 'note ' || i from generate_series(1, 400000) i; "
           "insert into payment select i, i from generate_series(300001, 400000) i; analyze; checkpoint")
    for n in (100, 10000, ORDERS):
        statement = "delete from orders where id <= %d" % n
        kept = plan(build, pg, statement, "K-2", n)
        parts = [p for p in (kept["before"], kept["instead"] or statement, kept["after"]) if p]
        own, plain = [], []
        for _ in range(ROUNDS):
            plain.append(timed(pg, [statement], ("begin;", "rollback;\nvacuum orders;")))
            own.append(timed(pg, parts, ("begin;", "rollback;\nvacuum orders;")))
        ratio = statistics.median(own) / statistics.median(plain)
        print("%d rows deleted in %.1f ms, kept as well in %.1f (%.2f times)" % (n, statistics.median(plain), statistics.median(own), ratio))
    print("undo-capture-to-delete %.3f (at most 1.25) %d rows, %.1f ms more" % (ratio, ORDERS, statistics.median(own) - statistics.median(plain)))


def main():
    build = HERE.parent / "build"
    if sys.argv[1:2] == ["--build"]:
        build = pathlib.Path(sys.argv[2])
    if postgres.missing():
        print("nothing to measure: " + postgres.missing())
        return 1
    with postgres.Server(conf={"shared_buffers": "512MB", "max_wal_size": "8GB"}) as pg:
        captured(build, pg)
        moved(build, pg)
    return 0


if __name__ == "__main__":
    sys.exit(main())
