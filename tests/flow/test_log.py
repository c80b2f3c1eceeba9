#!/usr/bin/env python3
"""pawl log: what people and programs read, and what verify says of a ledger that was changed, cut or rewritten."""
import glob
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab

t = lab.Tap()
PAWL = lab.binary("pawl")
TOOL = os.path.join(lab.BUILD, "tests", "lib", "ledger_tool")
state = os.path.join(os.environ["HOME"], ".local", "state", "pawl")
ledger = os.path.join(state, "ledger")


def pawl(*args):
    return subprocess.run([PAWL] + list(args), stdin=subprocess.DEVNULL, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=300)


def add(n, size=0):
    subprocess.run([TOOL, ledger, "append", str(n), str(size)], check=True, stdout=subprocess.DEVNULL)


r = pawl("log", "verify")
t.ok(r.returncode == 1 and "ledger" in r.stdout, "no ledger is no intact ledger", r.stdout)
for words in (("log",), ("log", "--json"), ("log", "export")):
    r = pawl(*words)
    t.ok(r.returncode == 0 and not os.path.exists(state), "looking makes no ledger: pawl " + " ".join(words), r.stdout)
add(5)
pawl("freeze", "--reason", "\x1b[31mred \x07 herring\u009b")
r = pawl("log")
t.eq(len(r.stdout.splitlines()), 6, "a line an entry", r.stdout)
t.ok("\x1b" not in r.stdout and "\x07" not in r.stdout and "\u009b" not in r.stdout and "\\x1b" in r.stdout, "nothing in an entry can steer a terminal", repr(r.stdout))
t.eq(len(pawl("log", "--kind", "free*").stdout.splitlines()), 1, "--kind takes a pattern")
t.eq(len(pawl("log", "--since", "1h").stdout.splitlines()), 6, "--since takes a duration")
t.eq(pawl("log", "--since", "soon").returncode, 2, "and refuses anything else")
entries = json.loads(pawl("log", "--json").stdout)["entries"]
t.eq([e["seq"] for e in entries], [1, 2, 3, 4, 5, 6], "--json is one object")
lines = [json.loads(x) for x in pawl("log", "export").stdout.splitlines()]
t.eq(lines, entries, "the export has the same")
ocsf = [json.loads(x) for x in pawl("log", "export", "--format", "ocsf").stdout.splitlines()]
t.ok(len(ocsf) == 6 and all(e["class_uid"] == 6003 and e["type_uid"] == 600300 + e["activity_id"] for e in ocsf), "OCSF events", ocsf[:1])
p = subprocess.Popen([PAWL, "log", "--follow", "--json"], stdout=subprocess.PIPE, text=True)
for _ in range(6):
    p.stdout.readline()
add(1)
t.eq(json.loads(p.stdout.readline())["seq"], 7, "--follow goes on")
p.terminate()
p.wait()

cp = os.path.join(os.environ["HOME"], "cp.json")
r = pawl("log", "checkpoint", "--to", cp)
t.ok(r.returncode == 0 and json.load(open(cp))["entries"] == 7, "a checkpoint is signed", r.stdout)
t.eq(os.stat(os.path.join(state, "ledger-key")).st_mode & 0o777, 0o600, "its key is the owner's alone")
t.eq(pawl("log", "verify", "--checkpoint", cp).returncode, 0, "the ledger goes with it")
# Another program can check the signature: openssl.
c = json.load(open(cp))
text = "pawl checkpoint 1\nledger %s\nentries %d\nchain %s\ntime %s\n" % (c["ledger"], c["entries"], c["chain"], c["time"])
open("text", "w").write(text)
open("sig", "wb").write(bytes.fromhex(c["signature"]))
open("key.der", "wb").write(bytes.fromhex("302a300506032b6570032100" + c["public_key"]))
if shutil.which("openssl"):
    r = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "key.der", "-rawin", "-in", "text", "-sigfile", "sig"],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    t.ok(r.returncode == 0, "openssl verifies the checkpoint's signature", r.stdout)
