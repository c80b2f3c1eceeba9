"""Worlds to lose things in, and ways to lose them: for tests of the keep. Everything comes from a seed."""
import hashlib
import os
import random
import shutil
import stat
import subprocess

ODD = [b"plain.txt", b"with blank", b"new\nline", b"quote\"d", b"per%cent", b"-dash", b"back\\slash", b"b\xff\xfein", "ünï".encode(),
       b".hidden", b"tab\there", b"a'b", b"*star*", b"semi;colon", b"x" * 200]
HISTORIES = 12
ENV = {"PATH": os.environ["PATH"], "LC_ALL": "C", "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com",
       "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.com", "GIT_MERGE_AUTOEDIT": "no", "GIT_EDITOR": "true",
       "HOME": os.environ.get("HOME", "/nonexistent")}
STATE = ("MERGE_HEAD", "MERGE_MSG", "MERGE_MODE", "CHERRY_PICK_HEAD", "REVERT_HEAD", "SQUASH_MSG", "AUTO_MERGE", "ORIG_HEAD", "rebase-merge",
         "sequencer")


def git(root, *args, check=True, stdin=None):
    p = subprocess.run(["git", *args], cwd=root, env=ENV, input=stdin, capture_output=True)
    assert not check or p.returncode == 0, (args, p.stdout, p.stderr)
    return p.stdout


class Maker:
    """Files of all sorts under a folder."""

    def __init__(self, rng, root):
        self.rng, self.root = rng, root

    def name(self):
        base = self.rng.choice(ODD) if self.rng.random() < 0.3 else b"f%d" % self.rng.randrange(40)
        return base

    def content(self):
        kind = self.rng.random()
        if kind < 0.1:
            return b""
        if kind < 0.85:
            return self.rng.randbytes(self.rng.randrange(1, 3000)) + b"\n"
        if kind < 0.95:
            return b"line\n" * self.rng.randrange(1, 400)
        return self.rng.randbytes(self.rng.randrange(260 << 10, 700 << 10))

    def folder(self):
        depth = self.rng.choice((0, 0, 1, 1, 2, 3))
        path = self.root
        for _ in range(depth):
            path = os.path.join(path, self.rng.choice([b"d1", b"d2", b"src", b"odd \"dir", b"n\nl"]))
            if os.path.islink(path) or (os.path.lexists(path) and not os.path.isdir(path)):
                return os.path.dirname(path)
            os.makedirs(path, exist_ok=True)
        return path

    def file(self, links=True):
        path = os.path.join(self.folder(), self.name())
        if os.path.lexists(path):
            return None
        kind = self.rng.random()
        if links and kind < 0.1:
            os.symlink(self.rng.choice([b"nowhere", b"../..", b"f1", b"/etc/hostname", b"d1"]), path)
            return path
        if links and kind < 0.15:
            with open(path, "wb") as f:
                f.truncate(self.rng.randrange(1 << 20, 3 << 20))
                f.seek(300000)
                f.write(b"in the middle")
            return path
        with open(path, "wb") as f:
            f.write(self.content())
        if kind > 0.7:
            os.chmod(path, self.rng.choice((0o755, 0o600, 0o640, 0o444, 0o700)))
        if kind > 0.9:
            try:
                os.setxattr(path, b"user.pawl." + b"%d" % self.rng.randrange(9), self.rng.randbytes(self.rng.randrange(0, 60)))
            except OSError:
                pass
        when = self.rng.randrange(10**18, 17 * 10**17)
        os.utime(path, ns=(when, when))
        return path

    def files(self, n, **how):
        return [p for p in (self.file(**how) for _ in range(n)) if p]


