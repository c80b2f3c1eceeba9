#!/usr/bin/env python3
# timeout: 120
"""The five commands of docs/postgres.md, as they stand there, by somebody with an empty home; and what a yes can do afterwards."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
SOURCE = pathlib.Path(os.environ["PAWL_SOURCE"])
sys.path.insert(0, str(SOURCE / "tests" / "lib"))
import holds  # noqa: E402
import postgres  # noqa: E402

SHOP = """
CREATE TABLE orders (id serial primary key, what text);
CREATE TABLE notes (id int);
INSERT INTO orders (what) SELECT 'x' FROM generate_series(1, 50);
"""


def blocks():
    """The commands, without their comments, and the file."""
    text = (SOURCE / "docs" / "postgres.md").read_text().split("## Five commands")[1].split("\n## ")[0]
    shell, yaml = re.findall(r"```\w*\n(.*?)```", text, re.S)[:2]
    return [re.sub(r"\s+# \d: .*", "", line) for line in shell.splitlines()], yaml


class Newcomer:
    def __init__(self, pg):
        self.pg = pg
        self.home = tempfile.mkdtemp(prefix="home-", dir=os.environ.get("TMPDIR"))
        self.env = {"HOME": self.home, "PATH": str(pathlib.Path(holds.PAWL).parent) + ":" + os.environ["PATH"], "LC_ALL": "C.UTF-8",
                    "EDITOR": self.home + "/editor"}
        self.env.update({k: v for k, v in os.environ.items() if k.startswith(("ASAN_", "LSAN_", "UBSAN_"))})
        self.commands, self.yaml = blocks()
        self.gate = None

    def editor(self):
        """What somebody would type: the file of the document, with the own server's address, and no waiting."""
        text, n = re.subn(r"host=\S+ (.*) sslmode=\S+", r"host=127.0.0.1 port=%d \1" % self.pg.port, self.yaml)
        assert n == 1, self.yaml
        text = text.replace("version: 1\n", "version: 1\nlisten: 127.0.0.1:0\nwait: 0s\n")
        with open(self.home + "/editor", "w") as f:
            f.write("#!/bin/sh\ncat >\"$1\" <<'END'\n%sEND\n" % text)
        os.chmod(self.home + "/editor", 0o755)

    def sh(self, line, status=0, **env):
        done = subprocess.run(["bash", "-c", line], cwd=self.home, env={**self.env, **env}, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=600)
        assert status is None or done.returncode == status, (line, done.returncode, done.stdout, done.stderr)
        return done

    def psql(self, sql, status=0):
        return self.sh('psql -X -q -A -t -v VERBOSITY=verbose "$DATABASE_URL" -c "%s"' % sql, status, DATABASE_URL=self.url)

    def held(self, sql):
        """Its hold, and the card."""
        said = self.psql(sql, 1).stderr
        assert "PW001" in said, said
        hold = re.search(r"H-\d+", said).group(0)
        return hold, " ".join(self.sh("pawl show " + hold).stdout.split())

    def approved(self, sql):
        hold, card = self.held(sql)
        typed = json.loads(self.sh("pawl show --json " + hold).stdout)["card"]
        typed = typed["typed_name"] if typed["demands"]["confirm"] == "typed" else "yes"
        self.sh("pawl approve %s --key %s/id_approve --yes %s" % (hold, self.home, typed))
        return card

    def begin_gate(self, line):
        self.gate = subprocess.Popen(["bash", "-c", "exec " + line], cwd=self.home, env=self.env, stdin=subprocess.DEVNULL,
                                     stdout=subprocess.PIPE, text=True)
        assert self.gate.stdout.readline().startswith("ready"), "the gate did not start"

    def close(self):
        if self.gate:
            self.gate.send_signal(signal.SIGTERM)
            self.gate.wait(120)
        shutil.rmtree(self.home, ignore_errors=True)


