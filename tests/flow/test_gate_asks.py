#!/usr/bin/env python3
# timeout: 1200
"""What a database gate asks of pawl, without a wire: session keys, holds and their answers, tightening, freeze."""
import hashlib
import json
import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import holds  # noqa: E402
import patience  # noqa: E402

TOOL = os.path.join(os.environ["PAWL_BUILD"], "tests", "lib", "gate_tool")
RULE = {"match": {"kind": "delete"}}


class Gate:
    """A world of its own, with the host of a gate running in it."""

    def __init__(self, wait=0, env=None, rule=None, **policy):
        self.world = holds.World(rule=rule or RULE, **policy)
        self.env = dict(self.world.env, **(env or {}))
        self.wait = wait
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen([TOOL, str(self.wait)], cwd=self.world.dir, env=self.env, text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def stop(self):
        self.process.stdin.close()
        assert patience.wait(self.process) == 0, "gate_tool ended with %d" % self.process.returncode

    def send(self, *words):
        self.process.stdin.write(" ".join(str(w) for w in words) + "\n")
        self.process.stdin.flush()

    def take(self):
        return json.loads(self.process.stdout.readline())

    def ask(self, *words):
        self.send(*words)
        return self.take()

    def key(self, *more):
        url = json.loads(self.world.pawl("postgres", "keys", "new", "--database", "shop", "--json", *more).stdout)
        assert self.ask("key", url["id"])["ok"]
        return url["id"]

    def request(self, what="drop", kind="delete", **over):
        change = {"kind": kind, "reversible": "no", "holds_data": "yes", "type": "table", "name": "public.submissions",
                  "title": "submissions", "rows": 1943200, "reason": "drops 1,943,200 rows"}
        change.update(over)
        r = {"principal": {"kind": "agent", "name": "x", "uid": 0}, "gate": "postgres", "tool": "postgres 15.8",
             "summary": what, "place": {}, "binding": {}, "bytes": hashlib.sha256(what.encode()).hexdigest(), "partial": False,
             "changes": [change]}
        path = os.path.join(self.world.dir, "q-%s.json" % hashlib.sha256(json.dumps(r).encode()).hexdigest()[:10])
        with open(path, "w") as f:
            f.write(json.dumps(r))
        return path

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.stop()
        else:
            self.process.kill()
            self.process.wait()
        self.world.close()


until = patience.until
LONG = 600  # seconds that a statement may wait: longer than an answer takes


def lift(g, user):
    """A person's yes, then the command again."""
    first = g.world.pawl("postgres", "keys", "--lift", user, "--json", ok=None)
    assert first.returncode == 3, (first.returncode, first.stdout, first.stderr)
    hold = json.loads(first.stdout)["hold"]
    g.world.approve(hold, "alice", user)
    g.world.pawl("postgres", "keys", "--lift", user)
    return hold


def test_a_key_logs_in_until_it_is_revoked_or_expires():
    with Gate() as g:
        for made, seconds in enumerate((4, 20, 100), 1):
            new = g.world.pawl("postgres", "keys", "new", "--name", "bot", "--for", "%ds" % seconds, "--database", "shop")
            url = new.stdout.strip()
            user, secret = url.split("//")[1].split("@")[0].split(":")
            assert user.startswith("bot-") and len(secret) == 43, url
            path = os.path.join(g.world.dir, "state/postgres/keys", user)
            assert os.stat(path).st_mode & 0o777 == 0o600
            ends = json.load(open(path))["expires_us"] / 1e6
            if g.ask("key", user)["ok"]:
                break
            assert time.time() >= ends, "it is good until its time is up"
        else:
            raise AssertionError("no key was good for long enough")
        everything = subprocess.run(["grep", "-r", secret, g.world.dir], capture_output=True)
        assert everything.returncode == 1, "the secret was written down: %r" % everything.stdout
        other = g.key()
        assert not g.ask("key", "bot-99")["ok"]
        assert not g.ask("key", "../keys/" + user)["ok"]
        time.sleep(max(0, ends + 0.1 - time.time()))
        assert not g.ask("key", user)["ok"]
        g.world.pawl("postgres", "keys", "revoke", other)
        assert not g.ask("key", other)["ok"]
        until(lambda: g.ask("tightened", other)["tightened"])
        r = g.ask("decide", g.request(), other)
        assert r["why"] == "denied" and "revoked" in r["message"], r
        kinds = [e["kind"] for e in g.world.log() if e["kind"].startswith("credential.")]
        assert kinds == ["credential.made"] * (made + 1) + ["credential.revoked"], kinds


def test_the_verifier_is_rfc_5802s():
    import base64
    import hmac
    with Gate() as g:
        url = g.world.pawl("postgres", "keys", "new", "--database", "shop").stdout.strip()
        user, secret = url.split("//")[1].split("@")[0].split(":")
        k = json.load(open(os.path.join(g.world.dir, "state/postgres/keys", user)))
        salted = hashlib.pbkdf2_hmac("sha256", secret.encode(), base64.b64decode(k["salt"]), k["iterations"])
        client = hmac.digest(salted, b"Client Key", "sha256")
        assert base64.b64decode(k["stored_key"]) == hashlib.sha256(client).digest()
        assert base64.b64decode(k["server_key"]) == hmac.digest(salted, b"Server Key", "sha256")


def test_held_approved_then_passes_once():
    with Gate() as g:
        user = g.key()
        q = g.request()
        first = g.ask("decide", q, user)
        assert first["why"] == "held" and first["hold"] in first["message"] and first["hold"] in first["hint"], first
        assert g.ask("decide", q, user)["hold"] == first["hold"], "the same statement waits in the same hold"
        card = g.world.pawl("show", first["hold"]).stdout
        assert "drops 1,943,200 rows" in card and "submissions" in card, card
        g.world.approve(first["hold"], "alice", "submissions")
        again = g.ask("decide", q, user)
        assert again["passed"] and again["hold"] == first["hold"], again
        third = g.ask("decide", q, user)
        assert not third["passed"] and third["hold"] != first["hold"], third
        assert len(g.world.log("grant.used")) == 1


def test_one_use_under_a_race():
    with Gate() as g:
        user = g.key()
        q = g.request()
        g.world.approve(g.ask("decide", q, user)["hold"], "alice", "submissions")
        assert g.ask("race", q, user, 12)["passed"] == 1
        assert len(g.world.log("grant.used")) == 1


def test_answered_while_it_waits():
    with Gate(wait=LONG) as g:
        user = g.key()
        g.send("decide", g.request(), user)
        until(lambda: g.world.log("hold.opened"))
        hold = "H-%d" % g.world.log("hold.opened")[0]["seq"]
        g.world.approve(hold, "alice", "submissions")
        began = time.time()
        assert g.take() == dict(passed=True, why="", hold=hold, message="", hint="", wrong="")
        assert time.time() - began < LONG / 2


def test_dies_with_its_client_and_stays_answerable():
    with Gate(wait=LONG) as g:
        user = g.key()
        q = g.request()
        began = time.time()
        r = g.ask("decide", q, user, 300)
        assert r["why"] == "held" and time.time() - began < LONG / 2, r
        g.world.approve(r["hold"], "alice", "submissions")
        assert g.ask("decide", q, user)["passed"]


def test_the_wait_ends():
    with Gate(wait=1) as g:
        began = time.time()
        assert g.ask("decide", g.request(), g.key())["why"] == "held"
        assert time.time() - began > 0.9


def test_a_refusal_tightens_until_a_person_lifts_it():
    with Gate(wait=LONG) as g:
        user, other = g.key(), g.key()
        assert not g.ask("tightened", user)["tightened"]
        g.send("decide", g.request(), user)
        until(lambda: g.world.log("hold.opened"))
        hold = "H-%d" % g.world.log("hold.opened")[0]["seq"]
        g.world.pawl("deny", hold, "--reason", "not that one")
        r = g.take()
        assert r["why"] == "denied" and "not that one" in r["message"], r
        assert g.ask("tightened", user)["tightened"] and not g.ask("tightened", other)["tightened"]
        r = g.ask("decide", g.request("another"), user)
        assert r["why"] == "tightened" and user in r["hint"], r
        assert len(g.world.log("hold.opened")) == 1, "refused at once: no hold"
        g.stop()
        g.start()
        assert g.ask("tightened", user)["tightened"], "over a restart"
        os.unlink(os.path.join(g.world.dir, "state/postgres/tightened", user))
        until(lambda: g.world.log("alarm"))
        assert g.ask("tightened", user)["tightened"], "taken away by hand is not lifted"
        assert "taken away by hand" in g.world.log("alarm")[0]["body"]["what"]
        listed = json.loads(g.world.pawl("postgres", "keys", "--json").stdout)
        assert {k["id"]: k["tightened"] for k in listed} == {user: True, other: False}
        lift(g, user)
        until(lambda: not g.ask("tightened", user)["tightened"])
        assert len(g.world.log("alarm")) == 1
        g.world.pawl("postgres", "keys", "--lift", user, ok=False)


def test_a_no_after_the_wait_tightens_and_is_remembered():
    with Gate() as g:
        user, other = g.key(), g.key()
        q, r2 = g.request(), g.request("another")
        hold = g.ask("decide", q, user)["hold"]
        bystander = g.ask("decide", r2, other)["hold"]
        g.world.pawl("deny", hold, "--reason", "not that one")
        r = g.ask("decide", r2, user)
        assert r["why"] == "tightened" and user in r["hint"], r
        r = g.ask("decide", q, user)
        assert r["why"] == "denied" and r["hold"] == hold and "not that one" in r["message"], r
        assert len(g.world.log("hold.opened")) == 2, "the same is not asked again"
        assert os.path.exists(os.path.join(g.world.dir, "state/postgres/tightened", user))
        assert not g.ask("tightened", other)["tightened"]
        assert g.ask("decide", r2, other)["hold"] == bystander
        listed = json.loads(g.world.pawl("postgres", "keys", "--json").stdout)
        assert {k["id"]: k["tightened"] for k in listed} == {user: True, other: False}
        g.stop()
        g.start()
        assert g.ask("decide", q, user)["why"] == "denied", "over a restart"
        time.sleep(1.2)
        assert not g.world.log("alarm"), "nobody took its marker away"
        lift(g, user)
        until(lambda: not g.ask("tightened", user)["tightened"])
        anew = g.ask("decide", q, user)
        assert anew["why"] == "held" and anew["hold"] != hold, anew


def test_a_no_without_a_gate_running_and_without_another_question():
    with Gate() as g:
        user, other = g.key(), g.key()
        hold = g.ask("decide", g.request(), user)["hold"]
        late = g.ask("decide", g.request("another"), other)["hold"]
        g.stop()
        g.world.pawl("deny", hold)
        assert {k["id"]: k["tightened"] for k in json.loads(g.world.pawl("postgres", "keys", "--json").stdout)}[user]
        g.start()
        assert g.ask("key", user)["ok"] and g.ask("key", other)["ok"]
        assert g.ask("tightened", user)["tightened"] and not g.ask("tightened", other)["tightened"]
        g.world.pawl("deny", late)
        until(lambda: g.ask("tightened", other)["tightened"])
        marker = os.path.join(g.world.dir, "state/postgres/tightened", other)
        until(lambda: os.path.exists(marker))  # it follows what the gate already knows
        os.unlink(marker)
        until(lambda: g.world.log("alarm"))
        assert g.ask("tightened", other)["tightened"], "taken away by hand is not lifted"


def test_a_no_to_what_no_key_asked_tightens_nothing():
    with Gate() as g:
        user = g.key()
        g.ask("breach", user, "budget")
        hold = json.loads(g.world.pawl("postgres", "keys", "--lift", user, "--json", ok=None).stdout)["hold"]
        g.world.pawl("deny", hold)
        time.sleep(1.2)
        assert os.listdir(os.path.join(g.world.dir, "state/postgres/tightened")) == [user]


def test_a_lift_is_good_for_one_tightening():
    with Gate() as g:
        user = g.key()
        g.ask("breach", user, "5001-rows-deleted")
        assert g.ask("tightened", user)["tightened"]
        assert "5001" in g.world.log("alarm")[0]["body"]["what"]
        hold = lift(g, user)
        until(lambda: not g.ask("tightened", user)["tightened"])
        g.ask("breach", user, "again")
        again = g.world.pawl("postgres", "keys", "--lift", user, "--json", ok=None)
        assert again.returncode == 3 and json.loads(again.stdout)["hold"] != hold


def test_an_approved_statement_passes_for_a_tightened_credential():
    with Gate() as g:
        user = g.key()
        q = g.request()
        hold = g.ask("decide", q, user)["hold"]
        g.ask("breach", user, "budget")
        g.world.approve(hold, "alice", "submissions")
        assert g.ask("decide", q, user)["passed"]
        assert g.ask("decide", q, user)["why"] == "tightened"


def test_freeze_stops_it_and_its_marker_is_not_the_truth():
    with Gate() as g:
        user = g.key()
        q = g.request()
        assert not g.ask("frozen")["frozen"]
        g.world.approve(g.ask("decide", q, user)["hold"], "alice", "submissions")
        g.world.pawl("freeze", "--reason", "recovering")
        until(lambda: g.ask("frozen")["frozen"])
        r = g.ask("decide", q, user)
        assert r["why"] == "denied" and "freeze" in r["message"], r
        assert not g.ask("tightened", user)["tightened"], "a freeze is nobody's fault"
        os.unlink(os.path.join(g.world.dir, "state/freeze"))
        time.sleep(0.6)
        assert g.ask("frozen")["frozen"]
        assert not g.ask("decide", q, user)["passed"]


def test_what_the_policy_denies_is_recorded_and_tightens():
    with Gate(rule={"match": {"kind": "delete"}, "verdict": "deny", "confirm": None}) as g:
        user = g.key()
        r = g.ask("decide", g.request(), user)
        assert r["why"] == "denied" and not r["hold"], r
        body = g.world.log("request")[0]["body"]
        assert body["verdict"] == "deny" and body["gate"] == "postgres" and body["session"] == user, body
        assert body["database"] == "postgres:shop/db.example.com/shop", body
        assert g.ask("tightened", user)["tightened"]


def test_scratch_passes_and_what_destroys_is_recorded():
    with Gate(env={"PAWL_TEST_ENVIRONMENT": "scratch"}) as g:
        user = g.key()
        g.world.policy(rule={"match": {"kind": "forget"}})
        g.stop()
        g.start()
        assert g.ask("key", user)["ok"]
        assert g.ask("decide", g.request(), user)["passed"]
        assert g.world.log("request")[0]["body"]["verdict"] == "allow"
        g.ask("breach", user, "x")
        assert g.ask("decide", g.request(), user)["why"] == "tightened", "what was allowed may destroy no more"


def test_no_ledger_no_pass():
    with Gate() as g:
        user = g.key()
        q = g.request()
        g.world.approve(g.ask("decide", q, user)["hold"], "alice", "submissions")
        ledger = os.path.join(g.world.dir, "state/ledger")
        segment = sorted(f for f in os.listdir(ledger) if f.endswith(".seg"))[-1]
        with open(os.path.join(ledger, segment), "r+b") as f:
            f.seek(100)
            was = f.read(1)
            f.seek(100)
            f.write(bytes([was[0] ^ 1]))
        r = g.ask("decide", q, user)
        assert not r["passed"], r


if __name__ == "__main__":
    sys.exit(holds.Tap().run([f for n, f in sorted(globals().items()) if n.startswith("test_")]))