class World:
    """${seed} says all; worlds whose seeds are the same modulo HISTORIES begin with the same commits, copied from ${shelf}."""

    def __init__(self, seed, root, shelf):
        self.root = os.fsencode(os.path.join(shelf, "history-%d" % (seed % HISTORIES)))
        self.rng = random.Random(seed % HISTORIES)
        self.make = Maker(self.rng, self.root)
        self.branches = []
        if os.path.isdir(self.root):
            self.branches = git(self.root, "for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads").decode().split()
            self.branches.remove("main")
        else:
            os.makedirs(self.root)
            self.history()
            self.branches.sort()
        shutil.copytree(self.root, os.fsencode(root), symlinks=True)
        self.root = os.fsencode(root)
        self.rng = random.Random(seed)
        self.make = Maker(self.rng, self.root)
        if self.rng.random() < 0.7:
            git(self.root, "update-index", "-q", "--refresh", check=False)
        self.now()

    def commit(self, text):
        git(self.root, "add", "-A")
        git(self.root, "commit", "-q", "--allow-empty", "-m", text)

    def history(self):
        git(self.root, "init", "-q", "-b", "main")
        git(self.root, "config", "core.logAllRefUpdates", "true")
        with open(self.root + b"/.gitignore", "wb") as f:
            f.write(b"*.log\nignored/\n")
        self.make.files(self.rng.randrange(4, 12))
        with open(self.root + b"/shared", "wb") as f:
            f.write(b"one\ntwo\nthree\n")
        self.commit("first")
        for i in range(4):
            self.edit(self.rng.randrange(1, 4))
            self.make.files(self.rng.randrange(0, 3))
            self.commit("more %d" % i)
        for name in self.rng.sample(("side", "topic/a", "topic/b", "x-1.2"), self.rng.randrange(1, 4)):
            git(self.root, "checkout", "-q", "-b", name, "main~%d" % self.rng.randrange(0, 3))
            with open(self.root + b"/shared", "wb") as f:
                f.write(b"one\n%s\nthree\n" % name.encode())
            self.make.files(1)
            self.commit("on " + name)
            git(self.root, "config", "branch.%s.remote" % name, "origin")
            git(self.root, "config", "branch.%s.description" % name, "two\nlines")
            self.branches.append(name)
            git(self.root, "checkout", "-q", "main")
        with open(self.root + b"/shared", "wb") as f:
            f.write(b"one\nTWO\nthree\n")
        self.commit("main goes on")
        if self.rng.random() < 0.3:
            git(self.root, "gc", "-q")

    def tracked(self):
        names = [n for n in git(self.root, "ls-files", "-z").split(b"\0") if n]
        return [n for n in names if os.path.lexists(os.path.join(self.root, n)) and not os.path.isdir(os.path.join(self.root, n))]

    def edit(self, n):
        names = [t for t in self.tracked() if t != b".gitignore"]
        for name in self.rng.sample(names, min(n, len(names))):
            path = os.path.join(self.root, name)
            kind = self.rng.random()
            if kind < 0.15 and name != b"shared":
                os.unlink(path)
            elif kind < 0.3 and not os.path.islink(path):
                os.chmod(path, self.rng.choice((0o755, 0o644, 0o600)))
            elif kind < 0.4 and name != b"shared":
                os.unlink(path)
                os.symlink(b"elsewhere", path)
            else:
                if os.path.islink(path):
                    os.unlink(path)
                else:
                    os.chmod(path, 0o644)
                with open(path, "wb") as f:
                    f.write(self.make.content())

    def stash(self):
        for i in range(self.rng.randrange(1, 4)):
            self.edit(2)
            self.make.files(1)
            git(self.root, "stash", "push", "-q", *(["-u"] if self.rng.random() < 0.5 else []), "-m", "stash %d" % i, check=False)

    def merge(self):
        """A merge, cherry-pick or rebase that stops."""
        kind = self.rng.choice((["merge", "-q"], ["cherry-pick"], ["rebase", "-q"]))
        git(self.root, *kind, self.rng.choice(self.branches), check=False)

    def now(self):
        """The state things are lost from."""
        if self.rng.random() < 0.6:
            self.stash()
        if self.rng.random() < 0.3:
            self.merge()
        self.edit(self.rng.randrange(0, 4))
        names = self.tracked()
        for name in self.rng.sample(names, min(len(names), self.rng.randrange(0, 3))):
            git(self.root, "add", "--", b":(literal)" + name, check=False)
        if self.rng.random() < 0.5:
            self.edit(2)
        new = self.make.files(self.rng.randrange(1, 6))
        if new and self.rng.random() < 0.5:
            git(self.root, "add", "--", b":(literal)" + os.path.relpath(new[0], self.root), check=False)
        if len(new) > 1 and self.rng.random() < 0.3:
            git(self.root, "add", "-N", "--", b":(literal)" + os.path.relpath(new[1], self.root), check=False)
        for d in (b"ignored/deep", b"empty/er/est", b"untracked/more"):
            os.makedirs(os.path.join(self.root, d), exist_ok=True)
        with open(self.root + b"/ignored/deep/x", "wb") as f:
            f.write(b"ignored\n")
        with open(self.root + b"/a.log", "wb") as f:
            f.write(b"log\n")
        inner = Maker(self.rng, self.root + b"/untracked")
        inner.files(4)
        if self.rng.random() < 0.4:
            os.makedirs(self.root + b"/untracked/nested")
            git(self.root + b"/untracked/nested", "init", "-q")
            inner.files(1)
        files = [p for p in inner.files(3) if not os.path.islink(p)]
        for i, p in enumerate(files):
            os.link(p, self.root + b"/untracked/hard%d" % i)

    # --- what there is ---

    def tree(self):
        """Everything but .git: kind, mode, owner, time, content, attributes, and which names are one file."""
        seen, inodes = {}, {}
        for folder, folders, files in os.walk(self.root):
            if folder == self.root:
                folders.remove(b".git") if b".git" in folders else None
            for name in folders + files:
                path = os.path.join(folder, name)
                st = os.lstat(path)
                short = os.path.relpath(path, self.root)
                what = [stat.S_IFMT(st.st_mode), stat.S_IMODE(st.st_mode), st.st_uid, st.st_gid]
                if stat.S_ISLNK(st.st_mode):
                    what += [st.st_mtime_ns, os.readlink(path)]
                elif stat.S_ISREG(st.st_mode):
                    with open(path, "rb") as f:
                        what += [st.st_mtime_ns, st.st_size, hashlib.sha256(f.read()).hexdigest()]
                    what += sorted((n, os.getxattr(path, n)) for n in os.listxattr(path))
                    inodes.setdefault(st.st_ino, []).append(short)
                seen[short] = what
        seen[b" hard links"] = sorted(sorted(v) for v in inodes.values() if len(v) > 1)
        return seen

    def state(self):
        """What git says, and the bytes of its index."""
        d = self.root + b"/.git/"
        says = {
            "status": git(self.root, "--no-optional-locks", "status", "--porcelain=v2", "-z", "--branch", "--ignored"),
            "stash": git(self.root, "stash", "list", "--format=%gd %H %gs"),
            "refs": git(self.root, "for-each-ref", "--format=%(refname) %(objectname)"),
            "head": open(d + b"HEAD", "rb").read(),
            "index": hashlib.sha256(open(d + b"index", "rb").read()).hexdigest(),
            "config": sorted(git(self.root, "config", "--local", "-z", "--list").split(b"\0")),
        }
        for name in STATE:
            path = d + name.encode()
            if os.path.isdir(path):
                says[name] = sorted((n, open(path + b"/" + n, "rb").read()) for n in os.listdir(path) if os.path.isfile(path + b"/" + n))
            else:
                says[name] = open(path, "rb").read() if os.path.exists(path) else None
        fsck = subprocess.run(["git", "fsck", "--full", "--no-dangling"], cwd=self.root, env=ENV, capture_output=True)
        says["fsck"] = (fsck.returncode, fsck.stdout, fsck.stderr)
        return says


