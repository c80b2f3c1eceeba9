#!/usr/bin/env python3
# Backups as evidence: what a rule demands, what a card shows, and when an approval is void because of it. Signed statements, real keys.
# timeout: 900
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
from holds import PAWL, Tap, World, allowed, refused
from points import HOUR, Points, drill

RULE = {"recovery": {"verified_within": "24h", "proven_within": "7d"}, "expires": "30d"}
DAY = 24 * HOUR


def world(rule=RULE, **vault):
    w = World(rule=rule)
    return w, Points(w, **vault)


def approved(rule=RULE, **over):
    w, p = world(rule)
    p.write(**over)
    r = w.request()
    h = w.open(r)
    w.approve(h)
    return w, p, r, h


def shown(w, h):
    return w.pawl("show", h, ok=None).stdout


# --- demanded, and there ---

def test_with_evidence_it_passes_and_the_card_says_it():
    w, p, r, h = approved()
    card = shown(w, h)
    assert "backup 3 h old, restored and checked 2 h ago" in card, card
    assert "1,943,200 rows in public.submissions; 0 of 15 ways to delete it worked" in card, card
    allowed(w.use(r))


def test_without_any_it_is_refused_by_rule():
    w = World(rule=RULE)
    r = w.request()
    h = w.open(r)
    assert "no backup" in shown(w, h)
    out = w.approve(h, ok=False)
    assert "evidence that the policy demands is missing, so no approval would count" in out.stderr and "courses-prod-db" in out.stderr, out
    refused(w.use(r))


def test_a_target_without_a_statement_is_red_and_refused():
    w, p = world()
    r = w.request()
    h = w.open(r)
    assert "NO BACKUP THAT COUNTS" in shown(w, h) and "there is no statement of its backups" in shown(w, h), shown(w, h)
    assert "missing" in w.approve(h, ok=False).stderr
    refused(w.use(r))
    p.write()  # a backup was taken and restored: the same hold can be answered now
    w.approve(h)
    allowed(w.use(r))


def test_a_deny_rule_speaks_of_age():
    w, p = world({"verdict": "deny", "confirm": None, "match": {"gate": "terraform", "recovery_older_than": "24h"}})
    p.write(checked=30 * HOUR)
    out = json.loads(w.tool("open", w.request()))
    assert not out["ok"] and "held" in out["error"], out
    p.write()
    assert json.loads(w.tool("open", w.request()))["ok"]


# --- void by age, one case a test ---

def test_void_when_the_drill_is_older_than_the_rule():
    w, p, r, h = approved()
    refused(w.use(r, 22 * HOUR + 60), h, "no backup restored in a drill within 1 d")
    allowed(w.use(r, 22 * HOUR - 1200))


def test_void_when_the_proof_is_older_than_the_rule():
    w, p, r, h = approved({"recovery": {"proven_within": "7d"}, "expires": "30d"})
    refused(w.use(r, 7 * DAY - HOUR + 60), h, "no backup whose vault withstood every try to harm it within 7 d")
    allowed(w.use(r, 7 * DAY - HOUR - 1200))


def test_a_newer_drill_keeps_it_alive():
    w, p, r, h = approved()
    p.write(checked=60)
    allowed(w.use(r, 23 * HOUR))


# --- void by what happened since ---

def test_void_when_the_point_vanished():
    for rule in (RULE, {"expires": "30d"}):
        w, p, r, h = approved(rule)
        p.remove()
        refused(w.use(r), h, *([] if rule is RULE else ["the approval is void", "can no longer be believed", "there is no statement"]))
        p.write()
        allowed(w.use(r))


def test_void_when_the_signature_no_longer_holds():
    for name in ("shop.json", "shop.sig"):
        w, p, r, h = approved({"expires": "30d"})
        p.flip(name, 60)
        refused(w.use(r), h, "the approval is void", "not signed with the key of backup.yaml")


def test_void_when_another_key_signs():
    w, p, r, h = approved()
    p.write(pem=p.make_key("other.pem"))
    refused(w.use(r), h, "missing")


