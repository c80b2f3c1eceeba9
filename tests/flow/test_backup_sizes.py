#!/usr/bin/env python3
"""The list of backups in vaults of rclone and restic: data that their own listings call shorter than its manifest says is not whole, and a
length that they do not know is none. Both programs are stood for by a script: what they list is theirs, what is made of it is pawl's."""
# timeout: 240
import json
import os
import re
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab

t = lab.Tap()
HOME = os.environ["HOME"]
TOOLS = HOME + "/tools"

RCLONE = """#!%s
import json, os, sys
word, args = sys.argv[1], [a for a in sys.argv[2:] if not a.startswith("-")]
path = args[-1].split(":", 1)[1]
if word == "lsjson":
    found = [os.path.join(d, f) for d, _, files in os.walk(path) for f in files]
    size = lambda f: -1 if os.environ.get("UNKNOWN") else os.path.getsize(f)
    print(json.dumps([{"Path": os.path.relpath(f, path), "Name": os.path.basename(f), "Size": size(f), "ModTime": "2026-11-21T09:00:00Z", "IsDir": False}
                      for f in found]))
elif word == "rcat":
    os.makedirs(os.path.dirname(path), exist_ok=True)
    open(path, "wb").write(sys.stdin.buffer.read())
elif word == "cat":
    sys.stdout.buffer.write(open(path, "rb").read()[int(args[0]):])
""" % sys.executable
RESTIC = """#!%s
import json, os, sys
word, args, repo = sys.argv[1], sys.argv[2:], os.environ["RESTIC_REPOSITORY"]
if word == "snapshots":
    all = [json.load(open(os.path.join(repo, f))) for f in sorted(os.listdir(repo)) if f.endswith(".json")]
    for s in all:
        if not os.environ.get("UNKNOWN"):
            s["summary"] = {"files_new": 1, "total_bytes_processed": os.path.getsize(os.path.join(repo, s["id"] + ".data"))}
    print(json.dumps(all))
elif word == "backup":
    id = "%%08x" %% len(os.listdir(repo))
    open(os.path.join(repo, id + ".data"), "wb").write(sys.stdin.buffer.read())
    json.dump({"id": id, "time": "2026-11-21T09:00:00Z", "paths": [args[args.index("--stdin-filename") + 1]]}, open(os.path.join(repo, id + ".json"), "w"))
elif word == "dump":
    sys.stdout.buffer.write(open(os.path.join(repo, args[-2] + ".data"), "rb").read())
""" % sys.executable


def pawl(*words, **more):
    env = {k: os.environ[k] for k in ("ASAN_OPTIONS", "TMPDIR") if k in os.environ}
    env.update(HOME=HOME, PATH=TOOLS + ":" + os.environ["PATH"], **more)
    p = subprocess.run([lab.binary("pawl"), *words], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
    return p.returncode, p.stdout + p.stderr


def data_of(kind, far):
    """The stored data of the one backup: by its length, the largest."""
    files = [os.path.join(d, f) for d, _, names in os.walk(far) for f in names]
    return max(files, key=os.path.getsize)


def one(kind):
    far = "%s/far-%s" % (HOME, kind)
    os.makedirs(far)
    config = HOME + "/.config/pawl/backup.yaml"
    with open(config) as f:
        key = re.search(r"^key: .*$", f.read(), re.M).group(0)
    with open(config, "w") as f:
        f.write("version: 1\n%s\nvaults:\n  - {name: far, %s: \"%s\"}\n" % (key, kind, ("r:" if kind == "rclone" else "") + far))
        f.write("targets:\n  - {name: lite, sqlite: %s/notes.db, vault: far, every: 24h, drill: 24h}\n" % HOME)
    code, out = pawl("backup", "lite")
    t.eq(code, 0, kind + ": a backup is taken", out)

    def listed(**more):
        code, out = pawl("backup", "list", "--json", **more)
        return code, json.loads(out)["backups"][-1]

    code, e = listed()
    t.ok(code == 0 and e["whole"] and e["wrong"] == "", kind + ": it is whole", (code, e))
    path = data_of(kind, far)
    whole = open(path, "rb").read()
    for length, what in ((0, "nothing"), (len(whole) // 2, "a half")):
        open(path, "wb").write(whole[:length])
        code, e = listed()
        t.ok(code == 1 and not e["whole"] and "cut short" in e["wrong"], "%s: cut to %s it is not whole" % (kind, what), (code, e))
    code, e = listed(UNKNOWN="1")
    t.ok(code == 0 and e["whole"] and e["wrong"] == "", kind + ": a length that is not known says nothing", (code, e))
    open(path, "wb").write(whole)
    code, e = listed()
    t.ok(code == 0 and e["whole"], kind + ": put back it is whole again", (code, e))


os.makedirs(TOOLS)
for name, text in (("rclone", RCLONE), ("restic", RESTIC)):
    with open(TOOLS + "/" + name, "w") as f:
        f.write(text)
    os.chmod(TOOLS + "/" + name, 0o755)
pawl("backup", "init", "--empty")
db = sqlite3.connect(HOME + "/notes.db")
db.execute("CREATE TABLE notes (a INTEGER PRIMARY KEY, b)")
db.executemany("INSERT INTO notes (b) VALUES (?)", [(os.urandom(100),) for _ in range(2000)])
db.commit()
db.close()
one("rclone")
one("restic")
t.done()
