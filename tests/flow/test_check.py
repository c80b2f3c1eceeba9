#!/usr/bin/env python3
# timeout: 60
"""`pawl check` and `pawl explain`: one word is shell text, words behind `--` are an argv, `-` is standard input; nothing is run."""
import ctypes
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


def wrong(words, given, status, text, cwd=None):
    done = subprocess.run([PAWL, *words], input=given, capture_output=True, text=True, timeout=600, cwd=cwd)
    if done.returncode != status:
        return ["exit status %d, not %d: %s" % (done.returncode, status, done.stdout + done.stderr)]
    return [] if text in done.stdout + done.stderr else ["no %r in: %s" % (text, done.stdout + done.stderr)]


def vaults(here):
    """A vault of backup.yaml, by its name in a card; looking at it is nothing."""
    folder = here / "some" / "v"
    (folder / "shop").mkdir(parents=True)
    (here / "link").symlink_to(here / "some")
    (here / ".config" / "pawl").mkdir(parents=True)
    (here / ".config" / "pawl" / "backup.yaml").write_text("version: 1\nvaults:\n  - {name: local, directory: %s}\n" % folder)
    for command in ("rm -rf ~/some/v", "cd ~ && rm -rf some/v", "rm -rf ~/link/v/shop", "mv ~/link/v /tmp/v", "find ~/some/v -delete", "rm -rf ~/some"):
        yield command, wrong(["check", command], "", HOLD, "destroy the backup %s" % folder)
        yield command + ": says whose", wrong(["check", command], "", HOLD, "pawl keeps backups here (vault local of backup.yaml)")
    yield "its own state", wrong(["check", "rm -rf ~/.local/state/pawl/ledger"], "", HOLD, "destroy the backup %s/.local/state/pawl/ledger" % here)
    for command in ("ls -la ~/some/v", "du -s ~/link/v", "cat ~/some/v/x", "cp -r ~/some/v /tmp/copy"):
        yield command, wrong(["check", command], "", ALLOW, command)


def opens(path, words, cwd):
    """Does `pawl` of these words open that file?"""
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.inotify_init1(os.O_NONBLOCK)
    try:
        if libc.inotify_add_watch(fd, os.fsencode(path), 0x20) < 0:  # IN_OPEN
            raise OSError(ctypes.get_errno(), "inotify")
        subprocess.run([PAWL, *words], stdin=subprocess.DEVNULL, capture_output=True, timeout=20, cwd=cwd)
        return bool(os.read(fd, 4096))
    except BlockingIOError:
        return False
    finally:
        os.close(fd)


def vaults_unwanted(here):
    """Where vaults lie is read only for what could come near one."""
    config = here / ".config" / "pawl" / "backup.yaml"
    for command in ("ls", "ls -la ~/some/v", "cat README.md | grep -c x", "git status", "make -j2", "echo 'rm -rf /'", "psql -c 'select 1'"):
        yield "backup.yaml is not read for: " + command, ["it was opened"] if opens(config, ["check", command], here) else []
    for command in ("rm -rf x", "echo x > y", "sudo mv x y", "git clean -fd", "rclone purge far:x", "restic -r /r forget --prune x"):
        yield "it is for: " + command, [] if opens(config, ["check", command], here) else ["it was not opened"]


def bucket_and_schedule(here):
    """A vault in a bucket, by its prefix; and what runs backups, as the state says it: only that file of the state is read."""
    (here / ".config" / "pawl" / "backup.yaml").write_text('version: 1\nvaults:\n  - {name: fleet, s3: "s3://acme-backups/pawl", region: eu-west-1}\n')
    for command in ("aws s3api put-bucket-versioning --bucket acme-backups --versioning-configuration Status=Suspended",
                    "aws s3 mv s3://acme-backups/pawl/shop/x /tmp/", "rclone copy x any:acme-backups/pawl"):
        yield command + ": says whose", wrong(["check", command], "", HOLD, "pawl keeps backups here (vault fleet of backup.yaml)")
    for command in ("aws s3 cp s3://acme-backups/pawl/shop/x /tmp/", "rclone copy x any:acme-backups/site"):
        yield command + ": passes", wrong(["check", command], "", ALLOW, command)
    state = here / ".local" / "state" / "pawl" / "recovery"
    state.mkdir(parents=True)
    for how, status in (("cron", HOLD), ("systemd", ALLOW)):
        (state / "schedule").write_text(how + "\n/x\n")
        yield "a new crontab, run by " + how, wrong(["check", "--", "crontab", "jobs"], "", status, "crontab jobs")
        yield "one that grows, run by " + how, wrong(["check", "(crontab -l; echo '* * * * * x') | crontab -"], "", ALLOW, "crontab -l")


def vault_in_project(here):
    """What git itself says of a vault in its work tree: untracked, ignored, tracked; and that of a name in quotes nobody knows."""
    project = here / "project"
    (project / "v" / "shop").mkdir(parents=True)
    (project / "v" / "shop" / "manifest.json").write_text("{}")
    (here / ".config" / "pawl" / "backup.yaml").write_text(
        "version: 1\nvaults:\n  - {name: local, directory: %s}\ntargets:\n  - {name: shop, sqlite: /x, vault: local}\n" % (project / "v"))
    git = ["git", "-C", str(project), "-c", "user.name=x", "-c", "user.email=x@example.com"]
    subprocess.run([*git, "init", "-q"], check=True)
    held, passes = (HOLD, "destroy the backup %s" % (project / "v")), (ALLOW, "")

    def asked(what, **commands):
        for command, (status, text) in ((c.replace("_", " "), w) for c, w in commands.items()):
            yield "%s: %s" % (what, command), wrong(["check", command.replace(" f", " -f")], "", status, text, project)
    yield from asked("untracked", git_clean_fd=held, git_clean_fdx=held, git_clean_f=passes, git_clean_fdX=passes)
    for command, (status, text) in {"rm -rf */shop": held, "rm -rf */shap": passes, "rm -f */*.log": passes, "find . -name '*.pyc' -delete": passes,
                                    "find . -name 'sho*' -exec rm -rf {} +": held}.items():
        yield command, wrong(["check", command], "", status, text, project)
    (project / ".gitignore").write_text("/v/\n")
    yield from asked("ignored", git_clean_fd=passes, git_clean_fdx=held, git_clean_fdX=held)
    (project / ".gitignore").unlink()
    subprocess.run([*git, "add", "."], check=True)
    yield from asked("tracked", git_clean_fdx=passes)
    subprocess.run([*git, "rm", "-rq", "--cached", "v"], check=True)
    (project / 'n"x').mkdir()
    (project / "v").rename(project / 'n"x' / "v")
    config = here / ".config" / "pawl" / "backup.yaml"
    config.write_text(config.read_text().replace(str(project / "v"), "'%s'" % (project / 'n"x' / "v")))
    yield from asked("a name in quotes", git_clean_fd=(HOLD, "destroy the backup"))


def main():
    tap = source.Tap()
    for words, given, status, text in WANTED:
        tap.check("pawl " + " ".join(words), wrong(words, given, status, text))
    here = pathlib.Path(os.environ["HOME"])
    tap.check("nothing is written anywhere", [str(p) for p in here.rglob("*")])
    for what, bad in vaults(here):
        tap.check(what, bad)
    for what, bad in vaults_unwanted(here):
        tap.check(what, bad)
    for what, bad in bucket_and_schedule(here):
        tap.check(what, bad)
    for what, bad in vault_in_project(here):
        tap.check(what, bad)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