def test_void_when_a_newer_drill_failed():
    for rule in (RULE, {"expires": "30d"}):
        w, p, r, h = approved(rule)
        p.write(drill=drill(3 * HOUR, "failed", 60, "public.users: a value differs"))
        refused(w.use(r), h, *(["missing"] if rule is RULE else ["was found to be no good since", "a value differs"]))


def test_a_newer_drill_that_could_not_verify_leaves_it_to_its_age():
    w, p, r, h = approved()
    p.write(drill=drill(3 * HOUR, "could not verify", 60, "the vault does not answer"))
    refused(w.use(r, 23 * HOUR), "within 1 d")
    allowed(w.use(r))


def test_void_when_the_clock_went_back():
    w, p, r, h = approved()
    refused(w.use(r, -4 * HOUR), "the clock went back")
    allowed(w.use(r))


def test_void_when_the_statement_is_of_a_time_to_come():
    w, p, r, h = approved({"expires": "30d"})
    p.write(said_us=p.point()["said_us"] + 4 * HOUR * 1000000)
    refused(w.use(r), h, "the approval is void", "a time to come")


def test_void_when_an_older_statement_is_put_back():
    w, p, r, h = approved({"expires": "30d"})
    newer = p.point()
    p.write(newer)
    older = dict(p.point(), serial=newer["serial"] - 1)
    w.open(w.request(bytes="cd" * 32))  # somebody looks
    p.write(older)
    refused(w.use(r), h, "somebody put it back")


def test_void_when_the_vault_could_be_harmed():
    w, p, r, h = approved({"expires": "30d"})
    p.write(proof={"worked": 1, "worked_names": "unlink"})
    refused(w.use(r), h, "a vault that could be harmed", "1 of 15 ways to delete it worked")


def test_void_when_it_is_gone_from_a_folder_that_can_be_looked_into():
    w = World(rule=RULE)
    folder = w.dir + "/v"
    p = Points(w, directory=folder)
    at = "%s/shop/%s" % (folder, p.write()["backup"])
    r = w.request()

    def lie(*names):
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(at, mode=0o700)
        os.chmod(folder, 0o700)
        for name in names:
            open(at + "/" + name, "w").write("x")

    whole = ("manifest.json", "manifest.sig", "data.zst")
    lie(*whole)
    h = w.open(r)
    assert "missing" not in shown(w, h), shown(w, h)
    w.approve(h)
    for i in range(3):
        lie(*whole[:i], *whole[i + 1:])
        refused(w.use(r), h, "missing")
        card = " ".join(shown(w, h).split())
        assert "is no longer whole in vault fleet" in card and "backup 3 h old, NO GOOD: last restored and checked 2 h ago" in card, card
        assert "drill" not in card.split("NO GOOD")[1].split("no longer whole")[0], card
    shutil.rmtree(folder + "/shop")
    refused(w.use(r), h, "missing")
    # Without a folder of that name it may be another machine's, unless the backups are taken here.
    shutil.rmtree(folder)
    shutil.copy(p.pem, w.dir + "/state/recovery/key.pem")
    refused(w.use(r), h, "missing")
    lie(*whole)
    allowed(w.use(r))


def test_a_folder_that_is_another_machines_is_left_to_the_statement():
    w = World(rule=RULE)
    p = Points(w, directory=w.dir + "/v")
    p.write()
    r = w.request()
    w.approve(w.open(r))
    allowed(w.use(r))


def test_void_when_it_is_now_in_the_same_account():
    w, p, r, h = approved({"expires": "30d"})
    p.write(vault_account="111122223333")
    refused(w.use(r), h, "could now be destroyed along with", "the same account, 111122223333, holds")


# --- no proof at all ---

def never_counts(words, p_over=None, **vault):
    w, p = world(**vault)
    p.write(**(p_over or {}))
    r = w.request()
    h = w.open(r)
    card = shown(w, h)
    for word in words:
        assert word in " ".join(card.split()), card
    assert "missing" in w.approve(h, ok=False).stderr
    refused(w.use(r))


