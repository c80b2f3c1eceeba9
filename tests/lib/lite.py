"""One SQLite file that the pawl of the test's own home backs up and drills every day. For flow tests.

lite.begin()                 # backup.yaml with the target "lite": HOME/notes.db, one row
lite.pawl("backup")          # (exit status, all that it said), in an environment of nothing else
lite.status()                # (exit status, that target of `pawl status --json`)
lite.alarms(behind=7)        # what the ledger says was to be told, behind that entry
"""
import json
import os
import sqlite3
import subprocess

import lab

HOME = os.environ["HOME"]
STATE = HOME + "/.local/state/pawl"


def pawl(*words, **more):
    env = {k: os.environ[k] for k in ("PATH", "ASAN_OPTIONS", "TMPDIR") if k in os.environ}
    env.update(HOME=HOME, **more)
    p = subprocess.run([lab.binary("pawl"), *words], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
    return p.returncode, p.stdout + p.stderr


def status():
    code, out = pawl("status", "--json")
    return code, json.loads(out)["targets"][0]


def alarms(behind=0):
    return [a for a in json.loads(pawl("log", "--kind", "alarm", "--json")[1])["entries"] if a["seq"] > behind]


def begin():
    pawl("backup", "init", "--empty")
    db = sqlite3.connect(HOME + "/notes.db")
    db.executescript("CREATE TABLE notes (a INTEGER PRIMARY KEY, b); INSERT INTO notes VALUES (1, 'one')")
    db.close()
    with open(HOME + "/.config/pawl/backup.yaml", "a") as f:
        f.write("targets:\n  - {name: lite, sqlite: %s/notes.db, vault: local, every: 24h, drill: 24h}\n" % HOME)
