#!/usr/bin/env python3
# What was missed is noticed by its age, told once a day, and caught up with; the units that `pawl schedule` writes are units to systemd. Ages
# are made by signing the statement again with older times, with the key that signed it.
# timeout: 240
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab

t = lab.Tap()
HOME = os.environ["HOME"]
STATE = HOME + "/.local/state/pawl"
KEY = STATE + "/recovery/key.pem"
HOUR = 3600 * 1000000
TOOLS = HOME + "/tools"


def pawl(*words, **more):
    env = {k: os.environ[k] for k in ("ASAN_OPTIONS", "TMPDIR") if k in os.environ}
    env.update(HOME=HOME, PATH=TOOLS + ":" + os.environ["PATH"], **more)
    p = subprocess.run([lab.binary("pawl"), *words], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    return p.returncode, p.stdout + p.stderr


def alarms():
    return json.loads(pawl("log", "--kind", "alarm", "--json")[1])["entries"]


def status():
    code, out = pawl("status", "--json")
    return code, json.loads(out)["targets"][0]


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


def paged_before(hours):
    path = STATE + "/recovery/runs/lite.json"
    text = open(path).read()
    with open(path, "w") as f:
        f.write(re.sub(r'("paged_\w+_us":)(\d+)', lambda m: m.group(1) + str(int(m.group(2)) - hours * HOUR if int(m.group(2)) else 0), text))


def late():
    pawl("backup", "init", "--empty")
    db = sqlite3.connect(HOME + "/notes.db")
    db.executescript("CREATE TABLE notes (a INTEGER PRIMARY KEY, b); INSERT INTO notes VALUES (1, 'one')")
    db.close()
    with open(HOME + "/.config/pawl/backup.yaml", "a") as f:
        f.write("targets:\n  - {name: lite, sqlite: %s/notes.db, vault: local, every: 24h, drill: 24h}\n" % HOME)
    t.ok(pawl("backup", "--drill")[0] == 0 and status()[0] == 0 and pawl("schedule", "check")[0] == 0, "young and drilled: green, nothing late")
    older(30)
    t.ok(pawl("schedule", "check")[0] == 0 and not alarms() and status()[0] == 0, "30 h old where a day is wanted: within the patience, nobody is paged")
    code, s = status()
    t.ok(s["next_backup"] is None and s["next_drill"] is None, "but both are due", s)
    older(2)
    code, s = status()
    t.ok(code == 3 and any("the newest backup is 1 d 8 h old" in r for r in s["red"]) and any("the last drill that verified one was 1 d 8 h ago" in r for r in s["red"]),
         "32 h: red for both", s["red"])
    code, out = pawl("schedule", "check")
    said = [a["body"]["what"] for a in alarms()]
    t.ok(code == 3 and "2 late" in out and len(said) == 2 and any("1 d 8 h old and the next is overdue" in w for w in said)
         and any("no drill verified a backup for 1 d 8 h" in w for w in said), "the watch pages for both, with their ages", (out, said))
    pawl("schedule", "check")
    t.eq(len(alarms()), 2, "once a day, not at each look")
    paged_before(25)
    pawl("schedule", "check")
    t.eq(len(alarms()), 4, "and again a day later")
    code, out = pawl("schedule", "run")
    t.ok(code == 0 and status()[0] == 0 and pawl("schedule", "check")[0] == 0, "the next run takes and drills what is due, and it is green", out)
    older(40, drill=True)
    code, out = pawl("schedule", "check")
    t.ok(code == 3 and len(alarms()) == 5 and "no drill verified" in max(alarms(), key=lambda a: a["seq"])["body"]["what"],
         "a drill alone that is missed is paged for anew: it was well in between", alarms()[-1])
    older(-48)
    code, s = status()
    t.ok(code == 3 and any("of a time to come" in r or "not to be believed" in r for r in s["red"]), "a statement of a time to come is red", s["red"])


def units():
    os.makedirs(TOOLS, exist_ok=True)
    with open(TOOLS + "/systemctl", "w") as f:
        f.write("#!/bin/sh\nexit 0\n")
    os.chmod(TOOLS + "/systemctl", 0o755)
    code, out = pawl("schedule", "--systemd", XDG_CONFIG_HOME=HOME + "/.config")
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
