#!/usr/bin/env python3
"""The digests of a manifest are what docs/backup.md says they are: its recipe is run as it stands there, with sha256sum alone."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import postgres  # noqa: E402
import recoveries  # noqa: E402
import source  # noqa: E402

PART = 4 << 20
COPY = re.compile(rb"^COPY (\S+) \(.*\) FROM stdin;\n")


def recipe():
    text = (source.ROOT / "docs" / "backup.md").read_text()
    return text[text.index("### Digests"):].split("```sh\n", 1)[1].split("```", 1)[0]


def digest(data):
    """By the words of the document."""
    with tempfile.NamedTemporaryFile() as f:
        f.write(data)
        f.flush()
        return subprocess.run(["bash", "-c", recipe() + 'pawl_digest "$1"', "-", f.name], check=True, stdout=subprocess.PIPE).stdout.decode().strip()


def of_dump(dump):
    """`plain` of a dump without dollar quotes, and the digest of each table: by name."""
    tables, text, rows = {}, [], None
    for line in dump.splitlines(keepends=True):
        if rows is not None and line == b"\\.\n":
            tables[name], rows = digest(b"".join(rows)), None
        if rows is not None:
            rows.append(line)
            continue
        text.append(line)
        if COPY.match(line):
            name, rows = COPY.match(line)[1].decode(), []
    lines = ["pawl-dump-1", digest(b"".join(text))] + list(tables.values()) + [str(len(dump))]
    said = subprocess.run(["sha256sum"], input="".join(x + "\n" for x in lines).encode(), check=True, stdout=subprocess.PIPE).stdout
    return said.split()[0].decode(), tables


def stored(t, v, target, id):
    m = v.manifest(target, id)
    data = (v.root / target / id / "data.zst").read_bytes()
    file = m["files"][0]
    t.eq(digest(data), file["digest"], "%s: what is stored" % target)
    t.eq([digest(data[at:at + PART]) for at in range(0, len(data), PART)], file["parts"], "%s: its %d parts" % (target, len(file["parts"])))
    return m


def a_stream(t, v):
    noise = os.urandom(PART + 70001)
    for name, data in (("nothing", b""), ("small", b"a"), ("noise", noise)):
        path = v.folder / name
        path.write_bytes(data)
        m = stored(t, v, name, v.backup(name, "command:cat %s" % path))
        t.eq(digest(data), m["plain"], "%s: the stream" % name)


def a_dump(t, v):
    with postgres.Server() as pg:
        pg.sql("CREATE TABLE a (id int, b text); INSERT INTO a SELECT i, repeat(md5(i::text), 9) FROM generate_series(1, 3000) i; "
               "CREATE TABLE b (id int); CREATE TABLE c (d bytea, e float8, f timestamptz); INSERT INTO c VALUES ('\\x00ff', 1 / 3.0, '2026-01-01 00:00+05')")
        id = v.backup("shop", "host=%s port=%d user=postgres dbname=postgres" % (pg.host, pg.port))
        m = stored(t, v, "shop", id)
        plain, tables = of_dump(v.forge("shop", id).plain())
        t.eq(plain, m["plain"], "a dump: the whole of it")
        t.eq(tables, {x["name"]: x["digest"] for x in m["tables"]}, "its tables, by the dump")
        env = dict(os.environ, PGTZ="UTC")
        for x in m["tables"]:
            out = subprocess.run([pg.bin / "psql", "-h", pg.host, "-p", str(pg.port), "-U", "postgres", "-Atc",
                                  "COPY %s %s TO STDOUT" % (x["name"], x["columns"])], env=env, check=True, stdout=subprocess.PIPE).stdout
            t.eq(digest(out), x["digest"], "%s, by the server" % x["name"])


class Tap:
    def __init__(self):
        self.n, self.bad = 0, 0

    def eq(self, got, want, name):
        self.n += 1
        self.bad += got != want
        print("%sok %d - %s" % ("" if got == want else "not ", self.n, name))
        if got != want:
            print("# %r, and should be %r" % (got, want))


def main():
    t = Tap()
    with tempfile.TemporaryDirectory(prefix="pawl-digests-") as folder:
        os.chmod(folder, 0o755)
        v = recoveries.Vault(pathlib.Path(folder) / "v")
        a_stream(t, v)
        if postgres.missing():
            t.n += 1
            print("ok %d - a dump # SKIP %s" % (t.n, postgres.missing()))
        else:
            a_dump(t, v)
    print("1..%d" % t.n)
    return 1 if t.bad else 0


if __name__ == "__main__":
    sys.exit(main())