def test_the_same_account_does_not_count():
    never_counts(["IN THE SAME BLAST RADIUS", "for courses-prod-db that lies out of the blast radius", "its vault lies in account 111122223333, as what goes"],
                 {"vault_account": "111122223333", "account": ""})


def test_the_same_place_does_not_count():
    never_counts(["IN THE SAME BLAST RADIUS its vault, fleet, is a folder on the machine of the data, and has no user of its own 1,943,200 rows"],
                 {"same_place": True})


def test_the_same_account_in_the_statement_does_not_count():
    never_counts(["IN THE SAME BLAST RADIUS the same account, 111122223333, holds the data and its backups"], {"vault_account": "111122223333"})


def test_a_vault_that_goes_in_the_same_plan_does_not_count():
    w, p = world()
    p.write()
    db = {"kind": "delete", "reversible": "no", "holds_data": "yes", "type": "aws_db_instance", "name": "aws_db_instance.db",
          "title": "courses-prod-db", "environment": "production"}
    r = w.request(changes=[db, dict(db, type="aws_s3_bucket", name="aws_s3_bucket.b", title="backups-elsewhere")])
    h = w.open(r)
    assert "this very request takes its vault, fleet, away" in " ".join(shown(w, h).split()), shown(w, h)
    assert "missing" in w.approve(h, ok=False).stderr
    refused(w.use(r))


STATE = [{"address": "aws_s3_bucket.b", "name": "backups-elsewhere"}]
SAME_STATE = ["IN THE SAME BLAST RADIUS", "the Terraform state of what goes (local:/x) also manages the bucket of its vault, fleet: aws_s3_bucket.b"]


def test_a_vault_in_the_same_state_does_not_count():
    w, p = world()
    p.write()
    r = w.request(buckets=STATE)
    h = w.open(r)
    card = " ".join(shown(w, h).split())
    for word in SAME_STATE:
        assert word in card, card
    out = w.approve(h, ok=False)  # the record knows the state: whoever approves sees it too
    assert "missing" in out.stderr and "a state of its own for the vault's bucket: here a `removed` block for aws_s3_bucket.b" in " ".join(out.stderr.split()), out
    refused(w.use(r))
    p.config(s3="s3://moved-away/shop")  # into a bucket that the state does not know
    w.approve(h)
    allowed(w.use(r))


def test_another_bucket_of_the_state_is_no_matter():
    w, p = world()
    p.write()
    r = w.request(buckets=[dict(STATE[0], name="app-uploads")])
    h = w.open(r)
    assert "BLAST" not in shown(w, h), shown(w, h)
    opened = [e for e in w.log("hold.opened")][-1]
    assert "app-uploads" not in json.dumps(opened), opened
    w.approve(h)
    allowed(w.use(r))


def test_void_when_the_vault_moved_into_the_state():
    w, p = world({"expires": "30d"})
    p.config(s3="s3://another/shop")
    p.write()
    r = w.request(buckets=STATE)
    h = w.open(r)
    w.approve(h)
    p.config()
    refused(w.use(r), h, "could now be destroyed along with", "also manages the bucket of its vault")


def test_a_lock_makes_it_no_other_state():
    w, p = world(lock="30d")
    p.write()
    h = w.open(w.request(buckets=STATE))
    card = " ".join(shown(w, h).split())
    assert SAME_STATE[1] + "; the lock that backup.yaml asks for (until 20" in card and "Z) is not counted" in card, card
    assert "missing" in w.approve(h, ok=False).stderr


def test_no_boundary_is_no_proof():
    never_counts(["NO BOUNDARY"], {"proof": {"same_uid": True}})


def test_too_old_is_said_on_the_card():
    never_counts(["TOO LONG AGO FOR THE POLICY", "restored and checked 1 d 6 h ago", "a fresh backup: pawl backup shop --drill"],
                 {"checked": 30 * HOUR})


