#!/usr/bin/env python3
# A fresh backup, taken and drilled before a person is asked: where backup.yaml lets it be, only where it helps, bounded, and no backup or
# drill that failed ever looks like one. Real PostgreSQL, real backups.
# timeout: 1200
import json
import os
import pwd
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import postgres
from holds import PAWL, Tap, World, key

if postgres.missing():
    print("1..0 # SKIP " + postgres.missing())
    sys.exit(0)

ME = pwd.getpwuid(os.geteuid()).pw_name
RULE = {"recovery": {"verified_within": "24h"}, "expires": "30d"}
PLAN = {"format_version": "1.2", "terraform_version": "1.11.4", "applyable": True, "complete": True, "errored": False,
        "resource_changes": [{"address": "aws_db_instance.db", "mode": "managed", "type": "aws_db_instance", "name": "db",
                              "provider_name": "registry.terraform.io/hashicorp/aws",
                              "change": {"actions": ["delete"], "after": None, "after_unknown": {}, "before_sensitive": {}, "after_sensitive": False,
                                         "before": {"identifier": "courses-prod-db", "id": "db-1", "skip_final_snapshot": True}}}]}
pg = postgres.Server()


class Fresh(World):
    """A world with one database, backed up into a vault that names a user of its own: who runs the test, or ${user}."""

    def __init__(self, rule=RULE, fresh="600s", user=ME, **more):
        super().__init__(rule=rule)
        self.pawl("backup", "init", "--empty", "--vault", self.dir + "/vault")
        self.yaml = self.dir + "/config/pawl/backup.yaml"
        self.key = re.search(r"^key: (\S+)", open(self.yaml).read(), re.M).group(1)
        self.configure(fresh, user, **more)

    def configure(self, fresh, user=ME, **more):
        target = {"name": "shop", "postgres": "host=%s port=%d user=postgres dbname=shop" % (pg.host, pg.port), "vault": "local",
                  "resources": ["courses-prod-db"]}
        target.update(more)
        if fresh:
            target["fresh"] = fresh
        text = {"version": 1, "key": self.key, "vaults": [{"name": "local", "directory": self.dir + "/vault", "user": user}], "targets": [target]}
        with open(self.yaml, "w") as f:
            json.dump(text, f)

    def plan(self, *words, plan=PLAN):
        return subprocess.run([PAWL, "plan", "-", *words], cwd=self.dir, env=self.env, capture_output=True, text=True, input=json.dumps(plan), timeout=300)

    def backups(self):
        return sorted(e["body"]["backup"] for e in self.entries("backup.finished"))

    def entries(self, kind):
        return json.loads(self.pawl("log", "--kind", kind, "--json").stdout)["entries"]

    def forget(self):
        """No statement is there: nothing is known of a backup."""
        for folder in ("points", "said"):
            for f in os.listdir(self.dir + "/state/recovery/" + folder):
                os.unlink(self.dir + "/state/recovery/%s/%s" % (folder, f))


def hold_of(out):
    return re.search(r"H-\d+", out.stdout).group(0)


# --- where it is taken ---

def test_missing_evidence_is_made_before_the_hold_is_opened():
    w = Fresh()
    out = w.plan()
    assert out.returncode == 3 and "within 10 min" in out.stderr and "verified" in out.stderr, out
    assert "missing" not in out.stdout and re.search(r"restored and checked \d+ s ago", out.stdout), out.stdout
    assert len(w.backups()) == 1 and [e["body"]["result"] for e in w.entries("drill.finished")] == ["verified"]
    w.approve(hold_of(out))
    again = w.plan()
    assert len(w.backups()) == 1 and "fresh backup" not in again.stderr, "young evidence wants no other: %s" % again.stderr


def test_without_the_owners_word_none_is_taken_and_the_card_says_what_would_help():
    w = Fresh(fresh=None)
    out = w.plan()
    assert out.returncode == 3 and "missing" in out.stdout and "a fresh backup: sudo pawl backup shop --drill" in out.stdout, out
    assert not w.backups() and "fresh" not in out.stderr, out.stderr


def test_asked_for_in_words_it_is_taken_however_young_the_last():
    w = Fresh(fresh=None)
    for n in (1, 2):
        out = w.plan("--fresh")
        assert out.returncode == 3 and "missing" not in out.stdout and len(w.backups()) == n, out
    nothing = dict(PLAN, resource_changes=[])
    out = w.plan("--fresh", plan=nothing)
    assert out.returncode == 0 and "no target of backup.yaml speaks" in out.stderr and len(w.backups()) == 2, out


def test_a_verdict_alone_takes_none():
    w = Fresh()
    assert "missing" in w.plan("--no-hold").stdout and not w.backups()


def test_json_stays_one_object():
    w = Fresh()
    out = w.plan("--json")
    assert json.loads(out.stdout)["evidence"]["recovery"][0]["result"] == "verified" and len(w.backups()) == 1, out


def test_a_rule_that_refuses_for_age_alone_holds_after_it():
    rules = [{"name": "old", "match": {"gate": "terraform", "kind": "delete", "recovery_older_than": "1h"}, "verdict": "deny"},
             {"name": "ask", "match": {"gate": "terraform"}, "verdict": "hold"}]
    w = Fresh(rule=None, fresh=None)
    w.policy(rules=rules)
    out = w.plan()
    assert out.returncode == 4, out
    w.configure("600s")
    out = w.plan()
    assert out.returncode == 3 and len(w.backups()) == 1, out
    w.policy(rules=[dict(rules[0], match={"gate": "terraform", "kind": "delete"})])
    w.forget()
    out = w.plan()
    assert out.returncode == 4 and len(w.backups()) == 1, "what is refused anyhow is worth no backup: %s" % out.stderr


