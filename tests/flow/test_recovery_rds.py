#!/usr/bin/env python3
"""Amazon RDS on an emulator: a snapshot and its copy, a drill in a test instance that is always deleted, queries on a real PostgreSQL.

The emulator's instances have no server behind them, so `connect` names a local one, which pawl takes only from an emulator.
"""
# timeout: 1200
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import gate
import lab
import postgres

why = postgres.missing() or lab.missing("moto")
if why:
    lab.skip_all(why)
t = lab.Tap()
COPY = {"region": "eu-central-1"}


class World:
    def __init__(self, g, pg):
        self.g, self.pg = g, pg
        self.path = os.path.join(g.config, "pawl", "backup.yaml")
        r = g.pawl("backup", "init", "host=127.0.0.1 port=%d user=postgres dbname=courses" % pg.port)
        assert r.returncode == 0, r.stdout
        self.head = open(self.path).read().split("targets:")[0]
        self.config()

    def config(self, expect="500", sql="SELECT count(*) FROM submissions", connect=None, rds=None, **more):
        connect = connect or "host=127.0.0.1 port=%d user=postgres dbname=courses" % self.pg.port
        target = dict({"name": "courses", "rds": dict({"instance": "courses-prod-db", "connect": connect, "copy": COPY}, **(rds or {})),
                       "resources": ["courses-prod-db"], "verify": [{"name": "submissions", "sql": sql, "expect": expect}]}, **more)
        with open(self.path, "w") as f:
            f.write(self.head + "targets: " + json.dumps([target]) + "\n")

    def aws(self, action, region="eu-west-1", **form):
        """One request to the emulator, which looks at no signature: the AWS CLI would take longer to start."""
        body = urllib.parse.urlencode(dict({k.replace("_", "."): v for k, v in form.items()}, Action=action, Version="2014-10-31")).encode()
        scope = "AWS4-HMAC-SHA256 Credential=testing/20260101/%s/rds/aws4_request, SignedHeaders=host, Signature=0" % region
        with urllib.request.urlopen(urllib.request.Request(self.g.url, body, {"Authorization": scope})) as f:
            return f.read().decode()

    def instances(self, region="eu-central-1"):
        return re.findall("<DBInstanceIdentifier>([^<]*)<", self.aws("DescribeDBInstances", region))

    def snapshots(self, region="eu-central-1"):
        """Names and ARNs."""
        text = self.aws("DescribeDBSnapshots", region, SnapshotType="manual")
        return list(zip(re.findall("<DBSnapshotIdentifier>([^<]*)<", text), re.findall("<DBSnapshotArn>([^<]*)<", text)))

    def create(self, name, region="eu-west-1", **form):
        self.aws("CreateDBInstance", region, DBInstanceIdentifier=name, DBInstanceClass="db.t3.micro", Engine="postgres", MasterUsername="a",
                 MasterUserPassword="not-so-secret", AllocatedStorage="20", **form)

    def drill(self, **env):
        r = self.g.pawl("drill", "courses", "--json", env=self.g.env(**env))
        d = json.loads(r.stdout[r.stdout.index("{"):])["drills"][0]
        return r.returncode, d["result"], [x["code"] for x in d["reasons"]], d


def left(w, what):
    t.eq(w.instances(), [], "no test instance is left: " + what)


def backup(w):
    g = w.g
    r = g.pawl("backup", "courses")
    t.eq(r.returncode, 0, "a snapshot and its copy are taken", r.stdout)
    there = w.snapshots()
    t.ok(len(there) == 1 and there[0][0].endswith("-copy"), "the copy lies in the other region", there)
    t.eq([n + "-copy" for n, _ in w.snapshots("eu-west-1")], [n for n, _ in there], "and the snapshot in its own")
    return there[0]


def drills(w):
    g = w.g
    mark = g.mark()
    status, result, codes, d = w.drill()
    t.eq((status, result, codes), (0, "verified", []), "a drill of the copy verifies", d)
    t.eq((d["tables"], d["rows"]), (2, 509), "every row of a real PostgreSQL was read")
    calls = g.calls(mark)
    asked = [c for c in calls if c["action"] == "RestoreDBInstanceFromDBSnapshot"]
    t.ok(len(asked) == 1 and asked[0]["region"] == "eu-central-1" and asked[0]["args"]["PubliclyAccessible"] == "false", "one test instance, private, "
         "where the copy lies", asked)
    name = asked[0]["args"]["DBInstanceIdentifier"]
    gone = [c["args"] for c in calls if c["action"] == "DeleteDBInstance"]
    t.ok(len(gone) == 1 and gone[0]["DBInstanceIdentifier"] == name and gone[0]["SkipFinalSnapshot"] == "true", "it alone was deleted", gone)
    t.eq([c["action"] for c in calls if lab.is_destructive(c)], ["DeleteDBInstance"], "and nothing else was touched")
    left(w, "after a good drill")
    t.eq(w.instances("eu-west-1"), ["courses-prod-db"], "production stands")
    r = g.pawl("status", "courses")
    t.has(r.stdout, "every row read, every query as expected", "status says what that verified means")
    r = g.pawl("log", "--kind", "drill.finished", "--json")
    t.has(r.stdout, "verified", "it is in the ledger")

    for what, cfg, want in (("another answer", {"expect": "501"}, (3, "failed", ["query"])),
                            ("a query that cannot be asked", {"sql": "SELECT count(*) FROM nothing"}, (3, "failed", ["query"])),
                            ("a query that writes", {"sql": "DELETE FROM submissions RETURNING 500"}, (3, "failed", ["query"])),
                            ("a server that does not answer", {"connect": "host=127.0.0.1 port=1 user=postgres dbname=courses"},
                             (1, "could not verify", ["broke-off"]))):
        w.config(**cfg)
        status, result, codes, d = w.drill()
        t.eq((status, result, codes), want, "a drill tells: " + what, d)
        left(w, what)
    w.config(connect="user=postgres dbname=courses")
    status, result, codes, d = w.drill()
    t.eq((status, result), (1, "could not verify"), "an instance that no server answers for is not verified", d)
    t.eq(w.pg.sql("SELECT count(*) FROM submissions", "courses"), [["500"]], "control: no query wrote")
    left(w, "no server")
    w.config()


