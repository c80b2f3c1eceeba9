#!/usr/bin/env python3
# What was missed is noticed by its age, told once a day, and caught up with; the units that `pawl schedule` writes are units to systemd. Ages
# are made by signing the statement again with older times, with the key that signed it.
# timeout: 240
import json
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab
from lite import HOME, STATE, alarms, begin, pawl, status

t = lab.Tap()
KEY = STATE + "/recovery/key.pem"
HOUR = 3600 * 1000000
TOOLS = HOME + "/tools"


def older(hours, **only):
    """The last statement, as if all in it (or the members named) were ${hours} older."""
    path = STATE + "/recovery/said/lite.point"
    whole = open(path, "rb").read()
    body = json.loads(whole[96:])
    p = body["point"]
    for part, names in ((p, ("taken_us", "said_us")), (p["drill"], ("taken_us", "at_us")), (p["verified"], ("taken_us", "at_us"))):
        for name in names:
            if only.get("drill") and part is p:
                continue
            part[name] = part[name] - hours * HOUR if part[name] else 0
    p["said_us"] = max(p["said_us"], p["drill"]["at_us"])
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
    signed = HOME + "/signed"
    with open(signed, "wb") as f:
        f.write(b"pawl backup manifest 1\n" + text)
    sig = subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", KEY, "-in", signed], check=True, capture_output=True).stdout
    with open(path, "wb") as f:
        f.write(whole[:32] + sig + text)
    for ending, content in ((".json", text), (".sig", whole[:32] + sig)):
        with open(STATE + "/recovery/points/lite" + ending, "wb") as f:
            f.write(content)


def paged_before(hours):
    path = STATE + "/recovery/runs/lite.json"
    text = open(path).read()
    with open(path, "w") as f:
        f.write(re.sub(r'("paged_\w+_us":)(\d+)', lambda m: m.group(1) + str(int(m.group(2)) - hours * HOUR if int(m.group(2)) else 0), text))


def failed():
    """Neither is late yet: it is told at once all the same, and tried again at the next look."""
    os.rename(HOME + "/notes.db", HOME + "/away.db")
    t.ok(pawl("backup")[0] == 1 and status()[0] == 3, "no source: no backup")
    code, out = pawl("schedule", "check")
    pawl("schedule", "check")
    said = [a["body"]["what"] for a in alarms()]
    t.ok(code == 3 and len(said) == 1 and "the last backup failed" in said[0], "the watch pages for a failed backup, once", (out, said))
    code, out = pawl("schedule", "run", "--json")
    t.ok(code == 3 and '"backups":1' in out and len(alarms()) == 1, "the next look tries again, and ends with 3", (code, out))
    os.rename(HOME + "/away.db", HOME + "/notes.db")
    code, out = pawl("schedule", "run", "--json")
    t.ok(code == 0 and '"backups":1' in out and status()[0] == 0, "which is good as soon as the source is back", (code, out))
    code, out = pawl("schedule", "run", "--json")
    t.ok(code == 0 and '"backups":0' in out, "and then nothing is due", (code, out))


def gone():
    before = max([a["seq"] for a in alarms()] + [0])
    shutil.rmtree(STATE + "/vault/lite")
    code, out = pawl("backup", "list")
    t.ok(code == 1 and "GONE" in out and "No backup yet" not in out, "the list names it, and ends with 1", (code, out))
    code, out = pawl("schedule", "check")
    pawl("schedule", "check")
    said = [a["body"]["what"] for a in alarms(before)]
    t.ok(code == 3 and any("is no longer whole in vault local" in w for w in said) and len(said) == len(set(said)), "the watch pages for what is gone from the vault", (out, said))
    t.ok(all(w.startswith("lite: ") and w.count("lite: ") == 1 for w in said), "each says whose once", said)
    code, out = pawl("schedule", "run", "--json")
    t.ok('"backups":1' in out, "and the next look takes another", (code, out))
    lost = json.loads(pawl("log", "--kind", "backup.lost", "--json")[1])["entries"]
    t.ok(len(lost) == 1 and "no longer whole" in lost[0]["body"]["why"], "the ledger says once that the verified one is lost", lost)
    t.ok(pawl("drill")[0] == 0 and status()[0] == 0 and pawl("schedule", "check")[0] == 0, "drilled: green", status()[1]["red"])
    told = max(a["seq"] for a in alarms())
    os.unlink("%s/vault/lite/%s/data.zst" % (STATE, status()[1]["backup"]))
    code, s = status()
    said = json.load(open(STATE + "/recovery/points/lite.json"))["point"]
    t.ok(code == 3 and s["verified"] is None and any("no longer whole" in r for r in s["red"]), "without its data it is none either: red", s["red"])
    t.ok(said["verified"]["backup"] == said["drill"]["backup"] and said["drill"]["result"] == "failed",
         "and the statement that gates read speaks against it", said)
    t.ok(pawl("backup", "--drill")[0] == 0 and status()[0] == 0, "until there is another", status()[1]["red"])
    return told


