#!/usr/bin/env python3
"""What is made from the table of commands: --help of every command, the grouped overview, the manual page."""
import json
import os
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import source  # noqa: E402

PAWL = str(source.BUILD / "pawl")


def pawl(*words, **env):
    out = subprocess.run([PAWL, *words], capture_output=True, text=True, env=dict(os.environ, **env))
    return out.returncode, out.stdout, out.stderr


def each_help(names):
    for name in names:
        status, out, err = pawl(*name.split(), "--help")
        if status != 0 or err or not out.startswith("pawl %s: " % name) or "--json" not in out:
            yield "pawl %s --help: status %d, %r" % (name, status, (out + err)[:200])
        elif pawl("help", *name.split())[1] != out:
            yield "pawl help %s says something else" % name
        for line in out.splitlines():
            if len(line) > 132:
                yield "pawl %s --help: %d columns: %s" % (name, len(line), line)


def overview(text, names):
    if not text.startswith("pawl: "):
        yield text
    for name in names:
        if not re.search(r"^  %s +\S" % re.escape(name), text, re.M):
            yield "%s is not in it" % name
    if text.find("\nMore\n") >= 0:
        yield "commands in no group: " + text[text.find("\nMore\n"):]


def colour():
    if "\033" in pawl("--help")[1]:
        yield "colour without a terminal"
    if "\033" not in pawl("--help", CLICOLOR_FORCE="1")[1]:
        yield "no colour with CLICOLOR_FORCE"
    if "\033" in pawl("--help", CLICOLOR_FORCE="1", NO_COLOR="1")[1]:
        yield "colour with NO_COLOR"


def usage():
    for words, expected in ((["vershun"], "Did you mean: pawl version"), (["version", "--nope"], "unknown option"),
                            (["version", "--json=1"], "takes no value"), ([], "usage: pawl"), (["shim"], "one more word")):
        status, out, err = pawl(*words)
        if status != 2 or out or expected not in err:
            yield "pawl %s: %d %r %r" % (" ".join(words), status, out, err)


def manual(text, names):
    for name in names:
        if ".Cm %s\n" % name not in text:
            yield "%s is not in it" % name
    if len(re.findall(r"^\.It Xo$", text, re.M)) != len(names):
        yield "not one entry a command"


def policy_manual():
    """What stands as code in a table of the keys stands in the manual page too."""
    text = (source.ROOT / "docs" / "policy.md").read_text().split("## Keys")[1].split("## Presets")[0]
    page = re.sub(r"\\&", "", (source.ROOT / "man" / "pawl-policy.5").read_text())
    words = {w for code in re.findall(r"`([^`]+)`", text) for w in re.findall(r"[A-Za-z0-9_./*>=:-]+", code)}
    if len(words) < 60:
        yield "only %d words found in docs/policy.md" % len(words)
    for w in sorted(words):
        if w.rstrip(":") not in page:
            yield w


def main():
    tap = source.Tap()
    names = source.commands()
    tap.check("there are commands", [] if len(names) > 5 and "version" in names else [names])
    tap.check("every command says what it does, in both ways of asking", each_help(names))
    tap.check("the overview has every command, in a group", overview(pawl("--help")[1], names))
    tap.check("colour only where it is wanted", colour())
    tap.check("wrong usage ends with 2 and says why", usage())
    status, page, _ = pawl("man")
    tap.check("the manual has every command once", manual(page, names))
    tap.check("--json is JSON", [] if json.loads(pawl("man", "--json")[1])["man"] == page else ["no"])
    pages = sorted((source.ROOT / "man").glob("*.[1-8]"))
    tap.check("pawl-policy(5) has every key and word of docs/policy.md", policy_manual())
    if shutil.which("mandoc"):
        lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning"], input=page, capture_output=True, text=True)
        tap.check("pawl(1) is clean mdoc", (lint.stdout + lint.stderr).splitlines())
        for p in pages:
            lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", str(p)], capture_output=True, text=True)
            tap.check("%s is clean mdoc" % p.name, (lint.stdout + lint.stderr).splitlines())
    else:
        tap.skip("manual pages are clean mdoc", "mandoc is not installed")
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
