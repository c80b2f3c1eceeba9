#!/usr/bin/env python3
"""The README's commands, from an empty home with a running PostgreSQL to a green `pawl status`; what turns it red; schedules and paging."""
# timeout: 240
import json
import os
import re
import stat
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab
import postgres

t = lab.Tap()
if postgres.missing():
    print("1..0 # SKIP " + postgres.missing())
    sys.exit(0)
PAWL = lab.binary("pawl")
HOME = os.environ["HOME"]
STATE = os.path.join(HOME, ".local/state/pawl")
TOOLS = os.path.join(HOME, "tools")
os.makedirs(TOOLS)


def tool(name, text):
    path = os.path.join(TOOLS, name)
    with open(path, "w") as f:
        f.write("#!/bin/sh\n" + text)
    os.chmod(path, 0o755)


tool("crontab", """case $1 in
-l) cat "$HOME/crontab" 2>/dev/null || { echo "no crontab" >&2; exit 1; };;
-) cat > "$HOME/crontab";;
*) exit 2;;
esac
""")
tool("systemctl", 'echo "$@" >> "$HOME/systemctl"\n')


def pawl(*args, **env):
    e = {"HOME": HOME, "PATH": TOOLS + ":" + os.environ["PATH"], "PGHOST": pg.host, "PGPORT": str(pg.port), "PGUSER": "postgres"}
    for name in ("ASAN_OPTIONS", "TMPDIR"):
        if name in os.environ:
            e[name] = os.environ[name]
    e.update(env)
    p = subprocess.run([PAWL, *args], env=e, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    return p.returncode, p.stdout + p.stderr


def as_json(*args, **env):
    status, said = pawl(*args, "--json", **env)
    return status, json.loads(said)


def check(name, cond, detail=""):
    t.ok(cond, name, str(detail)[-1500:])


def readme():
    text = open(os.path.join(os.environ["PAWL_SOURCE"], "README.md")).read()
    section = text.split("## A backup that restores", 1)[1].split("\n## ", 1)[0]
    block = re.search(r"^```\n(.*?)^```", section, re.S | re.M).group(1)
    return [line.split("#")[0].split()[1:] for line in block.splitlines()]


def ledger(kind):
    return as_json("log", "--kind", kind)[1]["entries"]


with postgres.Server() as pg:
    pg.sql("create database shop")
    pg.sql("create table submissions as select g id, md5(g::text) body from generate_series(1, 20000) g", dbname="shop")
    pg.sql("create table customers (id int primary key, name text); insert into customers values (1, 'Ada'), (2, 'Grace')", dbname="shop")

    commands = readme()
    check("fewer than five commands in the README", 0 < len(commands) < 5, commands)
    check("nothing is there before: status says how to begin", pawl("status")[0] == 1 and "pawl backup init" in pawl("status")[1])
    said = []
    for words in commands:
        status, out = pawl(*words, "--cron") if words == ["schedule"] else pawl(*words)
        said.append((words, status, out))
    check("each of them ends with 0", all(s == 0 for _, s, _ in said), said)
    check("the last is a green status", said[-1][0] == ["status"] and "shop  green" in said[-1][2] and "RED" not in said[-1][2], said[-1])
    status, s = as_json("status")
    shop = s["targets"][0]
    check("status in JSON says the same with numbers", status == 0 and s["green"] and shop["rows"] == 20002 and shop["last_drill"] == "verified"
         and shop["rto_ms"] > 0 and shop["schedule"] == "cron" and shop["next_backup"] and shop["rpo_objective_s"] == 93600, s)
    check("it says that there is no boundary, and no point-in-time recovery",
         any("no boundary" in n for n in shop["notes"]) and any("archive_mode is off" in n for n in shop["notes"]), shop["notes"])
    config = os.path.join(HOME, ".config/pawl/backup.yaml")
    check("what is private is private", all(stat.S_IMODE(os.stat(p).st_mode) & 0o077 == 0 for p in (
        config, STATE + "/recovery/key.pem", STATE + "/vault", STATE + "/recovery/said")), "")
    check("no password and no secret key in backup.yaml", "PRIVATE" not in open(config).read() and "password" not in open(config).read())
    cron = open(HOME + "/crontab").read()
    check("the crontab has a run, a watch and the WAL", cron.count("# pawl schedule") == 3 and
          all(x in cron for x in ("schedule run", "schedule check", "backup wal --once")), cron)
    check("without a target whose WAL is kept that does nothing", pawl("backup", "wal", "--once") == (0, ""))

    # What is scheduled runs from the crontab's own line, in cron's poor environment.
    line = next(x for x in cron.splitlines() if "schedule run" in x).split(None, 5)[5]
    p = subprocess.run(["/bin/sh", "-c", line.replace(">/dev/null 2>&1", "")], env={"HOME": "/", "PATH": "/usr/bin:/bin"}, capture_output=True,
                       text=True, timeout=120)
    check("the crontab's line runs, and finds nothing due yet", p.returncode == 0 and len(ledger("backup.finished")) == 1, p)

    status, again = pawl("backup", "init")
    check("init again adds nothing twice", status == 0 and "there already" in again and open(config).read().count("- name: shop") == 1, again)
    pg.sql("create database \"Odd name\"")
    status, again = pawl("backup", "init", "host=%s port=%d user=postgres dbname='Odd name'" % (pg.host, pg.port))
    check("another database is added behind the first", status == 0 and len(as_json("status")[1]["targets"]) == 2, again)
    other = os.path.join(HOME, "other")
    status, again = pawl("backup", "init", "--json", XDG_CONFIG_HOME=other + "0", XDG_STATE_HOME=other)
    check("an empty postgres beside others is nobody's", status == 0 and json.loads(again)["added"] == 2, again)
    pg.sql("create table mine (id int)")
    status, again = pawl("backup", "init", "--json", XDG_CONFIG_HOME=other + "1", XDG_STATE_HOME=other)
    check("one that holds a table is somebody's", status == 0 and json.loads(again)["added"] == 3 and "postgres: " in again, again)
    check("a password on the command line is refused", pawl("backup", "init", "postgres://u:hunter2@h/d")[0] == 1
         and "hunter2" not in pawl("backup", "init", "postgres://u:hunter2@h/d")[1])
    check("a target without a backup is red, and status ends with 3", as_json("status")[0] == 3 and pawl("status", "shop")[0] == 0)
    check("an unknown target is told", pawl("backup", "nope")[0] == 1 and pawl("drill", "nope")[0] == 1)
    status, run = as_json("schedule", "run")
    check("what is due is taken and drilled, the rest left alone", status == 0 and run["backups"] == 1 and len(run["drills"]) == 1, run)
    check("and all is green", pawl("status")[0] == 0, pawl("status"))

    # A changed value in the vault.
    backups = [b for b in as_json("backup", "list")[1]["backups"] if b["target"] == "shop"]
    data = "%s/vault/shop/%s/data.zst" % (STATE, backups[0]["backup"])
    os.chmod(data, 0o600)
    with open(data, "r+b") as f:
        f.seek(os.path.getsize(data) // 2)
        byte = f.read(1)
        f.seek(-1, 1)
        f.write(bytes([byte[0] ^ 1]))
    status, d = as_json("drill", "shop")
    check("one changed bit: the drill fails with 3 and says bytes", status == 3 and d["drills"][0]["result"] == "failed"
         and d["drills"][0]["reasons"][0]["code"] == "bytes", d)
    status, s = as_json("status", "shop")
    check("status is red with the reason", status == 3 and any("FAILED" in r for r in s["targets"][0]["red"]), s)
    status, out = pawl("schedule", "check")
    check("the watch pages for it", status == 3 and len(ledger("alarm")) == 1, out)
    pawl("schedule", "check")
    check("once a day, not at each look", len(ledger("alarm")) == 1)
    status, out = pawl("backup", "shop", "--drill")
    check("a new backup and drill make it green again", status == 0 and pawl("status", "shop")[0] == 0 and pawl("schedule", "check")[0] == 0, out)

    # The source is gone for a while.
    pg.stop()
    before = sorted(os.listdir(STATE + "/vault/shop"))
    status, out = pawl("backup", "shop")
    check("no server: no backup, told, and nothing old lost", status == 1 and "NO BACKUP" in out
         and [b for b in before if b in os.listdir(STATE + "/vault/shop")] == before, out)
    check("status is red for the failed run", pawl("status", "shop")[0] == 3 and "the last backup failed" in pawl("status", "shop")[1])
    check("the ledger has it", len(ledger("backup.failed")) == 1 and ledger("backup.failed")[0]["body"]["target"] == "shop"
         if "body" in ledger("backup.failed")[0] else len(ledger("backup.failed")) == 1)
    check("the drill needs no source", pawl("drill", "shop")[0] == 0)
    pg.start()
    check("the next run is good again", pawl("backup", "shop")[0] == 0 and pawl("status", "shop")[0] == 0)
    left = [b for b in as_json("backup", "list")[1]["backups"] if not b["whole"]]
    check("what the failed run left is cleared away", not left, left)

    # A statement that is not the key's is not believed.
    point = STATE + "/recovery/said/shop.point"
    whole = open(point, "rb").read()
    with open(point, "wb") as f:
        f.write(whole.replace(b'"same_place":true', b'"same_place":false'))
    check("there was something to change", b'"same_place":true' in whole)
    check("a changed statement is red", pawl("status", "shop")[0] == 3 and "not signed" in pawl("status", "shop")[1])
    with open(point, "wb") as f:
        f.write(whole)

    # The schedule's other kind, and its end.
    status, out = pawl("schedule", "--systemd", XDG_CONFIG_HOME=HOME + "/.config")
    units = HOME + "/.config/systemd/user"
    check("systemd: three services and three timers, enabled", status == 0 and len(os.listdir(units)) == 6
         and "--user enable --now pawl-backup.timer pawl-backup-watch.timer pawl-backup-wal.timer" in open(HOME + "/systemctl").read(), out)
    check("the timer catches up after a pause", "Persistent=true" in open(units + "/pawl-backup.timer").read())
    check("off takes them away", pawl("schedule", "off", "--systemd", XDG_CONFIG_HOME=HOME + "/.config")[0] == 0 and not os.listdir(units))
    with open(HOME + "/crontab", "a") as f:
        f.write("0 1 * * * mine\n")
    check("cron off leaves what is not pawl's", pawl("schedule", "off", "--cron")[0] == 0 and open(HOME + "/crontab").read() == "0 1 * * * mine\n")
    check("status then says that nothing runs by itself", "nothing runs by itself" in pawl("status", "shop")[1])
t.done()