def test_a_gate_of_databases_says_what_would_be_fresh():
    w, p = world({"match": {"gate": "postgres"}, **RULE}, resources=["db.host:5432/shop"])
    drop = {"kind": "delete", "reversible": "no", "holds_data": "yes", "type": "table", "name": "public.users", "title": "public.users"}
    r = w.request(gate="postgres", tool="psql", place={"host": "db.host", "database": "shop"}, changes=[drop])
    p.write()
    assert "a fresh backup" not in shown(w, w.open(r))
    p.write(checked=30 * HOUR)
    h = w.open(w.request(gate="postgres", tool="psql", place={"host": "db.host", "database": "shop"}, changes=[drop], bytes="ef" * 32))
    assert "a fresh backup: pawl backup shop --drill" in shown(w, h), shown(w, h)


def test_what_goes_and_has_no_backup_is_named():
    w, p = world({"expires": "30d"})
    p.write()
    db = {"kind": "delete", "reversible": "no", "holds_data": "yes", "type": "aws_db_instance", "name": "aws_db_instance.db",
          "title": "courses-prod-db", "environment": "production"}
    h = w.open(w.request(changes=[db, dict(db, name="aws_db_instance.other", title="other-db")]))
    card = shown(w, h)
    assert "backup 3 h old" in card, card


def test_a_backup_yaml_that_others_could_write_is_not_believed():
    w, p = world()
    p.write()
    os.chmod(w.dir + "/config/pawl/backup.yaml", 0o666)
    r = w.request()
    h = w.open(r)
    assert "others than its owner can write to it" in " ".join(shown(w, h).split()), shown(w, h)
    assert "missing" in w.approve(h, ok=False).stderr
    refused(w.use(r))


# --- the gates ---

def pawl(w, *args, **kw):
    return subprocess.run([PAWL] + list(args), cwd=w.dir, env=w.env, capture_output=True, text=True, **kw)


PLAN = {"format_version": "1.2", "terraform_version": "1.11.4", "applyable": True, "complete": True, "errored": False,
        "resource_changes": [{"address": "aws_db_instance.db", "mode": "managed", "type": "aws_db_instance", "name": "db",
                              "provider_name": "registry.terraform.io/hashicorp/aws",
                              "change": {"actions": ["delete"], "after": None, "after_unknown": {}, "before_sensitive": {}, "after_sensitive": False,
                                         "before": {"identifier": "courses-prod-db", "id": "db-1", "skip_final_snapshot": True,
                                                    "delete_automated_backups": True,
                                                    "arn": "arn:aws:rds:eu-central-1:111122223333:db:courses-prod-db"}}}]}


def test_pawl_plan_shows_it():
    for resources in (["courses-prod-db"], ["arn:aws:rds:eu-central-1:111122223333:db:courses-prod-db"], ["aws_db_instance.db"]):
        w, p = world(resources=resources)
        p.write()
        out = pawl(w, "plan", "--no-hold", "-", input=json.dumps(PLAN))
        assert out.returncode == 3, out
        assert "restored and checked 2 h ago" in out.stdout and "1,943,200 rows in public.submissions" in out.stdout, out.stdout
        assert "missing" not in out.stdout, out.stdout
        p.flip()
        out = pawl(w, "plan", "--no-hold", "-", input=json.dumps(PLAN))
        assert out.returncode == 3 and "missing" in out.stdout and "NO BACKUP THAT COUNTS" in out.stdout, out.stdout


def in_state(plan, *resources):
    root = {"resources": [{"address": a, "mode": "managed", "type": a.split(".")[-2], "values": {"bucket": b}} for a, b in resources]}
    return json.dumps(dict(plan, prior_state={"values": {"root_module": {"child_modules": [dict(root, address="module.vault")]}}}))


def card_of(w, plan):
    out = pawl(w, "plan", "--no-hold", "--offline", "-", input=plan)
    assert out.returncode == 3, out
    return " ".join(out.stdout.split())


