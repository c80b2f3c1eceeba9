#!/usr/bin/env python3
# The prover in S3, against an emulator that checks rights: every right planted is found, and none where there is none.
import os
import sys

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab

why = lab.missing("moto")
if why:
    lab.skip_all(why)
if os.geteuid() != 0:
    lab.skip_all("becoming another user takes root")
if os.path.realpath(sys.executable) != os.path.realpath(lab.moto_python()):
    os.execv(lab.moto_python(), [lab.moto_python(), os.path.abspath(__file__)])
from prove_s3 import BUCKET, READ, bucket, prove, user

# A right too many, and the way that must be found; what else it opens may be found as well.
PLANTED = [("s3:DeleteObject", "s3-delete"), ("s3:PutObject", "s3-overwrite"), ("s3:PutLifecycleConfiguration", "s3-lifecycle"),
           ("s3:PutBucketPolicy", "s3-policy"), ("s3:PutBucketVersioning", "s3-versioning")]


def main():
    t = lab.Tap()
    with lab.Lab() as l:
        bucket(l, BUCKET)
        bucket(l, "loose", lock=False)
        vault = user(l, "vault", ["s3:*"])
        r, worked = prove(l, vault, user(l, "reader", READ))
        t.ok(r.returncode == 0 and not worked and "held s3-delete:" in r.stdout, "an agent that may read alone harms nothing", r.stdout)
        r, worked = prove(l, vault, {})
        t.ok(r.returncode == 0 and not worked and "impossible s3-delete:" in r.stdout, "one without credentials has nothing to try with", r.stdout)
        for i, (right, way) in enumerate(PLANTED if os.environ.get("PAWL_TEST_PROVE") == "whole" else PLANTED[:3]):
            r, worked = prove(l, vault, user(l, "agent%d" % i, READ + [right]))
            t.ok(r.returncode == 0 and way in worked, "found: " + right, r.stdout)
        r, worked = prove(l, vault, user(l, "other", READ))
        t.ok(r.returncode == 0 and not worked, "and the bucket is as it was: nothing is found afterwards", r.stdout)
        r, worked = prove(l, vault, user(l, "reader2", READ), "loose", 0)
        t.ok(r.returncode == 0 and worked == {"s3-owner"}, "found: no Object Lock", r.stdout)
        r, worked = prove(l, vault, user(l, "admin", ["s3:*"]))
        t.ok({"s3-delete", "s3-overwrite", "s3-create"} <= worked and "s3-delete-version" not in worked,
             "COMPLIANCE holds against one who may do all, and what hides is found", r.stdout)
    t.done()


main()
