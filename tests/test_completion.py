#!/usr/bin/env python3
"""Completion in the real shells: the script is sourced, a line is begun, and what the shell offers is looked at."""
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import source  # noqa: E402

PAWL = source.BUILD / "pawl"
# What is typed, and what must and must not be among the offers.
CASES = [
    ("pawl ver", ["version"], ["terraform"]),
    ("pawl completion ", ["bash", "zsh", "fish"], ["version"]),
    ("pawl shim ", ["install", "uninstall", "status"], ["version"]),
    ("pawl shim install --d", ["--dir"], ["--json"]),
    ("pawl version --", ["--json", "--help"], ["--dir"]),
    ("pawl shim install --dir fol", ["folder"], ["foul.txt"]),
]


def script(shell):
    out = subprocess.run([str(PAWL), "completion", shell], capture_output=True, text=True)
    assert out.returncode == 0 and out.stdout, shell
    name = "completion.%s" % shell
    with open(name, "w") as f:
        f.write(out.stdout)
    return os.path.abspath(name)


def offers_bash(file, line):
    program = """
source %s
read -ra COMP_WORDS <<<"$1"
case $1 in *" ") COMP_WORDS+=("") ;; esac
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_pawl
printf '%%s\\n' "${COMPREPLY[@]}"
complete -p pawl >/dev/null
""" % file
    out = subprocess.run(["bash", "--norc", "-c", program, "bash", line], capture_output=True, text=True)
    return out.stdout.split() if out.returncode == 0 else ["bash: " + out.stderr]


def offers_fish(file, line):
    out = subprocess.run(["fish", "--no-config", "-c", "source %s; complete -C '%s'" % (file, line)],
                         capture_output=True, text=True)
    found = [w.split("\t")[0].rstrip("/") for w in out.stdout.splitlines()]
    return found if out.returncode == 0 else ["fish: " + out.stderr]


def read_until(fd, pattern, seconds=120):
    text, end = "", time.time() + seconds
    while time.time() < end:
        ready, _, _ = select.select([fd], [], [], 0.2)
        if ready:
            try:
                text += os.read(fd, 65536).decode("utf-8", "replace")
            except OSError:
                break
        if re.search(pattern, text):
            break
    return text


def offers_zsh(file, line):
    """zsh completes only at a terminal: ask for the list at one."""
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(TERM="dumb", COLUMNS="200", PS1="", HISTFILE="")
        os.execvp("zsh", ["zsh", "-f", "-i"])
    os.write(fd, b"autoload -Uz compinit && compinit -u -D; unsetopt zle_bracketed_paste; PROMPT=; LISTMAX=0;"
                 b"bindkey '^X?' list-choices; bindkey '^I' list-choices; source %s; echo rea''dy\n" % file.encode())
    read_until(fd, r"ready\r?\n")
    os.write(fd, line.encode() + b"\t")
    said = read_until(fd, r"(?s)%s.*\n.*\n" % re.escape(line))
    os.write(fd, b"\x15echo do''ne\n")  # once it did that, the list is whole
    said = (said + read_until(fd, r"done\r?\n")).split("echo do''ne")[0]
    os.write(fd, b"exit\n")
    read_until(fd, r"$^")
    os.close(fd)
    os.waitpid(pid, 0)
    listed = said[said.find(line) + len(line):]
    return [w.rstrip("/") for w in re.findall(r"(?m)(?:^|\s)([-\w./]+)", re.sub(r"\x1b\[[0-9;?]*\w", "", listed))]


SHELLS = {"bash": offers_bash, "zsh": offers_zsh, "fish": offers_fish}


def main():
    tap = source.Tap()
    os.mkdir("folder")
    open("foul.txt", "w").close()
    for shell, offers in SHELLS.items():
        file = script(shell)
        for line, wanted, unwanted in CASES:
            name = "%s: %s" % (shell, line)
            if not shutil.which(shell):
                tap.skip(name, "%s is not installed" % shell)
                continue
            found = offers(file, line)
            tap.check(name, ["no %s in %s" % (w, found) for w in wanted if w not in found]
                      + ["%s offered" % w for w in unwanted if w in found])
    tap.check("an unknown shell is wrong usage",
              [] if subprocess.run([str(PAWL), "completion", "csh"], capture_output=True).returncode == 2 else ["no"])
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
