#!/usr/bin/env python3
# timeout: 600
"""PostgreSQL's own regression SQL: every file is read without crash or hang, no statement that plainly destroys reads as harmless, and
plain statements get the same tree from the quick reader as from PostgreSQL's parser.

The files are not committed: they come from $PG_REGRESS (a folder src/test/regress/sql), else from Debian's source package. It is fetched
with apt's own client, from the sources this machine has configured for binaries, into folders of this test's own: lists, caches and
configuration of the system are only read. What was fetched stays in the build folder for the next run.
"""
import getpass
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


def deb_src(parts):
    """This machine's deb lines as deb-src, in ${parts}. How many."""
    n, apt = 0, pathlib.Path("/etc/apt")
    for path in [apt / "sources.list"] + sorted((apt / "sources.list.d").glob("*")):
        if path.suffix not in (".list", ".sources") or not path.is_file():
            continue
        text = path.read_text()
        if path.suffix == ".list":
            text, found = re.subn(r"^\s*deb\s", "deb-src ", text, flags=re.M)
            text = "".join(line + "\n" for line in text.splitlines() if line.startswith("deb-src "))
        else:
            text, found = re.subn(r"^Types:.*\bdeb\b.*$", "Types: deb-src", text, flags=re.M | re.I)
        if found:
            (parts / ("%d%s" % (n, path.suffix))).write_text(text)
            n += 1
    return n


def fetch(where):
    """Debian's source package postgresql-15, its regression SQL unpacked below ${where}."""
    for name in ("lists/partial", "cache/archives/partial", "parts"):
        (where / name).mkdir(parents=True, exist_ok=True)
    if not deb_src(where / "parts"):
        return "apt has no sources here"
    options = ["-o", "Dir::State::lists=%s" % (where / "lists"), "-o", "Dir::Etc::sourcelist=/dev/null",
               "-o", "Dir::Etc::sourceparts=%s" % (where / "parts"), "-o", "Dir::Cache=%s" % (where / "cache"),
               "-o", "Dir::Cache::archives=%s" % (where / "cache" / "archives"), "-o", "APT::Sandbox::User=%s" % getpass.getuser()]
    p = subprocess.run(["apt-get"] + options + ["update", "-qq"], capture_output=True, text=True, timeout=200)
    shown = subprocess.run(["apt-cache"] + options + ["showsrc", "postgresql-15"], capture_output=True, text=True, timeout=60).stdout
    versions = re.findall(r"^Version: (\S+)", shown, flags=re.M)
    if not versions:
        return "apt knows no source package postgresql-15: %s" % p.stderr.strip()[:200]
    # The newest may be gone from where it was listed: any will do.
    for version in versions:
        p = subprocess.run(["apt-get"] + options + ["source", "-qq", "--download-only", "postgresql-15=" + version], cwd=where,
                           capture_output=True, text=True, timeout=200)
        archive = next(where.glob("postgresql-15_*.orig.tar.*"), None)
        if p.returncode == 0 and archive:
            subprocess.run(["tar", "xf", str(archive), "--wildcards", "*/src/test/regress/sql/*"], cwd=where, check=True, timeout=200)
            archive.unlink()
            return ""
    return "the source package cannot be had: %s" % p.stderr.strip()[:200]


def folder():
    if os.environ.get("PG_REGRESS"):
        return pathlib.Path(os.environ["PG_REGRESS"]), "PG_REGRESS is no folder"
    where, why = pathlib.Path(os.environ["PAWL_BUILD"]).resolve() / "pg-regress", ""
    try:
        if not next(where.glob("*/src/test/regress/sql"), None):
            why = fetch(where)
        return next(where.glob("*/src/test/regress/sql"), None), why
    except (OSError, subprocess.SubprocessError) as e:
        return None, "the source package cannot be had: %s" % e


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
    tap.check("plain statements get the parser's trees", [w for f in files for w in quick(dump, f)])
    tap.check("every statement that parses has a class and a fingerprint", [w for f in files for w in shaped(dump, f)])
    tap.check("what was judged by eye stands there", by_eye(files))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
