#!/usr/bin/env python3
"""Make the C rows of facts/commands from the TSV people argue over.

usage: gen_commands.py OUT.inc IN.tsv …

Refuses a malformed table, naming file and line. Lines and columns are explained in the table's own head.
"""
import sys

COLUMNS = "words flags effect name place back bypass what safer yes no".split()
PLACES = ("remote local scratch docker database prisma node rails laravel django symfony mix host kube aws").split()
BACK = {"no": "REVERSIBLE_NO", "yes": "REVERSIBLE_YES", "window": "REVERSIBLE_WINDOW", "unknown": "REVERSIBLE_UNKNOWN"}
# word in the table: kind, finding, type, holds data
EFFECTS = {
    "pass": ("READ", "", "", "NO"),
    "database": ("DELETE", "data.database", "database", "YES"),
    "rows": ("DELETE", "data.database", "rows", "YES"),
    "volume": ("DELETE", "data.volume", "volume", "YES"),
    "bucket": ("DELETE", "data.bucket", "bucket", "YES"),
    "disk": ("DELETE", "data.disk", "disk", "YES"),
    "queue": ("DELETE", "data.queue", "queue", "YES"),
    "backup": ("DESTROY_BACKUP", "data.backup", "backup", "YES"),
    "resource": ("DELETE", "cloud.resource", "resource", "UNKNOWN"),
    "project": ("DELETE", "cloud.resource", "project", "YES"),
    "service": ("DELETE", "cloud.resource", "service", "NO"),
    "deploy": ("REPLACE", "cloud.resource", "deployment", "UNKNOWN"),
    "protection": ("WEAKEN_PROTECTION", "cloud.protection", "protection", "UNKNOWN"),
    "access": ("PERMISSIONS", "cloud.access", "permissions", "NO"),
    "secret": ("DELETE", "credential.delete", "secret", "YES"),
    "expose": ("EXPOSE_SECRET", "credential.read", "secret", "YES"),
    "history": ("REWRITE_HISTORY", "git.remote-history", "history", "YES"),
    "package": ("DELETE", "package.published", "package", "NO"),
    "files": ("DELETE", "file.outside", "files", "YES"),
    "root": ("DELETE", "file.root", "files", "YES"),
    "state": ("STATE_IDENTITY", "state.command", "state", "UNKNOWN"),
    "guard-process": ("WEAKEN_PROTECTION", "guard.process", "guard", "NO"),
    "guard-hooks": ("WEAKEN_PROTECTION", "guard.hooks", "guard", "NO"),
    "guard-files": ("WEAKEN_PROTECTION", "guard.files", "guard", "NO"),
    "opaque": ("OPAQUE", "command.opaque", "command", "UNKNOWN"),
}


class Text:
    """One text for all; each string is there once, behind its length."""

    def __init__(self):
        self.bytes, self.at = bytearray(), {}

    def add(self, s):
        if s not in self.at:
            data = s.encode()
            self.at[s] = len(self.bytes)
            self.bytes += len(data).to_bytes(2, "little") + data
        return self.at[s]


def split_back(value, refuse):
    word, _, window = value.partition(": ")
    if word not in BACK or bool(window) != (word == "window"):
        refuse("back is %r, expected no, yes, unknown or `window: HOW`" % value)
    return word, window


def check(row, refuse):
    if row["effect"] not in EFFECTS:
        refuse("effect is %r" % row["effect"])
    if row["place"] not in PLACES:
        refuse("place is %r" % row["place"])
    if row["effect"] != "pass":
        for column in ("what", "safer", "yes"):
            if not row[column].strip():
                refuse("%s is empty" % column)
    if row["name"] and not (row["name"] in ("1", "2", "3", "4", "*", "last") or row["name"][0] in "-="):
        refuse("name is %r" % row["name"])


def parse(path, seen):
    groups = []
    with open(path, encoding="utf-8") as f:
        for n, line in enumerate(f, 1):
            def refuse(why, n=n):
                raise SystemExit("%s:%d: %s" % (path, n, why))
            line = line.rstrip("\n")
            if not line.strip() or line.startswith("#"):
                continue
            cells = line.split("\t")
            if cells[0].startswith("@ "):
                cells += [""] * (4 - len(cells))
                if len(cells) != 4 or cells[2] not in ("", "single-dash"):
                    refuse("a group is @ NAMES, value flags, single-dash or nothing, dry flags")
                names = cells[0][2:].split("|")
                for name in names:
                    if name in seen:
                        refuse("%r has a group at line %d" % (name, seen[name]))
                    seen[name] = n
                groups.append({"names": names, "values": cells[1], "single": bool(cells[2]), "dry": cells[3], "rows": []})
                continue
            cells += [""] * (len(COLUMNS) - len(cells))
            if len(cells) != len(COLUMNS):
                refuse("%d columns, expected %d" % (len(cells), len(COLUMNS)))
            if not groups:
                refuse("a row before the first group")
            row = dict(zip(COLUMNS, cells))
            row["place"] = row["place"] or "remote"
            row["back"] = row["back"] or "no"
            row["takes"] = ""
            if " ++ " in row["what"]:
                row["what"], row["takes"] = row["what"].split(" ++ ", 1)
            check(row, refuse)
            row["back"], row["window"] = split_back(row["back"], refuse)
            groups[-1]["rows"].append(row)
    return groups


def c_str(s):
    return '{ "%s", %d }' % (s, len(s)) if s else "{ NULL, 0 }"


def emit(groups):
    text, rows, heads, programs = Text(), [], [], []
    effects = list(EFFECTS)
    text.add("")
    for g, group in enumerate(groups):
        heads.append("\t{ %d, %d, %d, %d, %s },\n" % (text.add(group["values"]), text.add(group["dry"]), len(rows),
                                                     len(group["rows"]), "true" if group["single"] else "false"))
        programs += [(name.encode(), text.add(name), g) for name in group["names"]]
        for row in group["rows"]:
            offsets = [text.add(row[c]) for c in "words flags bypass name window takes what safer yes no".split()]
            rows.append("\t{ %s, %d, %d, %s },\n" % (", ".join(map(str, offsets)), effects.index(row["effect"]),
                                                     PLACES.index(row["place"]), BACK[row["back"]]))
    data = text.bytes
    lines = ["\t" + ", ".join("%d" % (b if b < 128 else b - 256) for b in data[i:i + 32]) + ",\n" for i in range(0, len(data), 32)]
    out = ["/* Made by tools/gen_commands.py from commands.tsv; edit that. */\n",
           "static const char command_text[] = {\n", *lines, "};\n",
           "static const struct row command_rows[] = {\n", *rows, "};\n",
           "static const struct group_row command_groups[] = {\n", *heads, "};\n",
           "static const struct program_row command_programs[] = {\n",
           *["\t{ %d, %d },\n" % (at, g) for _, at, g in sorted(programs)], "};\n",
           "static const struct command_effect command_effects[] = {\n"]
    for name, (kind, finding, kind_of, data_in) in EFFECTS.items():
        out.append("\t{ %s, CHANGE_%s, %s, %s, HOLDS_DATA_%s },\n" % (c_str(name), kind, c_str(finding), c_str(kind_of), data_in))
    return "".join(out + ["};\n"])


def main():
    groups, seen = [], {}
    for path in sys.argv[2:]:
        groups += parse(path, seen)
    with open(sys.argv[1], "w", encoding="utf-8") as f:
        f.write(emit(groups))


if __name__ == "__main__":
    main()
