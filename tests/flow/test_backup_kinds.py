#!/usr/bin/env python3
# timeout: 240
"""SQLite, states and commands through `pawl backup`, `drill`, `restore`, `status`: no server is wanted. A second vault that missed backups, or
got half of one; what was mistyped; what a listing says of a wrong clock and of what somebody took away."""
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
PAWL = lab.binary("pawl")
HOME = os.environ["HOME"]
STATE = os.path.join(HOME, ".local/state/pawl")
CONFIG = os.path.join(HOME, ".config/pawl/backup.yaml")
SECOND = os.path.join(HOME, "second")
NONE_IGNORED = "SigIgn:.*[02468ace]..[02468ace]...$"  # the bits of SIGXFSZ and of SIGPIPE


def pawl(*args):
    e = {k: os.environ[k] for k in ("HOME", "PATH", "ASAN_OPTIONS", "TMPDIR") if k in os.environ}
    p = subprocess.run([PAWL, *args], env=e, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
    return p.returncode, p.stdout + p.stderr


def as_json(*args):
    status, said = pawl(*args, "--json")
    return status, json.loads(said)


def check(name, cond, detail=""):
    t.ok(cond, name, str(detail)[-1500:])


def there(vault, target="lite"):
    return {b["backup"]: b for b in as_json("backup", "list", target)[1]["backups"] if b["vault"] == vault}


def whole(vault):
    return sorted(b for b, e in there(vault).items() if e["whole"])


def begin():
    check("without a database to be found, init says so", pawl("backup", "init")[0] == 1 and not os.path.exists(CONFIG))
    check("--empty names none", pawl("backup", "init", "--empty", "dbname=x")[0] == 2)
    status, said = pawl("backup", "init", "--empty")
    check("--empty makes key, vault and backup.yaml", status == 0 and "Written to" in said and os.path.exists(STATE + "/recovery/key.pem"), said)
    check("once", pawl("backup", "init", "--empty")[0] == 1)
    check("nothing to do is told", pawl("backup")[0] == 1 and "has no targets" in pawl("backup")[1])
    db = sqlite3.connect(HOME + "/notes.db")
    db.executescript("CREATE TABLE notes (a INTEGER PRIMARY KEY, b); INSERT INTO notes VALUES (1, 'one'), (2, 'two')")
    db.close()
    with open(HOME + "/terraform.tfstate", "w") as f:
        json.dump({"version": 4, "terraform_version": "1.11.4", "serial": 7, "lineage": "3f1e2a44-1111-2222-3333-444455556666",
                   "outputs": {}, "resources": []}, f)
    with open(CONFIG, "a") as f:
        f.write("""  - {name: second, directory: %s}
targets:
  - {name: lite, sqlite: %s/notes.db, invariants: {n: "SELECT count(*) FROM notes"}, vault: [local, second]}
  - {name: words, command: [sh, -c, "seq 100"], check: [grep, -qx, "77"], vault: local}
  - {name: bad, command: [sh, -c, "echo half; exit 4"], vault: local}
  - {name: early, command: [seq, "100000"], check: [head, -c, "5"], vault: local}
  - {name: signals, command: [sh, -c, "grep SigIgn /proc/self/status; seq 100000"], check: [sh, -c, "head -c 9 >/dev/null; grep -q '%s' /proc/self/status"], vault: local}
  - {name: shut, command: [seq, "100000"], check: [sh, -c, "exec >&-; sleep 0.3; grep -qx 100000"], vault: local}
  - {name: gone, command: [seq, "100000"], check: [sh, -c, "head -c 9 >/dev/null; exit 3"], vault: local}
""" % (SECOND, HOME, NONE_IGNORED))
    os.mkdir(SECOND, 0o700)


def kinds():
    status, said = pawl("backup", "lite", "words", "--drill")
    check("backed up and drilled", status == 0 and said.count(": verified") == 2, said)
    check("rows are rows, and lines are lines", "lite: backup" in said and "2 rows, " in said and "100 lines, " in said, said)
    check("each says what it compared, and no more", re.search(r"restored in \S+ s; 1 table with 2 rows: every row and every answer equal to what was copied\.", said)
          and re.search(r"read in \S+ s; every byte as it was taken, and the owner's check accepts it\.", said), said)
    seen = pawl("status", "lite", "words")[1]
    check("status by the same words", ", 2 rows: every row and every answer equal to what was copied, restored in" in seen
          and ", 100 lines: every byte as it was taken, restored in" in seen, seen)
    status, said = pawl("backup", "bad")
    check("a command that fails leaves no backup, and says it once", status == 1 and said.rstrip().endswith("sh ended with status 4"), said)
    check("what it had begun does not stay", not [b for b in os.listdir(STATE + "/vault/bad")] if os.path.exists(STATE + "/vault/bad") else True)
    check("status is green for two and red for one", pawl("status", "lite", "words")[0] == 0 and pawl("status")[0] == 3)
    status, said = pawl("restore", "lite", "--out", HOME + "/back.db")
    rows = sqlite3.connect(HOME + "/back.db").execute("SELECT b FROM notes ORDER BY a").fetchall()
    check("--out says what it wrote, and it is the database", status == 0 and "back.db: " in said and rows == [("one",), ("two",)], said)
    status, out = as_json("restore", "words", "--out", HOME + "/words")
    check("in JSON too", status == 0 and out["bytes"] == os.path.getsize(HOME + "/words") == 292, out)


def early():
    """Of a check that reads no more, six hundred kilobytes are left to be written."""
    status, said = pawl("backup", "early", "--drill")
    check("a check that has seen enough accepts", status == 0 and "verified" in said, (status, said))
    status, said = pawl("backup", "shut", "--drill")
    check("one that has nothing to say reads on", status == 0 and "verified" in said, (status, said))
    status, said = pawl("backup", "gone", "--drill")
    check("one that has seen enough and refuses is a drill that failed", status == 3 and "ended with status 3" in said, (status, said))
    status, said = pawl("backup", "signals", "--drill")
    check("signals that are ignored here are not in what a check starts", status == 0 and "verified" in said, (status, said))
    status, said = pawl("restore", "signals", "--out", HOME + "/signals")
    with open(HOME + "/signals") as f:
        first = f.readline().rstrip()
    check("nor in what prints a backup", status == 0 and re.search(NONE_IGNORED, first), first)


def apart():
    """What backups say and what drills say are of another shape."""
    status, out = as_json("backup", "words", "early", "--drill")
    check("backup --drill --json: drills have an array of their own", status == 0 and set(out) == {"backups", "drills"} and
          [(b["target"], "result" in b) for b in out["backups"]] == [("words", False), ("early", False)] and
          [(d["target"], d["result"], d["backup"]) for d in out["drills"]] == [(b["target"], "verified", b["backup"]) for b in out["backups"]], out)
    check("without --drill there are none", set(as_json("backup", "words")[1]) == {"backups"})


def mistyped():
    before = as_json("status", "lite")[1]["targets"][0]
    for id in ("nope", "../../x", "20261121T194500Z-5f3a9c0", "20261121T194500Z-5F3A9C01"):
        check("drill --backup %s is wrong usage" % id, pawl("drill", "lite", "--backup", id)[0] == 2)
        check("restore --backup %s says so" % id, "no backup's id" in pawl("restore", "lite", "--backup", id, "--out", HOME + "/x")[1])
    status, said = pawl("drill", "lite", "--backup", "20200101T000000Z-00000000")
    check("one that is not there is told by drill", status == 1 and "there is no backup 20200101T000000Z-00000000 of lite in the vault local" in said
          and "COULD NOT" not in said, said)
    after = as_json("status", "lite")[1]["targets"][0]
    check("and no drill that failed: the statement is as it was", {k: v for k, v in after.items() if k != "rpo_s"} ==
          {k: v for k, v in before.items() if k != "rpo_s"}, after)
    check("nothing of it is in the ledger", "20200101T000000Z" not in pawl("log", "--json")[1])
    status, said = pawl("restore", "lite", "--backup", "20200101T000000Z-00000000", "--out", HOME + "/x")
    check("one that is not there is told", status == 1 and "there is no backup 20200101T000000Z-00000000 of lite" in said, said)
    status, said = pawl("backup", "list", "nobody")
    check("an unknown name in a listing is told", status == 1 and "no target is called 'nobody'" in said, said)
    check("a target that has no backup is none", pawl("backup", "list", "bad")[0] == 0)


def second():
    first = whole("local")
    check("a copy lies in the second vault", whole("second") == first and len(first) == 1, (first, whole("second")))
    os.rename(SECOND, SECOND + ".away")
    with open(SECOND, "w"):
        pass
    status, said = pawl("backup", "lite")
    check("the second vault is away: there is a backup all the same, with a note", status == 0 and "not copied into every vault" in said, said)
    os.unlink(SECOND)
    os.rename(SECOND + ".away", SECOND)
    status, said = pawl("backup", "lite")
    check("the next run brings what it missed", status == 0 and whole("second") == whole("local") and len(whole("local")) == 3, said)
    # Half of one: the first bytes of its data, as a run that was killed leaves them.
    for name, change, good in (("is continued", lambda b: b, True), ("that is not the same is not taken for whole", lambda b: b"x" * len(b), False)):
        id = whole("second")[-1]
        folder = "%s/lite/%s" % (SECOND, id)
        with open(folder + "/data.zst", "rb") as f:
            data = f.read()
        subprocess.run(["chattr", "-R", "-i", folder], stderr=subprocess.DEVNULL)
        shutil.rmtree(folder)
        os.mkdir(folder, 0o700)
        with open(folder + "/data.zst.part", "wb") as f:
            f.write(change(data[:50]))
        status, said = pawl("backup", "lite")
        check("half a copy " + name, status == 0 and (id in whole("second")) == good and whole("local")[-1] in whole("second"), said)
        if good:
            check("and equal", open(folder + "/data.zst", "rb").read() == data)
        else:
            check("which is said", "is not what was put there" in said, said)
    status, said = pawl("restore", "lite", "--vault", "second", "--out", HOME + "/second.db")
    check("and can be restored from there", status == 0 and sqlite3.connect(HOME + "/second.db").execute("SELECT count(*) FROM notes").fetchone() == (2,), said)


def hidden():
    check("verified anew", pawl("drill", "lite")[0] == 0 and pawl("status", "lite")[0] == 0)
    id = whole("local")[-1]
    folder = "%s/vault/lite/%s" % (STATE, id)
    subprocess.run(["chattr", "-R", "-i", folder], stderr=subprocess.DEVNULL)
    os.rename(folder, HOME + "/taken")
    status, said = pawl("status", "lite")
    check("what was taken out of the vault turns status red", status == 3 and "backup %s is no longer whole in vault local" % id in said, said)
    os.rename(HOME + "/taken", folder)
    check("what is put back was out of sight: red until it is drilled", pawl("status", "lite")[0] == 3, pawl("status", "lite"))
    check("and then green", pawl("drill", "lite")[0] == 0 and pawl("status", "lite")[0] == 0, pawl("status", "lite"))
    later = folder.replace(id, "2099" + id[4:])
    shutil.copytree(folder, later)
    status, said = pawl("backup", "list", "lite")
    check("a listing tells what is under another's name", status == 1 and "NOT TO BE BELIEVED" in said, said)
    check("status tells of a time to come", "1 in vault local of a time to come" in pawl("status", "lite")[1], pawl("status", "lite"))


begin()
kinds()
early()
apart()
mistyped()
second()
hidden()
t.done()
