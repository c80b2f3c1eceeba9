#!/usr/bin/env python3
# The prover in S3, against an emulator that checks rights: every right planted is found, and none where there is none.
import json
import os
import re
import subprocess
import sys
import urllib.request

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab

why = lab.missing("moto")
if why:
    lab.skip_all(why)
if os.geteuid() != 0:
    lab.skip_all("becoming another user takes root")
if os.path.realpath(sys.executable) != os.path.realpath(lab.moto_python()):
    os.execv(lab.moto_python(), [lab.moto_python(), os.path.abspath(__file__)])
import boto3

TOOL = os.path.join(lab.BUILD, "tests", "lib", "vault_tool")
READ = ["s3:ListBucket", "s3:GetObject", "s3:GetBucketLocation"]
# A right too many, and the way that must be found; what else it opens may be found as well.
PLANTED = [("s3:DeleteObject", "s3-delete"), ("s3:PutObject", "s3-overwrite"), ("s3:PutLifecycleConfiguration", "s3-lifecycle"),
           ("s3:PutBucketPolicy", "s3-policy"), ("s3:PutBucketVersioning", "s3-versioning")]
BUCKET = "vault"


def auth(l, on):
    data = b"0" if on else b"1000000"
    urllib.request.urlopen(urllib.request.Request(l.url + "/moto-api/reset-auth", data, {"Content-Type": "text/plain"})).read()


def user(l, name, actions):
    auth(l, False)
    iam = boto3.client("iam", endpoint_url=l.url, region_name=lab.REGION, aws_access_key_id="testing", aws_secret_access_key="testing")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}))
    k = iam.create_access_key(UserName=name)["AccessKey"]
    auth(l, True)
    return {"AWS_ACCESS_KEY_ID": k["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": k["SecretAccessKey"]}


def prove(l, vault, agent, bucket=BUCKET, lock=86400):
    base = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "AWS_ENDPOINT_URL": l.url, "AWS_REGION": lab.REGION}
    p = subprocess.Popen(["setpriv", "--reuid", "61001", "--regid", "61001", "--clear-groups", "sleep", "300"], env=dict(base, **agent))
    try:
        while os.path.basename(os.readlink("/proc/%d/exe" % p.pid)) != "sleep":
            pass
        r = subprocess.run([TOOL, "s3:%s/pawl" % bucket, str(lock), "prove", str(p.pid)], env=l.env(**vault), stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=200)
    finally:
        p.kill()
        p.wait()
    return r, set(re.findall(r"^WORKED (\S+):", r.stdout, re.M))


def main():
    t = lab.Tap()
    with lab.Lab() as l:
        s3 = boto3.client("s3", endpoint_url=l.url, region_name=lab.REGION, aws_access_key_id="testing", aws_secret_access_key="testing")
        where = {"LocationConstraint": lab.REGION}
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=where, ObjectLockEnabledForBucket=True)
        s3.create_bucket(Bucket="loose", CreateBucketConfiguration=where)
        s3.put_bucket_versioning(Bucket="loose", VersioningConfiguration={"Status": "Enabled"})
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
