#!/usr/bin/env python3
# Backups straight into S3, and by way of a folder, when the line is cut in the middle, the program is killed, or the source breaks off: what
# can be read again is continued behind the last part that lies there, what cannot is ended, so that nobody pays for it. An emulator, a real
# TCP proxy before it that cuts, the real commands.
# timeout: 300
import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab

why = lab.missing("moto")
if why:
    lab.skip_all(why)
if os.path.realpath(sys.executable) != os.path.realpath(lab.moto_python()):
    os.execv(lab.moto_python(), [lab.moto_python(), os.path.abspath(__file__)])
import boto3

MIB = 1 << 20
NEVER = 1 << 60
GONE = b"<?xml version='1.0'?><Error><Code>NoSuchUpload</Code><Message>gone</Message></Error>"
SIZE = 20 * MIB  # two whole parts and a tail
HOME = os.environ["HOME"]
WHOLE = os.environ.get("PAWL_TEST_WHOLE")


class Line:
    """A TCP proxy. After ${limit} bytes towards the server: cut (all connections end, none is taken), or hang."""

    def __init__(self, port):
        self.to, self.limit, self.hang, self.sent, self.down = port, NEVER, False, 0, False
        self.reached = threading.Event()
        self.lose = None  # a word: of the request with it the answer gets lost, once
        self.lost, self.refused = set(), 0
        self.listen = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d" % self.listen.getsockname()[1]
        self.open = []
        threading.Thread(target=self.accept, daemon=True).start()

    def break_after(self, n, hang=False):
        self.sent, self.limit, self.hang = 0, n, hang
        self.reached.clear()

    def heal(self):
        self.limit, self.down = NEVER, False

    def accept(self):
        while True:
            a, _ = self.listen.accept()
            if self.down:
                a.close()
                continue
            b = socket.create_connection(("127.0.0.1", self.to))
            self.open = [s for s in self.open if s.fileno() >= 0] + [a, b]
            for x, y, counts in (a, b, True), (b, a, False):
                threading.Thread(target=self.pump, args=(x, y, counts), daemon=True).start()

    def pump(self, x, y, counts):
        try:
            while True:
                data = x.recv(65536)
                if not data:
                    break
                if counts:
                    self.sent += len(data)
                if counts and self.lose and self.lose in data:
                    if self.lost:  # as S3 answers whoever asks for it again
                        self.refused += 1
                        x.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(GONE), GONE))
                        break
                    self.lost.add(y)
                if not counts and x in self.lost:
                    break
                if self.sent > self.limit:
                    self.reached.set()
                    while self.hang and self.limit != NEVER:
                        time.sleep(0.02)
                    self.down = not self.hang
                    break
                y.sendall(data)
        except OSError:
            pass
        for s in (self.open if self.down else (x, y)):
            try:
                s.shutdown(socket.SHUT_RDWR)
                s.close()
            except OSError:
                pass