def test_pawl_plan_knows_the_state():
    w, p = world()
    p.write()
    for address in ("module.vault.aws_s3_bucket.b", "module.vault.aws_s3_bucket_lifecycle_configuration.b",
                    "module.vault.aws_s3_bucket_server_side_encryption_configuration.b"):
        card = card_of(w, in_state(PLAN, (address, "backups-elsewhere")))
        assert "IN THE SAME BLAST RADIUS the Terraform state of what goes (local:terraform.tfstate) also manages the bucket of its vault, fleet: " + address in card, card
        assert "missing" in card, card
    for other in ([], [("module.vault.aws_s3_bucket.b", "app-uploads")], [("module.vault.aws_s3_object.b", "backups-elsewhere")]):
        card = card_of(w, in_state(PLAN, *other))
        assert "BLAST" not in card and "missing" not in card, card
    leaves = {"address": "module.vault.aws_s3_bucket.b", "mode": "managed", "type": "aws_s3_bucket", "name": "b",
              "change": {"actions": ["forget"], "before": {"bucket": "backups-elsewhere"}, "after": None}}
    card = card_of(w, in_state(dict(PLAN, resource_changes=PLAN["resource_changes"] + [leaves]), (leaves["address"], "backups-elsewhere")))
    assert "BLAST" not in card and "missing" not in card, card


def test_the_incidents_state_has_a_bucket():
    fixtures = os.path.join(os.environ["PAWL_SOURCE"], "tests", "fixtures", "datatalks")
    w, p = world()
    p.write()
    for name, bucket, word in (("remove-db", "courses-prod-files", "also manages the bucket of its vault, fleet: aws_s3_bucket.files"),
                               ("destroy", "courses-prod-files", "this very request takes its vault, fleet, away"),
                               ("remove-db", "courses-prod-backups", None)):
        p.config(s3="s3://%s/shop" % bucket)
        card = card_of(w, open("%s/%s.json" % (fixtures, name)).read())
        assert ("BLAST" in card) == bool(word) and ("missing" in card) == bool(word) and (word or "") in card, card


def test_other_gates_know_no_state():
    """Nobody who drops a table says which state his server is in."""
    w, p = world({"match": {"gate": "postgres"}, **RULE}, resources=["db.host:5432/shop"])
    drop = {"kind": "delete", "reversible": "no", "holds_data": "yes", "type": "table", "name": "public.users", "title": "public.users"}
    p.write()
    r = w.request(gate="postgres", tool="psql", place={"host": "db.host", "database": "shop"}, changes=[drop])
    h = w.open(r)
    assert "BLAST" not in shown(w, h), shown(w, h)
    w.approve(h, "alice", "public.users")
    allowed(w.use(r))


def test_a_command_shows_it():
    w, p = world({"match": {"kind": "delete"}, **RULE})
    p.write()
    words = ["check", "--json", "--", "aws", "rds", "delete-db-instance", "--db-instance-identifier", "courses-prod-db"]
    card = json.loads(pawl(w, *words).stdout)["card"]
    assert card["evidence"]["recovery"][0]["result"] == "verified" and card["missing"] == "", card
    p.write(checked=25 * HOUR)
    card = json.loads(pawl(w, *words).stdout)["card"]
    assert "within 1 d" in card["missing"], card


def test_what_a_client_drops_without_saying_where_is_found():
    w, p = world({"match": {"kind": "delete"}, **RULE})
    p.write()
    for words in (["dropdb", "-h", "db.host", "shop"], ["psql", "-h", "db.host", "-d", "shop", "-c", "drop table users"]):
        card = json.loads(pawl(w, "check", "--json", "--", *words).stdout)["card"]
        assert card["evidence"]["recovery"][0]["result"] == "verified" and card["missing"] == "", card


def test_what_takes_nothing_reads_nothing():
    w, p = world()
    open(w.dir + "/config/pawl/backup.yaml", "w").write("no: [yaml")
    out = pawl(w, "check", "--json", "--", "ls")
    assert out.returncode == 0, out


sys.exit(Tap().run([v for k, v in list(globals().items()) if k.startswith("test_")]))
