#!/usr/bin/env python3
"""The course platform's database, destroyed by an approved plan and brought back to the last row by the commands of docs/backup.md.

Every day on the plan that was recorded from the incident's stack, and the server is destroyed by hand; with PAWL_TEST_WHOLE the data is
as large as it was (1,943,200 rows in submissions), and real terraform destroys it: the provider on an emulator, the server by its provisioner.
"""
# timeout: 1800
import os
import re
import shlex
import shutil
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import gate
import lab
import postgres

WHOLE = bool(os.environ.get("PAWL_TEST_WHOLE"))
SUBMISSIONS = 1943200 if WHOLE else 19432
ENDPOINT = "courses-prod-db.aaaaaaaaaa.eu-west-1.rds.amazonaws.com"
if postgres.missing():
    lab.skip_all(postgres.missing())
t = lab.Tap()

SCHEMA = """
CREATE ROLE app LOGIN;
CREATE TYPE state AS ENUM ('CL', 'OP', 'SC');
CREATE TABLE users (id bigserial PRIMARY KEY, email text NOT NULL UNIQUE, password text, date_joined timestamptz NOT NULL);
CREATE TABLE courses (id bigserial PRIMARY KEY, slug text NOT NULL UNIQUE, title text, finished boolean DEFAULT false);
CREATE TABLE homeworks (id bigserial PRIMARY KEY, course_id bigint NOT NULL REFERENCES courses, slug text, due timestamptz, state state);
CREATE TABLE questions (id bigserial PRIMARY KEY, homework_id bigint NOT NULL REFERENCES homeworks, text text, answer bytea);
CREATE TABLE enrollments (id bigserial PRIMARY KEY, user_id bigint NOT NULL REFERENCES users, course_id bigint NOT NULL REFERENCES courses,
    display_name text, total_score numeric(8, 2), UNIQUE (user_id, course_id));
CREATE TABLE submissions (id bigserial PRIMARY KEY, homework_id bigint NOT NULL REFERENCES homeworks, enrollment_id bigint REFERENCES enrollments,
    link text, learning_in_public jsonb, submitted_at timestamptz NOT NULL, score int);
CREATE INDEX submissions_at ON submissions (submitted_at);
CREATE VIEW leaderboard AS SELECT enrollment_id, sum(score) AS score FROM submissions GROUP BY 1;
CREATE MATERIALIZED VIEW busiest AS SELECT homework_id, count(*) AS n FROM submissions GROUP BY 1;
CREATE FUNCTION graded() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.score := coalesce(NEW.score, 0); RETURN NEW; END $$;
CREATE TRIGGER graded BEFORE INSERT ON submissions FOR EACH ROW EXECUTE FUNCTION graded();
INSERT INTO users (email, password, date_joined) SELECT 'student' || i || '@example.org', md5(i::text), '2022-01-01Z'::timestamptz + i * interval '7 min'
    FROM generate_series(1, %(users)d) i;
INSERT INTO courses (slug, title) SELECT 'zoomcamp-' || i, E'Zoom\\tcamp \\\\ ' || i || E'\\nИнженерия' FROM generate_series(1, 9) i;
INSERT INTO homeworks (course_id, slug, due, state) SELECT 1 + i %% 9, 'hw' || i, '2024-01-01Z'::timestamptz + i * interval '1 day', 'SC'
    FROM generate_series(1, 70) i;
INSERT INTO questions (homework_id, text, answer) SELECT 1 + i %% 70, 'Question ' || i, decode(md5(i::text), 'hex') FROM generate_series(1, 420) i;
INSERT INTO enrollments (user_id, course_id, display_name, total_score) SELECT 1 + i %% %(users)d, 1 + i / %(users)d, NULLIF('Name ' || i %% 50, 'Name 7'), i / 7.0
    FROM generate_series(0, %(users)d * 2 - 1) i;
INSERT INTO submissions (homework_id, enrollment_id, link, learning_in_public, submitted_at, score)
    SELECT 1 + i %% 70, 1 + i %% (%(users)d * 2), 'https://github.com/student/' || md5(i::text), jsonb_build_array('https://x.example/' || i),
    '2024-01-01Z'::timestamptz + i * interval '13 s', NULLIF(i %% 12, 5) FROM generate_series(1, %(submissions)d) i;
REFRESH MATERIALIZED VIEW busiest;
ALTER TABLE submissions OWNER TO app;
ALTER MATERIALIZED VIEW busiest OWNER TO app;
"""