def main():
    tap = holds.Tap()
    if postgres.missing():
        print("1..1\nok 1 - start # SKIP " + postgres.missing())
        return 0
    with postgres.Server(password="adminpw") as pg:
        pg.sql("CREATE ROLE app LOGIN PASSWORD 'apppw'; CREATE DATABASE shop OWNER app", local=True)
        n = Newcomer(pg)
        app = lambda sql: pg.psql("-A", "-t", "-q", "-c", sql, dbname="shop", user="app", local=True)  # noqa: E731
        assert app(SHOP).returncode == 0

        def test_the_five_commands():
            roles, edit, check, gate, key = n.commands
            admin = {"PGHOST": "127.0.0.1", "PGPORT": str(pg.port), "PGUSER": "postgres", "PGPASSWORD": "adminpw"}
            n.editor()
            n.sh("set -o pipefail; " + roles, **admin)
            n.sh(edit)
            assert "no password supplied" in n.sh(check, 1).stderr
            n.sh("psql -X -q -c \"ALTER ROLE pawl_gate PASSWORD 'gatepw'\" shop", **admin)
            n.sh("umask 077; echo '127.0.0.1:%d:shop:pawl_gate:gatepw' >.pgpass" % pg.port)
            assert "Nothing found" in n.sh(check).stdout
            n.begin_gate(gate)
            n.url = n.sh(key + "; printf %s \"$DATABASE_URL\"").stdout
            assert n.psql("SELECT count(*) FROM orders").stdout == "50\n"
            n.psql("INSERT INTO orders (what) VALUES ('y'); DELETE FROM orders WHERE id = 51")

        def test_an_approver():
            n.sh("ssh-keygen -q -t ed25519 -N '' -f id_approve && pawl approvers add alice-approver --key id_approve.pub")

        def test_what_an_agent_makes_is_the_owners_too():
            n.approved("CREATE TABLE made (i int)")
            n.psql("CREATE TABLE made (i int)")
            n.psql("INSERT INTO made VALUES (7)")
            done = app("ALTER TABLE made ADD j int; SELECT i FROM made")
            assert done.stdout == "7\n", done.stderr

        def test_what_it_made_is_kept_and_comes_back():
            card = n.approved("DROP TABLE made")
            assert "Kept first: table public.made" in card and "CANNOT BE UNDONE" not in card, card
            n.psql("DROP TABLE made")
            item = re.search(r"K-\d+", n.sh("pawl undo list").stdout).group(0)
            n.sh("pawl undo " + item)
            assert app("SELECT i FROM made").stdout == "7\n"

        said = []

        def test_a_yes_gives_no_rights():
            hold, card = n.held("DROP TABLE notes")
            assert "A YES WILL NOT MAKE IT RUN" in card and "must be owner of table notes" in card, card
            assert "Kept first" not in card, card
            said.append(hold)

        def test_a_rehearsal_has_the_password_of_the_real_database():
            pg.sql("ALTER ROLE pawl_gate CREATEDB", local=True)
            done = n.sh("pawl gate postgres --rehearse -- psql -X -c 'CREATE TABLE rehearsed (i int)'", 3)
            assert re.search(r"H-\d+", done.stdout + done.stderr), (done.stdout, done.stderr)
            assert "A YES WILL NOT" not in done.stdout, "what it makes is its own: %s" % done.stdout
            assert pg.sql("SELECT count(*) FROM pg_database WHERE datname LIKE 'pawl%'", local=True) == [["0"]]

        def test_a_rehearsal_gives_no_rights_either():
            both = "-c 'CREATE TABLE mine (i int)' -c 'ALTER TABLE mine ADD j int' -c 'ALTER TABLE orders ADD note text'"
            done = n.sh("pawl gate postgres --rehearse -- psql -X " + both, 3)
            pg.sql("ALTER ROLE pawl_gate NOCREATEDB", local=True)
            card = " ".join(done.stdout.split())
            assert "A YES WILL NOT MAKE IT RUN" in card and "(must be owner of table orders)" in card, card
            assert "ALTER TABLE orders ADD note text (" in card and "ADD j int (" not in card, card

        def test_a_member_of_the_owner_may():
            pg.sql("REVOKE pawl_gate FROM app; GRANT app TO pawl_gate", local=True)
            hold, card = n.held("DROP TABLE notes")
            assert hold not in said and "Kept first: table public.notes" in card, "another card: a yes makes it run now"
            card = n.approved("DROP TABLE orders")
            assert "Kept first: table public.orders" in card and "A YES WILL NOT" not in card, card
            n.psql("DROP TABLE orders")
            n.sh("pawl undo " + re.findall(r"K-\d+", n.sh("pawl undo list").stdout)[0])
            assert app("SELECT count(*) FROM orders").stdout == "50\n"
            assert "owns" in n.sh(n.commands[2], 3).stdout

        def test_run_again_with_the_owner_above():
            n.sh("pawl postgres roles --login pawl_gate --owner app | psql -X -q -v ON_ERROR_STOP=1 shop", PGHOST="127.0.0.1",
                 PGPORT=str(pg.port), PGUSER="postgres", PGPASSWORD="adminpw")

        here = locals()
        status = tap.run([here[f] for f in list(here) if f.startswith("test_")])
        n.close()
        return status


if __name__ == "__main__":
    sys.exit(main())
