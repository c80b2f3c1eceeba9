#!/usr/bin/env python3
# A vault in S3 against an emulator: what goes in comes out, locked, in parts, continued; what is hidden is told and read all the same.
import datetime
import hashlib
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab

why = lab.missing("moto")
if why:
    lab.skip_all(why)
if os.path.realpath(sys.executable) != os.path.realpath(lab.moto_python()):
    os.execv(lab.moto_python(), [lab.moto_python(), os.path.abspath(__file__)])
import boto3
from botocore.exceptions import ClientError

TOOL = os.path.join(lab.BUILD, "tests", "lib", "vault_tool")
DAY = 86400
MIB = 1 << 20


class Vault:
    def __init__(self, l, bucket, lock=DAY, **env):
        self.l, self.place, self.lock, self.more = l, "s3:%s/pawl/prod" % bucket, lock, env

    def __call__(self, *words, data=b"", **env):
        r = subprocess.run([TOOL, self.place, str(self.lock)] + [str(w) for w in words], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           env=self.l.env(**dict(self.more, **env)), timeout=600)
        r.text, r.says = r.stdout.decode(errors="replace"), r.stderr.decode(errors="replace")
        return r

    def whole(self, target, id, data=b"data"):
        for name, bytes in ("data.zst", data), ("manifest.json", b"{}"), ("manifest.sig", b"sig"):
            r = self("put", target, id, name, data=bytes)
            if r.returncode:
                raise RuntimeError(r.says)