# The database's own row of the incident's stack; the server that stands for it goes with it.
STACK = """terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "5.100.0" }
  }
}
provider "aws" {
  region = "eu-west-1"
  default_tags {
    tags = { environment = "prod" }
  }
}
resource "aws_db_instance" "db" {
  identifier          = "courses-prod-db"
  engine              = "postgres"
  engine_version      = "15.4"
  instance_class      = "db.t3.medium"
  allocated_storage   = 50
  db_name             = "courses"
  username            = "courses"
  password            = "not-so-secret"
  skip_final_snapshot = true
  provisioner "local-exec" {
    when    = destroy
    command = "%s"
  }
}
"""


def documented():
    """The commands of "After a loss", as a person would copy them."""
    text = open(os.path.join(os.environ["PAWL_SOURCE"], "docs", "backup.md")).read()
    section = text.split("\n## After a loss\n", 1)[1].split("\n## ", 1)[0]
    blocks = re.findall(r"^ *```\n(.*?)^ *```", section, re.S | re.M)
    return [line.strip() for b in blocks for line in b.splitlines() if line.strip()]


def contents(pg):
    """Every row of every table, in one order; the rest of the schema by what pg_dump says of it; where sequences stand."""
    rows = pg.fingerprint("courses")
    rows["busiest"] = pg.sql("SELECT md5(string_agg(b::text, ',' ORDER BY b::text)) FROM busiest b", "courses")
    rows["leaderboard"] = pg.sql("SELECT md5(string_agg(l::text, ',' ORDER BY l::text)) FROM leaderboard l", "courses")
    rows["sequences"] = pg.sql("SELECT sequencename, last_value FROM pg_sequences ORDER BY 1", "courses")
    rows["last row"] = pg.sql("SELECT * FROM submissions ORDER BY id DESC LIMIT 1", "courses")
    rows["schema"] = pg.sql("SELECT c.relname, c.relkind, pg_get_userbyid(relowner), coalesce(pg_get_indexdef(i.indexrelid), '') FROM pg_class c "
                            "LEFT JOIN pg_index i ON i.indexrelid = c.oid WHERE relnamespace = 'public'::regnamespace ORDER BY 1", "courses")
    rows["constraints"] = pg.sql("SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2", "courses")
    return rows


def destroy(pg):
    """As `terraform destroy` does: no final snapshot, no automated backups, no disk."""
    pg.stop(signal.SIGQUIT)
    shutil.rmtree(pg.data)


def by_recorded_plan(g, pg):
    plan = os.path.join(lab.FIXTURES, "destroy.json")
    r = g.pawl("plan", plan)
    h = re.search(r"\bH-\d+\b", r.stdout)
    t.ok(r.returncode == 3 and h, "the plan that destroys the database is held", r.stdout[-3000:])
    card(r.stdout)
    approved(g, h.group(0))
    destroy(pg)


def by_terraform(g, pg):
    d = os.path.join(g.work, "stack")
    os.makedirs(d)
    script = os.path.join(g.work, "lose.sh")
    with open(script, "w") as f:
        f.write("#!/bin/sh\nkill -QUIT %d && while [ -e %s/postmaster.pid ]; do sleep 0.1; done; rm -rf %s\n" % (pg.process.pid, pg.data, pg.data))
    os.chmod(script, 0o755)
    with open(os.path.join(d, "main.tf"), "w") as f:
        f.write(STACK % script)
    for words in (["init"], ["apply", "-auto-approve"]):
        r = g.terraform(*words, "-no-color", cwd=d)
        t.eq(r.returncode, 0, "control: the stack is made, terraform " + words[0], r.stdout)
    mark = g.mark()
    r = g.agent("destroy", "-auto-approve", "-no-color", cwd=d)
    h = gate.hold(r.stdout)
    t.ok(r.returncode == 1 and h and not g.destructive(mark), "terraform destroy -auto-approve is held", r.stdout[-3000:])
    card(r.stdout)
    approved(g, h)
    r = g.agent("destroy", "-auto-approve", "-no-color", cwd=d)
    t.ok(r.returncode == 0 and "rds DeleteDBInstance" in g.destructive(mark), "approved, it destroys the database", r.stdout[-3000:])
    pg.process.wait(300)


