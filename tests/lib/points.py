"""Signed statements of backups, as a vault's side writes them, and the backup.yaml that names whose word counts."""
import base64
import datetime
import json
import os
import subprocess
import time

SIGNED_AS = b"pawl backup manifest 1\n"
HOUR = 3600


def drill(taken=0, result="could not verify", at=0, reasons=""):
    return {"backup": "20261121T194500Z-5f3a9c01" if at else "", "result": result, "taken_us": us(taken), "at_us": us(at), "took_us": 5000000 if at else 0,
            "reasons": reasons}


def us(ago):
    """Microseconds of ${ago} seconds ago; 0 stays never."""
    return int((time.time() - ago) * 1000000) if ago else 0


class Points:
    def __init__(self, world, resources=("courses-prod-db",), **vault):
        self.world = world
        self.dir = world.dir + "/state/recovery/points"
        os.makedirs(self.dir, mode=0o700)
        self.pem = self.make_key("key.pem")
        self.serial = 0
        self.resources = list(resources)
        self.config(**vault)

    def make_key(self, name):
        path = os.path.join(self.world.dir, name)
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", path], check=True, capture_output=True)
        return path

    def public(self, pem):
        return subprocess.run(["openssl", "pkey", "-in", pem, "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout[-32:]

    def config(self, **more):
        text = {"version": 1, "key": base64.b64encode(self.public(self.pem)).decode(),
                "vaults": [dict({"name": "fleet", "s3": "s3://backups-elsewhere/shop"}, **more)],
                "targets": [{"name": "shop", "postgres": "dbname=shop", "vault": "fleet", "resources": self.resources}]}
        path = self.world.dir + "/config/pawl/backup.yaml"
        with open(path, "w") as f:
            json.dump(text, f)
        os.chmod(path, 0o600)

    def point(self, **over):
        """Backup 3 h old, restored 2 h ago, nobody could harm it 1 h ago; ages in seconds where ${over} says another."""
        good = drill(3 * HOUR, "verified", over.pop("checked", 2 * HOUR))
        self.serial += 1
        p = {"serial": self.serial, "target": "shop", "kind": "postgres", "resources": [{"text": r} for r in self.resources],
             "host": "db.host:5432/shop", "account": "111122223333", "vault": "fleet", "vault_account": "999900001111", "same_place": False,
             "backup": good["backup"], "taken_us": us(3 * HOUR),
             "tables": [{"name": "public.submissions", "rows": 1943200}, {"name": "public.users", "rows": 7}],
             "drill": good, "verified": good,
             "proof": {"at_us": us(HOUR), "tried": 15, "worked": 0, "impossible": 0, "same_uid": False, "worked_names": ""},
             "rpo_s": 0, "rto_s": 0, "said_us": us(1)}
        for k, v in over.items():
            p[k] = dict(p[k], **v) if isinstance(v, dict) else v
        return p

    def write(self, p=None, pem=None, name="shop", **over):
        p = p or self.point(**over)
        text = json.dumps({"format": "pawl-point-1", "point": p}, separators=(",", ":"), ensure_ascii=False).encode()
        self.put(name, text, self.sign(text, pem or self.pem))
        return p

    def sign(self, text, pem):
        path = os.path.join(self.world.dir, "signing")
        open(path, "wb").write(SIGNED_AS + text)
        sig = subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", pem, "-in", path], check=True, capture_output=True).stdout
        return self.public(pem) + sig

    def put(self, name, text, sig):
        open("%s/%s.json" % (self.dir, name), "wb").write(text)
        open("%s/%s.sig" % (self.dir, name), "wb").write(sig)

    def flip(self, name="shop.json", at=100):
        path = os.path.join(self.dir, name)
        b = bytearray(open(path, "rb").read())
        b[at] ^= 1
        open(path, "wb").write(bytes(b))

    def remove(self):
        for f in os.listdir(self.dir):
            os.unlink(os.path.join(self.dir, f))
