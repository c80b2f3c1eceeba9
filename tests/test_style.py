#!/usr/bin/env python3
"""How the sources look: sizes, words that may not be used, names. The gate that needs no compiler.

clang-tidy in `make lint` measures functions exactly; this finds the same without it. 100 columns are the aim, 140 the wall. EXEMPT stays empty; fact tables
(arrays of rows) are exempt by their nature and named in TABLES.
"""
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import source  # noqa: E402

FOLDERS = ("src", "tests", "fuzz", "bench")
MAX_FUNCTION, MAX_C, MAX_H, MAX_COLUMNS, MAX_PARAMETERS = 80, 500, 150, 140, 5
EXEMPT = ()
TABLES = re.compile(r"^src/facts/|^src/cli/commands\.c$|^src/read/sql/sql_fields\.c$")
BANNED = ("strcpy strcat sprintf vsprintf strtok strtok_r atoi atol atoll atof ctime asctime gets system popen alloca "
          "mktemp tmpnam tempnam strncpy strncat scanf sscanf fscanf longjmp setjmp").split()
# Paths of somebody's machine, registries, and whoever typed it have no place in the tree.
FOREIGN = re.compile(r"(?<![\w.*}])/work/(?!\.\.)|/tmp/wt|/home/(?!dev/)[a-z]+/|/root/(?!\.)|registry\.npmjs|deb\.debian\.org|pypi\.org|\bpypi\b", re.I)
TEXT = re.compile(r"\.(c|h|py|sh|md|txt|yaml|build|[15])$|/(Makefile|README|LAYERS|run|deps|lint)$")
FOREIGN_EXEMPT = {"tests/test_style.py"}


def functions(text):
    """(name, first line, lines, parameters) of every function; the tree's style puts `{` and `}` in column 0."""
    lines = source.without_comments(text).splitlines()
    start = None
    for i, line in enumerate(lines):
        if line == "{":
            start = i
        elif line == "}" and start is not None:
            head = start - 1
            while head > 0 and lines[head][:1] in ("\t", " "):
                head -= 1
            declaration = " ".join(lines[head:start])
            m = re.search(r"(\w+)\s*\((.*)\)", declaration)
            if m:
                depth, words = 0, [""]
                for c in m.group(2):
                    depth += (c == "(") - (c == ")")
                    if c == "," and depth == 0:
                        words.append("")
                    else:
                        words[-1] += c
                parameters = sum(not re.search(r"struct (err|arena|buf|json_out) \*|\bret(_|\b)", w) for w in words)
                yield m.group(1), head + 1, i - head + 1, parameters
            start = None


def sizes():
    for path in source.c_files(*FOLDERS):
        text = (source.ROOT / path).read_text()
        n, most = text.count("\n"), MAX_H if path.suffix == ".h" else MAX_C
        if n > most and not TABLES.match(str(path)) and str(path) not in EXEMPT:
            yield "%s: %d lines, at most %d: do two ideas share it?" % (path, n, most)
        for name, line, length, parameters in functions(text):
            if length > MAX_FUNCTION and name not in EXEMPT:
                yield "%s:%d: %s has %d lines, at most %d" % (path, line, name, length, MAX_FUNCTION)
            if parameters > MAX_PARAMETERS and path.parts[0] == "src":
                yield "%s:%d: %s takes %d parameters, at most %d besides arena, err and outputs" % (path, line, name, parameters, MAX_PARAMETERS)


def columns():
    for path in source.c_files(*FOLDERS):
        if TABLES.match(str(path)):
            continue
        for n, line in enumerate((source.ROOT / path).read_text().splitlines(), 1):
            if len(line.expandtabs(8)) > MAX_COLUMNS + (20 if path.parts[0] == "tests" else 0):
                yield "%s:%d: %d columns" % (path, n, len(line.expandtabs(8)))
            if line.rstrip() != line:
                yield "%s:%d: blanks at the end" % (path, n)


def banned():
    word = re.compile(r"\b(%s)\s*\(" % "|".join(BANNED))
    for path in source.c_files(*FOLDERS):
        if str(path) == "src/base/base.h":
            continue
        for n, line in enumerate(source.without_comments((source.ROOT / path).read_text()).splitlines(), 1):
            m = word.search(line)
            if m:
                yield "%s:%d: %s is banned" % (path, n, m.group(1))


def structs():
    for path in source.c_files("src"):
        for n, line in enumerate(source.without_comments((source.ROOT / path).read_text()).splitlines(), 1):
            if re.match(r"\s*typedef\s+(struct|enum|union)\b", line):
                yield "%s:%d: structs, enums and unions are written out" % (path, n)


def defaults():
    """No `default:` where a switch goes over one of our enums: its cases are our constants."""
    for path in source.c_files("src"):
        text = source.without_comments((source.ROOT / path).read_text())
        for m in re.finditer(r"^(\t+)switch \(.*?^\1\}", text, re.S | re.M):
            body = m.group(0)
            if re.search(r"^%sdefault:" % m.group(1), body, re.M) and re.search(r"case [A-Z]{3,}_[A-Z]", body):
                over = body[: body.index("\n")]  # numbers off the wire are no enum
                if not re.search(r"number\)|[&%[]", over) and not re.search(r"case (SIG|E[A-Z]+:|YAML_|Z_|SQLITE_|CURL|S_I)", body):
                    yield "%s:%d: default in a switch over an enum of ours" % (path, text[: m.start()].count("\n") + 1)


def tracked():
    out = subprocess.run(["git", "-c", "safe.directory=*", "ls-files"], cwd=source.ROOT, capture_output=True, text=True)
    if out.returncode == 0 and out.stdout:
        return out.stdout.splitlines()
    return [str(p.relative_to(source.ROOT)) for p in source.ROOT.rglob("*") if p.is_file()]


def foreign():
    for name in tracked():
        path = source.ROOT / name
        if name in FOREIGN_EXEMPT or name.startswith("tests/fixtures/") or not TEXT.search("/" + name) or not path.is_file():
            continue
        for n, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            m = FOREIGN.search(line)
            if m:
                yield "%s:%d: names %s" % (name, n, m.group(0))


def main():
    tap = source.Tap()
    sample = "static int f(int a,\n\t     int b)\n{\n\tif (a) {\n\t}\n\treturn b; /* } */\n}\n"
    found = list(functions(sample))
    tap.check("the measure finds a function", [] if found == [("f", 1, 7, 2)] else [found])
    tap.check("files and functions are small", sizes())
    tap.check("lines are short and end clean", columns())
    tap.check("no banned function", banned())
    tap.check("structs are written out", structs())
    tap.check("no default over our enums", defaults())
    tap.check("no path of a machine, no registry", foreign())
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
