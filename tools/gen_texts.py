#!/usr/bin/env python3
"""ASCII files as C: one row of the table `texts` each, {name without suffix, text}, in the order given.

usage: gen_texts.py OUTPUT FILE ...
"""
import pathlib
import sys


def array(name, data):
    """As numbers: a string literal may not be longer than 4,095 bytes."""
    rows = [", ".join("%d" % b for b in data[i:i + 24]) for i in range(0, len(data), 24)]
    return "static const char text_%s[] = {\n\t%s\n};\n" % (name, ",\n\t".join(rows))


def main():
    out, rows = ["/* Made by tools/gen_texts.py; edit the files it names. */\n"], []
    for name in sys.argv[2:]:
        path = pathlib.Path(name)
        out.append(array(path.stem, path.read_bytes()))
        rows.append('\t{ "%s", { text_%s, sizeof(text_%s) } },\n' % (path.stem, path.stem, path.stem))
    out.append("static const struct {\n\tconst char *name;\n\tstruct str text;\n} texts[] = {\n%s};\n" % "".join(rows))
    pathlib.Path(sys.argv[1]).write_text("".join(out), encoding="utf-8")


if __name__ == "__main__":
    main()
