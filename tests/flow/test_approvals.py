#!/usr/bin/env python3
# An approval lets exactly one thing pass, once: real ssh-keygen keys, the real ledger, policy and judge.
# timeout: 1200
import datetime
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
from holds import PAWL, TOOL, Tap, World, allowed, key, public, refused

OTHER_BYTES = "ab" * 32


def approved(**kw):
    w = World(**kw)
    r = w.request()
    h = w.open(r)
    w.approve(h)
    return w, r, h


def test_approve_then_use_once():
    w, r, h = approved()
    use = allowed(w.use(r))
    assert use["hold"] == h
    entry = w.log("grant.used")[0]
    assert entry["seq"] == use["seq"] and entry["body"]["hold"] == h and entry["body"]["via"] == "approval"
    assert entry["body"]["approvers"][0]["name"] == "alice"
    refused(w.use(r), "was used", "one use")
    assert len(w.log("grant.used")) == 1


def test_nothing_approved():
    w = World()
    refused(w.use(w.request()), "nobody has approved")
    h = w.open(w.request())
    refused(w.use(w.request()), h, "waits for a person")


def test_asking_again_gives_the_same_hold():
    w = World()
    r = w.request()
    assert w.open(r) == w.open(r)
    assert len(w.log("hold.opened")) == 1


def change_is_refused(words, **over):
    w, r, h = approved()
    refused(w.use(w.request(**over)), words, h)
    assert not w.log("grant.used")
    allowed(w.use(r))  # and the approval is not spent by the attempt


def test_changed_byte():
    change_is_refused("the bytes themselves changed", bytes=OTHER_BYTES)


def test_changed_serial():
    change_is_refused("serial changed: '17' was approved, this is '18'", binding={"serial": "18"})


def test_changed_account():
    change_is_refused("the account changed", binding={"account": "444455556666"})


def test_changed_environment_lineage_evidence_tool():
    for words, over in (("the environment changed", {"binding": {"environment": "other"}}),
                        ("lineage changed", {"binding": {"lineage": "l-2"}}),
                        ("the evidence changed", {"binding": {"evidence": OTHER_BYTES}}),
                        ("the tool changed", {"tool": "tofu 1.8.0"})):
        change_is_refused(words, **over)


def test_another_folder():
    w, r, h = approved()
    refused(w.use(w.request(binding={"cwd": "/elsewhere"})), "the folder changed", h)
    refused(w.use(w.request(binding={"cwd": "/elsewhere"}, place={"path": "/elsewhere"})), "nobody has approved")


def test_other_changes_than_the_card_showed():
    w, r, h = approved()
    one = {"kind": "delete", "reversible": "no", "holds_data": "yes", "type": "aws_db_instance", "name": "aws_db_instance.db",
           "title": "courses-prod-db", "environment": "production"}
    more = w.request(changes=[one, dict(one, name="aws_db_instance.other", title="other-db")])
    refused(w.use(more), "the changes shown on the card")


def test_expiry():
    w, r, h = approved(rule={"expires": "30m"})
    refused(w.use(r, 1801), "expired")
    allowed(w.use(r, 1700))


def test_expired_by_a_tightened_policy():
    w, r, h = approved()
    w.policy(rule={"expires": "1s"})
    refused(w.use(r, 30), "expired")


def test_clock_going_back():
    w, r, h = approved()
    refused(w.use(r, -3600), "the clock went back")
    allowed(w.use(r))


def test_expired_stays_expired_when_the_clock_goes_back():
    w = World()
    r = w.request()
    h = w.open(r)
    began = time.time()
    w.approve(h)
    w.policy(rule={"expires": "1s"})
    time.sleep(2.2)
    w.append("request", {"what": "time has passed"})
    refused(w.use(r, -int(time.time() - began)), "expired")


def test_forged_approval_row_in_the_ledger():
    w = World()
    r = w.request()
    h = w.open(r)
    w.append("approval", {"hold": h, "approver": "alice", "statement": "approved", "signature": "yes"})
    refused(w.use(r), "waits for a person")


