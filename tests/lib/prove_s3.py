"""The prover against a vault in S3 on moto, which checks rights: for tests that run as root.

moto has no right of its own for some calls: retention and legal hold are PutObject's, what it does not know of a bucket is CreateBucket's,
and it takes a shorter retention whatever the mode.
"""
import json
import os
import re
import subprocess
import urllib.request

import boto3
import lab

TOOL = os.path.join(lab.BUILD, "tests", "lib", "vault_tool")
READ = ["s3:ListBucket", "s3:GetObject", "s3:GetBucketLocation"]
BUCKET = "vault"


def admin(l, service="s3"):
    return boto3.client(service, endpoint_url=l.url, region_name=lab.REGION, aws_access_key_id="testing", aws_secret_access_key="testing")


def bucket(l, name, lock=True):
    auth(l, False)
    admin(l).create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": lab.REGION}, ObjectLockEnabledForBucket=lock)
    if not lock:
        admin(l).put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})


def auth(l, on):
    data = b"0" if on else b"1000000"
    urllib.request.urlopen(urllib.request.Request(l.url + "/moto-api/reset-auth", data, {"Content-Type": "text/plain"})).read()


def user(l, name, actions):
    auth(l, False)
    iam = admin(l, "iam")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}))
    k = iam.create_access_key(UserName=name)["AccessKey"]
    auth(l, True)
    return {"AWS_ACCESS_KEY_ID": k["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": k["SecretAccessKey"]}


def prove(l, vault, agent, bucket=BUCKET, lock=86400):
    base = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}  # where the vault is the prover knows
    mine = str(1000000 + os.getpid())  # what others of that name leave would count
    p = subprocess.Popen(["setpriv", "--reuid", mine, "--regid", mine, "--clear-groups", "sleep", "3600"], env=dict(base, **agent))
    try:
        while os.path.basename(os.readlink("/proc/%d/exe" % p.pid)) != "sleep":
            pass
        r = subprocess.run([TOOL, "s3:%s/pawl" % bucket, str(lock), "prove", str(p.pid)], env=l.env(**vault), stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)
    finally:
        p.kill()
        p.wait()
    return r, set(re.findall(r"^WORKED (\S+):", r.stdout, re.M))
