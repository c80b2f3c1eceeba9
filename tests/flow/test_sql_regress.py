#!/usr/bin/env python3
# timeout: 600
"""PostgreSQL's own regression SQL: every file is read without crash or hang, and no statement that plainly destroys reads as harmless.

The files are not committed: they come from $PG_REGRESS (a folder src/test/regress/sql), else from Debian's source package through
apt-get source, where sources are configured.
"""
import os
import pathlib
import re
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import source  # noqa: E402
import sql  # noqa: E402

PLAIN = re.compile(r"^(DROP (TABLE|SCHEMA|DATABASE|SEQUENCE|MATERIALIZED VIEW|TYPE|VIEW|FUNCTION|INDEX|TRIGGER)|TRUNCATE)\b(?!.*\bpg_temp\.)", re.I | re.S)


def folder():
    if os.environ.get("PG_REGRESS"):
        return pathlib.Path(os.environ["PG_REGRESS"]), "PG_REGRESS is no folder"
    try:
        uris = subprocess.run(["apt-get", "source", "--print-uris", "postgresql-15"], capture_output=True, text=True, timeout=60)
        if uris.returncode != 0 or ".orig.tar" not in uris.stdout:
            return None, "apt has no source packages configured (deb-src), and PG_REGRESS is not set"
        subprocess.run(["apt-get", "source", "-qq", "--download-only", "postgresql-15"], check=True, capture_output=True, timeout=300)
        archive = next(pathlib.Path(".").glob("postgresql-15_*.orig.tar.*"))
        subprocess.run(["tar", "xf", str(archive), "--wildcards", "*/src/test/regress/sql/*"], check=True, timeout=120)
        return next(pathlib.Path(".").glob("*/src/test/regress/sql")), ""
    except (OSError, subprocess.SubprocessError, StopIteration) as e:
        return None, "the source package cannot be had: %s" % e


def wrong(dump, path):
    text = path.read_bytes()
    begun = time.monotonic()
    for client in (True, False):
        changes, statements, _, reads = dump.ask(text, client=client)
        if changes and reads:
            yield "%s: reads, and changes" % path.name
        if not statements and text.strip():
            yield "%s: nothing read" % path.name
    if time.monotonic() - begun > 20:
        yield "%s: %.0f s" % (path.name, time.monotonic() - begun)
    for statement in re.split(r";\s*\n", text.decode("utf-8", "replace")):
        statement = re.sub(r"^(\s*--[^\n]*\n|\s)+", "", statement)
        if PLAIN.match(statement) and not dump.ask(statement)[0]:
            yield "%s: read as harmless: %s" % (path.name, statement[:100])


def main():
    tap = source.Tap()
    where, why = folder()
    files = sorted(where.glob("*.sql")) if where and where.is_dir() else []
    if not files:
        tap.skip("PostgreSQL's regression SQL", why)
        return tap.end()
    dump = sql.Dump()
    tap.check("%d files of PostgreSQL's regression suite" % len(files), [w for f in files for w in wrong(dump, f)])
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
