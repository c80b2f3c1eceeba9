#!/usr/bin/env python3
"""The docs speak of what is there: commands, options, links, targets of make; and every command is spoken of."""
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import source  # noqa: E402

PAGES = sorted(p for p in [source.ROOT / "README.md", source.ROOT / "CONTRIBUTING.md", *(source.ROOT / "docs").glob("*.md"),
                           *(source.ROOT / "fuzz").glob("*.md")])
# A recorded run quotes what was said then.
RECORDED = {"bare-machine.md", "session.md"}
# English behind the name of the program, in inline code.
NOT_COMMANDS = {"COMMAND", "help"}


def code(text):
    """Pieces of code: fenced lines, and what stands in backquotes."""
    for block in re.findall(r"^```[^\n]*\n(.*?)^```", text, re.S | re.M):
        yield from block.splitlines()
    for piece in re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)):
        yield piece


def unknown_commands(names):
    heads = {n.split()[0] for n in names}
    pairs = {n.split()[0] for n in names if " " in n}
    for page in PAGES:
        if page.name in RECORDED:
            continue
        for line in code(page.read_text()):
            m = re.match(r"(?:\$ |# )?(?:sudo )?(?:build/)?pawl ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?", line)
            if not m or m.group(1) in NOT_COMMANDS:
                continue
            first, second = m.group(1), m.group(2)
            if first not in heads:
                yield "%s: pawl %s is no command" % (page.name, first)
            elif first in pairs and first not in names and (not second or "%s %s" % (first, second) not in names):
                yield "%s: pawl %s %s is no command" % (page.name, first, second)


def unmentioned(names):
    text = "\n".join(p.read_text() for p in PAGES)
    for name in names:
        if not re.search(r"pawl %s\b" % re.escape(name), text):
            yield "no page says `pawl %s`" % name


def options():
    """option names of every command, read off the table."""
    known = {"json", "help", "version"}
    for p in (source.ROOT / "src" / "cli").glob("*.c"):
        known |= set(re.findall(r"^\t\{ \"([a-z-]+)\", (?:0|'.'), (?:NULL|\")", p.read_text(), re.M))
    return known


def unlisted(names):
    text = (source.ROOT / "docs" / "commands.md").read_text()
    for name in names:
        if not re.search(r"`pawl %s(?=[ `])" % re.escape(name), text):
            yield "docs/commands.md does not list `pawl %s`" % name


def unknown_options():
    known = options()
    for page in PAGES:
        if page.name in RECORDED:
            continue
        for line in code(page.read_text()):
            if not re.match(r"(?:\$ )?(?:build/)?pawl (?!terraform|tofu|terragrunt)", line):
                continue
            for o in re.findall(r"(?<=\s)--([a-z][a-z-]+)", line.split("#")[0]):
                if o not in known:
                    yield "%s: no command has --%s" % (page.name, o)


def broken_links():
    for page in PAGES:
        for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text()):
            if not re.match(r"[a-z]+:", link) and not (page.parent / link).exists():
                yield "%s: %s leads nowhere" % (page.name, link)


def unlinked():
    index = (source.ROOT / "docs" / "README.md").read_text()
    for page in sorted((source.ROOT / "docs").glob("*.md")):
        if page.name != "README.md" and "](%s)" % page.name not in index:
            yield "docs/README.md does not list %s" % page.name


def unknown_targets():
    targets = set(re.findall(r"^([a-z-]+):", (source.ROOT / "Makefile").read_text(), re.M))
    for page in PAGES:
        for line in code(page.read_text()):
            for t in re.findall(r"(?:^|&& |\$ )make ([a-z-]+)", line):
                if t not in targets:
                    yield "%s: make %s is no target" % (page.name, t)


def main():
    tap = source.Tap()
    names = source.commands()
    tap.check("there are pages and commands", [] if len(PAGES) > 5 and len(names) > 5 else ["no"])
    tap.check("the docs name commands that exist", sorted(set(unknown_commands(names))))
    tap.check("the docs name options that exist", sorted(set(unknown_options())))
    tap.check("every command is named in the docs", unmentioned(names))
    tap.check("docs/commands.md lists every command", unlisted(names))
    tap.check("links lead somewhere", broken_links())
    tap.check("docs/README.md lists every page", unlinked())
    tap.check("targets of make that exist", sorted(set(unknown_targets())))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