else:
    t.skip("openssl verifies the checkpoint's signature", "openssl is not installed")
json.dump(dict(c, entries=6), open("forged.json", "w"))
r = pawl("log", "verify", "--checkpoint", "forged.json")
t.ok(r.returncode == 1 and "signature" in r.stdout, "a changed checkpoint is refused", r.stdout)

# From the page that describes the bytes alone: another program reads the chain.
import hashlib
import struct


def read(path):
    b = open(path, "rb").read()
    assert b[:8] == b"PAWLSEG1" and hashlib.sha256(b[:96]).digest() == b[96:128]
    chain, at, seqs = b[32:64], 128, []
    assert chain == hashlib.sha256(b"pawl ledger 1\n" + b[64:80]).digest()
    while any(b[at:at + 8]):
        assert b[at:at + 8] == b"\xffPAWLB1\xff"
        size, count, first = struct.unpack("<IIQ", b[at + 8:at + 24])
        assert b[at + 32:at + 64] == chain
        e = at + 96
        for i in range(count):
            n, kind, seq, when, body = struct.unpack("<IIQqI", b[e:e + 28])
            json.loads(b[e + 32 + kind:e + 32 + kind + body])
            chain = hashlib.sha256(chain + b[e:e + n - 32]).digest()
            assert b[e + n - 32:e + n] == chain and seq == first + i
            seqs.append(seq)
            e += n
        assert b[at + 64:at + 96] == chain and b[at + size:at + size + 16] == b"\xffPAWLOK\xff" + chain[:8]
        at += size + 16
    return seqs, chain.hex()


seqs, head = read(os.path.join(ledger, "00000001.seg"))
t.eq(seqs, list(range(1, 9)), "another program, written from docs/ledger.md, reads it")
t.eq(json.loads(pawl("log", "verify", "--json").stdout)["head"], head, "and comes to the same head")

# Changed.
saved = os.path.join(os.environ["HOME"], "saved")
shutil.copytree(ledger, saved)
seg = os.path.join(ledger, "00000001.seg")
b = bytearray(open(seg, "rb").read())
at = b.index(b"herring")
b[at] ^= 1
open(seg, "wb").write(b)
r = pawl("log", "verify", "--json")
v = json.loads(r.stdout.splitlines()[0])
t.ok(r.returncode == 1 and v["first_bad"] == 6 and not v["intact"], "a changed byte: the first bad entry is named", r.stdout)
r = pawl("log", "checkpoint")
t.ok(r.returncode == 1 and "damaged at entry 6" in r.stdout, "a damaged ledger gets no signature", r.stdout)
r = pawl("log")
t.ok(r.returncode == 1 and "damaged at entry 6" in r.stdout, "reading it says so too", r.stdout)
# Cut clean: only the checkpoint can tell.
shutil.rmtree(ledger)
shutil.copytree(saved, ledger)
b = bytearray(open(seg, "rb").read())
at = b.index(b"\xffPAWLB1\xff", b.index(b"herring"))
b[at:] = bytes(len(b) - at)
open(seg, "wb").write(b)
t.eq(pawl("log", "verify").returncode, 0, "cut clean at the end, a chain cannot tell")
r = pawl("log", "verify", "--checkpoint", cp)
t.ok(r.returncode == 1 and "cut short" in r.stdout, "the checkpoint can", r.stdout)
# Made anew by somebody.
shutil.rmtree(ledger)
add(9)
r = pawl("log", "verify", "--checkpoint", cp)
t.ok(r.returncode == 1 and "another ledger" in r.stdout, "another ledger in its place", r.stdout)
# A segment gone.
shutil.rmtree(ledger)
add(6, 500000)
os.unlink(sorted(glob.glob(os.path.join(ledger, "*.seg")))[1])
r = pawl("log", "verify")
t.ok(r.returncode == 1 and "missing" in r.stdout, "a missing segment", r.stdout)
t.done()