def card(text):
    said = " ".join(text.split())
    t.has(said, re.compile(r"courses-prod-db backup [^;]*old, restored and checked .* ago"), "its card: the backup's age, restored and checked")
    t.has(said, "{:,} rows in public.submissions".format(SUBMISSIONS), "its card: how many rows came back")


def approved(g, h):
    g.yes(h)
    r = g.pawl("show", h)
    t.has(r.stdout, re.compile("approved", re.I), "a person said yes to it")


def play(g):
    # pg stands where the endpoint's name leads; loopback would count as the vault's own machine.
    with postgres.Server() as pg, postgres.Server() as new:
        pg.sql("CREATE DATABASE courses")
        r = pg.psql("-q", "-c", SCHEMA % {"users": SUBMISSIONS // 20, "submissions": SUBMISSIONS}, dbname="courses")
        if r.returncode:
            raise RuntimeError(r.stderr)
        connect = "host=%s hostaddr=127.0.0.1 port=%d user=postgres dbname=courses" % (ENDPOINT, pg.port)
        r = g.pawl("backup", "init", connect)
        t.eq(r.returncode, 0, "pawl backup init", r.stdout)
        path = os.path.join(g.config, "pawl", "backup.yaml")
        with open(path, "a") as f:
            f.write("    resources: [courses-prod-db]\n    invariants: {newest: \"SELECT max(submitted_at) FROM submissions\"}\n")
        r = g.pawl("backup", "--drill")
        t.ok(r.returncode == 0 and "verified" in r.stdout, "backed up into the vault, and drilled", r.stdout)
        before = contents(pg)
        t.eq(before["public.submissions"][0], str(SUBMISSIONS), "control: so many rows were there")

        (by_terraform if WHOLE else by_recorded_plan)(g, pg)
        gone = pg.psql("-c", "SELECT 1", dbname="courses")
        t.ok(gone.returncode and not os.path.exists(pg.data), "the database is gone, server and disk", gone.stdout)

        t0 = time.time()
        for line in documented():
            words = shlex.split(line.replace("NEW-SERVER", "127.0.0.1 port=%d" % new.port))
            if line.startswith("pawl backup courses --drill"):  # step 5: backup.yaml names the new server
                took = time.time() - t0
                text = open(path).read()
                there = "host=new-%s hostaddr=127.0.0.1 port=%d user=postgres dbname=courses" % (ENDPOINT, new.port)
                text, n = re.subn(r"^    postgres: .*$", '    postgres: "%s"' % there, text, flags=re.M)
                t.eq(n, 1, "control: backup.yaml names one server")
                with open(path, "w") as f:
                    f.write(text)
            r = g.pawl(*words[1:])
            t.eq(r.returncode, 0, line, r.stdout)
            if words[1] == "restore":
                t.has(r.stdout, "each table as its manifest says", "in its words")
        after = contents(new)
        for what in before:
            t.eq(after.get(what), before[what], "as it was to the last row: " + what)
        t.eq(sorted(after), sorted(before), "and nothing more")
        t.note("%s rows of submissions, %d tables: lost, and back by the documented commands in %.1f s"
               % ("{:,}".format(SUBMISSIONS), sum(k.startswith("public.") for k in before), took))


why = lab.missing("terraform", "provider", "moto") if WHOLE else None
if why:
    lab.skip_all(why)
with gate.Gate(cloud=WHOLE) as g:
    g.policy(dict(gate.POLICY, approvers=[{"name": "alice", "key": " ".join(open(g.key + ".pub").read().split()[:2])}],
                  rules=[{"name": "nothing-without-a-backup", "match": {"gate": "terraform", "kind": "delete", "type": "aws_db_instance"}, "verdict": "hold", "confirm": "typed",
                          "recovery": {"verified_within": "24h"}}]))
    play(g)
    r = g.pawl("log", "verify")
    t.eq(r.returncode, 0, "the ledger verifies", r.stdout)
t.done()
