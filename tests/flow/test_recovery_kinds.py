#!/usr/bin/env python3
# timeout: 300
"""Backups and drills of SQLite, of a Terraform state and of what a command prints; and what was tampered with."""
import json
import os
import re
import shutil
import sqlite3
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import recoveries  # noqa: E402
import source  # noqa: E402

STATE = {"version": 4, "terraform_version": "1.11.4", "serial": 7, "lineage": "3f1e2a44-1111-2222-3333-444455556666", "outputs": {},
         "resources": [{"mode": "managed", "type": "aws_s3_bucket", "name": "b", "instances": [{"attributes": {"id": str(i)}} for i in range(3)]},
                       {"mode": "data", "type": "aws_region", "name": "r", "instances": [{}]}]}


def refused(make, words):
    try:
        make()
    except RuntimeError as e:
        return [] if re.search(words, str(e)) else [str(e)]
    return ["there was a backup"]


def verified(d, tables, rows):
    return [] if (d.result, d.tables, d.rows) == ("verified", tables, rows) else [d.text]


def failed(d, code, words):
    return [] if d.result == "failed" and code in d.codes and re.search(words, d.text) else ["wanted: %s, %s" % (code, words), d.text]


def tampered(tap, v, target, id, table, form="bytes"):
    for name, change, code, words in table:
        f = v.forge(target, id)
        if callable(change):
            f.replace(change, form, ("tables",) if code != "rows" and target != "notes" else ())
        else:
            f.say(**change)
        tap.check("%s: %s: %s" % (target, name, code), failed(f.drill(target), code, words))
        shutil.rmtree(f.folder)


def within(name, value):
    def members(v, target, id):
        all_ = v.manifest(target, id)["invariants"]
        [i.update(value=value) for i in all_ if i["name"] == name]
        return {"invariants": all_}
    return members