def real_approval(w, h):
    return [e["body"] for e in w.log("approval") if e["body"]["hold"] == h][0]


def forged_world():
    """A world whose hold waits, and a true approval of the same hold made in another ledger at another time."""
    w, r, h = approved()
    body = real_approval(w, h)
    shutil.rmtree(w.dir + "/state")
    time.sleep(1.1)
    assert w.open(r) == h
    return w, r, h, body


def alarm_raised(w, words):
    alarms = w.log("alarm")
    assert len(alarms) == 1 and words in alarms[0]["body"]["what"], alarms
    return alarms


def test_approval_of_another_ledger():
    w, r, h, body = forged_world()
    w.append("approval", body)
    refused(w.use(r), "opened at another time")
    alarm_raised(w, "opened at another time")


def statement_of(w, h, body, **lines):
    """The true statement with some lines changed, for the hold as it is now in the ledger."""
    text = body["statement"]
    for name, value in lines.items():
        text = "\n".join("%s: %s" % (name, value) if line.startswith(name + ":") else line for line in text.split("\n"))
    return text


def opened_now(w, h):
    out = json.loads(w.pawl("holds", "--all", "--json").stdout)
    return [x["opened"] for x in out["holds"] if x["id"] == h][0]


def test_forged_signature():
    w, r, h, body = forged_world()
    text = statement_of(w, h, body, opened=opened_now(w, h))
    w.append("approval", dict(body, statement=text))
    refused(w.use(r), "ssh-keygen does not accept the signature")
    alarm_raised(w, "forged approval")
    refused(w.use(r), "ssh-keygen does not accept")
    assert len(w.log("alarm")) == 1, "one alarm for one forgery"
    w.approve(h)  # a forgery does not keep a person from answering
    allowed(w.use(r))


def test_forged_store_row():
    w = World()
    r = w.request()
    h = w.open(r)
    w.pawl("holds")
    db = sqlite3.connect(w.dir + "/state/index.db")
    assert db.execute("SELECT state FROM hold WHERE id = ?", (h,)).fetchone() == ("open",)
    db.execute("UPDATE hold SET state = 'approved'")
    db.commit()
    refused(w.use(r), h, "waits for a person")
    alarm_raised(w, "the row is forged")
    assert json.loads(w.pawl("holds", "--json").stdout)["holds"][0]["state"] == "open"
    assert db.execute("SELECT state FROM hold").fetchall() == [("open",)]
    columns = [c[1] for c in db.execute("PRAGMA table_info(hold)")]
    row = dict(zip(columns, db.execute("SELECT * FROM hold").fetchone()))
    db.execute("INSERT INTO hold (%s) VALUES (%s)" % (",".join(columns), ",".join("?" * len(columns))),
               list(dict(row, id="H-99", state="approved", **({"seq": 99} if "seq" in row else {})).values()))
    db.commit()
    w.pawl("holds")
    assert [a["body"]["about"] for a in w.log("alarm")] == [h + " in the index", "H-99 in the index"]
    refused(w.use(r), "waits for a person")
    open(w.dir + "/state/index.db", "wb").write(b"no database" * 1000)
    w.approve(h)
    allowed(w.use(r))


def test_signed_by_a_stranger():
    w, r, h, body = forged_world()
    fp = subprocess.run(["ssh-keygen", "-lf", key("mallory") + ".pub"], capture_output=True, text=True).stdout.split()[1]
    text = statement_of(w, h, body, opened=opened_now(w, h))
    w.append("approval", dict(body, statement=text, signature=w.sign(text, "mallory")))
    refused(w.use(r), "another key")
    text = statement_of(w, h, body, opened=opened_now(w, h), key=fp)
    w.append("approval", dict(body, statement=text, signature=w.sign(text, "mallory")))
    refused(w.use(r), "key")
    assert not w.log("grant.used")