def noise(n):
    return b"".join(hashlib.sha256(b"%d" % i).digest() for i in range(n // 32))


t = lab.Tap()
with lab.Lab() as l:
    s3 = boto3.client("s3", endpoint_url=l.url, region_name=lab.REGION, aws_access_key_id="testing", aws_secret_access_key="testing")
    for bucket in "alone", "fleet":
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": lab.REGION}, ObjectLockEnabledForBucket=True)
    line = Line(int(l.url.rsplit(":", 1)[1]))
    env = l.env(AWS_ENDPOINT_URL=line.url, XDG_CONFIG_HOME=HOME + "/config")
    source = HOME + "/source"
    with open(source, "wb") as f:
        f.write(noise(SIZE))

    def start(*words):
        return subprocess.Popen([lab.binary("pawl"), *words], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                start_new_session=True)

    def pawl(*words):
        p = start(*words)
        out = p.communicate(timeout=600)[0]
        return p.returncode, out

    def killed(*words):
        """kill -9 of all of it, once so much was sent."""
        p = start(*words)
        there = line.reached.wait(300)
        os.killpg(p.pid, signal.SIGKILL)
        p.communicate()
        line.heal()
        return there

    def uploads(bucket):
        return s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])

    def listed(target):
        status, out = pawl("backup", "list", target, "--json")
        return json.loads(out)["backups"]

    def parts_sent(mark):
        """{key: [part numbers]} that reached the emulator whole."""
        sent = {}
        for c in l.calls(mark):
            m = re.search(r"partNumber=(\d+)", str(c["args"].get("query", "")))
            if c["action"].startswith("PUT") and m and c["status"] == 200:
                sent.setdefault(c["action"].split("/")[-2], []).append(int(m.group(1)))
        return sent

    status, out = pawl("backup", "init", "--empty", "--vault", HOME + "/vault")
    yaml = HOME + "/config/pawl/backup.yaml"
    key = re.search(r"^key: (\S+)", open(yaml).read(), re.M).group(1)
    targets = [{"name": n, "command": ["cat", source], "vault": v} for n, v in
               (("lost", "alone"), ("one", "alone"), ("two", "alone"), ("both", ["local", "fleet"]), ("pair", ["local", "fleet"]))]
    targets.append({"name": "broken", "command": ["sh", "-c", "cat %s; exit 7" % source], "vault": "alone"})
    with open(yaml, "w") as f:
        json.dump({"version": 1, "key": key, "targets": targets, "vaults": [
            {"name": "local", "directory": HOME + "/vault"}, {"name": "alone", "s3": "s3://alone/p", "region": lab.REGION, "lock": "1d"},
            {"name": "fleet", "s3": "s3://fleet/p", "region": lab.REGION, "lock": "1d"}]}, f)

    # S3 alone: what was read is gone with the run.
    if WHOLE:
        line.lose = b"CompleteMultipartUpload"
        status, out = pawl("backup", "lost", "--drill")
        t.ok(status == 0 and "verified" in out and len(line.lost) == 1 and not uploads("alone"), "the answer to the last order is lost: it was obeyed, and is seen", out)
        t.ok(line.refused == 1, "though given again it was refused", line.refused)
        line.lose = None
        line.break_after(12 * MIB)
        status, out = pawl("backup", "one")
        t.ok(status == 1 and "NO BACKUP" in out, "S3 alone, the line is cut in the middle: no backup", out)
        t.ok(len(uploads("alone")) == 1, "the upload lies there yet, for nobody could end it", uploads("alone"))
        line.heal()
        half = listed("one")
        t.ok(len(half) == 1 and not half[0]["whole"] and half[0]["bytes"] == 8 * MIB, "and is listed as not whole, with the part that was taken", half)
        status, out = pawl("backup", "one", "--drill")
        t.ok(status == 0 and "verified" in out and not uploads("alone"), "the next run ends it and is whole", (out, uploads("alone")))
        t.ok([b["whole"] for b in listed("one")] == [True], "one whole backup is all there is", listed("one"))

    line.break_after(12 * MIB, hang=True)
    t.ok(killed("backup", "two") and len(uploads("alone")) == 1, "S3 alone, kill -9 in the middle: an upload is left", uploads("alone"))
    status, out = pawl("backup", "two")
    t.ok(status == 0 and not uploads("alone") and [b["whole"] for b in listed("two")] == [True], "the next run ends it and is whole", out)

    status, out = pawl("backup", "broken")
    t.ok(status == 1 and "7" in out and not uploads("alone") and not listed("broken"), "a source that breaks off: the run itself ends its upload", out)

    # By way of a folder: continued.
    mark = l.mark()
    line.break_after(20 * MIB)  # in the third part
    status, out = pawl("backup", "both")
    t.ok(status == 0 and "not copied into every vault" in out and len(uploads("fleet")) == 1, "cut while it is copied: the folder has it, and that is said", out)
    line.heal()
    first = uploads("fleet")[0]["Key"].split("/")[-2]
    status, out = pawl("backup", "both")
    t.ok(status == 0 and "not copied" not in out and not uploads("fleet"), "the next run finishes it", out)
    t.ok(parts_sent(mark).get(first) == [1, 2, 3], "behind the last part that lay there: each part was sent once", parts_sent(mark))
    whole = [b for b in listed("both") if b["vault"] == "fleet"]
    t.ok(len(whole) == 2 and all(b["whole"] for b in whole), "both are in S3, whole", whole)
    got = s3.get_object(Bucket="fleet", Key="p/both/%s/data.zst" % first)["Body"].read()
    t.ok(got == open("%s/vault/both/%s/data.zst" % (HOME, first), "rb").read(), "byte for byte what lies in the folder", len(got))

    if WHOLE:
        mark = l.mark()
        line.break_after(12 * MIB, hang=True)
        t.ok(killed("backup", "pair") and len(uploads("fleet")) == 1, "kill -9 while it is copied", uploads("fleet"))
        first = uploads("fleet")[0]["Key"].split("/")[-2]
        status, out = pawl("backup", "pair")
        t.ok(status == 0 and not uploads("fleet") and parts_sent(mark).get(first) == [1, 2, 3], "continued, each part sent once", (out, parts_sent(mark)))
        got = s3.get_object(Bucket="fleet", Key="p/pair/%s/data.zst" % first)["Body"].read()
        t.ok(got == open("%s/vault/pair/%s/data.zst" % (HOME, first), "rb").read(), "byte for byte", len(got))

        # Somebody else's begun twice for one key: the older is continued, the other ended.
        ids = []
        for _ in range(2):
            ids.append(s3.create_multipart_upload(Bucket="alone", Key="p/twice/20260101T000000Z-aaaaaaaa/data.zst")["UploadId"])
            time.sleep(1.1)
        s3.create_multipart_upload(Bucket="alone", Key="p/twice/20260101T000000Z-aaaaaaaa/data.zst.age")
        r = subprocess.run([os.path.join(lab.BUILD, "tests", "lib", "vault_tool"), "s3:alone/p", "0", "part", "twice", "20260101T000000Z-aaaaaaaa", "data.zst", str(MIB)],
                           input=b"x" * 2 * MIB, env=env, capture_output=True)
        left = {u["UploadId"] for u in uploads("alone") if u["Key"].endswith("data.zst")}
        t.ok(r.returncode == 0 and left == {ids[0]} and len(uploads("alone")) == 2, "of two uploads of one key the older stays, and another key's is left alone",
             (r.stderr, uploads("alone")))
    else:
        t.note("the other ways to break it off: make soak")
t.done()
