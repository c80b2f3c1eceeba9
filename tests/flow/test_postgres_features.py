#!/usr/bin/env python3
# timeout: 300
"""psql's and pgbench's features through the gate and beside it: the same output, but for times and for what names the connection itself."""
import difflib
import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import patience  # noqa: E402
import pgwire  # noqa: E402
import postgres  # noqa: E402
import source  # noqa: E402

FOLDER = tempfile.mkdtemp(prefix="clients-", dir=os.environ.get("TMPDIR"))
FILES = {
    "file.sql": "insert into p(t) values (2);\nselect 1/0;\ninsert into p(t) values (3);\nselect count(*) from p;\n",
    "get.sql": "\\set a random(1, 10)\nselect :a as x, 2 as y \\gset p_\nselect 1 as q \\; select 2 as q \\aset z_\n\\if :p_y = 2\n"
               "insert into hist values (:p_x, :z_q);\n\\endif\n\\sleep 1 ms\n",
    "pipeline.sql": "\\startpipeline\nbegin;\ninsert into hist values (1, 2);\nselect 1;\nend;\n\\endpipeline\n"
                    "\\startpipeline\nselect 1;\ninsert into hist values (2, 2);\n\\endpipeline\n",
    "tries.sql": "begin isolation level serializable;\nupdate cnt set n = n + 1;\ncommit;\n",
}
PSQL = [["-1", "-c", "insert into p(t) values (1)", "-c", "select 1/0"], ["-1", "-c", "insert into p(t) values (1)", "-c", "table part"],
        ["-c", "insert into p(t) values (1); select 1/0"], ["-c", "create table xx(a int); insert into xx values (1); table xx; drop table xx"],
        ["-At", "-c", "table part", "-c", "\\d part"], ["-f", "file.sql"], ["-1", "-f", "file.sql"], ["-v", "ON_ERROR_STOP=1", "-f", "file.sql"],
        ["-c", "vacuum p; select 1"]]
EVERYDAY = [0, 5, 6, 9, 10, 13]  # of these; all of them with PAWL_TEST_REGRESS=whole (`make soak`)
PGBENCH = ["-i -I dtgvpf -s 1 -q", "-i -I dtGvp -s 1 -q --unlogged-tables --partitions=2", "-i -s 1 -q -F 90", "-b tpcb-like -t 20 -c 2 -n",
           "-b simple-update -t 20 -c 2 -n -M extended", "-b select-only -t 20 -c 2 -n -M prepared", "-b tpcb-like -t 10 -c 2 -n -M prepared",
           "-f get.sql -t 5 -n", "-f get.sql -t 5 -n -M extended", "-f get.sql -t 5 -n -M prepared", "-f pipeline.sql -t 5 -n -M extended",
           "-f pipeline.sql -t 5 -n -M prepared", "-f pipeline.sql -t 5 -n", "-f tries.sql -t 20 -c 4 -n --max-tries=1000",
           "-f tries.sql -t 20 -c 4 -n --max-tries=1000 -M prepared", "-S -t 5 -c 2 -C -n", "-S -t 20 -R 200 -n --latency-limit=500000",
           "-b tpcb-like -t 5 -c 2 -j 2 -v -r"]


def plain(text):
    """Without what is another each time: times, process ids, how often something was tried; and without the connection's own names."""
    text = re.sub(r"with PID \d+", "with PID", text)
    text = re.sub(r'database "\w+" as user "\w+"', "database as user", text)
    text = re.sub(r"(vacuuming|creating|generating|done in) .*", "", text)
    text = re.sub(r"\d+\.\d+ ?(ms|s)?", "N", text)
    text = re.sub(r"^ +N.*? {2}", "N ", text, flags=re.M)
    return re.sub(r"(retried|retries): .*", r"\1", text) if "maximum number of tries" in text else text


def tool(argv, env, text=None):
    done = subprocess.run(argv, env=env, cwd=FOLDER, input=text, text=True, capture_output=True, timeout=600,
                          **({} if text is not None else {"stdin": subprocess.DEVNULL}))
    return plain(done.stdout + "-- errors\n" + done.stderr + "-- %d" % done.returncode)


def everything(env, sql):
    """{what was run: what it printed}"""
    said = {}
    script = (source.ROOT / "tests" / "flow" / "postgres_psql.sql").read_text()
    for part in script.split("\n-- @ ")[1:]:
        name, _, text = part.partition("\n")
        said["psql: " + name] = tool(["psql", "-X", "-v", "ON_ERROR_STOP=0"], env, text)
    for argv in PSQL:
        said["psql " + " ".join(argv)] = tool(["psql", "-X", *argv], env)
    sql("create table hist(a int, b int); create table cnt(n int); insert into cnt values (0)")
    for words in PGBENCH if os.environ.get("PAWL_TEST_REGRESS") == "whole" else [PGBENCH[i] for i in EVERYDAY]:
        said["pgbench " + words] = tool(["pgbench", *words.split()], env)
    said["rows"] = str(sql("select (select count(*) from hist), (select n from cnt), (select count(*) from s.t), (select count(*) from p)"))
    return said


def interrupted(pg, env):
    """Ctrl-C: the statement ends, psql does not."""
    p = subprocess.Popen(["psql", "-X", "-A", "-t", "-c", "select pg_sleep(601)", "-c", "select 'after'"], env=env, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True)
    pg.sleeps(601)
    p.send_signal(2)
    return p.communicate(timeout=patience.LIMIT)[0]


def main():
    tap = source.Tap()
    why = postgres.missing()
    if why:
        tap.skip("psql and pgbench through the gate", why)
        return tap.end()
    for name, text in FILES.items():
        with open(os.path.join(FOLDER, name), "w") as f:
            f.write(text)
    plain_env = {**{k: v for k, v in os.environ.items() if not k.startswith("PG")}, "PAWL_OUT": FOLDER + "/out", "PSQLRC": "/dev/null"}
    with postgres.Server() as pg:
        pg.sql("create database d")
        beside = dict(plain_env, PGHOST="127.0.0.1", PGPORT=str(pg.port), PGUSER="postgres", PGDATABASE="d")
        direct, stopped = everything(beside, lambda t: pg.sql(t, "d")), interrupted(pg, beside)
        pg.sql("drop database d with (force); ")
        pg.sql("create database d")
        with pgwire.Gate(pg, "--environment", "scratch", "--decide", "approve", dbname="d", user="postgres") as gate:
            through = dict(plain_env, **{k: v for k, v in gate.env.items() if k.startswith("PG")})
            gated = everything(through, lambda t: pg.sql(t, "d"))
            tap.check("Ctrl-C", [x for x in (interrupted(pg, through),) if x != stopped or "canceling" not in x])
    for name, said in direct.items():
        tap.check("as without the gate: " + name, difflib.unified_diff(said.splitlines(), gated[name].splitlines(), "direct", "gate", n=1,
                                                                       lineterm=""))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