def late():
    begin()
    t.ok(pawl("backup", "--drill")[0] == 0 and status()[0] == 0 and pawl("schedule", "check")[0] == 0, "young and drilled: green, nothing late")
    failed()
    told = gone()
    older(30)
    t.ok(pawl("schedule", "check")[0] == 0 and not alarms(told) and status()[0] == 0, "30 h old where a day is wanted: within the patience, nobody is paged")
    code, s = status()
    t.ok(s["next_backup"] is None and s["next_drill"] is None, "but both are due", s)
    older(2)
    code, s = status()
    t.ok(code == 3 and any("the newest backup is 1 d 8 h old" in r for r in s["red"]) and any("the last drill that verified one was 1 d 8 h ago" in r for r in s["red"]),
         "32 h: red for both", s["red"])
    code, out = pawl("schedule", "check")
    said = [a["body"]["what"] for a in alarms(told)]
    t.ok(code == 3 and "2 late, failed or gone" in out and len(said) == 2 and any("1 d 8 h old and the next is overdue" in w for w in said)
         and any("no drill verified a backup for 1 d 8 h" in w for w in said), "the watch pages for both, with their ages", (out, said))
    pawl("schedule", "check")
    t.eq(len(alarms(told)), 2, "once a day, not at each look")
    paged_before(25)
    pawl("schedule", "check")
    t.eq(len(alarms(told)), 4, "and again a day later")
    code, out = pawl("schedule", "run")
    t.ok(code == 0 and status()[0] == 0 and pawl("schedule", "check")[0] == 0, "the next run takes and drills what is due, and it is green", out)
    older(40, drill=True)
    code, out = pawl("schedule", "check")
    t.ok(code == 3 and len(alarms(told)) == 5 and "no drill verified" in max(alarms(), key=lambda a: a["seq"])["body"]["what"],
         "a drill alone that is missed is paged for anew: it was well in between", alarms()[-1])
    older(-48)
    code, s = status()
    t.ok(code == 3 and any("of a time to come" in r or "not to be believed" in r for r in s["red"]), "a statement of a time to come is red", s["red"])


def units():
    os.makedirs(TOOLS, exist_ok=True)
    with open(TOOLS + "/systemctl", "w") as f:
        f.write("#!/bin/sh\nexit 0\n")
    os.chmod(TOOLS + "/systemctl", 0o755)
    code, out = pawl("schedule", "--systemd", PATH=TOOLS + ":" + os.environ["PATH"], XDG_CONFIG_HOME=HOME + "/.config")
    folder = HOME + "/.config/systemd/user"
    names = sorted(os.listdir(folder))
    t.ok(code == 0 and len(names) >= 4 and len(names) % 2 == 0, "schedule --systemd writes services and timers", (out, names))
    if not shutil.which("systemd-analyze"):
        t.skip("systemd reads them", "no systemd-analyze here")
        return
    env = {"HOME": HOME, "PATH": os.environ["PATH"], "XDG_CONFIG_HOME": HOME + "/.config", "XDG_RUNTIME_DIR": HOME, "SYSTEMD_LOG_LEVEL": "info"}

    def verify():
        p = subprocess.run(["systemd-analyze", "--user", "--man=no", "verify", *[folder + "/" + n for n in names]], env=env, capture_output=True, text=True)
        return p.returncode, [line for line in (p.stdout + p.stderr).splitlines() if "pawl-" in line]

    code, said = verify()
    t.ok(code == 0 and not said, "systemd-analyze verify has nothing to say of them", said)
    calendars = [line.split("=", 1)[1].strip() for n in names if n.endswith(".timer") for line in open(folder + "/" + n) if line.startswith("OnCalendar=")]
    bad = [c for c in calendars if subprocess.run(["systemd-analyze", "calendar", c], capture_output=True, env=env).returncode]
    t.ok(calendars and not bad, "and takes their times as times", (calendars, bad))
    timer = next(n for n in names if n.endswith(".service"))
    with open(folder + "/" + timer, "a") as f:
        f.write("\n[Service]\nType=nonsense\n")
    code, said = verify()
    t.ok(said, "it would have said what is wrong", said)


late()
units()
t.done()
