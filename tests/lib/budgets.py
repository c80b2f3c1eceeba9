"""The witness and the budgets without a gate around them: tests/lib/budget_tool by its lines, and what a relay does for them.

    tool = budgets.Tool("policy.yaml")
    w = budgets.Witness(tool, connection)      # of psycopg2: prepares the statements, as the relay does
    saw = w.look()                             # as before a commit
    tool.check("production", "statement")
"""
import json
import os
import subprocess
import sys

import source


def client():
    """psycopg2, or None: Debian's is not always that of the first python in the path."""
    try:
        import psycopg2
        return psycopg2
    except ImportError:
        if os.path.exists("/usr/bin/python3") and os.path.realpath(sys.executable) != os.path.realpath("/usr/bin/python3"):
            os.execv("/usr/bin/python3", ["/usr/bin/python3"] + sys.argv)
        return None


def missing():
    return "" if client() else "no psycopg2 (Debian: python3-psycopg2)"


class Tool:
    def __init__(self, policy):
        exe = os.environ.get("PAWL_BUDGET_TOOL") or str(source.BUILD / "tests" / "lib" / "budget_tool")
        self.p = subprocess.Popen([exe, policy], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def say(self, *words):
        self.p.stdin.write("\t".join("\\N" if w is None else str(w) for w in words) + "\n")

    def ask(self, *words):
        self.say(*words)
        self.p.stdin.flush()
        return json.loads(self.p.stdout.readline())

    def texts(self, version):
        self.say("texts", version)
        self.p.stdin.flush()
        return dict(self.p.stdout.readline().rstrip("\n").split("\t", 1) for _ in range(5))

    def check(self, environment, span):
        return self.ask("check", environment, span)

    def reserve(self, environment, session, now_us):
        return self.ask("reserve", environment, session, now_us)

    def close(self):
        self.p.stdin.close()
        return self.p.wait(20)


class Witness:
    def __init__(self, tool, connection):
        self.tool, self.connection = tool, connection
        self.texts = tool.texts(connection.server_version)
        with connection.cursor() as c:
            for name, sql in self.texts.items():
                if name != "lookup":
                    c.execute("prepare %s as %s" % (name, sql) if name in ("_pawl_witness", "_pawl_forget") else "select 1")

    def before(self, cursor):
        cursor.execute(self.texts["_pawl_constraints"])
        cursor.execute(self.texts["_pawl_read_only"])

    def look(self, cursor, before=True, expect=()):
        if before:
            self.before(cursor)
        cursor.execute("execute _pawl_witness")
        self.tool.say("expect", *expect)
        for row in cursor.fetchall():
            self.tool.say("row", *row)
        return self.tool.ask("end")

    def lookup(self, saw, other):
        """What another connection knows of the unknown."""
        with other.cursor() as c:
            c.execute(self.texts["lookup"].replace("$1", "%s"), ("{%s}" % ",".join(map(str, saw["unknown"])),))
            for row in c.fetchall():
                self.tool.say("lookup", *row)
        return self.tool.ask("looked-up")

    def forget(self, cursor):
        cursor.execute("execute _pawl_forget")
