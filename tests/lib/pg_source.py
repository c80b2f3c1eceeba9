"""PostgreSQL's source, for its regression suite: from $PG_REGRESS (a folder src/test/regress/sql), else from Debian's source package.

It is fetched with apt's own client, from the sources this machine has configured for binaries, into folders of the test's own: lists, caches
and configuration of the system are only read. What was fetched stays in the build folder for the next run.
"""
import getpass
import os
import pathlib
import re
import subprocess


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
    """Debian's source package postgresql-15, its regression suite unpacked below ${where}."""
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
            subprocess.run(["tar", "xf", str(archive), "--wildcards", "*/src/test/regress/*"], cwd=where, check=True, timeout=200)
            archive.unlink()
            return ""
    return "the source package cannot be had: %s" % p.stderr.strip()[:200]


def regress():
    """(src/test/regress, why not)"""
    if os.environ.get("PG_REGRESS"):
        return pathlib.Path(os.environ["PG_REGRESS"]).parent, "PG_REGRESS is no folder"
    where, why = pathlib.Path(os.environ["PAWL_BUILD"]).resolve() / "pg-regress", ""
    try:
        if not next(where.glob("*/src/test/regress/regress.c"), None):
            why = fetch(where)
        return next((p.parent for p in where.glob("*/src/test/regress/regress.c")), None), why
    except (OSError, subprocess.SubprocessError) as e:
        return None, "the source package cannot be had: %s" % e
