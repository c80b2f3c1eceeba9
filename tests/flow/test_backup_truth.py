#!/usr/bin/env python3
# What status, the list, the schedule and the card say is so of the newest backup: whatever was drilled beside it, whoever took its data, its
# signature or the statement that gates read away.
# timeout: 240
import json
import os
import shutil
import sys
import time

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab
from lite import HOME, STATE, alarms, begin, pawl, status

t = lab.Tap()
VAULT = STATE + "/vault/lite/"
POINTS = STATE + "/recovery/points/"


def taken(*more):
    time.sleep(1.1)  # an id sorts by its second
    code, out = pawl("backup", "--json", *more)
    return json.loads(out)["backups"][0]["backup"]


def entry(id):
    code, out = pawl("backup", "list", "--json")
    e = [b for b in json.loads(out)["backups"] if b["backup"] == id]
    return code, e[0] if e else None


def line(id):
    return next((x for x in pawl("backup", "list")[1].splitlines() if id in x), "")


def an_older_one():
    old = taken("--drill")
    new = taken()
    flip(new)
    code, out = pawl("drill")
    t.ok(code == 3 and "FAILED" in out, "the newest one's bytes are not those that were stored", out)
    t.eq(pawl("drill", "--backup", old)[0], 0, "an older one is verified")
    code, s = status()
    t.ok(code == 3 and any(new in r and "FAILED" in r and "pawl backup lite --drill" in r for r in s["red"]),
         "status stays red for the newest, and names what to run", s["red"])
    code, out = pawl("status")
    t.ok("FAILED" in out and "verified" in out and ": that of " + old in out, "and its text says which one is the verified one", out)
    t.ok(pawl("schedule", "check")[0] == 3, "the watch is not content either")
    t.ok("the newest verified" in line(old) and "its last drill FAILED" in line(new), "the list marks both rightly", (line(old), line(new)))
    code, out = pawl("schedule", "run", "--json")
    newest = status()[1]["backup"]
    t.ok('"backups":1' in out and newest > new and status()[0] == 0, "the next run takes another, drills it, and it is green", (out, status()[1]["red"]))
    flip(newest)
    pawl("drill")
    code, out = pawl("schedule", "run", "--json")
    t.ok('"backups":0' in out and status()[0] == 3, "a vault that destroys all of them gets no more than one an hour for it", out)
    code, s = status()
    t.ok(len(s["red"]) == 1, "and one fact is one red line", s["red"])
    pawl("backup", "--drill")
    t.eq(pawl("drill", "--backup", old)[0], 0, "an older one, drilled again")
    t.ok(status()[1]["verified_backup"] == status()[1]["backup"], "takes the newest nothing", status()[1])
    manifest = VAULT + status()[1]["backup"] + "/manifest.json"
    with open(manifest, "a") as f:
        f.write(" ")
    pawl("drill")
    pawl("drill", "--backup", old)
    code, s = status()
    t.ok(code == 3 and any("not signed" in r for r in s["red"]), "nor does it hide a manifest that was changed", s["red"])
    pawl("backup", "--drill")
    t.eq(status()[0], 0, "until there is another")


def flip(id):
    path = VAULT + id + "/data.zst"
    os.chmod(path, 0o600)
    b = bytearray(open(path, "rb").read())
    b[len(b) // 2] ^= 0xff
    open(path, "wb").write(bytes(b))


def unread():
    def broken():
        code, s = status()
        t.ok(code == 3 and len(s["red"]) == 1 and "gates read" in s["red"][0] and "pawl schedule run" in s["red"][0], "status is red", s["red"])
        t.eq(pawl("schedule", "check")[0], 3, "and the watch ends with 3")
        before = len(alarms())
        code, out = pawl("schedule", "run")
        t.ok(code == 0 and "written again" in out and any("written again" in a["body"]["what"] for a in alarms()), "the next run writes it again, and tells", (code, out))
        t.ok(status()[0] == 0 and open(POINTS + "lite.json").read() == whole, "and it is green")

    whole = open(POINTS + "lite.json").read()
    os.unlink(POINTS + "lite.json")
    broken()
    with open(POINTS + "lite.json", "w") as f:
        f.write(whole.replace('"rows":1', '"rows":9'))
    broken()
    shutil.rmtree(POINTS)
    broken()


def data():
    old, new = status()[1]["backup"], taken("--drill")
    path = VAULT + new + "/data.zst"
    size = os.path.getsize(path)
    t.ok(entry(new)[1]["whole"] and entry(new)[1]["verified"], "there is a whole one", entry(new))
    os.rename(path, HOME + "/away")
    code, e = entry(new)
    t.ok(code == 1 and not e["whole"] and not e["verified"] and "data.zst is not there" in e["wrong"], "without its data it is not whole in the list", (code, e))
    code, out = pawl("restore", "lite", "--out", HOME + "/out.db")
    t.ok(code == 1 and "--backup " + old in out, "and a restore names an older one", out)
    with open(path, "wb"):
        pass
    code, e = entry(new)
    t.ok(code == 1 and not e["whole"] and "has 0 bytes of %d" % size in e["wrong"], "nor cut to nothing", e)
    with open(HOME + "/away", "rb") as f, open(path, "wb") as o:
        o.write(f.read()[:-1])
    code, e = entry(new)
    t.ok(code == 1 and "has %d bytes of %d" % (size - 1, size) in e["wrong"], "nor short by one", e)
    code, s = status()
    t.ok(code == 3 and len(s["red"]) == 1 and "no longer whole" in s["red"][0] and "pawl backup lite --drill" in s["red"][0], "status says so in one line", s["red"])
    t.ok("FAILED" not in pawl("status")[1], "and calls it no drill that failed", pawl("status")[1])
    shutil.copy(HOME + "/away", path)
    os.unlink(VAULT + new + "/manifest.sig")
    code, e = entry(new)
    t.ok(code == 1 and not e["whole"], "what was signed for and has no signature any more makes the list end with 1", (code, e))


begin()
an_older_one()
unread()
data()
t.done()