def test_wrong_namespace():
    w, r, h, body = forged_world()
    text = statement_of(w, h, body, opened=opened_now(w, h))
    w.append("approval", dict(body, statement=text, signature=w.sign(text, "alice", "git")))
    refused(w.use(r), "namespace 'git'")
    alarm_raised(w, "namespace 'git'")


def test_signature_over_another_hold():
    w = World()
    one, two = w.request(), w.request(binding={"serial": "18"})
    h1, h2 = w.open(one), w.open(two)
    w.approve(h1)
    w.append("approval", dict(real_approval(w, h1), hold=h2))
    refused(w.use(two), "another hold")
    alarm_raised(w, "another hold")
    allowed(w.use(one))


def test_rearmoured_signature_is_no_second_use():
    w, r, h = approved()
    allowed(w.use(r))
    body = real_approval(w, h)
    w.append("approval", dict(body, signature=body["signature"].replace("\n", "\r\n")))
    refused(w.use(r), "was used")


def test_record_changed_under_the_person():
    """A forged hold that shows something harmless for the digest of something harmful is not shown for approval."""
    w = World()
    r = w.request()
    h = w.open(r)
    body = w.log("hold.opened")[0]["body"]
    body["document"]["request"]["changes"][0]["kind"] = "read"
    seq = w.append("hold.opened", body)
    p = w.approve("H-%d" % seq, ok=False)
    assert "does not match its digests" in p.stderr, p.stderr


def test_approver_is_requester():
    w = World()
    r = w.request(principal={"kind": "person", "name": "alice", "uid": 4242})
    h = w.open(r)
    assert "another person must approve" in w.approve(h, ok=False).stderr
    r = w.request(principal={"kind": "person", "name": "al", "uid": 4242, "key": fingerprint("alice")})
    h = w.open(r)
    assert "another person must approve" in w.approve(h, ok=False).stderr
    assert not w.log("approval")


def test_approver_called_like_the_login():
    """A name that the environment claims is nobody's: the key makes the approver a person of their own, and the level is said."""
    for kind in ("agent", "unknown"):
        w = World(preset="solo")
        r = w.request(principal={"kind": kind, "name": "alice", "uid": os.getuid()})
        h = w.open(r)
        path = w.dir + "/approval.json"
        w.approve(h, "alice", "courses-prod-db", "--out", path)
        allowed(w.use(r))
        assert w.log("grant.used")[0]["body"]["approvers"][0]["level"] == "same uid"
        far = World(preset="solo")
        allowed(far.use(far.request(principal={"kind": "pipeline", "name": "ci", "uid": 4242}, binding={"cwd": w.dir}), 0, path))
        mine = w.request(principal={"kind": kind, "name": "al", "uid": 4242, "key": fingerprint("alice")}, binding={"serial": "99"})
        assert "another person must approve" in w.approve(w.open(mine), ok=False).stderr


def fingerprint(name):
    return subprocess.run(["ssh-keygen", "-lf", key(name) + ".pub"], capture_output=True, text=True).stdout.split()[1]


def test_requester_signs_past_the_command():
    """The same signature put into the ledger by hand: the use refuses it too."""
    w, r, h = approved()
    body = real_approval(w, h)
    mine = w.request(principal={"kind": "person", "name": "alice", "uid": 4242}, binding={"serial": "99"})
    h2 = w.open(mine)
    opened = [e["body"] for e in w.log("hold.opened")][1]
    text = statement_of(w, h2, body, hold=h2, opened=opened_now(w, h2), serial="99", request=opened["request_digest"], asker="alice")
    w.append("approval", dict(body, hold=h2, statement=text, signature=w.sign(text)))
    refused(w.use(mine), "another person must approve")


def test_revoked():
    w, r, h = approved()
    w.pawl("revoke", h, "--reason", "second thoughts")
    refused(w.use(r), "revoked", "second thoughts")
    assert "revoked" in w.approve(h, ok=False).stderr


