#!/usr/bin/env python3
"""The README's commands, from an empty home with a running PostgreSQL to a green `pawl status`; what turns it red; schedules and paging."""
# timeout: 240
import datetime
import json
import os
import re
import resource
import shutil
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
tool("systemctl", """echo "$@" >> "$HOME/systemctl"
wants="$XDG_CONFIG_HOME/systemd/user/timers.target.wants"
for word; do case $word in
enable) how=enable; mkdir -p "$wants";;
disable) how=disable;;
*.timer) rm -f "$wants/$word"; test $how = disable || ln -s "../$word" "$wants";;
esac; done
test "$how" != disable || rmdir "$wants"
""")


def pawl(*args, limit=None, **env):
    e = {"HOME": HOME, "PATH": TOOLS + ":" + os.environ["PATH"], "PGHOST": pg.host, "PGPORT": str(pg.port), "PGUSER": "postgres"}
    for name in ("ASAN_OPTIONS", "TMPDIR"):
        if name in os.environ:
            e[name] = os.environ[name]
    e.update(env)
    p = subprocess.run([PAWL, *args], env=e, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600,
                       preexec_fn=(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))) if limit else None)
    return p.returncode, p.stdout + p.stderr


def listed(units):
    return [f for f in os.listdir(units) if f.startswith("pawl-")]


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
    check("the drill says what it compared", re.search("2 tables with 20002 rows: every row and every answer equal to what was dumped", said[1][2]), said[1])
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
    check("without a target whose WAL is kept that does nothing, and says so", pawl("backup", "wal", "--once")[1].startswith("No target keeps its WAL")
          and as_json("backup", "wal", "--once") == (0, {"wal": []}))

    # A crontab that refuses says so itself.
    tool("crontab.kind", open(TOOLS + "/crontab").read())
    tool("crontab", 'echo "You (me) are not allowed to use this program (crontab)" >&2; exit 1')
    status, out = pawl("schedule", "--cron")
    check("a crontab that refuses is heard", status == 1 and "status 1: You (me) are not allowed" in out, out)
    tool("crontab", 'case $1 in -l) echo "crontab: I/O error" >&2; exit 1;; -) cat > "$HOME/overwritten";; esac')
    status, out = pawl("schedule", "--cron")
    check("a crontab that cannot be read is not written over", status == 1 and "I/O error; nothing was changed" in out and
          not os.path.exists(HOME + "/overwritten"), out)
    os.rename(TOOLS + "/crontab.kind", TOOLS + "/crontab")

    # What was set is looked for: another crontab, a program that is gone.
    os.rename(HOME + "/crontab", HOME + "/crontab.kept")
    status, s = as_json("status")
    check("a crontab without its lines: nothing runs by itself", s["targets"][0]["schedule"] == "" and s["targets"][0]["next_backup"] is None
          and any("nothing runs by itself any more" in n for n in s["targets"][0]["notes"]), s)
    with open(HOME + "/crontab", "w") as f:
        f.write("".join("# " + line for line in open(HOME + "/crontab.kept")))
    check("nor with lines that are commented out", as_json("status")[1]["targets"][0]["schedule"] == "")
    os.rename(HOME + "/crontab.kept", HOME + "/crontab")
    check("with them back it does", as_json("status")[1]["targets"][0]["schedule"] == "cron")
    if not shutil.which("crontab", path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"):
        os.rename(TOOLS + "/crontab", TOOLS + "/crontab.kind")
        status, out = pawl("schedule", "--cron")
        check("without cron all three that something is to run are named", status == 1 and all(w in out for w in (
            "schedule run` every 15", "schedule check` every half", "backup wal --once` every 5")), out)
        check("and no cron runs what was set", as_json("status")[1]["targets"][0]["schedule"] == "")
        os.rename(TOOLS + "/crontab.kind", TOOLS + "/crontab")
    # Without a session of the user's systemd cannot be spoken to.
    tool("systemctl.kind", open(TOOLS + "/systemctl").read())
    tool("systemctl", 'echo "Failed to connect to bus: No medium found" >&2; exit 1')
    status, out = pawl("schedule", "--systemd")
    check("systemd that cannot be spoken to: --cron is named, and no unit is left", status == 1 and "connect to bus" in out and "pawl schedule --cron" in out
          and not os.path.exists(HOME + "/.config/systemd/user/pawl-backup.timer"), out)
    os.rename(TOOLS + "/systemctl.kind", TOOLS + "/systemctl")

    # Only a vault and a key; the advice that follows can be followed.
    bare = {"XDG_CONFIG_HOME": HOME + "/bare", "XDG_STATE_HOME": HOME + "/bare"}
    status, out = pawl("backup", "init", "--empty", **bare)
    check("init --empty says that there is nothing to back up yet", status == 0 and "Nothing is backed up yet" in out and "pawl backup init" in out, out)
    check("and what it names works", pawl("backup", "init", "dbname=shop", **bare)[0] == 0 and pawl("backup", **bare)[0] == 0)

    # The key, or the vault, is gone: red, and what is said leads out of it.
    key, kept = HOME + "/bare/pawl/recovery/key.pem", HOME + "/key.kept"
    bare_config = HOME + "/bare/pawl/backup.yaml"
    os.rename(key, kept)
    status, out = pawl("status", **bare)
    check("without a key that can sign status is red", status == 3 and "nothing can be signed" in out and "put it back" in out, out)
    status, out = pawl("backup", **bare)
    check("a backup names `pawl backup init`", status == 1 and "`pawl backup init`" in " ".join(out.split()), out)
    status, out = pawl("backup", "init", **bare)
    new = re.search(r"`(key: \S+)`", out)
    check("which makes another, and says what it is worth", status == 1 and os.path.exists(key) and new and "nothing older be believed" in out, out)
    status, out = pawl("status", **bare)
    check("one that backup.yaml does not say is red too", status == 3 and "is not the key of" in out, out)
    text = open(bare_config).read()
    with open(bare_config, "w") as f:
        f.write(re.sub("key: .*", new.group(1), text) if new else text)
    check("written there it signs", pawl("backup", **bare)[0] == 0)
    with open(bare_config, "w") as f:
        f.write(text)
    os.replace(kept, key)
    os.rename(HOME + "/bare/pawl/vault", HOME + "/vault.kept")
    status, out = pawl("backup", **bare)
    check("without its folder a vault names the same", status == 1 and "`pawl backup init`" in out and "vault init" not in out, out)
    status, out = pawl("backup", "init", "dbname=shop", **bare)
    check("which makes it, empty, and says so", status == 0 and "is made anew, empty" in out and pawl("backup", **bare)[0] == 0, out)

    # A server that wants a password, and where it is to be written.
    with postgres.Server(password="not:told") as locked:
        env = {"PGHOST": locked.host, "PGPORT": str(locked.port), "XDG_CONFIG_HOME": HOME + "/locked", "XDG_STATE_HOME": HOME + "/locked"}
        line = "%s:%d:*:postgres:" % (locked.host, locked.port)
        status, out = pawl("backup", "init", **env)
        check("the line that is missing, and its file", status == 1 and "write the line " + line + "PASSWORD into " + HOME + "/.pgpass" in out
              and "leads to none" not in out, out)
        out = pawl("backup", "init", PGPASSFILE=HOME + "/pass", **env)[1]
        check("or the file of PGPASSFILE", "into " + HOME + "/pass" in out, out)
        with open(HOME + "/pass", "w") as f:
            os.chmod(HOME + "/pass", 0o600)
            f.write(line + "not\\:told\n")
        status, out = pawl("backup", "init", PGPASSFILE=HOME + "/pass", **env)
        check("with it written there it works", status == 0 and "Written to" in out, out)
        os.unlink(HOME + "/pass")
        out = [pawl(*x, **env)[1] for x in (["backup", "postgres"], ["backup", "init", "host=%s port=%d dbname=postgres" % (locked.host, locked.port)])]
        check("a backup, and a database that is named, say the same", all(line + "PASSWORD into " + f in x for x, f in zip(out, (HOME + "/pass", HOME + "/.pgpass"))), out)
        out = pawl("backup", "init", "host=127.0.0.9,%s port=1,%d dbname=postgres" % (locked.host, locked.port))[1]
        check("of several hosts the line is of the one that asked", "write the line " + line + "PASSWORD into" in out, out)

    # What is scheduled runs from the crontab's own line, in cron's poor environment.
    line = next(x for x in cron.splitlines() if "schedule run" in x).split(None, 5)[5]
    p = subprocess.run(["/bin/sh", "-c", line.replace(">/dev/null 2>&1", "")], env={"HOME": "/", "PATH": "/usr/bin:/bin"}, capture_output=True,
                       text=True, timeout=600)
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

    # A limit of a file's size (ulimit -f), which ends a program without a word unless it asks not to be.
    before = as_json("backup", "list", "shop")[1]["backups"]
    status, out = pawl("backup", "shop", limit=64 * 1024)
    check("a file that may not grow: the backup fails, and says why", status == 1 and "File too large" in out, (status, out))
    check("and nothing half is left", as_json("backup", "list", "shop")[1]["backups"] == before and pawl("status", "shop")[0] == 3)
    status, out = pawl("drill", "shop", limit=64 * 1024)
    check("a drill that may not write cannot verify", status == 1 and "COULD NOT VERIFY" in out, (status, out))
    check("and well again", pawl("backup", "shop")[0] == 0 and pawl("drill", "shop")[0] == 0 and pawl("status", "shop")[0] == 0, pawl("status", "shop"))

    # Retention: of an older day the newest stays; of the last 24 hours everything does.
    today = [b["backup"] for b in as_json("backup", "list", "shop")[1]["backups"]]
    day = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=3)).strftime("%Y%m%d")
    older = [day + "T100000Z-aaaaaaaa", day + "T120000Z-bbbbbbbb"]
    for name in older:
        shutil.copytree("%s/vault/shop/%s" % (STATE, today[0]), "%s/vault/shop/%s" % (STATE, name))
    status, out = as_json("backup", "shop")
    left = os.listdir(STATE + "/vault/shop")
    gone = [{"backup": older[0], "vault": "local", "why": "no reason keeps it"}]
    check("all of today stay, though 'keep' names but the newest of a day", status == 0 and len(today) > 1 and set(today) <= set(left)
         and older[1] in left, (today, left))
    check("what was removed is said", out["backups"][0]["removed"] == gone and older[0] not in left, out)
    check("and is in the ledger", [{k: e["body"][k] for k in gone[0]} for e in ledger("backup.removed")] == gone, ledger("backup.removed"))
    shutil.rmtree("%s/vault/shop/%s" % (STATE, older[1]))
    check("a drill of the new one", pawl("drill", "shop")[0] == 0)

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
    said = {b["backup"]: b for b in as_json("backup", "list", "shop")[1]["backups"]}
    ids = sorted(said, reverse=True)
    drills = [(e["body"]["backup"], e["body"]["result"]) for e in ledger("drill.finished") if e["body"]["target"] == "shop"]
    told = dict(d for d in drills if d[1] != "could not verify")
    check("the list says of each what its own last drill said", set(told.values()) == {"verified", "failed"} and len(drills) > len(dict(drills)) and
          all(b["last_drill"] == dict(drills).get(i, "never") and b["verified"] == (told.get(i) == "verified") for i, b in said.items()), (said, drills))
    lines = {line.split()[1]: line for line in pawl("backup", "list", "shop")[1].splitlines()}
    check("and never calls the one that failed verified", "its last drill FAILED" in lines[ids[0]] and "verified" not in lines[ids[0]]
          and lines[ids[1]].endswith(", verified") and lines[ids[2]].endswith(", verified; its last drill could not verify"), lines)
    status, out = pawl("restore", "shop", "--into", "shop_back")
    check("a restore of it fails, and names the next older one", status == 1 and "not those that were stored" in out
          and out.strip().endswith("--backup " + ids[1]), out)
    status, out = pawl("restore", "shop", "--out", HOME + "/shop.out")
    check("to a file too", status == 1 and out.strip().endswith("--backup " + ids[1]), out)
    check("sizes are of what is stored, without the manifest", said[ids[0]]["bytes"] == os.path.getsize(data), (said[ids[0]], os.path.getsize(data)))
    good = open(config).read()
    with open(config, "a") as f:
        f.write("  - name: misread\n    postgres: \"dbname=shop\"\n    evry: 1h\n")
    where = "%s:%d:" % (config, good.count("\n") + 3)
    code, s = as_json("status")
    reds = {x["target"]: x["red"] for x in s["targets"]}
    check("a target that cannot be read is red with its line, and the others are shown", code == 3 and not s["green"] and
          where in reds["misread"][0] and "shop" in reds, reds)
    status, out = pawl("status")
    check("in words too", status == 3 and "misread  RED" in out and where in out, out)
    status, out = pawl("backup", "list")
    check("the list says it and ends with 1", status == 1 and where in out and ids[1] in out, out)
    status, out = pawl("restore", "shop", "--backup", ids[1], "--out", HOME + "/beside.out")
    check("a restore of another goes on, and says it", status == 0 and where in out and os.path.getsize(HOME + "/beside.out") > 0, out)
    check("one of it does not", pawl("restore", "misread")[0] == 1 and where in pawl("restore", "misread")[1])
    check("who takes backups takes none before it is mended", pawl("backup", "shop")[0] == 1 and where in pawl("backup", "shop")[1])
    with open(config, "w") as f:
        f.write(good)
    sig = "%s/vault/shop/%s/manifest.sig" % (STATE, ids[1])
    os.rename(sig, sig + ".away")
    shutil.copy("%s/vault/shop/%s/manifest.sig" % (STATE, ids[-1]), sig)
    status, out = pawl("restore", "shop", "--into", "shop_back")
    check("one that is not signed is passed over", status == 1 and out.strip().endswith("--backup " + ids[2]), out)
    os.rename(sig + ".away", sig)
    status, out = pawl("restore", "shop", "--backup", ids[1], "--into", "shop_back")
    check("and the older one comes back", status == 0 and "as its manifest says" in out, out)
    pg.sql("create database shop_restored_20261121t195336z; create database \"shop_restored_20261121T195336Z_2\"")
    status, out = as_json("backup", "init", XDG_CONFIG_HOME=other + "2")
    copies = re.findall("^(.*) is a copy that pawl made, and was not added. It is, with: pawl backup init \"(.*)\"$", out["notes"], re.M)
    check("init adds no copy that pawl made, by the ledger or by its name, and says so", status == 0 and out["added"] == 4 and
          [c[0] for c in copies] == ["shop_back", "shop_restored_20261121T195336Z_2"] and
          "\nshop_restored_20261121t195336z: " in out["notes"], out)
    status, out = as_json("backup", "init", copies[0][1], XDG_CONFIG_HOME=other + "2")
    check("unless it is named", status == 0 and out["added"] == 1, out)
    status, out = pawl("schedule", "check")
    check("the watch pages for it, and says which", status == 3 and len(ledger("alarm")) == 1 and "\n  shop: " in out, out)
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
    check("the ledger has it, and the one before", len(ledger("backup.failed")) == 2)
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
    check("systemd: three services and three timers, enabled", status == 0 and len(listed(units)) == 6
         and "--user enable --now pawl-backup.timer pawl-backup-watch.timer pawl-backup-wal.timer" in open(HOME + "/systemctl").read(), out)
    check("the timer catches up after a pause", "Persistent=true" in open(units + "/pawl-backup.timer").read())
    check("off --print only prints them", "pawl-backup.timer" in pawl("schedule", "off", "--systemd", "--print", XDG_CONFIG_HOME=HOME + "/.config")[1]
         and len(listed(units)) == 6)
    # Whom it is told: nobody, and then somebody.
    mine = HOME + "/.config/pawl/policy.yaml"
    how = ["NOBODY", "notify: [{sendmail: you@example.com}]", mine, "pawl notify test"]
    said = {what: " ".join(pawl(*what.split())[1].split()) for what in ("doctor", "notify test")}
    said["schedule"] = out
    said["status --json"] = as_json("status", "shop")[1]["nobody_told"]
    check("that nobody is told is said, and how to name somebody", all(w in s for s in said.values() for w in how) and "names" not in out.split("\n")[0], said)
    out_ = pawl("status", "shop")[1]
    check("below a status in one line", out_.splitlines()[-1] == "NOBODY is told: no `notify` in %s (how: pawl doctor)" % mine, out_)
    with open(mine, "w") as f:
        f.write("version: 1\nnotify: [{command: [/bin/true]}]\n")
    out = pawl("schedule", "--systemd", XDG_CONFIG_HOME=HOME + "/.config")[1]
    check("where somebody is named that is said, and nothing else", "whom the policy's 'notify' names" in out and as_json("status", "shop")[1]["nobody_told"] == ""
         and not any("NOBODY" in s for s in (out, pawl("status", "shop")[1], pawl("doctor")[1])), out)
    with open(mine, "w") as f:
        f.write("version: 1\nnotfy: []\n")
    check("and where the policy cannot be read", "cannot be read" in pawl("status", "shop")[1], pawl("status", "shop"))
    os.unlink(mine)
    os.rename(units + "/pawl-backup.timer", HOME + "/timer.kept")
    check("a timer whose file is gone is seen", "nothing runs by itself any more" in pawl("status", "shop")[1])
    os.rename(HOME + "/timer.kept", units + "/pawl-backup.timer")
    for name, word in (("pawl-backup", "nothing runs by itself any more"), ("pawl-backup-watch", "not all runs by itself any more")):
        link = "%s/timers.target.wants/%s.timer" % (units, name)
        os.unlink(link)  # all that `systemctl disable` does to the files
        out = pawl("status", "shop")[1]
        check("a timer that was disabled is seen: " + name, "%s (%s.timer is disabled: %s is not there): pawl schedule" % (word, name, link) in out, out)
        check("what runs yet is said", as_json("status", "shop")[1]["targets"][0]["schedule"] == ("" if name == "pawl-backup" else "systemd"))
        os.symlink("../%s.timer" % name, link)
    check("and there again it runs", as_json("status", "shop")[1]["targets"][0]["schedule"] == "systemd")
    check("off takes them away", pawl("schedule", "off", "--systemd", XDG_CONFIG_HOME=HOME + "/.config")[0] == 0 and not os.listdir(units))
    with open(HOME + "/crontab", "a") as f:
        f.write("0 1 * * * mine\n")
    check("cron off leaves what is not pawl's", pawl("schedule", "off", "--cron")[0] == 0 and open(HOME + "/crontab").read() == "0 1 * * * mine\n")
    check("status then says that nothing runs by itself", "nothing runs by itself" in pawl("status", "shop")[1])
t.done()
