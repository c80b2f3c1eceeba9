#!/usr/bin/env python3
# timeout: 60
"""`pawl check` and `pawl explain`: one word is shell text, words behind `--` are an argv, `-` is standard input; nothing is run."""
import os
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import source  # noqa: E402

PAWL = str(source.BUILD / "pawl")
ALLOW, HOLD, USAGE = 0, 3, 2
WANTED = [
    (["check", "cd infra && x=destroy; terraform $x -auto-approve"], "", HOLD, "terraform $x -auto-approve\n"),
    (["check", "-"], "terraform destroy\n", HOLD, "terraform destroy"),
    (["check", "--", "terraform", "destroy"], "", HOLD, "terraform destroy"),
    (["check", "--", "terraform", "plan"], "", ALLOW, "terraform plan"),
    (["check", "--", "git", "push", "--force", "origin", "main"], "", HOLD, "main"),
    # An argv is no shell text: this is one program with a strange name.
    (["check", "--", "true; terraform destroy"], "", ALLOW, "true; terraform destroy"),
    (["check", "true; terraform destroy"], "", HOLD, "terraform destroy"),
    # Only the first -- parts.
    (["check", "--", "touch", "--", "x"], "", ALLOW, "touch -- x"),
    (["check", "terraform", "destroy"], "", USAGE, "an argv goes behind --"),
    (["check"], "", USAGE, "words behind --"),
    (["explain", "bash -c 'terraform destroy'"], "", ALLOW, "through bash -c"),
    # No command at all.
    (["check", ""], "", USAGE, "there is no command"),
    (["check", "-"], " \n", USAGE, "there is no command"),
    (["check", "--", ""], "", USAGE, "there is no command"),
    (["explain", ""], "", USAGE, "there is no command"),
    # What nobody needs facts about is said as what it is.
    (["explain", "cd src"], "", ALLOW, "is      changes the folder of what follows"),
    (["explain", "X=1"], "", ALLOW, "is      sets variables of the shell"),
    (["explain", "echo x"], "", ALLOW, "is      prints its words"),
    (["explain", "sudo -n mytool x"], "", ALLOW, "is      starts another program, which is read by itself"),
    (["explain", "mytool x"], "", ALLOW, "is      a program that pawl has no facts about"),
    # Kinds of change in plain words; what is written over is not deleted.
    (["check", "git push --force origin main"], "", HOLD, "rewrite the history of main: "),
    (["check", "echo x > /etc/hosts"], "", HOLD, "write over /etc/hosts: "),
    (["check", "rm /etc/hosts"], "", HOLD, "delete /etc/hosts: "),
]


def wrong(words, given, status, text):
    done = subprocess.run([PAWL, *words], input=given, capture_output=True, text=True, timeout=20)
    if done.returncode != status:
        return ["exit status %d, not %d: %s" % (done.returncode, status, done.stdout + done.stderr)]
    return [] if text in done.stdout + done.stderr else ["no %r in: %s" % (text, done.stdout + done.stderr)]


def main():
    tap = source.Tap()
    for words, given, status, text in WANTED:
        tap.check("pawl " + " ".join(words), wrong(words, given, status, text))
    here = pathlib.Path(os.environ["HOME"])
    tap.check("nothing is written anywhere", [str(p) for p in here.rglob("*")])
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