def test_denied():
    w = World()
    r = w.request()
    h = w.open(r)
    w.pawl("deny", h, "--reason", "wrong state")
    refused(w.use(r), "denied", "wrong state")
    assert w.open(r) != h
    p = w.approve(w.open(r))
    text = " ".join(p.stdout.split())
    assert "BEFORE YOU SAY YES" in text and "warned before: %s, of the same changes" % h in text and "wrong state" in text, p.stdout


def test_show_says_what_became_of_it():
    w, r, h = approved()
    assert "goes: courses-prod-db" in w.pawl("holds").stdout
    for words, do in (("Approved, unused", lambda: None), ("Used at", lambda: allowed(w.use(r)))):
        do()
        text = w.pawl("show", h).stdout
        assert words in text and "pawl approve" not in text, text
    h = w.open(w.request(bytes=OTHER_BYTES))
    assert "pawl approve " + h in w.pawl("show", h).stdout
    w.pawl("deny", h)
    text = w.pawl("show", h).stdout
    assert "Denied at" in text and "pawl approve" not in text, text


def test_wrong_name_typed():
    w = World()
    r = w.request()
    h = w.open(r)
    for typed in ("yes", "courses-prod-d", "courses-prod-db2", ""):
        p = w.approve(h, "alice", typed, ok=False)
        assert "nothing was approved" in p.stderr, p.stderr
    assert not w.log("approval")
    p = w.pawl("approve", h, "--yes", "courses-prod-db", ok=False)
    assert "--key" in p.stderr
    p = w.pawl("approve", h, "--key", key("alice"), ok=False)
    assert "terminal" in p.stderr, p.stderr


def test_key_no_longer_an_approvers():
    w, r, h = approved()
    w.policy(["bob"])
    refused(w.use(r), "no approver here")
    assert not w.log("alarm")


def test_whoever_asks_by_name_alone_is_not_kept_from_approving_by_the_name():
    w = World(approvers=())
    said = w.pawl("approvers", "add", "carol", "--key", key("alice") + ".pub").stdout
    assert "nobody approves" not in said and "pawl doctor" in said, said
    h = w.open(w.request(principal={"kind": "agent", "name": "carol", "uid": os.getuid()}))
    assert "approved by carol, 1 of 1; good for one use of exactly this until 20" in w.approve(h, "alice").stdout


def test_two_people():
    w = World(["alice", "bob"], rule={"approvals": 2})
    r = w.request()
    h = w.open(r)
    w.approve(h, "alice")
    refused(w.use(r), h)
    assert "already" in w.approve(h, "alice", ok=False).stderr
    w.approve(h, "bob")
    assert {a["name"] for a in (allowed(w.use(r)), w.log("grant.used")[0]["body"])[1]["approvers"]} == {"alice", "bob"}


def test_more_people_than_are_needed():
    w = World(["alice", "bob"])
    h = w.open(w.request())
    assert "1 of 1" in w.approve(h, "alice").stdout
    assert "2 people where 1 is enough" in w.approve(h, "bob").stdout


def test_two_names_with_one_key_are_one_person():
    w = World(["alice", ("alice2", "alice", [])], rule={"approvals": 2})
    r = w.request()
    h = w.open(r)
    w.approve(h, "alice", "courses-prod-db", "--as", "alice")
    second = w.approve(h, "alice", "courses-prod-db", "--as", "alice2")
    assert "1 of 2" in second.stdout, second.stdout
    refused(w.use(r), "1 of 2 people")


def test_roles():
    w = World([("alice", "alice", ["dev"]), ("bob", "bob", ["dba"])], rule={"approvers": ["dba"]})
    r = w.request()
    h = w.open(r)
    w.approve(h, "alice")
    refused(w.use(r), "role")
    w.approve(h, "bob")
    allowed(w.use(r))


