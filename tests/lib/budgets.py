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
        return dict(self.p.stdout.readline().rstrip("\n").split("\t", 1) for _ in range(6))

    def check(self, environment, span):
        return self.ask("check", environment, span)

    def reserve(self, environment, session, now_us):
        return self.ask("reserve", environment, session, now_us)

    def close(self):
        self.p.stdin.close()
        return self.p.wait(300)


class Witness:
    def __init__(self, tool, connection):
        self.tool, self.connection = tool, connection
        self.quick, self.foreign = {"closer": 0, "same": 0, "more": 0}, True # foreign: the quick one sees that there are foreign tables
        self.texts = tool.texts(connection.server_version)
        with connection.cursor() as c:
            for name, sql in self.texts.items():
                if name != "lookup":
                    c.execute("prepare %s as %s" % (name, sql) if name in ("_pawl_witness", "_pawl_quick", "_pawl_forget") else "select 1")

    def before(self, cursor):
        cursor.execute(self.texts["_pawl_constraints"])
        cursor.execute(self.texts["_pawl_read_only"])

    def look(self, cursor, before=True, expect=(), role=None):
        """role: as whom the quick one looks, which tells a superuser nothing."""
        if before:
            self.before(cursor)
        if role:
            cursor.execute("set local role " + role)
        quick = self.told(cursor, "_pawl_quick", expect)
        if role:
            cursor.execute("set local role none")
        saw = self.told(cursor, "_pawl_witness", expect)
        self.same(quick, saw)
        return saw

    def told(self, cursor, which, expect):
        cursor.execute("execute " + which)
        self.tool.say("expect", *expect)
        for row in cursor.fetchall():
            if self.foreign or which != "_pawl_quick" or row[4] != "f":
                self.tool.say("row", *row)
        return self.tool.ask("end")

    def same(self, quick, saw):
        """The quick one says what the other does, or that it cannot tell."""
        self.quick["last"] = "closer" if quick.pop("closer") else "same"
        self.quick[self.quick["last"]] += 1
        if saw.pop("closer"):
            raise AssertionError("the witness itself cannot tell: %s" % saw)
        if self.quick["last"] == "closer":
            return
        more = quick.pop("counts")
        counts = saw["counts"]
        # What only a superuser does and is told: the quick one looked as somebody else.
        quick["catalogue"] = saw["catalogue"]
        if saw["why"] == "it wrote, and nothing was counted: counting was off for a time":
            return
        if quick != {k: v for k, v in saw.items() if k != "counts"}:
            raise AssertionError("the quick witness says %s, the other %s" % (quick, saw))
        # What a savepoint took back with its lock is still counted.
        less = [k for k, v in counts.items() if any(a < b for a, b in zip(more.get(k, (0, 0)), v[:2]))]
        if less:
            raise AssertionError("the quick witness says %s, the other %s" % (more, counts))
        self.quick["more"] += any(k not in counts for k in more)

    def lookup(self, saw, other):
        """What another connection knows of the unknown."""
        with other.cursor() as c:
            c.execute(self.texts["lookup"].replace("$1", "%(oids)s"), {"oids": "{%s}" % ",".join(map(str, saw["unknown"]))})
            for row in c.fetchall():
                self.tool.say("lookup", *row)
        return self.tool.ask("looked-up")

    def forget(self, cursor):
        cursor.execute("execute _pawl_forget")
