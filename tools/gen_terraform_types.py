#!/usr/bin/env python3
"""Make the C rows of facts/terraform_types from the TSV people argue over.

usage: gen_terraform_types.py IN.tsv OUT.inc

Refuses a malformed table, naming file and line. Columns are explained in the table's own head.
"""
import re
import sys

COLUMNS = ("provider type holds_data protection_attribute safe_value hazards recoverable window recoverable_if "
           "is_backup source_attribute title_attribute contains protects automated_backups automated_kept_if "
           "note source").split()
HOLDS = {"yes": "HOLDS_DATA_YES", "no": "HOLDS_DATA_NO", "unknown": "HOLDS_DATA_UNKNOWN"}
RECOVERABLE = {"no": "REVERSIBLE_NO", "yes": "REVERSIBLE_YES", "window": "REVERSIBLE_WINDOW",
               "unknown": "REVERSIBLE_UNKNOWN"}
CONTAINS = {"": "TERRAFORM_REFERS", "inside": "TERRAFORM_INSIDE", "encrypted": "TERRAFORM_ENCRYPTED"}
PATH = r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*"


def c_str(s):
    out = "".join(c if 32 <= ord(c) < 127 and c not in '"\\?' else "".join("\\%03o" % b for b in c.encode())
                  for c in s)
    return '{ "%s", %d }' % (out, len(s.encode())) if s else "{ NULL, 0 }"


def check(row, refuse):
    for column, words in (("holds_data", HOLDS), ("recoverable", RECOVERABLE), ("contains", CONTAINS)):
        if row[column] not in words:
            refuse("%s is %r, expected one of %s" % (column, row[column], ", ".join(w or "(empty)" for w in words)))
    if row["is_backup"] not in ("", "yes"):
        refuse("is_backup is %r, expected yes or nothing" % row["is_backup"])
    if not re.fullmatch(r"[a-z][a-z0-9_]*", row["type"]):
        refuse("type is %r" % row["type"])
    if not row["type"].startswith(row["provider"] + "_"):
        refuse("type %r is not of provider %r" % (row["type"], row["provider"]))
    for column in ("protection_attribute", "source_attribute", "title_attribute", "automated_backups"):
        if row[column] and not re.fullmatch(PATH, row[column]):
            refuse("%s is %r" % (column, row[column]))
    if bool(row["protection_attribute"]) != bool(row["safe_value"]):
        refuse("protection_attribute and safe_value go together")
    if bool(row["window"]) != (row["recoverable"] in ("window", "unknown")) and row["recoverable"] != "unknown":
        refuse("window and recoverable=window go together")
    if row["protects"] and not re.fullmatch(r"protection\.[a-z-]+", row["protects"]):
        refuse("protects is %r" % row["protects"])
    for column in ("note", "source"):
        if not row[column].strip():
            refuse("%s is empty" % column)


def parse(path):
    rows, last, header = [], None, False
    with open(path, encoding="utf-8") as f:
        lines = f.read().split("\n")
    if lines and lines[-1] == "":
        lines.pop()
    for n, line in enumerate(lines, 1):
        def refuse(why):
            sys.exit("%s:%d: %s" % (path, n, why))
        if line.startswith("#"):
            continue
        cells = line.split("\t")
        if not header:
            if cells != COLUMNS:
                refuse("the first row must be: " + " ".join(COLUMNS))
            header = True
            continue
        if len(cells) != len(COLUMNS):
            refuse("%d columns, expected %d" % (len(cells), len(COLUMNS)))
        row = dict(zip(COLUMNS, cells))
        check(row, refuse)
        if last is not None and row["type"].encode() <= last.encode():
            refuse("%r is not after %r: rows are sorted, each type once" % (row["type"], last))
        last = row["type"]
        row["hazards"] = hazards(row["hazards"], refuse)
        row["if"] = condition(row["recoverable_if"], refuse)
        row["kept"] = condition(row["automated_kept_if"], refuse)
        if row["kept"][2]:
            refuse("automated_kept_if is attribute=value")
        rows.append(row)
    if not rows:
        sys.exit("%s: no rows" % path)
    return rows


def hazards(cell, refuse):
    found = []
    for part in filter(None, (p.strip() for p in cell.split(";"))):
        m = re.fullmatch("(%s)=(\\S+)" % PATH, part)
        if not m:
            refuse("hazard %r is not attribute=value" % part)
        found.append(m.groups())
    return found


def condition(cell, refuse):
    if not cell:
        return "", "", False
    m = re.fullmatch("(%s)(!?=)(\\S+)" % PATH, cell)
    if not m:
        refuse("condition %r is not attribute=value or attribute!=value" % cell)
    return m.group(1), m.group(3), m.group(2) == "!="


def emit(rows, out):
    for row in rows:
        if row["hazards"]:
            out.write("static const struct terraform_hazard hazards_%s[] = {\n" % row["type"])
            out.write("".join("\t{ %s, %s },\n" % (c_str(a), c_str(v)) for a, v in row["hazards"]))
            out.write("};\n")
    out.write("static const struct terraform_type terraform_type_rows[] = {\n")
    for row in rows:
        attribute, value, unequal = row["if"]
        fields = [(k, c_str(row[k])) for k in ("provider", "type", "protection_attribute", "safe_value", "window",
                                               "source_attribute", "title_attribute", "protects", "automated_backups",
                                               "note", "source")]
        fields += [("holds_data", HOLDS[row["holds_data"]]), ("recoverable", RECOVERABLE[row["recoverable"]]),
                   ("contains", CONTAINS[row["contains"]]), ("is_backup", "true" if row["is_backup"] else "false"),
                   ("recoverable_if", c_str(attribute)), ("recoverable_value", c_str(value)),
                   ("kept_if", c_str(row["kept"][0])), ("kept_value", c_str(row["kept"][1])),
                   ("recoverable_not_equal", "true" if unequal else "false")]
        if row["hazards"]:
            fields += [("hazards", "hazards_" + row["type"]), ("n_hazards", "%d" % len(row["hazards"]))]
        out.write("\t{ " + ", ".join(".%s = %s" % f for f in fields) + " },\n")
    out.write("};\n")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    rows = parse(sys.argv[1])
    with open(sys.argv[2], "w", encoding="ascii") as out:
        out.write("/* Made from terraform_types.tsv by tools/gen_terraform_types.py. Not to be edited. */\n")
        emit(rows, out)


if __name__ == "__main__":
    main()
