#!/usr/bin/env python3
# A cluster that pgBackRest backs up: pawl runs it, signs for rows and answers at a position in the WAL, brings it back by pgBackRest into a
# server of its own and compares; what was harmed in the repository, or is gone from it, is named. Real PostgreSQL, real pgBackRest.
# timeout: 400
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab
import postgres

if postgres.missing():
    lab.skip_all(postgres.missing())
if not shutil.which("pgbackrest"):
    lab.skip_all("no pgBackRest (Debian: pgbackrest)")

WHOLE = os.environ.get("PAWL_TEST_WHOLE")
HOME = os.environ["HOME"]
t = lab.Tap()
repo = tempfile.mkdtemp(prefix="pawl-pgbackrest-", dir="/tmp")
os.chmod(repo, 0o777)
conf = repo + "/pgbackrest.conf"
archive = "pgbackrest --config=%s --stanza=shop archive-push %%p" % conf


def pawl(*words):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "XDG_", "PAWL_STATE"))}
    p = subprocess.run([lab.binary("pawl"), *words], env=dict(env, HOME=HOME), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
    return p.returncode, p.stdout + p.stderr


def drill(*words):
    status, out = pawl("drill", "shop", "--json", *words)
    d = json.loads(out)["drills"][0]
    return status, d, [r["code"] for r in d["reasons"]]


def main(pg):
    with open(conf, "w") as f:
        f.write("[global]\nrepo1-path=%s/repo\nrepo1-retention-full=9\nlog-path=%s/log\nlock-path=%s/lock\nspool-path=%s/spool\nstart-fast=y\n"
                "process-max=1\ncompress-type=gz\narchive-timeout=30\n[shop]\npg1-path=%s\npg1-socket-path=%s\npg1-port=%d\npg1-user=postgres\n"
                % (repo, repo, repo, repo, pg.data, pg.folder, pg.port))

    def pgbackrest(*words):
        p = subprocess.run([*pg.prefix, "pgbackrest", "--config=" + conf, "--stanza=shop", *words], capture_output=True, text=True, cwd="/")
        if p.returncode:
            raise RuntimeError(p.stderr)
        return p.stdout

    pg.sql("create database shop")
    pg.sql("create table submissions as select g id, md5(g::text) body from generate_series(1, 5000) g", dbname="shop")
    pawl("backup", "init", "--empty", "--vault", HOME + "/vault")
    yaml = HOME + "/.config/pawl/backup.yaml"
    key = re.search(r"^key: (\S+)", open(yaml).read(), re.M).group(1)

    def configure(**more):
        target = {"name": "shop", "postgres": "host=%s port=%d user=postgres dbname=shop" % (pg.host, pg.port), "vault": "local",
                  "pgbackrest": dict({"stanza": "shop", "config": conf}, **more), "invariants": {"newest": "select max(id) from submissions"}}
        with open(yaml, "w") as f:
            json.dump({"version": 1, "key": key, "vaults": [{"name": "local", "directory": HOME + "/vault"}], "targets": [target]}, f)

    configure()
    status, out = pawl("backup", "shop")
    t.ok(status == 1 and "stanza shop" in out and "NO BACKUP" in out, "a stanza that is not made yet: no backup, in pgBackRest's words", out)
    pgbackrest("stanza-create")
    status, out = pawl("backup", "shop")
    labels = [b["label"] for b in json.loads(pgbackrest("info", "--output=json"))[0]["backup"]]
    t.ok(status == 0 and len(labels) == 1 and "5000 rows" in out, "pgBackRest takes it, pawl signs for its rows", out)
    owners = {os.stat(p).st_uid for p in glob.glob(repo + "/repo/**", recursive=True)}
    t.eq(owners, {os.stat(pg.data).st_uid}, "nothing in the repository is another user's than the server's")
    pg.sql("insert into submissions select g, 'later' from generate_series(5001, 6000) g", dbname="shop")
    status, d, codes = drill()
    t.ok(status == 0 and d["result"] == "verified" and d["rows"] == 5000 and d["tables"] == 1,
         "brought back to the position, rows and answers as they were then, not as they are now", d)
    status, out = pawl("status")
    t.ok("any moment since" in out and "stanza shop, 1 backup" in out, "status shows the window of pgBackRest", out)
    t.ok("counts as no boundary" in out, "and that its repository counts as no boundary", out)
    point = json.loads(open(HOME + "/.local/state/pawl/recovery/points/shop.json").read())["point"]
    t.ok(point["same_place"] is True, "evidence of it is in the same blast radius", point["same_place"])
    if not WHOLE:
        t.note("harm in the repository: make soak")
        return
    configure(apart=True)
    status, out = pawl("backup", "shop", "--drill")
    point = json.loads(open(HOME + "/.local/state/pawl/recovery/points/shop.json").read())["point"]
    t.ok(status == 0 and "6000 row" in out and point["same_place"] is False and point["proof"]["at_us"] == 0,
         "until the owner says that it lies apart; a second, incremental one verifies too", out)

    # Harm in the repository.
    label = json.loads(pgbackrest("info", "--output=json"))[0]["backup"][-1]["label"]
    wal = sorted(glob.glob(repo + "/repo/archive/shop/*/*/0*.gz"))[-1]
    os.rename(wal, wal + ".away")
    status, d, codes = drill()
    t.ok(status == 3 and codes == ["wal-missing"], "WAL that is gone from the archive: wal-missing", d)
    os.rename(wal + ".away", wal)
    files = [f for f in glob.glob(repo + "/repo/backup/shop/*F/pg_data/base/**", recursive=True) if f.endswith(".gz") and os.path.getsize(f) > 2000]
    big = max(files, key=os.path.getsize)
    kept = open(big, "rb").read()
    with open(big, "r+b") as f:
        f.seek(len(kept) // 2)
        f.write(bytes([kept[len(kept) // 2] ^ 1]))
    status, d, codes = drill()
    t.ok(d["result"] != "verified" and codes in (["bytes"], ["broke-off"]), "a changed bit in a file of it is no verified backup", d)
    os.unlink(big)
    status, d, codes = drill()
    t.ok(status == 3 and codes == ["bytes"], "a file that is gone: bytes", d)
    with open(big, "wb") as f:
        f.write(kept)
    shutil.chown(big, os.stat(pg.data).st_uid)
    t.ok(drill()[0] == 0, "put back, it verifies again")
    pg.sql("alter system set archive_command = 'false'")
    pg.sql("select pg_reload_conf()")
    status, out = pawl("backup", "shop")
    t.ok(status == 1 and "NO BACKUP" in out, "a server that does not archive: no backup, whatever pgBackRest holds", out)
    pg.sql("alter system reset archive_command")
    pg.sql("select pg_reload_conf()")
    shutil.rmtree(repo + "/repo/backup/shop/" + label)
    pgbackrest("expire")
    status, d, codes = drill()
    t.ok(d["result"] != "verified" and codes and codes[0] in ("bytes", "no-vault"), "a backup that is gone from the repository is named", d)


try:
    with postgres.Server(conf={"archive_mode": "on", "archive_command": archive, "wal_level": "replica"}) as server:
        main(server)
finally:
    shutil.rmtree(repo, ignore_errors=True)
t.done()