def sqlite(tap, v):
    db = sqlite3.connect("notes.db")
    db.executescript("PRAGMA journal_mode = WAL; CREATE TABLE notes (a INTEGER PRIMARY KEY, b, c REAL); CREATE INDEX nb ON notes (b); CREATE TABLE x (y);"
                     "CREATE TABLE \"o\"\"dd\" (z BLOB)")
    db.executemany("INSERT INTO notes VALUES (?, ?, ?)", [(i, "text %d\n\0" % i, i / 3) for i in range(2000)])
    db.execute("INSERT INTO \"o\"\"dd\" VALUES (x'00ff'), (NULL)")
    db.commit()
    before = set(os.listdir("."))
    # A writer in the middle of a transaction, and rows that lie in the WAL alone.
    other = sqlite3.connect("notes.db")
    other.execute("BEGIN IMMEDIATE")
    other.execute("DELETE FROM notes")
    id = v.backup("notes", "sqlite:" + os.path.abspath("notes.db"), n="SELECT count(*) FROM notes", last="SELECT max(c) FROM notes")
    other.commit()
    tap.check("sqlite: no trace of a backup beside the file", set(os.listdir(".")) - before - {"notes.db-shm", "notes.db-wal", "tmp"})
    d = v.drill("notes", "query:x=2000=SELECT count(*) FROM notes WHERE b LIKE 'text%'")
    tap.check("sqlite: a snapshot before the writer's end is verified", verified(d, 3, 2002))
    tap.check("sqlite: a query's other answer", failed(v.drill("notes", "query:x=1=SELECT 2"), "query", "x is 2, and should be 1"))
    for name, words in (("missing.db", "cannot be opened"), ("/etc/passwd", "cannot be read|not a database")):
        tap.check("sqlite: %s is none" % name, refused(lambda: v.backup("notes", "sqlite:" + name), words))
    tap.check("sqlite: two values are no answer", refused(lambda: v.backup("notes", "sqlite:notes.db", q="SELECT 1, 2"), "one row with one value"))
    m = v.manifest("notes", id)
    fewer = [t for t in m["tables"] if t["name"] != "x"]
    rows = [dict(t, rows=t["rows"] + (t["name"] == "notes")) for t in m["tables"]]

    def page(dump):
        """A page of the table, zeroed."""
        at = dump.index(b"text 1000\n") // 4096 * 4096
        return dump[:at] + b"\0" * 4096 + dump[at + 4096:]
    tampered(tap, v, "notes", id, [
        ("a value", lambda d: d.replace(b"text 77\n", b"text 78\n"), "values", "rows of notes"),
        ("a page of nothing", page, "error", "integrity_check|malformed"),
        ("half of it", lambda d: d[:len(d) // 2], "error", "integrity_check|malformed|cannot be opened"),
        ("nothing at all", lambda d: b"", "table-lost", "notes"),
        ("no database", lambda d: b"x" * len(d), "error", "not a database"),
        ("a table more than it says", {"tables": fewer}, "table-more", "x"),
        ("a row less than it says", {"tables": rows}, "rows", "2000 rows of notes, its manifest says 2001"),
        ("another answer", within("n", "2001")(v, "notes", id), "invariant", "n is 2000"),
    ])


def state(tap, v):
    with open("terraform.tfstate", "w") as f:
        json.dump(STATE, f)
    id = v.backup("state", "state:" + os.path.abspath("terraform.tfstate"))
    says = {i["name"]: i["value"] for i in v.manifest("state", id)["invariants"]}
    tap.check("state: lineage, serial and resources are said",
              [] if says == {"lineage": STATE["lineage"], "serial": "7", "terraform_version": "1.11.4", "resources": "3"} else [str(says)])
    tap.check("state: verified", verified(v.drill("state", "query:s=7=serial"), 1, 3))
    tap.check("state: a serial that was expected", failed(v.drill("state", "query:s=8=serial"), "query", "s is 7, and should be 8"))
    for name, text in (("an empty file", ""), ("half of it", json.dumps(STATE)[:200]), ("another version", '{"version": 3}'), ("no lineage", '{"version": 4, "serial": 1, "resources": []}')):
        with open("bad.tfstate", "w") as f:
            f.write(text)
        tap.check("state: %s is none" % name, refused(lambda: v.backup("state", "state:" + os.path.abspath("bad.tfstate")), "no state of Terraform|json|JSON|parse|end"))
    tampered(tap, v, "state", id, [
        ("an older serial", lambda d: d.replace(b'"serial": 7', b'"serial": 6'), "invariant", "serial is 6, and should be 7"),
        ("another lineage", lambda d: d.replace(b"3f1e", b"3f1f"), "invariant", "lineage is 3f1f"),
        ("a resource less", lambda d: d.replace(b', {"attributes": {"id": "2"}}', b""), "invariant", "resources is 2"),
        ("half of it", lambda d: d[:len(d) // 2], "error", ""),
    ])


def command(tap, v):
    id = v.backup("stream", "command:seq 1 100000")
    tap.check("command: whole is verified", verified(v.drill("stream"), 1, 100000))
    tap.check("command: a check that reads all of it", verified(v.drill("stream", "check=grep -qx 100000"), 1, 100000))
    tap.check("command: a check that has seen enough", verified(v.drill("stream", "check=head -c 5"), 1, 100000))
    tap.check("command: a check that refuses", failed(v.drill("stream", "check=grep -qx 100001"), "check", "grep ended with status 1"))
    d = v.drill("stream", "check=pawl-no-such-program")
    tap.check("command: a check that is not there", [] if d.result == "could not verify" else [d.text])
    for name, words, why in (("not there", "sh -c pawl-no-such-program", "127"), ("no program", "sh -c /", "126")):
        d = v.drill("stream", "check=" + words)
        good = d.result == "could not verify" and d.codes == ["broke-off"] and "could not be run" in d.text and why in d.text
        tap.check("command: what a check's shell is to run is %s" % name, [] if good else [d.text])
    d = v.drill("stream", "check=timeout -s KILL 0.2 sleep 60")
    tap.check("command: a check that is killed did not refuse", [] if d.result == "could not verify" and d.codes == ["broke-off"] else [d.text])
    tap.check("command: one that fails has no backup", refused(lambda: v.backup("stream", "command:false"), "false ended with status 1"))
    tap.check("command: one that is killed has none", refused(lambda: v.backup("stream", "command:timeout -s KILL 0.2 yes"), "ended (by signal 9|with status 137)"))
    tampered(tap, v, "stream", id, [("a line less", lambda d: d.replace(b"\n77\n", b"\n"), "rows", "99999 rows"),])


def main():
    tap = source.Tap()
    os.chmod(os.getcwd(), 0o755)
    v = recoveries.Vault(os.path.join(os.getcwd(), "tmp"))
    sqlite(tap, v)
    state(tap, v)
    command(tap, v)
    tap.check("nothing stays in /tmp", [f for f in os.listdir(os.environ["TMPDIR"]) if f.startswith("pawl-sqlite")])
    print("1..%d" % tap.n)


main()
