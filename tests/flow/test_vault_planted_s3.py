#!/usr/bin/env python3
# timeout: 500
"""Weaknesses of a vault in S3, planted by somebody other than the prover's author: each is found by name, and what is none is not."""
import json
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
from prove_s3 import READ, admin, bucket, prove, user

RULE = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}}
DAY = {"NoncurrentDays": 1}


def rules(*of):
    return lambda l, name: admin(l).put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [dict(RULE, **r) for r in of]})


def governance(l, name):
    admin(l).put_object_lock_configuration(Bucket=name, ObjectLockConfiguration={
        "ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}})


def nothing(l, name):
    pass


# what is planted: (of the bucket, has it Object Lock, the vault's lock, the agent's rights, ways that must be found; none: nothing may be)
PLANTS = {
    "whoever may put may shorten a retention, or lay holds": (nothing, True, 86400, ["s3:PutObject"],
                                                               {"s3-shorten", "s3-governance", "s3-hold", "s3-overwrite", "s3-manifest", "s3-create"}),
    "a lifecycle rule that expires what lies there": (rules({"Expiration": {"Days": 30}}), True, 86400, [], {"s3-expiry"}),
    "sound: rules for others, for uploads, and one out of force": (rules(
        {"Expiration": {"Days": 1}, "Filter": {"Prefix": "logs/"}}, {"ID": "s", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}},
        {"ID": "t", "Expiration": {"Days": 1}, "Status": "Disabled"}), True, 86400, [], set()),
    "a lifecycle rule for old versions": (rules({"NoncurrentVersionExpiration": DAY, "Filter": {"Prefix": "pawl/"}}), True, 86400, [], {"s3-expiry"}),
    "GOVERNANCE, and an agent that may delete": (governance, True, 0, ["s3:DeleteObjectVersion"], {"s3-bypass", "s3-owner"}),
    "GOVERNANCE alone": (governance, True, 0, [], {"s3-owner"}),
    "no Object Lock, and an agent that may delete": (nothing, False, 0, ["s3:DeleteObject*"], {"s3-delete-version", "s3-delete", "s3-owner"}),
    "no Object Lock, and an agent that may delete the bucket": (nothing, False, 0, ["s3:DeleteBucket"], {"s3-delete-bucket", "s3-owner"}),
    "sound: an agent that may delete the bucket, where all is locked": (nothing, True, 86400, ["s3:DeleteBucket"], set()),
    "the bucket's access list": (nothing, True, 86400, ["s3:PutBucketAcl"], {"s3-acl"}),
    "an object's access list": (nothing, True, 86400, ["s3:PutObjectAcl"], {"s3-object-acl"}),
    "tags": (nothing, True, 86400, ["s3:PutObjectTagging"], {"s3-tags"}),
    "uploads of others": (nothing, True, 86400, ["s3:AbortMultipartUpload"], {"s3-abort"}),
    "the policy taken away": (nothing, True, 86400, ["s3:DeleteBucketPolicy"], {"s3-policy-gone"}),
    "what this emulator files under one right": (nothing, True, 86400, ["s3:CreateBucket"],
                                                 {"s3-encryption", "s3-object-lock", "s3-ownership", "s3-replication", "s3-public"}),
    "the vault's own rights": (nothing, True, 86400, ["s3:*"], {"s3-delete", "s3-overwrite", "s3-lifecycle", "s3-versioning", "s3-policy", "s3-replication"}),
}
EVERY_DAY = 2


def main():
    t = lab.Tap()
    whole = os.environ.get("PAWL_TEST_PROVE") == "whole"
    with lab.Lab() as l:
        vault = user(l, "vault", ["s3:*"])
        for i, (name, (plant, locked, lock, rights, ways)) in enumerate(list(PLANTS.items())[:None if whole else EVERY_DAY]):
            place = "vault%d" % i
            bucket(l, place, locked)
            plant(l, place)
            r, worked = prove(l, vault, user(l, "agent%d" % i, READ + rights), place, lock)
            t.ok(r.returncode == 0 and (ways <= worked if ways else not worked), name, r.stdout)
        bucket(l, "open", True)
        admin(l).put_bucket_policy(Bucket="open", Policy=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::open/*"}]}))
        r, worked = prove(l, vault, {}, "open")
        t.ok(r.returncode == 0 and {"s3-delete", "s3-overwrite", "s3-create"} <= worked and "without any credentials" in r.stdout,
             "a bucket that is open to everybody, and an agent without credentials", r.stdout)
    t.done()


main()
