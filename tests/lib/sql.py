"""Talks to tests/cases/sql_dump."""
import os
import pathlib
import subprocess


class Dump:
    def __init__(self):
        exe = pathlib.Path(os.environ["PAWL_BUILD"]) / "tests" / "cases" / "sql_dump"
        self.p = subprocess.Popen([str(exe)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def seconds(self):
        """Of processor time that it has used."""
        with open("/proc/%d/stat" % self.p.pid) as f:
            user, system = f.read().rsplit(")", 1)[1].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def ask(self, text, dialect="postgres", client=False):
        """(changes as (finding, kind, type, name, reason), statements, hints as (word, value), reads only?)"""
        data = text if isinstance(text, bytes) else text.encode()
        self.p.stdin.write(b"%s %d %d\n" % (dialect.encode(), client, len(data)) + data)
        self.p.stdin.flush()
        changes, statements, hints, reads = [], [], [], None
        while True:
            line = self.p.stdout.readline()
            if not line:
                raise RuntimeError("sql_dump died (%s) on %r" % (self.p.wait(), text[:300]))
            word = line.decode("utf-8", "replace").rstrip("\n").split("\t")
            if word == ["."]:
                return changes, statements, hints, reads
            if word[0] == "quick":
                reads = word[1]
            elif word[0] == "statement" and len(word) == 3:
                statements.append((word[1], word[2] == "1"))
            elif word[0] == "shape":
                statements.append((word[1], int(word[2]), int(word[3])))
            elif word[0] in ("shell", "file", "connect"):
                hints.append((word[0], word[1]))
            elif word in (["reads"], ["acts"]):
                reads = word == ["reads"]
            elif len(word) >= 5:
                changes.append(tuple(word[:5]))
