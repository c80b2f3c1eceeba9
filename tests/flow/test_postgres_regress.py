#!/usr/bin/env python3
# timeout: 9000
"""PostgreSQL's regression suite through the gate and beside it: every test prints the same, but for what docs/postgres-conformance.md lists.

What is compared is gate with direct, not with what PostgreSQL expects: what is this build's or this psql's own cancels out. The suite's tests
run one after another, each line of parallel_schedule in a database of its own that is made from one in which the tests they build on have run.
Everything a policy would ask about is approved (wire_tool --decide approve); the walls stand: read only, witness, what no policy can allow.

PAWL_TEST_REGRESS=whole runs all of it (`make soak`; half an hour or more, for every CREATE makes the gate read the schema anew), a list of
names these, and nothing a small share, in one database. PAWL_TEST_REGRESS_ENVIRONMENT=production asks about everything that a preset holds.
"""
import difflib
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import pg_source  # noqa: E402
import postgres  # noqa: E402
import regress  # noqa: E402
import source  # noqa: E402

EVERYDAY = ["errors", "transactions", "portals", "prepare", "copy2", "copyselect", "sysviews", "async", "combocid", "advisory_lock"]
BEFORE = ["test_setup", "create_index", "create_misc", "create_view"]  # what most others stand on
TOOL = os.path.join(os.environ["PAWL_BUILD"], "tests", "lib", "wire_tool")
ENVIRONMENT = os.environ.get("PAWL_TEST_REGRESS_ENVIRONMENT", "scratch")
POLICY = """{"version": 1, "trash": {"on": false}, "budgets": [{"statement": 100000000, "transaction": 100000000, "hour": 1000000000},
 {"critical": true, "statement": 100000000, "transaction": 100000000, "hour": 1000000000}]}"""


def listed():
    """{test: (lines gone, lines come)} of the table in the docs."""
    text = (source.ROOT / "docs" / "postgres-conformance.md").read_text()
    return {m[1]: (int(m[2]), int(m[3])) for m in re.finditer(r"^\| `(\w+)` \| −(\d+) \+(\d+) \|", text, re.M)}


def changed(direct, gate):
    lines = list(difflib.unified_diff(direct.splitlines(), gate.splitlines(), n=0, lineterm=""))[2:]
    return sum(line[0] == "-" for line in lines), sum(line[0] == "+" for line in lines)


def server(suite, before):
    """One with a database that the tests find what they build on in."""
    pg = postgres.Server(conf=regress.CONF)
    regress.fresh(pg, "base")
    suite.run(before, pg.host, pg.port, "postgres", dbname="base")
    return pg


class Beside:
    """The suite's lines in fresh databases of a server, beside the gate or through it."""

    def __init__(self, suite, pg, through):
        self.suite, self.pg, self.through = suite, pg, through

    def run(self, names):
        building = set(names) & set(BEFORE)
        regress.fresh(self.pg, "regression", "template0" if building else "base")
        if building and names != ["test_setup"]:
            self.suite.run(["test_setup"], self.pg.host, self.pg.port, "postgres")
        if not self.through:
            return self.suite.run(names, self.pg.host, self.pg.port, "postgres")
        policy = self.suite.folder / "policy.yaml"
        policy.write_text(POLICY)
        gate = subprocess.Popen([TOOL, "--upstream", "regression=host=127.0.0.1 port=%d dbname=regression user=postgres" % self.pg.port,
                                 "--key", "agent=secret", "--environment", ENVIRONMENT, "--decide", "approve", "--policy", str(policy)],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            ran = self.suite.run(names, "127.0.0.1", int(gate.stdout.readline()), "agent", "secret")
        finally:
            gate.stdin.close()
            gate.stdout.close()
            status = gate.wait(300)
        assert status == 0, "the gate ended with %d" % status
        return ran


def compare(names, direct, gate, known):
    wrong = []
    one, two = direct.run(names), gate.run(names)
    for n in names:
        found = changed(one[n], two[n])
        if found != known.get(n, (0, 0)):
            wrong.append("%s: %d lines gone, %d come, listed: %s" % (n, *found, known.get(n)))
            wrong += list(difflib.unified_diff(one[n].splitlines(), two[n].splitlines(), "direct", "gate", n=1, lineterm=""))[:60]
        if not one[n]:
            wrong.append("%s: did not run" % n)
    return wrong


def main():
    tap = source.Tap()
    why = postgres.missing() or regress.missing()
    where, none = (None, why) if why else pg_source.regress()
    if not where:
        tap.skip("PostgreSQL's regression suite through the gate", none)
        return tap.end()
    asked = os.environ.get("PAWL_TEST_REGRESS")
    with regress.Suite(where) as suite:
        lines = suite.lines() if asked else [EVERYDAY]
        if asked and asked != "whole":
            lines = [[n for n in line if n in asked.split()] for line in lines]
        # What a whole run leaves behind, roles for one, must not be met by the other.
        servers = [server(suite, BEFORE) for _ in range(2)] if asked else [server(suite, BEFORE[:1])]
        direct, gate = Beside(suite, servers[0], False), Beside(suite, servers[-1], True)
        try:
            for line in filter(None, lines):
                tap.check("the same with the gate: " + " ".join(line), compare(line, direct, gate, listed()))
        finally:
            for pg in servers:
                pg.close()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
