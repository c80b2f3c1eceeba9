#!/usr/bin/env python3
"""Make the list between the marks in docs/threats.md into C. usage: gen_threats.py docs/threats.md > threats.c"""
import re
import sys

text = open(sys.argv[1], encoding="utf-8").read()
part = text.split("<!-- doctor: begin -->")[1].split("<!-- doctor: end -->")[0]
items = [re.sub(r"\s+", " ", i).strip() for i in re.split(r"^- ", part, flags=re.M)[1:]]
if not items:
    sys.exit("gen_threats.py: no list between the marks")


def c_text(s):
    s = re.sub(r"\*\*|`", "", s)
    return '"' + "".join(c if 32 <= ord(c) < 127 and c not in '"\\' else
                         "".join("\\%03o" % b for b in c.encode()) for c in s) + '"'


print("/* Made from docs/threats.md; edit that. */")
print('#include "cli/threats.h"\n\n#include <stddef.h>\n\nconst char *const threats_text[] = {')
for i in items:
    print("\t" + c_text(i) + ",")
print("\tNULL,\n};")
