#!/usr/bin/env python3
# timeout: 300
"""What pawl says a script would execute against what bash really executes.

Scripts: tests/cases/shell-differential/*.txt (each script ends at a line of four dashes) and the grammar of tests/lib/shell_grammar.py
with a fixed seed. Bash runs each in an empty folder, as an unprivileged user where that can be, without network where that can
be, with limits, and with a PATH that holds recording stubs (record_argv) and a few filters. Every argv of a dangerous program that
was recorded must be among pawl's acts, an unknown part matching anything. Missing is allowed only where pawl said that the script
holds something it could not follow (opaque). What pawl lists and bash did not run is counted by category and explained in docs/shell.md.
"""
import collections
import concurrent.futures
import ctypes
import os
import pathlib
import random
import resource
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
SOURCE, BUILD = pathlib.Path(os.environ["PAWL_SOURCE"]), pathlib.Path(os.environ["PAWL_BUILD"])
sys.path.insert(0, str(SOURCE / "tests" / "lib"))
import shell_grammar  # noqa: E402

DANGEROUS = "terraform rm git psql mysql aws kubectl docker curl".split()
WRAPPERS = "sudo doas nohup nice timeout setsid".split()
FILTERS = "cat base64 tr rev sed head tac seq xargs env printf mktemp basename dirname tee chmod mkdir cp mv touch find xxd bash sh sort".split()
GENERATED, SEED = 2200, 3
CLONE_NEWNET, CLONE_NEWUSER = 0x40000000, 0x10000000
libc = ctypes.CDLL(None, use_errno=True)


def confine():
    for what, most in ((resource.RLIMIT_CPU, 3), (resource.RLIMIT_FSIZE, 1 << 20), (resource.RLIMIT_NOFILE, 128), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(what, (most, most))
    libc.unshare(CLONE_NEWNET if os.geteuid() == 0 else CLONE_NEWNET | CLONE_NEWUSER)
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)


class Box:
    """One folder: bin with the stubs, w to work in, log. A box runs one script at a time."""

    def __init__(self, top):
        self.top = pathlib.Path(tempfile.mkdtemp(dir=top))
        self.bin, self.log = self.top / "bin", self.top / "log"
        self.bin.mkdir()
        for name in DANGEROUS + WRAPPERS:
            shutil.copy(BUILD / "tests" / "flow" / "record_argv", self.bin / name)
        for name in FILTERS:
            if shutil.which(name):
                (self.bin / name).symlink_to(shutil.which("bash" if name == "sh" else name))  # sh is bash as sh: dash differs
        self.late = 0
        self.log.touch()
        self.log.chmod(0o666)
        self.top.chmod(0o755)

    def run(self, text):
        work = self.top / "w"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        work.chmod(0o777)
        os.truncate(self.log, 0)
        env = {"PATH": str(self.bin), "HOME": "/home/me", "LANG": "C"}
        p = subprocess.Popen(["/bin/bash", "-c", text], cwd=work, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             preexec_fn=confine, start_new_session=True)
        try:
            p.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(p.pid, 9)
            p.communicate()
            self.late += 1
        return [r.split("\x1f")[:-1] for r in self.log.read_text(errors="surrogateescape").split("\0") if r]


def scripts():
    found = []
    for path in sorted((SOURCE / "tests" / "cases" / "shell-differential").glob("*.txt")):
        for n, text in enumerate(path.read_text().split("\n----\n"), 1):
            if text.strip():
                found.append(("%s:%d" % (path.name, n), text))
    hand = len(found)
    r = random.Random(SEED)
    for n in range(GENERATED):
        text = shell_grammar.Grammar(SEED * 100000 + n).script()
        if n % 3 == 0:
            text = shell_grammar.wrapped(r, text)
        found.append(("generated:%d" % n, text))
    return found, hand


def dump(texts, cwd, path):
    """pawl's answer to each text: (acts, opaque); an act is (flags, words)."""
    p = subprocess.run([BUILD / "tests" / "cases" / "run_dump", "--nul", "--raw", "--cwd", cwd, "--root", cwd, "--env", "HOME=/home/me", "--env", "LANG=C", "--env", "PATH=" + path, "-"],
                       input="\0".join(texts).encode("utf-8", "surrogateescape") + b"\0", stdout=subprocess.PIPE, check=True)
    answers, acts, opaque = [], [], []
    for record in p.stdout.decode("utf-8", "surrogateescape").split("\0"):
        fields = record.split("\x1f")
        if fields[0] == "act":
            acts.append((fields[1], fields[2:-1]))
        elif fields[0] == "opaque":
            opaque.append(fields[1])
        elif fields[0] == "end":
            answers.append((acts, opaque))
            acts, opaque = [], []
    return answers


