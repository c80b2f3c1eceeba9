#!/usr/bin/env python3
"""docs/cloud.md says what is asked, row by row, and its policy allows exactly that."""
import json
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab  # noqa: E402

page = open(os.path.join(lab.SOURCE, "docs", "cloud.md")).read()
source = open(os.path.join(lab.SOURCE, "src", "facts", "aws_lookups.c")).read()
rows = re.findall(r'\{ S\("(aws_\w+)"\), S\("(\w+)"\), S\("(\w+)"\), AWS_BY_\w+,', source)
# IAM's name for an operation is not always the operation's.
IAM = {"s3:ListBuckets": "s3:ListAllMyBuckets"}

t = lab.Tap()
shown = re.findall(r"^\| `(aws_\w+)` \| (\w+) (\w+) \|", page, re.M)
t.ok(len(rows) > 20, "the table of look-ups is found", rows)
t.eq(shown, rows, "every look-up stands on the page, and nothing else")
policy = json.loads(re.search(r"```json\n(.*?)```", page, re.S).group(1))
asked = sorted({IAM.get(s + ":" + o, s + ":" + o) for _, s, o in rows})
t.eq(policy["Statement"][0]["Action"], asked, "the policy allows what is asked and no more")
t.done()