# --- ways to lose things: each gives the wishes a gate would have and the command that is run ---

def some_paths(w, n):
    all_ = [p for p in w.tree() if p != b" hard links" and not p.startswith(b".git")]
    return w.rng.sample(all_, min(n, len(all_)))


def path_wish(w, p):
    return b"path:" + os.path.join(w.root, p)


def rm(w):
    paths = some_paths(w, w.rng.randrange(1, 4))
    return [path_wish(w, p) for p in paths], ["rm", "-rf", "--"] + paths


def overwrite(w):
    p = w.rng.choice([p for p, v in w.tree().items() if p != b" hard links" and stat.S_ISREG(v[0])])
    return [path_wish(w, p)], ["sh", "-c", "chmod u+w -- \"$1\"; printf %s 'other' > \"$1\"", "sh", b"./" + p]


def move(w):
    files = [p for p, v in w.tree().items() if p != b" hard links" and stat.S_ISREG(v[0])]
    a, b = w.rng.sample(files, 2)
    return [path_wish(w, a), path_wish(w, b)], ["mv", "-f", "--", a, b]


def root_wish(kind):
    return lambda w, ref=None: b"%s:%s%s" % (kind, w.root, b":" + ref if ref else b"")


changes, commits, stashes = root_wish(b"changes"), root_wish(b"commits"), root_wish(b"stash")


