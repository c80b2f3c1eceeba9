#!/usr/bin/env python3
# timeout: 600
"""JDBC through `pawl gate postgres` (tests/fixtures/jdbc/Acts.java): every mode of its queries, batches, prepared statements, portals,
savepoints, COPY, cancel and notices are as without the gate; what destroys is held and nothing is lost.
"""
import os
import pathlib
import shutil
import subprocess
import sys
from urllib.parse import unquote, urlsplit

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import holds  # noqa: E402
import pg_gate  # noqa: E402
import pg_tools  # noqa: E402
import postgres  # noqa: E402

PG = None
DRIVER = "/usr/share/java/postgresql.jar"
CLASSES = pathlib.Path("classes").absolute()


def missing():
    if not shutil.which("javac") or not shutil.which("java"):
        return "no Java (Debian: default-jdk-headless)"
    return "" if os.path.exists(DRIVER) else "no JDBC driver (Debian: libpostgresql-jdbc-java)"


def acts(w, what, url=None):
    u = urlsplit(url or w.url)
    return pg_tools.run(["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-cp", "%s:%s" % (CLASSES, DRIVER), "Acts", what,
                         "jdbc:postgresql://%s:%d%s" % (u.hostname, u.port, u.path), u.username, *([unquote(u.password)] if u.password else [])], w)


def test_it_is_as_without_the_gate():
    with pg_gate.fresh(PG, upstream={"environment": "staging"}) as w:
        one = acts(w, "makes", PG.url("shop"))
        left = pg_tools.shape(PG)
        pg_gate.make(PG)
        pg_tools.alike(one, acts(w, "makes"))
        assert left == pg_tools.shape(PG)
        for line in ("fails: 23503", "cancel: 57014", "timeout: 57014", "read only: 25006", "copy in: 2", "notified: heard", "portals: 5000"):
            assert line in one.stdout, (line, one.stdout)


def test_what_destroys_is_held():
    with pg_gate.fresh(PG) as w:
        before = pg_tools.shape(PG)
        done = acts(w, "destroys")
        said = dict(line.split(": ", 1) for line in done.stdout.splitlines() if ": " in line)
        for act in ("prepared", "batch", "several", "in a transaction", "by a portal", "simple"):
            assert said[act].startswith("PW001 "), (act, done.stdout, done.stderr)
        assert (said["behind it"][:5], said["left"], said["behind its savepoint"]) == ("25P02", "[[5000]]", "[[20]]"), done.stdout
        pg_tools.held(w, done, before)
        for act, words in (("prepared", "5,000 rows"), ("in a transaction", "drops 2 tables"), ("simple", "20 rows in public.courses")):
            assert words in w.pawl("show", w.hold(said[act])).stdout, (act, words)
        w.approve(w.hold(said["prepared"]), "alice", "submissions")
        assert "once: 5000" in acts(w, "once").stdout
        assert "once: PW001" in acts(w, "once").stdout


def main():
    global PG
    why = postgres.missing() or missing()
    if why:
        print("1..1\nok 1 - JDBC # SKIP " + why)
        return 0
    source = os.path.join(os.environ["PAWL_SOURCE"], "tests", "fixtures", "jdbc", "Acts.java")
    subprocess.run(["javac", "-cp", DRIVER, "-d", str(CLASSES), source], check=True)
    with postgres.Server() as PG:
        return holds.Tap().run([f for n, f in sorted(globals().items()) if n.startswith("test_")])


sys.exit(main())
