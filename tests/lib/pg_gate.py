"""A person's world with `pawl gate postgres` in it, before a PostgreSQL server of the test's own.

with pg_gate.World(pg) as w:             # pg: postgres.Server
    w.psql("SELECT 1")                   # as the agent, through the gate: CompletedProcess
    w.hold(done.stderr), w.approve(...)  # as in holds.World
"""
import json
import os
import re
import signal
import subprocess

import holds
import patience

TABLES = """
CREATE TABLE courses (id serial primary key, name text);
CREATE TABLE submissions (id serial primary key, course int REFERENCES courses ON DELETE CASCADE, body text);
CREATE VIEW open_work AS SELECT id FROM submissions;
INSERT INTO courses (name) SELECT 'c' || i FROM generate_series(1, 20) i;
INSERT INTO submissions (course, body) SELECT 1 + i % 20, 'text ' || i FROM generate_series(1, 5000) i;
ANALYZE;
"""
PSQL = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose"]
SQLSTATE = {"held": "PW001", "denied": "PW002", "budget": "PW003", "opaque": "PW004", "tightened": "PW005"}


def make(pg):
    """The database `shop` anew, with tables in it."""
    pg.sql("DROP DATABASE IF EXISTS shop WITH (FORCE)")
    pg.sql("CREATE DATABASE shop")
    pg.sql(TABLES, "shop")


def fresh(pg, **more):
    """A world before a database `shop` made anew."""
    make(pg)
    return World(pg, **more)


class World(holds.World):
    def __init__(self, pg, dbname="shop", wait="0s", upstream=None, **policy):
        super().__init__(rule=policy.pop("rule", {"name": "unused", "match": {"gate": "aws"}}), **policy)
        self.pg = pg
        config = {"version": 1, "listen": "127.0.0.1:0", "wait": wait, "upstreams": [dict(
            {"name": dbname, "connect": "host=127.0.0.1 port=%d dbname=%s user=postgres" % (pg.port, dbname)}, **(upstream or {}))]}
        self.config = self.dir + "/config/pawl/postgres.yaml"
        with open(self.config, "w") as f:
            f.write(json.dumps(config))
        os.chmod(self.config, 0o600)
        self.dbname = dbname
        self.process = None
        self.start()
        self.new_key()

    def start(self, *more):
        self.process = subprocess.Popen([holds.PAWL, "gate", "postgres", "--json", *more], cwd=self.dir, env=self.env, text=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=open(self.dir + "/gate.err", "w"))
        line = self.process.stdout.readline()
        assert line, "the gate did not start: " + self.said()
        self.port = json.loads(line)["port"]

    def said(self):
        with open(self.dir + "/gate.err") as f:
            return f.read()

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        status = patience.wait(self.process)
        self.process.stdout.close()
        assert status == 0, "the gate ended with %d: %s" % (status, self.said())

    def new_key(self, *more):
        made = json.loads(self.pawl("postgres", "keys", "new", "--json", *more).stdout)
        self.user, self.url = made["id"], made["url"]
        return made

    def environ(self):
        return dict(self.env, PGCONNECT_TIMEOUT=str(patience.LIMIT), PGOPTIONS="", PSQLRC="/dev/null")

    def psql(self, *sql, url=None, timeout=300):
        words = [w for one in sql for w in ("-c", one)]
        return subprocess.run(PSQL + [url or self.url] + words, env=self.environ(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=timeout)

    def ok(self, *sql):
        done = self.psql(*sql)
        assert done.returncode == 0, (sql, done.stderr, self.said())
        return done.stdout.strip()

    def refused(self, sql, why):
        done = self.psql(sql)
        assert done.returncode != 0 and SQLSTATE[why] in done.stderr, (sql, why, done.stdout, done.stderr)
        return done.stderr

    def start_psql(self, sql):
        return subprocess.Popen(PSQL + [self.url, "-c", sql], env=self.environ(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    @staticmethod
    def hold(text):
        found = re.search(r"H-\d+", text)
        assert found, text
        return found.group(0)

    def holds_open(self):
        return ["H-%d" % e["seq"] for e in self.log("hold.opened")]

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self.stop()
            elif self.process.poll() is None:
                self.process.kill()
                self.process.wait()
        finally:
            self.close()