def reset(w):
    return [changes(w)], ["git", "reset", "-q", "--hard"]


def reset_back(w):
    to = b"HEAD~%d" % w.rng.randrange(1, 4)
    return [commits(w, to), changes(w, to)], ["git", "reset", "-q", "--hard", to]


def checkout(w):
    return [changes(w)], ["git", "checkout", "-q", "--", "."]


def checkout_head(w):
    return [changes(w)], ["git", "checkout", "-q", "HEAD", "--", "."]


def checkout_force(w):
    to = w.rng.choice(w.branches)
    return [changes(w, to.encode())], ["git", "checkout", "-q", "-f", to]


def restore(w):
    words = w.rng.choice((["."], ["--staged", "--worktree", "."], ["--source=HEAD", "--staged", "--worktree", "."]))
    return [changes(w)], ["git", "restore"] + words


def restore_old(w):
    return [changes(w, b"HEAD~2")], ["git", "restore", "--source=HEAD~2", "--staged", "--worktree", "."]


def clean(w):
    how = w.rng.choice((("-fd", b"untracked"), ("-fdx", b"untracked-x"), ("-ffdx", b"untracked-x"), ("-fd", b"untracked-1")))
    return [b"%s:%s" % (how[1], w.root)], ["git", "clean", "-q", how[0]]


def stash_drop(w):
    n = len(git(w.root, "stash", "list").splitlines())
    words = ["clear"] if n == 0 or w.rng.random() < 0.3 else ["drop", "-q", "stash@{%d}" % w.rng.randrange(n)]
    return [stashes(w)], ["git", "stash"] + words


def branch_delete(w):
    names = w.rng.sample(w.branches, w.rng.randrange(1, len(w.branches) + 1))
    return [b"branch:%s:%s" % (w.root, n.encode()) for n in names], ["git", "branch", "-q", "-D"] + names


def abort(w):
    d = w.root + b"/.git/"
    for name, words in ((b"MERGE_HEAD", ["merge", "--abort"]), (b"CHERRY_PICK_HEAD", ["cherry-pick", "--abort"])):
        if os.path.exists(d + name):
            return [commits(w, b"HEAD")], ["git"] + words
    return reset(w)


WAYS = (rm, rm, overwrite, move, reset, reset, reset_back, reset_back, checkout, checkout_head, checkout_force, restore, restore_old, clean, clean,
        stash_drop, branch_delete, abort)