def fits(text, word, front):
    """Is `word` what `text` says, each 0x1e in it being any run of bytes? `front`: a folder may stand before it."""
    if front and "/" in word and not text.startswith(("/", "\x1e")):
        word = word.rsplit("/", text.count("/") + 1)[-1] if "/" not in text else word
    pieces = text.split("\x1e")
    if len(pieces) == 1:
        return word == text or (front and word.endswith("/" + text))
    if not word.startswith(pieces[0]) or len(word) < len(pieces[0]) + len(pieces[-1]) or not word.endswith(pieces[-1]):
        return False
    at, end = len(pieces[0]), len(word) - len(pieces[-1])
    for piece in pieces[1:-1]:
        at = word.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True


def matches(words, argv):
    """Word by word; an act's word that may be any number of words matches any number. At most words x argv steps."""
    reach = {0}
    for n, w in enumerate(words):
        if w[0] == "=":
            reach = {i + 1 for i in reach if i < len(argv) and fits(w[1:], argv[i], n == 0)}
        elif reach:
            reach = set(range(min(reach), len(argv) + 1))
    return len(argv) in reach


def covered(argv, acts):
    return any(words and matches(words, argv) for _, words in acts)


def name_of(words):
    return words[0][1:].rsplit("/", 1)[-1] if words and words[0][0] == "=" else ""


def compare(real, answer):
    acts, opaque = answer
    missing = [argv for argv in real if os.path.basename(argv[0]) in DANGEROUS and not covered(argv, acts)]
    over = collections.Counter()
    for flags, words in acts:
        if name_of(words) not in DANGEROUS or any(matches(words, argv) for argv in real):
            continue
        unknown = any("\x1e" in w or w[0] != "=" for w in words)
        over["in a branch, a loop or behind && ||" if "m" in flags else "with words not known" if unknown else "in the background" if "b" in flags else "certain"] += 1
    return missing, over, opaque


def main():
    found, hand = scripts()
    # Not in the test's own folder, which an unprivileged user cannot enter.
    with tempfile.TemporaryDirectory(prefix="pawl-differential-", dir="/tmp") as top:
        os.chmod(top, 0o755)
        boxes = [Box(top) for _ in range(4)]
        answers = {}
        for k, box in enumerate(boxes):  # the folder stands in $PWD and the stubs' folder in $PATH: each box has its own answers
            mine = [n for n in range(len(found)) if n % len(boxes) == k]
            (box.top / "w").mkdir(exist_ok=True)
            for n, a in zip(mine, dump([found[n][1] for n in mine], str(box.top / "w"), str(box.bin))):
                answers[n] = a

        def share(k):
            return [(n, boxes[k].run(found[n][1])) for n in range(k, len(found), len(boxes))]

        with concurrent.futures.ThreadPoolExecutor(len(boxes)) as pool:
            real = dict(sum(pool.map(share, range(len(boxes))), []))
    bad, followed, total, executed, over, certain, excused = [], 0, collections.Counter(), 0, collections.Counter(), [], 0
    for n, (name, text) in enumerate(found):
        missing, more, opaque = compare(real[n], answers[n])
        executed += sum(os.path.basename(a[0]) in DANGEROUS for a in real[n])
        over += more
        total["acts"] += len(answers[n][0])
        if more["certain"]:
            certain.append(name)
        if missing and opaque:
            excused += 1
        elif missing:
            bad.append((name, text, missing))
        followed += not opaque
    for name, text, missing in bad[: int(os.environ.get("SHOW", "5"))]:
        print("# %s: bash ran what pawl does not list: %s" % (name, missing[0]))
        print("".join("#   | %s\n" % line for line in text.splitlines()), end="")
    for name in certain[: int(os.environ.get("SHOW_CERTAIN", "0"))]:
        print("# certain but not run: %s" % name)
        print("".join("#   | %s\n" % line for line in dict(found)[name].splitlines()), end="")
    print("# %d scripts (%d by hand), %d argv of dangerous programs executed, %d scripts followed to their end" % (len(found), hand, executed, followed))
    for category, n in sorted(over.items()):
        print("# listed but not run, %s: %d" % (category, n))
    print("# scripts that did not end in time: %d" % sum(box.late for box in boxes))
    print("# scripts where something ran that is not listed, but pawl says that it could not follow: %d" % excused)
    checks = [("at least 2,000 scripts, 100 of them by hand, ran dangerous programs", len(found) >= 2000 and hand >= 100 and executed >= 4000),
              ("bash ran nothing that pawl does not list", not bad),
              ("what pawl could not follow is rare", followed >= 0.9 * len(found) and excused <= 0.02 * len(found)),
              ("what pawl is certain of and bash did not run is rare", over["certain"] <= 0.05 * executed)]
    for n, (words, ok) in enumerate(checks, 1):
        print("%sok %d - %s" % ("" if ok else "not ", n, words))
    print("1..%d" % len(checks))
    return 0 if all(ok for _, ok in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