def test_cool_off():
    w = World(rule={"cool_off": "1h"})
    assert "time to think" in w.approve(w.open(w.request()), ok=False).stderr
    w = World(rule={"cool_off": "2s"})
    r = w.request()
    h = w.open(r)
    for _ in range(100):
        p = w.approve(h, ok=None)
        if not p.returncode:
            break
        assert "time to think" in p.stderr, p.stderr
        time.sleep(0.2)
    allowed(w.use(r))
    at = {e["kind"]: datetime.datetime.fromisoformat(e["time"].replace("Z", "+00:00")) for e in json.loads(w.pawl("log", "--json").stdout)["entries"]}
    assert at["approval"] - at["hold.opened"] >= datetime.timedelta(seconds=1), at  # times are told by the second


def test_cool_off_demanded_after_the_fact():
    w, r, h = approved()
    w.policy(rule={"cool_off": "1h"})
    refused(w.use(r), "too soon")


def window(hours_from_now):
    t = time.gmtime(time.time() + 3600 * hours_from_now)
    return "%02d:00-%02d:00" % (t.tm_hour, (t.tm_hour + 2) % 24)


def test_hours():
    w, r, h = approved(rule={"hours": window(3)})
    refused(w.use(r), "allowed only")
    w.policy(rule={"hours": window(0)})
    refused(w.use(r), "allowed only")  # both count: what held when it was asked, and what holds now
    w, r, h = approved(rule={"hours": window(0)})
    allowed(w.use(r))


def test_same_uid_refused_by_the_team():
    w = World(preset="team")
    r = w.request()
    h = w.open(r)
    p = w.approve(h, ok=False)
    assert "within the asker's reach" in p.stderr, p.stderr
    assert not w.log("approval")


def test_level_is_said():
    w, r, h = approved()
    assert w.log("approval")[0]["body"]["level"] == "same uid", w.log("approval")
    allowed(w.use(r))
    assert w.log("grant.used")[0]["body"]["approvers"][0]["level"] == "same uid"


def test_allowed_signers_file():
    w = World(approvers=())
    pub = key("carol") + ".pub"
    w.pawl("approvers", "add", "carol", "--key", pub)
    assert "carol" in w.pawl("approvers").stdout
    w.pawl("approvers", "add", "carol", "--key", pub)  # said twice, written once
    assert w.pawl("approvers").stdout.count("SHA256:") == 1
    again = w.pawl("approvers", "add", "carol2", "--key", pub).stdout
    assert "under another name" in again and "where the private key lies" in again, again
    r = w.request()
    h = w.open(r)
    w.approve(h, "carol")
    allowed(w.use(r))