def noise(n):
    return b"".join(hashlib.sha256(b"%d" % i).digest() for i in range(n // 32))


def basics(t, s3, v):
    v.whole("shop", "20260101T000000Z-aa", b"first" * 1000)
    r = v("get", "shop", "20260101T000000Z-aa", "data.zst")
    t.ok(r.returncode == 0 and r.stdout == b"first" * 1000, "a small file comes back", r.says)
    r = v("get", "shop", "20260101T000000Z-aa", "data.zst", 4995)
    t.ok(r.stdout == b"first", "and from the middle", r.says)
    r = v("put", "shop", "20260101T000000Z-aa", "manifest.json", data=b"other")
    t.ok(r.returncode == 1 and "nothing in a vault is written over" in r.says, "nothing is written over", r.says)
    r = v("get", "shop", "20260101T000000Z-aa", "none")
    t.ok(r.returncode == 1 and "is not there" in r.says, "what is not there is said", r.says)
    key = "pawl/prod/shop/20260101T000000Z-aa/data.zst"
    o = s3.head_object(Bucket="vault", Key=key)
    left = (o["ObjectLockRetainUntilDate"] - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
    t.ok(o["ObjectLockMode"] == "COMPLIANCE" and DAY - 1800 < left <= DAY, "it was locked as it was put: COMPLIANCE, a day", o)


def parts(t, s3, v):
    data = noise(20 * MIB) + b"tail"
    r = v("part", "shop", "20260102T000000Z-bb", "data.zst", 17 * MIB, data=data)
    t.ok(r.returncode == 0 and "have 0" in r.says, "an upload breaks off after 17 MiB", r.says)
    t.ok(v("get", "shop", "20260102T000000Z-bb", "data.zst").returncode == 1, "what is not whole is not there")
    r = v("put", "shop", "20260102T000000Z-bb", "data.zst", data=data)
    t.ok(r.returncode == 0 and "have %d" % (16 * MIB) in r.says, "it is continued behind the last part that lies there", r.says)
    r = v("get", "shop", "20260102T000000Z-bb", "data.zst")
    t.ok(hashlib.sha256(r.stdout).digest() == hashlib.sha256(data).digest(), "and comes back byte for byte", r.says)
    r = v("get", "shop", "20260102T000000Z-bb", "data.zst", 9 * MIB + 5)
    t.ok(r.stdout == data[9 * MIB + 5:], "from the middle, too")
    r = v("lock", "shop", "20260102T000000Z-bb")
    o = s3.head_object(Bucket="vault", Key="pawl/prod/shop/20260102T000000Z-bb/data.zst")
    t.eq(o.get("ObjectLockMode"), "COMPLIANCE", "a file in parts is locked as well", r.says)


def memory(t, v):
    peak = []
    for mib in 12, 36:
        r = v("put", "big", "m%d" % mib, "data", data=b"x" * (mib * MIB), VAULT_TOOL_MEMORY="1")
        peak.append(int(re.search(r"memory (\d+) KiB", r.says).group(1)))
    limit = 64 * 1024 if not os.environ.get("ASAN_OPTIONS") else 10 ** 9
    t.ok(peak[1] < limit and peak[1] < peak[0] * 1.3, "memory does not grow with the file: %d, %d KiB" % tuple(peak), peak)


def entries(v, target=""):
    r = v("list", *([target] if target else []))
    if r.returncode:
        raise RuntimeError(r.says)
    return {l.split()[0]: l for l in r.text.splitlines()}


def hidden(t, s3, v):
    for i in "cc", "dd", "ee":
        v.whole("hid", "20260103T000000Z-" + i, b"the truth")
    e = entries(v, "hid")
    t.ok(len(e) == 3 and all(" whole" in l and " hidden" not in l for l in e.values()), "three whole ones are listed", e)
    until = int(re.search(r"locked=(\d+)", e["hid/20260103T000000Z-cc"]).group(1))
    t.ok(abs(until - time.time() - DAY) < 1800, "with until when they are locked", e)
    key = "pawl/prod/hid/20260103T000000Z-%s/%s"
    for f in "data.zst", "manifest.json", "manifest.sig":
        s3.delete_object(Bucket="vault", Key=key % ("cc", f))
    s3.put_object(Bucket="vault", Key=key % ("dd", "data.zst"), Body=b"a lie")
    e = entries(v, "hid")
    t.ok(" whole hidden" in e["hid/20260103T000000Z-cc"], "one behind delete markers is told, not gone", e)
    t.ok(" whole hidden" in e["hid/20260103T000000Z-dd"], "so is one with something put over it", e)
    t.ok(" hidden" not in e["hid/20260103T000000Z-ee"], "one left alone is not", e)
    for i in "cc", "dd":
        t.eq(v("get", "hid", "20260103T000000Z-" + i, "data.zst").stdout, b"the truth", "and read: the first version of " + i)
    r = v("keep", "hid", 1, 0, 0, "20260103T000000Z-ee")
    t.has(r.text, re.compile("cc behind a delete marker\n"), "retention leaves what is hidden alone")


def locks(t, s3, v, loose):
    v.whole("lk", "20260104T000000Z-ff")
    r = v("remove", "lk", "20260104T000000Z-ff")
    t.ok(r.returncode == 1 and "locked yet" in r.says and len(entries(v, "lk")) == 1, "a lock holds against retention itself", r.says)
    r = v("lock", "lk", "20260104T000000Z-ff")
    t.eq(r.returncode, 0, "a lock is made longer", r.says)
    loose.whole("lo", "20260105T000000Z-gg")
    t.ok("locked=0" in entries(loose, "lo")["lo/20260105T000000Z-gg"], "without lock_s nothing is locked")
    r = loose("remove", "lo", "20260105T000000Z-gg")
    t.ok(r.returncode == 0 and not entries(loose, "lo"), "and is removed, all versions of it", r.says)
    gone = s3.list_object_versions(Bucket="vault", Prefix="pawl/prod/lo/")
    t.ok(not gone.get("Versions") and not gone.get("DeleteMarkers"), "nothing of it is left", gone)
    r = Vault(v.l, "plain")("put", "x", "20260101T000000Z-aa", "data.zst", data=b"x")
    t.ok(r.returncode == 1, "a bucket without Object Lock takes nothing that shall be locked: %s" % r.says.strip(), r.says)


def many(t, s3, loose):
    for i in range(1, 8):
        loose.whole("many", "202602%02dT000000Z-aa" % i)
    r = loose("keep", "many", 2, 0, 0, "20260203T000000Z-aa")
    t.eq(sorted(entries(loose, "many")), ["many/20260203T000000Z-aa", "many/20260206T000000Z-aa", "many/20260207T000000Z-aa"],
         "two days and the verified one stay", r.text + r.says)


def unreachable(t, v):
    r = v("list", AWS_ENDPOINT_URL="http://127.0.0.1:1")
    t.ok(r.returncode == 1 and "s3 vault" in r.says, "a vault that cannot be reached is said", r.says)
    r = v("list", AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None, HOME="/nonexistent", PATH="/nonexistent")
    t.ok(r.returncode == 1 and "no AWS credentials" in r.says, "so is a missing key", r.says)
    r = Vault(v.l, "none")("list")
    t.ok(r.returncode == 1 and "NoSuchBucket" in r.says, "so is a missing bucket", r.says)


def main():
    t = lab.Tap()
    with lab.Lab() as l:
        s3 = boto3.client("s3", endpoint_url=l.url, region_name=lab.REGION, aws_access_key_id="testing", aws_secret_access_key="testing")
        where = {"LocationConstraint": lab.REGION}
        s3.create_bucket(Bucket="vault", CreateBucketConfiguration=where, ObjectLockEnabledForBucket=True)
        s3.create_bucket(Bucket="plain", CreateBucketConfiguration=where)
        v, loose = Vault(l, "vault"), Vault(l, "vault", 0)
        basics(t, s3, v)
        parts(t, s3, v)
        memory(t, loose)
        hidden(t, s3, v)
        locks(t, s3, v, loose)
        many(t, s3, loose)
        unreachable(t, v)
    t.done()


main()