def killed(w):
    """SIGKILL while the test instance is there: the next run deletes it, and nothing that only looks like it."""
    g = w.g
    w.create("pawl-drill-mine", "eu-central-1", Tags_Tag_1_Key="pawl-drill", Tags_Tag_1_Value="courses", Tags_Tag_2_Key="pawl-key",
             Tags_Tag_2_Value="0" * 16)
    w.config(sql="SELECT pg_sleep(610)")
    p = subprocess.Popen([lab.binary("pawl"), "drill", "courses"], cwd=g.work, env=g.env(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)
    w.pg.sleeps(610)
    p.send_signal(signal.SIGKILL)
    p.wait()
    t.eq(len(w.instances()), 2, "control: a drill that is killed leaves its test instance")
    w.config()
    status, result, codes, d = w.drill()
    t.eq((status, result), (0, "verified"), "the next drill verifies", d)
    t.eq(w.instances(), ["pawl-drill-mine"], "and deleted what the killed one left, and nothing that another key's drill made")
    w.aws("DeleteDBInstance", "eu-central-1", DBInstanceIdentifier="pawl-drill-mine", SkipFinalSnapshot="true")


def bad(w, copy):
    g = w.g
    status, result, codes, d = w.drill(AWS_ENDPOINT_URL="http://127.0.0.1:1")
    t.eq((status, result, codes), (1, "could not verify", ["no-vault"]), "AWS does not answer", d)
    status, result, codes, d = w.drill(AWS_ENDPOINT_URL="http://emulator.invalid:%d" % g.port)
    t.eq((status, result), (1, "could not verify"), "another endpoint", d)
    r = g.pawl("plan", os.path.join(lab.FIXTURES, "destroy.json"), "--no-hold")
    t.has(" ".join(r.stdout.split()), "IN THE SAME BLAST RADIUS", "a copy in the same account counts as the same blast radius")
    w.config(rds={"copy": dict(COPY, account="210987654321", credentials=["sh", "-c", "exit 7"])})
    r = g.pawl("backup", "courses")
    t.ok(r.returncode == 1 and "status 7" in r.stdout, "without the other account's credentials there is no backup", r.stdout)
    calls = [c["args"] for c in g.calls() if c["action"] == "ModifyDBSnapshotAttribute"]
    t.eq([("ValuesToAdd.AttributeValue.1" in c, "ValuesToRemove.AttributeValue.1" in c) for c in calls], [(True, False), (False, True)],
         "and what was shared with it is not shared any more", calls)
    w.config(rds={"instance": "courses-dev-db"})
    r = g.pawl("backup", "courses")
    t.ok(r.returncode == 1 and "no RDS instance courses-dev-db" in r.stdout, "an instance that is not there", r.stdout)
    w.config(verify=None)
    text = open(w.path).read().replace('"verify": null', '"every": "24h"')
    open(w.path, "w").write(text)
    r = g.pawl("drill", "courses")
    t.ok(r.returncode != 0 and "without 'verify'" in r.stdout, "without a query no target of rds", r.stdout)
    w.config()
    name, arn = copy
    w.aws("DeleteDBSnapshot", "eu-central-1", DBSnapshotIdentifier=name)
    status, result, codes, d = w.drill()
    t.eq((status, result, codes), (3, "failed", ["bytes"]), "a snapshot that was deleted", d)
    time.sleep(1.1)
    w.aws("CopyDBSnapshot", "eu-central-1", SourceDBSnapshotIdentifier=arn.replace("eu-central-1", "eu-west-1")[:-5], TargetDBSnapshotIdentifier=name)
    status, result, codes, d = w.drill()
    t.eq((status, result, codes), (3, "failed", ["swapped"]), "another one of its name in its place", d)
    left(w, "bad input")


with gate.Gate() as g, postgres.Server() as pg:
    pg.sql("CREATE DATABASE courses")
    pg.sql("CREATE TABLE submissions AS SELECT i, md5(i::text) FROM generate_series(1, 500) i; CREATE TABLE courses AS SELECT generate_series(1, 9)",
           dbname="courses")
    w = World(g, pg)
    w.create("courses-prod-db", DBName="courses")
    copy = backup(w)
    drills(w)
    killed(w)
    bad(w, copy)
t.done()
