"""What the tests of the source tree share: the rooms, the files, and TAP."""
import os
import pathlib
import re

ROOT = pathlib.Path(os.environ.get("PAWL_SOURCE", pathlib.Path(__file__).resolve().parent.parent.parent))
BUILD = pathlib.Path(os.environ.get("PAWL_BUILD", ROOT / "build"))


def layers():
    """src/LAYERS as ({room: [rooms it may include]}, [pure rooms])."""
    rooms, pure = {}, []
    for line in (ROOT / "src" / "LAYERS").read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        room, _, rest = line.partition(":")
        if room == "pure":
            pure = rest.split()
        else:
            rooms[room] = rest.split()
    return rooms, pure


def room_of(path):
    """The room that a path below src/ lies in: a folder that LAYERS does not list belongs to the listed one above it."""
    rooms, _ = layers()
    folder = pathlib.PurePosixPath(path).parent
    return next((str(f) for f in (folder, *folder.parents) if str(f) in rooms), str(folder))


def c_files(*folders):
    """Every .c and .h below the folders, as paths relative to the source."""
    found = []
    for folder in folders:
        found += [p for p in (ROOT / folder).rglob("*") if p.suffix in (".c", ".h")]
    return sorted(p.relative_to(ROOT) for p in found)


def without_comments(text):
    """C without comments and with string contents blanked; line numbers are kept."""
    def blank(m):
        s = m.group(0)
        if s.startswith("/"):
            return re.sub(r"[^\n]", " ", s)
        return s[0] + re.sub(r"[^\n]", " ", s[1:-1]) + s[-1]
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)


class Tap:
    """Counts and prints; a test is `tap.check(name, problems)` with a list of what is wrong."""

    def __init__(self):
        self.n = 0
        self.failed = 0

    def check(self, name, problems=()):
        problems = list(problems)
        self.n += 1
        self.failed += bool(problems)
        print("%sok %d - %s" % ("not " if problems else "", self.n, name))
        for p in problems[:50]:
            print("# " + str(p))

    def skip(self, name, why):
        self.n += 1
        print("ok %d - %s # SKIP %s" % (self.n, name, why))

    def end(self):
        print("1..%d" % self.n)
        return 1 if self.failed else 0


INTERNAL = {"live-check", "command-use"}  # rows of the table that are for pawl itself: src/cli/groups.c


def commands():
    """Names in the table of commands, in order, less those for pawl itself."""
    text = without_comments_keep_strings((ROOT / "src" / "cli" / "commands.c").read_text())
    table = text[text.index("cli_commands[] = {"):]
    return [n for n in re.findall(r'^\t\{ "([a-z -]+)", ', table, re.M) if n not in INTERNAL]


def without_comments_keep_strings(text):
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S)