def test_approval_file():
    w, h, r = None, None, None
    w = World()
    r = w.request()
    h = w.open(r)
    path = w.dir + "/approval.json"
    w.approve(h, "alice", "courses-prod-db", "--out", path)
    runner = World()
    runner.dir_of_origin = w.dir
    here = runner.request(principal={"kind": "pipeline", "name": "ci", "uid": 4242}, binding={"cwd": w.dir})
    refused(runner.use(runner.request(binding={"cwd": w.dir, "serial": "18"}), 0, path), "serial changed")
    allowed(runner.use(here, 0, path))
    refused(runner.use(here, 0, path), "was used here before")
    assert runner.log("grant.used")[0]["body"]["via"] == "file"
    text = open(path).read()
    for bad in (text.replace("courses-prod-db", "courses-prod-dx"), text[: len(text) // 2], "{}", text.replace("alice", "mallory")):
        open(path, "w").write(bad)
        fresh = World()
        answer = fresh.use(fresh.request(binding={"cwd": w.dir}), 0, path)
        assert not answer["ok"], bad
    # and where it came from it is one use as well, by file or not
    open(path, "w").write(text)
    allowed(w.use(r, 0, path))
    refused(w.use(r), "was used")


def test_approval_file_after_the_use():
    w = World()
    r = w.request()
    path = w.dir + "/approval.json"
    w.approve(w.open(r), "alice", "courses-prod-db", "--out", path)
    allowed(w.use(r))
    refused(w.use(r, 0, path), "was used")


def test_names_that_look_like_secrets():
    """What the ledger takes out is taken out before anything is hashed: such a request can be approved like any other."""
    w = World()
    one = {"kind": "delete", "reversible": "no", "holds_data": "yes", "type": "aws_db_instance", "name": 'aws_db_instance.db["password=hunter2"]',
           "title": "db token=abc", "environment": "production", "identity": "AKIAIOSFODNN7EXAMPLE"}
    r = w.request(changes=[one], binding={"cwd": "/srv/password=hunter2/infra"}, place={"path": "/srv/password=hunter2/infra"})
    h = w.open(r)
    assert "hunter2" not in json.dumps(w.log()) and "IOSFODNN7" not in json.dumps(w.log())
    assert w.open(r) == h
    w.approve(h, "alice", "db token=[redacted]")
    allowed(w.use(r))


def test_race_for_one_grant():
    w = World()
    for i in range(50):
        r = w.request(binding={"serial": str(i)})
        w.approve(w.open(r))
        both = [subprocess.Popen([TOOL, "use", r], cwd=w.dir, env=w.env, stdout=subprocess.PIPE) for _ in range(2)]
        answers = [json.loads(p.communicate()[0]) for p in both]
        assert sum(a["ok"] for a in answers) == 1, answers
        refused([a for a in answers if not a["ok"]][0], "was used")
    assert len(w.log("grant.used")) == 50


def test_two_approvals_at_once():
    w = World(["alice", "bob"], rule={"approvals": 2})
    r = w.request()
    h = w.open(r)
    both = [subprocess.Popen([PAWL, "approve", h, "--key", key(who), "--yes", "courses-prod-db"], cwd=w.dir, env=w.env,
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) for who in ("alice", "bob")]
    for p in both:
        err = p.communicate()[1]
        assert p.returncode == 0, err
    allowed(w.use(r))


def staging(w, kind="update", **more):
    one = dict({"kind": kind, "reversible": "no", "holds_data": "yes", "type": "aws_instance", "name": "aws_instance.web",
                "title": "web", "environment": "staging", "tag_environment": "staging"}, **more)
    return w.request(place={"tag": "staging"}, binding={"environment": "staging"}, changes=[one])


STAGING = [{"name": "staging", "kind": "staging", "match": {"tag": "staging"}}]


def grant(w, *scopes, seconds="30m", who="alice", ok=True):
    args = ["grant", "--for", seconds, "--reason", "load test", "--key", key(who), "--yes", "yes", "--json"]
    for s in scopes:
        args += ["--scope", s]
    p = w.pawl(*args, ok=ok)
    return json.loads(p.stdout)["id"] if ok else p


def test_elevation():
    w = World(environments=STAGING)
    g = grant(w, "staging/aws_instance/*")
    r = staging(w)
    use = allowed(w.use(r))
    body = w.log("grant.used")[0]["body"]
    assert body["via"] == "elevation" and body["grant"] == g and use["hold"] == g
    allowed(w.use(r))  # for a time, not once: an entry for each
    assert len(w.log("grant.used")) == 2
    assert g in w.tool("banner") and "load test" not in w.tool("banner")
    refused(w.use(r, 1801), "nobody has approved")
    w.pawl("revoke", g)
    refused(w.use(r), "nobody has approved")
    assert g not in w.tool("banner")


def test_elevation_scope():
    w = World(environments=STAGING)
    grant(w, "*/*/*")
    allowed(w.use(staging(w)))
    refused(w.use(w.request()), "does not cover delete of aws_db_instance.db in production")
    for kind in ("destroy-backup", "weaken-protection", "change-state-identity", "opaque"):
        refused(w.use(staging(w, kind)), "does not cover " + kind)
    grant(w, "staging/aws_instance/weaken-protection")
    allowed(w.use(staging(w, "weaken-protection")))
    refused(w.use(staging(w, "destroy-backup")), "does not cover")
    grant(w, "production/aws_db_instance/delete")
    allowed(w.use(w.request()))


def test_elevation_held_to_the_same_rules():
    w = World(environments=STAGING)
    g = grant(w, "staging/*/*")
    refused(w.use(w.request(principal={"kind": "person", "name": "alice", "uid": 4242}, place={"tag": "staging"},
                            changes=json.load(open(staging(w)))["changes"], binding={"environment": "staging"})),
            "another person must approve")
    w.policy(environments=STAGING, rule={"approvals": 2})
    refused(w.use(staging(w)), "one person's")
    w.policy(environments=STAGING, rule={"cool_off": "1h"})
    refused(w.use(staging(w)), "cool-off")
    w.policy(["bob"], environments=STAGING)
    refused(w.use(staging(w)), "no approver here")
    w.policy(environments=STAGING)
    allowed(w.use(staging(w)))
    assert len(w.log("grant.used")) == 1 and g


def test_elevation_forged_or_copied():
    w = World(environments=STAGING)
    g = grant(w, "staging/*/*")
    body = w.log("elevation")[0]["body"]
    w.pawl("revoke", g)
    w.append("elevation", body)
    refused(w.use(staging(w)), "nobody has approved")
    wider = body["statement"].replace("staging/*/*", "production/*/*").replace("nonce: ", "nonce: 0")
    w.append("elevation", dict(body, statement=wider))
    refused(w.use(w.request()), "ssh-keygen does not accept")
    alarm_raised(w, "forged elevation")


def test_elevation_after_a_persons_no():
    w = World(environments=STAGING)
    grant(w, "staging/*/*")
    r = staging(w)
    w.pawl("deny", w.open(r))
    refused(w.use(r), "refused by a person")


def test_elevation_bad_words():
    w = World()
    assert grant(w, "staging", ok=False).returncode == 2
    assert grant(w, "staging/*/nonsense", ok=False).returncode == 2
    assert grant(w, "staging/*/*", seconds="9h", ok=False).returncode == 1
    assert grant(w, ok=False).returncode == 2


def test_break_glass():
    w = World(rule={"approvals": 2, "cool_off": "1h"})
    p = w.pawl("break-glass", "--key", key("alice"), "--yes", "break glass", ok=False)
    assert p.returncode == 2 and "--reason" in p.stderr
    w.pawl("break-glass", "--reason", "database down, on call", "--key", key("alice"), "--yes", "break glass")
    assert "BREAK-GLASS" in w.tool("banner") and "database down" in w.tool("banner")
    allowed(w.use(w.request()))
    assert w.log("grant.used")[0]["body"]["via"] == "break-glass"


def test_commands_speak():
    w, r, h = approved()
    holds = json.loads(w.pawl("holds", "--json").stdout)["holds"]
    assert [(x["id"], x["state"]) for x in holds] == [(h, "approved")]
    assert h in w.pawl("holds").stdout
    shown = w.pawl("show", h).stdout
    assert "approved by alice" in shown, shown
    assert json.loads(w.pawl("show", h, "--json").stdout)["hold"]["id"] == h
    assert "no such hold" in w.pawl("show", "H-999", ok=False).stderr
    d = json.loads(w.pawl("doctor", "--json").stdout)
    assert {f["what"] for f in d["findings"]} >= {"enforcement", "approvers", "ledger-chain"}
    assert any("terraform by its path" in t for t in d["goes_round"])
    w.append("approval", {"hold": w.open(w.request(bytes=OTHER_BYTES)), "statement": "x", "signature": "y"})
    assert [x["state"] for x in json.loads(w.pawl("holds", "--json").stdout)["holds"]] == ["open", "approved"]


def main():
    if not shutil.which("ssh-keygen"):
        print("1..0 # SKIP ssh-keygen is not installed")
        return 0
    return Tap().run([t for n, t in sorted(globals().items()) if n.startswith("test_")])


if __name__ == "__main__":
    sys.exit(main())
