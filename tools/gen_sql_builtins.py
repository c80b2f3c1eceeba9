#!/usr/bin/env python3
"""Make the sorted C table of SQL functions that only compute from the list people argue over.

One text and offsets into it: pointers would have to be relocated at each start of the program.

usage: gen_sql_builtins.py IN.tsv OUT.inc
"""
import re
import sys


def main():
    names = []
    for n, line in enumerate(open(sys.argv[1], encoding="ascii"), 1):
        line = line.rstrip("\n")
        if not line or line.startswith("#"):
            continue
        if not re.fullmatch(r"[a-z_][a-z0-9_]*", line):
            sys.exit("%s:%d: %r is no function's name" % (sys.argv[1], n, line))
        names.append(line)
    if len(set(names)) != len(names):
        sys.exit("%s: twice: %s" % (sys.argv[1], sorted({x for x in names if names.count(x) > 1})))
    names.sort()
    at, offsets = 0, []
    for name in names + [""]:
        offsets.append(at)
        at += len(name)
    if at > 65535:
        sys.exit("%s: more than 65,535 bytes of names: wider offsets are needed" % sys.argv[1])
    with open(sys.argv[2], "w", encoding="ascii") as out:
        out.write("static const char builtin_text[] = {\n")
        out.write("".join("\t%s,\n" % ", ".join("'%s'" % c for c in name) for name in names) + "};\n\n")
        out.write("static const uint16_t builtin_at[] = {\n")
        out.write("".join("\t%d,\n" % n for n in offsets) + "};\n")


main()
