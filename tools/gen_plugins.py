#!/usr/bin/env python3
"""Make files into C. usage: gen_plugins.py FILE … > plugins.c; opencode.js becomes plugin_opencode_js."""
import pathlib
import re
import sys

print("/* Made from src/gate/hook/plugins; edit those. */")
print('#include "gate/hook/plugins.h"\n')
for name in sys.argv[1:]:
    path = pathlib.Path(name)
    print("const char plugin_%s[] =" % re.sub(r"\W", "_", path.name))
    lines = path.read_text(encoding="ascii").splitlines()
    print("\n".join('\t"%s\\n"' % line.replace("\\", "\\\\").replace('"', '\\"') for line in lines) + ";")
