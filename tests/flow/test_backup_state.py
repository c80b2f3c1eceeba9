#!/usr/bin/env python3
# States of Terraform through the command line: out of S3 by the AWS CLI (an emulator), of a workspace, by `terraform state pull`; what is no
# state is no backup, and a state that came back otherwise fails its drill.
# timeout: 240
import json
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab

why = lab.missing("moto", "aws")
if why:
    lab.skip_all(why)
if os.path.realpath(sys.executable) != os.path.realpath(lab.moto_python()):
    os.execv(lab.moto_python(), [lab.moto_python(), os.path.abspath(__file__)])
import boto3

HOME = os.environ["HOME"]
WHOLE = os.environ.get("PAWL_TEST_WHOLE")
LINEAGE = "3f1e2a44-1111-2222-3333-444455556666"
t = lab.Tap()


def state(serial, objects, lineage=LINEAGE):
    resources = [{"mode": "managed", "type": "null_resource", "name": "n", "provider": 'provider["registry.terraform.io/hashicorp/null"]',
                  "instances": [{"schema_version": 0, "attributes": {"id": str(i)}, "index_key": i} for i in range(objects)]}]
    return json.dumps({"version": 4, "terraform_version": "1.11.4", "serial": serial, "lineage": lineage, "outputs": {}, "resources": resources})


with lab.Lab() as l:
    s3 = boto3.client("s3", endpoint_url=l.url, region_name=lab.REGION, aws_access_key_id="testing", aws_secret_access_key="testing")
    s3.create_bucket(Bucket="states", CreateBucketConfiguration={"LocationConstraint": lab.REGION})
    env = l.env(XDG_CONFIG_HOME=HOME + "/config")

    def put(key, text):
        s3.put_object(Bucket="states", Key=key, Body=text.encode())

    def pawl(*words):
        p = subprocess.run([lab.binary("pawl"), *words], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
        return p.returncode, p.stdout + p.stderr

    def restored(target, name):
        code, out = pawl("restore", target, "--out", HOME + "/" + name)
        return open(HOME + "/" + name).read() if code == 0 else out

    pawl("backup", "init", "--empty", "--vault", HOME + "/vault")
    yaml = HOME + "/config/pawl/backup.yaml"
    key = re.search(r"^key: (\S+)", open(yaml).read(), re.M).group(1)

    def configure(*targets):
        with open(yaml, "w") as f:
            json.dump({"version": 1, "key": key, "vaults": [{"name": "local", "directory": HOME + "/vault"}],
                       "targets": [dict(t, vault="local") for t in targets]}, f)

    prod = {"name": "prod", "state": {"backend": "s3:states/infra/prod.tfstate", "region": lab.REGION}, "resources": ["s3://states/infra/prod.tfstate"],
            "verify": [{"name": "objects", "sql": "resources", "expect": "3"}]}
    blue = {"name": "blue", "state": {"backend": "s3:states/infra/prod.tfstate", "region": lab.REGION, "workspace": "blue"}}
    configure(prod, blue)
    put("infra/prod.tfstate", state(17, 3))
    put("env:/blue/infra/prod.tfstate", state(4, 1, "99999999-1111-2222-3333-444455556666"))
    code, out = pawl("backup", "--drill")
    t.ok(code == 0 and out.count(": verified") == 2, "a state in S3, and one of a workspace: backed up and drilled", out)
    t.ok(restored("prod", "a") == state(17, 3) and json.loads(restored("blue", "b"))["serial"] == 4, "each is its own, byte for byte")
    if not WHOLE:
        t.note("more serials, what is no state, and `terraform state pull`: make soak")
    else:
        put("infra/prod.tfstate", state(18, 3))
        code, out = pawl("backup", "prod", "--drill")
        ids = [b["backup"] for b in json.loads(pawl("backup", "list", "prod", "--json")[1])["backups"] if b["whole"]]
        t.ok(code == 0 and len(ids) == 2 and json.loads(restored("prod", "c"))["serial"] == 18, "every serial has its backup", out)
        code, s = pawl("status", "--json")
        s = json.loads(s)["targets"]
        t.ok(code == 0 and [x["kind"] for x in s] == ["terraform-state"] * 2, "status knows what they are", s)
        put("infra/prod.tfstate", state(19, 2))
        code, out = pawl("backup", "prod", "--drill")
        t.ok(code == 3 and "objects" in out, "a state that lost an object: the owner's question is answered otherwise, and the drill fails", out)
        for name, text in ("an empty object", ""), ("half a state", state(20, 3)[:200]), ("a plan", '{"format_version": "1.2"}'):
            put("infra/prod.tfstate", text)
            code, out = pawl("backup", "prod")
            t.ok(code == 1 and "NO BACKUP" in out, name + " is no state: no backup", out)
        s3.delete_object(Bucket="states", Key="infra/prod.tfstate")
        code, out = pawl("backup", "prod")
        t.ok(code == 1 and "NO BACKUP" in out and "aws" in out, "neither is one that is gone, in the tool's own words", out)
        t.ok(restored("prod", "d") == state(19, 2), "what lies in the vault is as it was")
        put("infra/prod.tfstate", state(21, 3))
        code, out = pawl("backup", "prod", "--drill")
        t.ok(code == 0, "and the next one is good", out)

    if WHOLE and shutil.which("terraform"):
        os.mkdir(HOME + "/infra")
        with open(HOME + "/infra/main.tf", "w") as f:
            f.write('output "x" {\n  value = 1\n}\n')
        subprocess.run(["terraform", "-chdir=" + HOME + "/infra", "apply", "-auto-approve", "-no-color"], env=env, capture_output=True, check=True)
        configure({"name": "folder", "state": {"folder": HOME + "/infra"}})
        code, out = pawl("backup", "--drill")
        t.ok(code == 0 and json.loads(restored("folder", "e"))["outputs"]["x"]["value"] == 1, "by `terraform state pull`, in its folder", out)
    elif WHOLE:
        t.skip("by `terraform state pull`, in its folder", "terraform is not installed")
t.done()
