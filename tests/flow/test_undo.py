#!/usr/bin/env python3
# pawl undo as a person uses it, what it must not do in a hostile repository, and what is left when it dies at any write.
# timeout: 900
import json
import os
import shutil
import subprocess
import sys
import tempfile
import traceback

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import discards

BUILD = os.environ["PAWL_BUILD"]
PAWL = os.path.join(BUILD, "src", "cli", "pawl")
TOOL = os.path.join(BUILD, "tests", "lib", "keep_tool")
SHIM = os.path.join(BUILD, "tests", "lib", "killat.so")


class Place:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="undo-", dir=os.getcwd())
        self.state = self.dir + "/state"
        self.root = self.dir + "/p"
        os.makedirs(self.root)
        self.env = dict(discards.ENV, PAWL_STATE=self.state, HOME=self.dir + "/home", USER="tester")

    def pawl(self, *words, ok=True):
        p = subprocess.run([PAWL, *words], cwd=self.root, env=self.env, capture_output=True, text=True)
        assert not ok or p.returncode == 0, (words, p.stdout, p.stderr)
        return p

    def tool(self, *words, ok=True, env=None, **bounds):
        p = subprocess.run([TOOL, self.state, *words], env=dict(self.env, **(env or {}), **{k: str(v) for k, v in bounds.items()}),
                           capture_output=True, text=True)
        assert not ok or p.returncode == 0, (words, p.stdout, p.stderr)
        return p

    def take(self, *wishes, **bounds):
        return self.tool("take", "a command", *wishes, **bounds).stdout.strip()

    def path(self, name):
        return os.path.join(self.root, name)

    def put(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w") as f:
            f.write(text)

    def text(self, name):
        with open(self.path(name)) as f:
            return f.read()

    def git(self, *words, check=True):
        return discards.git(self.root, *words, check=check).decode()

    def repository(self):
        self.git("init", "-q", "-b", "main")
        for i in range(4):
            self.put("f", "version %d\n" % i)
            self.git("add", "-A")
            self.git("commit", "-q", "-m", "c%d" % i)
        return self

    def items(self):
        return json.loads(self.pawl("undo", "list", "--json").stdout)["items"]

    def ledger(self, kind):
        lines = self.pawl("log", "export").stdout.splitlines()
        return [e for e in map(json.loads, lines) if e.get("kind") == kind]


def test_list_and_put_back():
    p = Place()
    assert "Nothing is kept" in p.pawl("undo").stdout
    p.put("a", "one")
    k = p.take("path:" + p.path("a"))
    os.unlink(p.path("a"))
    (item,) = p.items()
    assert (item["id"], item["files"], item["bytes"], item["command"], item["folder"]) == (k, 1, 3, "a command", os.path.realpath(p.root))
    assert "K-1 " in p.pawl("undo", "list").stdout and "kept 30 d more" in p.pawl("undo").stdout, p.pawl("undo").stdout
    dry = json.loads(p.pawl("undo", k, "--dry-run", "--json").stdout)
    assert dry["put"] == 1 and dry["dry_run"] and not os.path.exists(p.path("a"))
    p.put("a", "two")
    said = json.loads(p.pawl("undo", k, "--json").stdout)
    assert p.text("a") == "one" and said["before"] == "K-2" and said["put"] == 1, said
    assert p.items()[0]["undo_of"] == k
    assert "K-3" in p.pawl("undo", "K-2").stdout and p.text("a") == "two"
    p.pawl("undo", k, "--to", "out")
    assert p.text("out/a") == "one" and p.text("a") == "two"
    assert [e["body"]["item"] for e in p.ledger("keep.restored")] == [k, "K-2", k]


def test_options_between_the_words_of_a_command():
    p = Place()
    p.put("a", "one")
    p.take("path:" + p.path("a"))
    assert p.pawl("undo", "--json", "list").stdout == p.pawl("undo", "list", "--json").stdout
    for words in (["scratch", "--json", "list"], ["policy", "--json", "check"], ["undo", "--help", "list"]):
        after = [words[0], words[2], words[1]]
        one, two = [p.pawl(*w, ok=False) for w in (words, after)]
        assert (one.returncode, one.stdout, one.stderr) == (two.returncode, two.stdout, two.stderr), (one, two)
    r = p.pawl("undo", "--dry-run", "list", ok=False)  # undo's option, none of undo list's: behind it stands an item
    assert r.returncode == 1 and "'list' is no item" in r.stderr and "pawl undo list" in r.stderr, r
    r = p.pawl("undo", "--to", "list", "K-1", ok=False)  # a value is no word of the command
    assert r.returncode == 0 and p.text("list/a") == "one", r
    r = p.pawl("undo", "--", "list", ok=False)
    assert r.returncode == 1 and "'list' is no item" in r.stderr, r


def unprivileged(p, *words):
    """Root's right to pass by the modes of folders is put away; anybody else has none."""
    away = ["setpriv", "--inh-caps=-all", "--bounding-set=-all"] if os.geteuid() == 0 else []
    r = subprocess.run(away + list(words), cwd=p.root, env=p.env, capture_output=True, text=True)
    assert r.returncode == 0, (words, r.stdout, r.stderr)
    return r.stdout.strip()


def test_below_a_folder_that_may_only_be_passed_through():
    p = Place()
    p.put("through/project/a", "one")
    p.put("through/b", "one")
    os.chmod(p.path("through"), 0o311)
    try:
        k = unprivileged(p, TOOL, p.state, "take", "a command", "path:" + p.path("through/project/a"), "path:" + p.path("through/b"))
        for name in ("through/project/a", "through/b"):
            os.unlink(p.path(name))
        p.put("through/b", "two")
        said = json.loads(unprivileged(p, PAWL, "undo", k, "--json"))
        assert said["put"] == 2 and p.text("through/project/a") == p.text("through/b") == "one", said
    finally:
        os.chmod(p.path("through"), 0o755)


def test_a_repository_that_may_not_be_listed_is_not_kept_in_part():
    p = Place().repository()
    p.put("f", "changed\n")
    os.chmod(p.path(".git"), 0o311)
    try:
        away = ["setpriv", "--inh-caps=-all", "--bounding-set=-all"] if os.geteuid() == 0 else []
        r = subprocess.run(away + [TOOL, p.state, "take", "a command", "changes:" + p.root], env=p.env, capture_output=True, text=True)
        assert r.returncode != 0 and "Permission denied" in r.stderr and p.items() == [], r
    finally:
        os.chmod(p.path(".git"), 0o755)


def test_scars():
    p = Place()
    assert "No scars" in p.pawl("scars").stdout
    p.put("a", "one")
    k = p.tool("take", "rm -rf a", "path:" + p.path("a")).stdout.strip()
    p.put("a", "two")
    p.pawl("undo", k, "--dry-run")
    p.pawl("undo", k, "--to", p.dir + "/out")
    assert json.loads(p.pawl("scars", "--json").stdout) == {"scars": []}
    p.pawl("undo", k)
    p.pawl("undo", "K-2")  # undoing the undo
    p.pawl("undo", k)
    (scar,) = json.loads(p.pawl("scars", "--json").stdout)["scars"]
    assert (scar["id"], scar["why"], scar["words"]) == ("S-1", "undone", "rm -rf a"), scar
    assert "S-1" in p.pawl("scars").stdout


def test_wrong_ids():
    p = Place()
    for wrong in ("K-9", "12", "K-1/../x", "../K-1", ""):
        r = p.pawl("undo", wrong, ok=False)
        assert r.returncode == 1 and "K-" in r.stderr, r
    assert p.pawl("undo", "K-1", "K-2", ok=False).returncode == 2


def test_policy_bounds_and_prune():
    p = Place()
    for i in range(3):
        p.put("a", "x" * 1000)
        p.take("path:" + p.path("a"))
    os.makedirs(p.dir + "/home/.config/pawl")
    with open(p.dir + "/home/.config/pawl/policy.yaml", "w") as f:
        f.write("version: 1\nkeep: {total: 1KB}\n")
    assert json.loads(p.pawl("undo", "prune", "--json").stdout) == {"items": 2, "bytes": 2000}
    assert [i["id"] for i in p.items()] == ["K-3"]
    (e,) = p.ledger("keep.pruned")
    assert sorted(e["body"]["items"]) == ["K-1", "K-2"]


def test_a_hostile_repository_runs_nothing():
    p = Place().repository()
    mark = p.dir + "/ran"
    run = "sh -c 'touch %s; cat'" % mark
    p.put("evil", "#!/bin/sh\ntouch %s\n" % mark)
    os.chmod(p.path("evil"), 0o755)
    for key, value in (("core.fsmonitor", p.path("evil")), ("core.hooksPath", p.path("hooks")), ("filter.x.clean", run), ("filter.x.smudge", run),
                       ("filter.y.process", p.path("evil")), ("core.pager", p.path("evil")), ("diff.external", p.path("evil")),
                       ("core.sshCommand", p.path("evil")), ("alias.clean", "!" + p.path("evil")), ("core.alternateRefsCommand", p.path("evil"))):
        p.git("config", key, value)
    p.put(".gitattributes", "* filter=x diff=z\ng filter=y\n")
    os.makedirs(p.path("hooks"))
    for hook in ("post-index-change", "reference-transaction", "post-checkout", "pre-auto-gc", "fsmonitor-watchman"):
        shutil.copy(p.path("evil"), p.path("hooks/" + hook))
    p.put("f", "changed\n")
    p.put("g", "new\n")
    if os.path.exists(mark):
        os.unlink(mark)
    k = p.take("commits:%s:HEAD~2" % p.root, "untracked-x:" + p.root, "stash:" + p.root, "branch:%s:main" % p.root)
    assert not os.path.exists(mark), "taking ran something of the repository's"
    subprocess.run(["git", "-c", "core.fsmonitor=", "-c", "core.hooksPath=/dev/null", "-c", "filter.x.clean=cat", "-c", "filter.x.smudge=cat",
                    "reset", "-q", "--hard", "HEAD~2"], cwd=p.root, env=discards.ENV, check=True)
    shutil.rmtree(p.path("hooks"))
    if os.path.exists(mark):
        os.unlink(mark)
    p.pawl("undo", k)
    assert not os.path.exists(mark), "undoing ran something of the repository's"
    assert p.text("f") == "changed\n" and p.text("g") == "new\n"


def test_git_comes_from_no_path_of_theirs():
    p = Place().repository()
    os.makedirs(p.dir + "/bin")
    with open(p.dir + "/bin/git", "w") as f:
        f.write("#!/bin/sh\ntouch %s/ran\n" % p.dir)
    os.chmod(p.dir + "/bin/git", 0o755)
    p.put("f", "changed\n")
    env = {"PATH": p.dir + "/bin:" + os.environ["PATH"], "GIT_DIR": "/nonexistent", "GIT_INDEX_FILE": "/nonexistent/i", "GIT_EXEC_PATH": p.dir + "/bin"}
    k = p.tool("take", "x", "changes:" + p.root, env=env).stdout.strip()
    assert not os.path.exists(p.dir + "/ran")
    p.put("f", "lost\n")
    p.pawl("undo", k)
    assert p.text("f") == "changed\n"


def test_commits_survive_gc_and_the_loss_of_git():
    p = Place().repository()
    head = p.git("rev-parse", "HEAD").strip()
    k = p.take("commits:%s:HEAD~3" % p.root, "changes:" + p.root)
    p.git("reset", "-q", "--hard", "HEAD~3")
    p.git("reflog", "expire", "--expire=now", "--all")
    p.git("gc", "-q", "--prune=now")
    assert subprocess.run(["git", "cat-file", "-e", head], cwd=p.root, env=discards.ENV, capture_output=True).returncode
    p.pawl("undo", k)
    assert p.git("rev-parse", "HEAD").strip() == head and p.git("status", "--porcelain") == "" and p.text("f") == "version 3\n"
    k = p.take("commits:%s:HEAD~3" % p.root)
    shutil.rmtree(p.root + "/.git")
    assert "was gone" in p.pawl("undo", k).stdout
    assert p.git("rev-parse", "main").strip() == head and p.git("status", "--porcelain") == "" and p.git("log", "--oneline").count("\n") == 4
    p.git("fsck", "--full")


def test_head_that_moved_on_is_left():
    p = Place().repository()
    p.put("f", "mine\n")
    k = p.take("changes:" + p.root)
    p.git("checkout", "-q", "--", ".")
    p.put("g", "new work\n")
    p.git("add", "g")
    p.git("commit", "-q", "-m", "goes on")
    head = p.git("rev-parse", "HEAD")
    assert "moved on" in p.pawl("undo", k).stdout
    assert p.git("rev-parse", "HEAD") == head and p.text("f") == "mine\n" and p.git("status", "--porcelain") == " M f\n"


def test_stashes_made_since_stay():
    p = Place().repository()
    for text in ("first", "second"):
        p.put("f", text)
        p.git("stash", "push", "-q", "-m", text)
    k = p.take("stash:" + p.root)
    p.git("stash", "drop", "-q", "stash@{1}")
    p.put("f", "third")
    p.git("stash", "push", "-q", "-m", "third")
    p.pawl("undo", k)
    assert [l.split(": ")[-1] for l in p.git("stash", "list").splitlines()] == ["third", "second", "first"], p.git("stash", "list")
    assert p.git("show", "stash@{2}:f") == "first"


def test_a_linked_work_tree():
    p = Place().repository()
    p.git("worktree", "add", "-q", "-b", "side", p.dir + "/side")
    side = p.dir + "/side"
    with open(side + "/f", "w") as f:
        f.write("in the side tree\n")
    discards.git(side, "add", "f")
    k = p.take("commits:%s:HEAD~1" % side)
    before = discards.git(side, "status", "--porcelain=v2", "--branch")
    discards.git(side, "reset", "-q", "--hard", "HEAD~1")
    p.pawl("undo", k)
    assert discards.git(side, "status", "--porcelain=v2", "--branch") == before
    assert p.git("status", "--porcelain") == ""


def test_skipped_folders():
    p = Place()
    p.put("d/node_modules/x", "made again")
    p.put("d/a", "kept")
    k = p.take("path:" + p.path("d"), KEEP_SKIP="node_modules")
    shutil.rmtree(p.path("d"))
    p.pawl("undo", k)
    assert os.listdir(p.path("d")) == ["a"]


def world(p):
    p.repository()
    p.put("f", "changed\n")
    p.put("d/large", "x" * 300000)
    p.put("d/small", "y")
    os.link(p.path("d/small"), p.path("d/twin"))
    os.symlink("nowhere", p.path("d/link"))
    return ["path:" + p.path("d"), "changes:" + p.root]


def killed(p, words, **kill):
    env = dict(p.env, LD_PRELOAD=SHIM, ASAN_OPTIONS="verify_asan_link_order=0:detect_leaks=0", KILLAT_COMM="keep_tool")
    env.update({"KILLAT_" + k: str(v) for k, v in kill.items()})
    return subprocess.run([TOOL, p.state, *words], env=env, capture_output=True, text=True)


def steps(p, words):
    log = p.dir + "/log"
    r = killed(p, words, LOG=log)
    assert r.returncode == 0, r
    with open(log) as f:
        return sum(1 for _ in f)


def sound(p):
    """Whatever happened: every item that is listed can be put back, elsewhere."""
    for i in p.items():
        p.pawl("undo", i["id"], "--to", tempfile.mktemp(dir=p.dir))
    return [i["id"] for i in p.items()]


def test_take_dies_at_every_write():
    p = Place()
    wishes = world(p)
    n, deaths = steps(p, ["take", "x", *wishes]), 0
    assert n >= 8, n
    shutil.rmtree(p.state)
    for i in range(1, n + 1):
        for when in ("before", "half", "after"):
            r = killed(p, ["take", "x", *wishes], N=i, WHEN=when)
            deaths += r.returncode == -9
            assert r.returncode in (0, -9) and (r.returncode == -9 or r.stdout.startswith("K-")), r
    assert deaths >= 2 * n, (deaths, n)
    whole = sound(p)
    p.pawl("undo", "prune")
    assert sorted(e for e in os.listdir(p.state + "/keep") if e != "last") == sorted(whole)
    assert p.text("f") == "changed\n" and p.take(*wishes) not in whole


def test_take_when_writes_fail():
    p = Place()
    wishes = world(p)
    n = steps(p, ["take", "x", *wishes])
    shutil.rmtree(p.state)
    for fail in ("ENOSPC", "EIO"):
        for i in range(1, n + 1):
            r = killed(p, ["take", "x", *wishes], N=i, FAIL=fail, STICKY=1)
            assert r.returncode == 1 and "not kept" in r.stderr, (i, fail, r)
    assert sound(p) == []


def test_undo_dies_at_every_write():
    p = Place()
    wishes = world(p)
    k = p.take(*wishes)
    before = p.git("status", "--porcelain=v2")

    def lose():
        shutil.rmtree(p.path("d"))
        p.git("reset", "-q", "--hard")
        p.put("f", "precious\n")

    lose()
    n = steps(p, ["restore", k])
    for i in range(1, n + 1):
        lose()
        killed(p, ["restore", k], N=i, WHEN="before")
        lock = p.root + "/.git/index.lock"
        if os.path.exists(lock):
            os.unlink(lock)
        p.pawl("undo", k)
        assert p.git("status", "--porcelain=v2") == before and p.text("d/large") == "x" * 300000 and p.text("f") == "changed\n", (i, p.git("status"))
        assert os.stat(p.path("d/small")).st_ino == os.stat(p.path("d/twin")).st_ino
    said = json.loads(p.pawl("undo", p.items()[0]["id"], "--json").stdout)
    assert said["put"] and p.text("f") == "precious\n", said


def test_a_keep_that_cannot_be_written():
    p = Place()
    p.put("a", "x")
    p.put("../state", "a file where the folder should be")
    r = p.tool("take", "x", "path:" + p.path("a"), ok=False)
    assert r.returncode == 1 and "keep" in r.stderr, r
    q = Place()
    q.put("large", "x" * 3000000)
    r = subprocess.run(["sh", "-c", "ulimit -f 100; exec \"$@\"", "sh", TOOL, q.state, "take", "x", "path:" + q.path("large")], env=q.env,
                       capture_output=True, text=True)
    assert r.returncode != 0 and q.items() == [], r


def main():
    tests = [(n, f) for n, f in list(globals().items()) if n.startswith("test_")]
    print("1..%d" % len(tests))
    bad = 0
    for i, (name, f) in enumerate(tests, 1):
        try:
            f()
            print("ok %d - %s" % (i, name[5:].replace("_", " ")))
        except Exception:
            bad += 1
            print("\n".join("# " + l for l in traceback.format_exc().splitlines()))
            print("not ok %d - %s" % (i, name[5:].replace("_", " ")))
    return 1 if bad else 0


sys.exit(main())
