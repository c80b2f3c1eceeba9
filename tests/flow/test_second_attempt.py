#!/usr/bin/env python3
"""After a refusal, the same effect by another route in the same session is named as such and somebody is told; what only reads is not."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab

t = lab.Tap()
home = os.environ["HOME"]
project = os.path.join(home, "shop")
os.makedirs(os.path.join(project, ".git"))
PAWL = lab.binary("pawl")
ENV = {"HOME": home, "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
PSQL = "psql -h db.prod.example.com shop -c "


def hook(command, session="one", tool="Bash", **more):
    given = {"command": command} if tool == "Bash" else more
    call = {"session_id": session, "transcript_path": "/t", "cwd": project, "hook_event_name": "PreToolUse", "tool_name": tool,
            "tool_input": given, "tool_use_id": "u"}
    r = subprocess.run([PAWL, "hook", "claude-code"], input=json.dumps(call), env=ENV, cwd=project, capture_output=True, text=True)
    if not r.stdout.strip():
        return ""
    return json.loads(r.stdout)["hookSpecificOutput"].get("permissionDecisionReason", "")


def log(kind):
    r = subprocess.run([PAWL, "log", "--kind", kind, "--json"], env=ENV, capture_output=True, text=True)
    return json.loads(r.stdout)


first = hook(PSQL + "'drop table orders'")
t.ok("HELD" in first and "second attempt" not in first, "the first is held for itself: " + first)
t.ok(hook(PSQL + "'drop table orders'") == first, "the very same again gets the very same answer")
other = hook("PGHOST=db.prod.example.com psql shop <<< 'truncate orders'")
t.ok("second attempt" in other and "H-1" in other, "other words and another way in: " + other)
t.ok(hook("", tool="Write", file_path=os.path.join(project, "w.py"), content="connect().execute('drop table ' + 'orders')\n") == "",
     "a script may be written")
with open(os.path.join(project, "w.py"), "w") as f:
    f.write("connect().execute('drop table ' + 'orders')\n")
script = hook("python3 w.py")
t.ok("second attempt" in script, "and is no way round when it is run: " + script)
with open(os.path.join(project, "test_orders.py"), "w") as f:
    f.write("def test_orders(): assert total(orders) == 3\n")
t.ok(hook("python3 test_orders.py") == "", "a test that names the table passes")
t.ok(hook(PSQL + "'select count(*) from orders'") == "", "so does a look at it")
t.ok(hook("git status && ls -la && cat w.py") == "", "and what has nothing to do with it")
t.ok("second attempt" not in hook(PSQL + "'truncate orders'", session="two"), "another session has another memory")
t.ok("alarm" in json.dumps(log("alarm")), "somebody is told: the alarm is in the ledger")
t.done()