def test_at_the_approval():
    w = Fresh(fresh=None)
    hold = hold_of(w.plan())
    assert "missing" in w.approve(hold, ok=False).stderr
    w.configure("600s")
    said = w.approve(hold)
    assert len(w.backups()) == 1 and "restored and checked" in said.stdout, said
    w.configure(None)
    hold = hold_of(w.plan(plan=dict(PLAN, terraform_version="1.11.3")))
    w.approve(hold, "alice", "courses-prod-db", "--fresh")
    assert len(w.backups()) == 2
    w.approve(hold, "alice", "courses-prod-db", "--fresh", ok=False)
    assert len(w.backups()) == 2, "what is answered already is worth no backup"


# --- where it is not had ---

def test_a_source_that_is_gone_leaves_what_was():
    w = Fresh()
    w.plan()
    w.configure("600s", postgres="host=%s port=1 user=postgres dbname=shop" % pg.host)
    out = w.plan("--fresh")
    assert out.returncode == 3 and "no fresh backup of shop was brought back" in out.stderr, out
    assert "missing" not in out.stdout and len(w.backups()) == 1, "the older one counts yet: %s" % out.stdout
    w.forget()
    out = w.plan()
    assert out.returncode == 3 and "missing" in out.stdout and "NO BACKUP THAT COUNTS" in out.stdout, out


def test_what_takes_too_long_is_ended_and_is_no_backup():
    w = Fresh(fresh="3s")
    held = subprocess.Popen(["psql", pg.url(dbname="shop", user="postgres"), "-qc", "begin; lock submissions; select pg_sleep(612)"],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        pg.sleeps(612)
        out = w.plan()
        lasts = pg.sleeps(612)
    finally:
        held.kill()
        held.wait()
        pg.sql("select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(612)%' and pid <> pg_backend_pid()")
    assert out.returncode == 3 and "missing" in out.stdout and "took longer than it may" in out.stderr, out
    assert lasts and not w.backups() and not [n for n in os.listdir(w.dir + "/vault") for _ in os.listdir(w.dir + "/vault/" + n)]
    assert w.entries("backup.failed"), "the ledger says so"
    w.configure("600s")
    assert "missing" not in w.plan().stdout and len(w.backups()) == 1, "and the next run is good"


def test_a_drill_that_takes_too_long_could_not_verify():
    w = Fresh(fresh=None, verify=[{"name": "slow", "sql": "select pg_sleep(613)", "expect": ""}])
    for within in ("4s", "20s", "100s"):  # a busy machine may need as long for the backup, and then there is no drill
        out = w.pawl("backup", "shop", "--drill", "--within", within, "--json", ok=None)
        text = out.stdout
        said = json.loads(text)
        if said["drills"]:
            break
    assert out.returncode == 1 and [d["result"] for d in said["drills"]] == ["could not verify"] and "took longer than it may" in text, out
    assert len(said["backups"]) == 1 and said["backups"][0]["backup"] == said["drills"][0]["backup"], "drills stand apart from backups"
    reasons = [r["text"] for r in said["drills"][0]["reasons"]]
    assert "took longer than it may" in reasons[0], "that its time was up is said first"
    assert not [r for r in reasons if "\n" in r or "\t" in r], "each reason is one line"
    note = json.loads(w.pawl("status", "shop", "--json", ok=None).stdout)["targets"][0]
    assert any("took longer than it may" in r for r in note["red"]), "status says it too"
    assert '"failed"' not in text and len(w.backups()) == 1, text


def test_a_drill_that_fails_counts():
    w = Fresh()
    w.plan()
    w.configure("600s", verify=[{"name": "orders", "sql": "select count(*) from submissions", "expect": "17"}])
    out = w.plan("--fresh")
    assert out.returncode == 3 and "FAILED, and that counts" in out.stderr and "missing" in out.stdout, out


def test_the_vault_of_another_user_is_not_reached():
    w = Fresh(user="daemon")
    if os.geteuid() == 0:  # root would become that user: as somebody who may not
        os.chmod(os.path.dirname(w.dir), 0o711)
        subprocess.run(["chown", "-R", "65534", w.dir], check=True)
        who = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    else:
        who = []
    out = subprocess.run([*who, PAWL, "plan", "-"], cwd=w.dir, env=w.env, capture_output=True, text=True, input=json.dumps(PLAN), timeout=300)
    assert out.returncode == 3 and "missing" in out.stdout, out
    assert "the vault is of user daemon" in out.stderr and "sudo pawl backup shop --drill" in out.stderr, out.stderr
    assert not os.listdir(w.dir + "/vault"), "nothing was taken"


def test_a_time_that_is_none_is_an_error():
    w = Fresh(fresh="soon")
    assert "'fresh' wants a time with its unit" in w.pawl("backup", "shop", ok=False).stderr
    assert "missing" in w.plan().stdout
    assert w.pawl("backup", "shop", "--within", "soon", ok=None).returncode == 2


with pg:
    pg.sql("create database shop")
    pg.sql("create table submissions as select g id, md5(g::text) body from generate_series(1, 500) g", dbname="shop")
    assert key("alice")
    status = Tap().run([v for k, v in list(globals().items()) if k.startswith("test_")],
                       everyday=["test_missing_evidence_is_made_before_the_hold_is_opened",
                                 "test_without_the_owners_word_none_is_taken_and_the_card_says_what_would_help",
                                 "test_what_takes_too_long_is_ended_and_is_no_backup", "test_the_vault_of_another_user_is_not_reached",
                                 "test_a_time_that_is_none_is_an_error", "test_a_drill_that_takes_too_long_could_not_verify"])
sys.exit(status)
