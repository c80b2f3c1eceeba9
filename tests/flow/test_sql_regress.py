#!/usr/bin/env python3
# timeout: 600
"""PostgreSQL's own regression SQL: every file is read without crash or hang, no statement that plainly destroys reads as harmless, and
plain statements get the same tree from the quick reader as from PostgreSQL's parser.

The files are not committed: tests/lib/pg_source.py says where they come from.
"""
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import pg_source  # noqa: E402
import source  # noqa: E402
import sql  # noqa: E402

PLAIN = re.compile(r"^(DROP (TABLE|SCHEMA|DATABASE|SEQUENCE|MATERIALIZED VIEW|TYPE|VIEW|FUNCTION|INDEX|TRIGGER)|TRUNCATE)\b(?!.*\bpg_temp\.)", re.I | re.S)


def quick(dump, path):
    text = path.read_bytes().decode("utf-8", "replace")
    for statement in re.split(r"(?<=;)[ \t]*\n", text):
        if dump.ask(re.sub(r"^(\s*--[^\n]*\n|\s)+", "", statement), "quick")[3] == "3":
            yield "%s: another tree: %s" % (path.name, statement[:200])


def shaped(dump, path):
    """A gate's questions to every statement: a class, and a fingerprint; nothing read twice alike gives two."""
    for statement in re.split(r";\s*\n", path.read_bytes().decode("utf-8", "replace")):
        shapes = dump.ask(statement, "shape")[1]
        prints = dump.ask(statement, "fingerprint")[1]
        if any(s[0].startswith("unknown") for s in shapes):
            yield "%s: of no class: %s" % (path.name, statement[:200])
        if any((s[0] == "none") != (f[0] == "none") for s, f in zip(shapes, prints)):
            yield "%s: no fingerprint: %s" % (path.name, statement[:200])


def squeezed(text):
    return re.sub(r"\s+", "", re.sub(r"--[^\n]*", "", text)).lower()


def by_eye(files):
    """The statements that were judged by eye do stand in the suite; a minor release may have lost a few."""
    texts, n, missing = {f.name: squeezed(f.read_bytes().decode("utf-8", "replace")) for f in files}, 0, []
    for name in ("regress-destructive.txt", "regress-harmless.txt"):
        for line in (source.ROOT / "tests" / "cases" / "sql" / name).read_text().splitlines():
            if line.startswith("#"):
                continue
            file, _, text = line.partition(" | ")
            n += 1
            if squeezed(text.replace("⏎", "\n")) not in texts.get(file, ""):
                missing.append("%s: %s" % (file, text))
    return missing if len(missing) > n // 50 else []


def wrong(dump, path):
    text = path.read_bytes()
    begun = dump.seconds()
    for client in (True, False):
        changes, statements, _, reads = dump.ask(text, client=client)
        if changes and reads:
            yield "%s: reads, and changes" % path.name
        if not statements and text.strip():
            yield "%s: nothing read" % path.name
    if dump.seconds() - begun > 20:
        yield "%s: %.0f s of processor time" % (path.name, dump.seconds() - begun)
    for statement in re.split(r";\s*\n", text.decode("utf-8", "replace")):
        statement = re.sub(r"^(\s*--[^\n]*\n|\s)+", "", statement)
        if PLAIN.match(statement) and not dump.ask(statement)[0]:
            yield "%s: read as harmless: %s" % (path.name, statement[:100])


def main():
    tap = source.Tap()
    where, why = pg_source.regress()
    files = sorted((where / "sql").glob("*.sql")) if where else []
    if not files:
        tap.skip("PostgreSQL's regression SQL", why)
        return tap.end()
    dump = sql.Dump()
    tap.check("%d files of PostgreSQL's regression suite" % len(files), [w for f in files for w in wrong(dump, f)])
    tap.check("plain statements get the parser's trees", [w for f in files for w in quick(dump, f)])
    tap.check("every statement that parses has a class and a fingerprint", [w for f in files for w in shaped(dump, f)])
    tap.check("what was judged by eye stands there", by_eye(files))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
