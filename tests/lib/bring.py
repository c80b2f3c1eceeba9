"""A PostgreSQL server with a database `shop`, a vault with a backup of it, and the backup.yaml that says so."""
import base64
import json
import os
import subprocess
import tempfile

import postgres

BUILD = os.environ["PAWL_BUILD"]
PAWL = os.path.join(BUILD, "src", "cli", "pawl")
TOOL = os.path.join(BUILD, "tests", "lib", "recovery_tool")

SCHEMA = """
CREATE ROLE app LOGIN;
CREATE TABLE users (id int PRIMARY KEY, email text, name text, note text);
CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users, total numeric);
CREATE TABLE "Odd Name" (v text);
CREATE VIEW big AS SELECT * FROM orders WHERE total > 100;
ALTER TABLE users OWNER TO app;
INSERT INTO users SELECT i, 'u' || i || '@example.org', 'Name ' || i, E'line\\none\\ttab ' || i FROM generate_series(1, 500) i;
INSERT INTO orders SELECT i, 1 + i % 500, i FROM generate_series(1, 2000) i;
INSERT INTO "Odd Name" VALUES ('a'), ('a'), (NULL);
"""


class Shop:
    def __init__(self, **target):
        self.dir = tempfile.mkdtemp(prefix="bring-", dir=os.environ.get("TMPDIR"))
        self.vault, self.key = self.dir + "/vault", self.dir + "/key.pem"
        os.makedirs(self.dir + "/config/pawl")
        os.mkdir(self.vault, 0o700)
        self.env = dict(os.environ, HOME=self.dir, PAWL_STATE=self.dir + "/state", XDG_CONFIG_HOME=self.dir + "/config",
                        XDG_CACHE_HOME=os.environ.get("TMPDIR", "/tmp") + "/cache")
        self.env.pop("TMPDIR", None)  # the servers' user may not reach it
        self.pg = postgres.Server()
        self.connect = "host=127.0.0.1 port=%d user=postgres dbname=shop" % self.pg.port
        self.pg.sql("CREATE DATABASE shop")
        assert self.pg.psql("-v", "ON_ERROR_STOP=1", "-q", "-c", SCHEMA, dbname="shop").returncode == 0
        self.tool("key", self.key)
        self.target = target
        self.config()

    def public(self):
        return subprocess.run(["openssl", "pkey", "-in", self.key, "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout[-32:]

    def config(self, **more):
        text = {"version": 1, "key": base64.b64encode(self.public()).decode(), "vaults": [{"name": "local", "directory": self.vault}],
                "targets": [dict({"name": "shop", "postgres": self.connect, "vault": "local", "resources": ["shop"]}, **dict(self.target, **more))]}
        path = self.dir + "/config/pawl/backup.yaml"
        with open(path, "w") as f:
            json.dump(text, f)
        os.chmod(path, 0o600)

    def tool(self, *args):
        p = subprocess.run([TOOL] + list(args), env=self.env, capture_output=True, text=True)
        assert p.returncode == 0, (args, p.stdout, p.stderr)
        return p.stdout.strip()

    def backup(self):
        return self.tool("backup", self.vault, self.key, "shop", self.connect)

    def pawl(self, *args, **kw):
        return subprocess.run([PAWL] + list(args), cwd=self.dir, env=self.env, capture_output=True, text=True, stdin=subprocess.DEVNULL, **kw)

    def rows(self, sql, dbname="shop", **kw):
        p = self.pg.psql("-At", "-v", "ON_ERROR_STOP=1", "-c", sql, dbname=dbname, **kw)
        assert p.returncode == 0, p.stderr
        return p.stdout.strip()

    def databases(self):
        return self.rows("SELECT datname FROM pg_database WHERE NOT datistemplate ORDER BY 1", "postgres").split()

    def log(self, kind):
        out = self.pawl("log", "export")
        return [e for e in map(json.loads, out.stdout.splitlines()) if e["kind"] == kind]

    def close(self):
        self.pg.close()
