#!/usr/bin/env python3
# A source that falls silent is given up with all that it started, and leaves nothing behind.
# timeout: 900
import os
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab

t = lab.Tap()
HOME = os.environ["HOME"]
TOOL = os.path.join(lab.BUILD, "tests", "lib", "recovery_tool")
VAULT, KEY = HOME + "/vault", HOME + "/key"
NEVER = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"
os.mkdir(VAULT, 0o700)


def tool(*words, **env):
    p = subprocess.run([TOOL, *words], env=dict(os.environ, **env), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
    return p.returncode, p.stdout + p.stderr


def alive(pid):
    try:
        return open("/proc/%s/stat" % pid).read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def pipeline():
    pids = HOME + "/pids"
    with open(HOME + "/source", "w") as f:
        f.write("echo rows\necho $$ >%s\n(sh -c 'echo $PPID' >>%s; exec sleep 3600) | cat\n" % (pids, pids))
    for patience in ("1", "6", "36"):  # a busy machine may not have begun it all in a second
        open(pids, "w").close()
        code, out = tool("backup", VAULT, KEY, "piped", "command:sh %s/source" % HOME, RECOVERY_PATIENCE=patience)
        began = open(pids).read().split()
        if len(began) == 2:
            break
    t.ok(code == 1 and "said nothing for too long" in out, "a pipeline of which one is silent is given up", (code, out))
    left = [p for p in began if alive(p)]
    t.ok(len(began) == 2 and not left, "and nobody of it is left", (began, left))


def killed(name, folder, *words):
    """Killed while a question is asked that never ends: what lies in ${folder} then, and what was open there."""
    with open(HOME + "/said", "w") as f:
        p = subprocess.Popen([TOOL, *words], env=dict(os.environ, TMPDIR=folder, RECOVERY_FOLDER=folder), stdin=subprocess.DEVNULL, stdout=f, stderr=f)
    until, held = time.monotonic() + 120, []
    while time.monotonic() < until and p.poll() is None and not held:
        time.sleep(0.2)
        links = []
        for fd in os.listdir("/proc/%d/fd" % p.pid):
            try:
                path = "/proc/%d/fd/%s" % (p.pid, fd)
                links.append((os.readlink(path), os.stat(path).st_size))
            except OSError:
                pass
        held = [link for link, n in links if link.startswith(folder + "/") and (n or words[0] == "backup")]
    p.kill()
    p.wait()
    t.ok(held and not os.listdir(folder), "%s that is killed leaves no copy of the database" % name, (held, os.listdir(folder), open(HOME + "/said").read()))


def impatient(*words):
    """On a busy machine with more patience: it is to come to the question."""
    for patience in ("1", "6", "36"):
        code, out = tool(*words, RECOVERY_PATIENCE=patience)
        if "took too long" in out:
            break
    return code, out


def lite():
    db = sqlite3.connect(HOME + "/notes.db")
    db.executescript("CREATE TABLE notes (a INTEGER PRIMARY KEY, b); INSERT INTO notes VALUES (1, 'one')")
    db.close()
    folder = HOME + "/copies"
    os.mkdir(folder)
    source = "sqlite:" + HOME + "/notes.db"
    killed("a backup", folder, "backup", VAULT, KEY, "lite", source, "q=" + NEVER)
    code, out = tool("backup", VAULT, KEY, "lite", source)
    t.eq(code, 0, "a backup", out)
    killed("a drill", folder, "drill", VAULT, KEY, "lite", HOME + "/scratch", "query:q=1=" + NEVER)
    code, out = impatient("backup", VAULT, KEY, "lite", source, "q=" + NEVER)
    t.ok(code == 1 and "took too long" in out, "a question to SQLite that never ends is broken off: no backup", (code, out))
    code, out = impatient("drill", VAULT, KEY, "lite", HOME + "/scratch", "query:q=1=" + NEVER)
    t.ok(out.startswith("could not verify") and "took too long" in out, "in a drill: nobody knows", (code, out))


tool("key", KEY)
pipeline()
lite()
t.done()
