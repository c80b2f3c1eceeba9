#!/usr/bin/env python3
# timeout: 1200
"""After a real interrupted apply from a blank slate: the duplicates go, what is production's stays, the orphan is found.

Real terraform, provider and emulator. The stack is the one of the incident without its slow parts (database, load balancer,
service). The apply is stopped while RunInstances, and nothing else, is under way: the instance is made, and no state holds it.
"""
import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import gate
import lab

why = lab.missing("terraform", "provider", "moto")
if why:
    lab.skip_all(why)

KEPT = """aws_vpc aws_internet_gateway aws_subnet aws_route_table aws_security_group aws_db_subnet_group aws_ecs_cluster
aws_instance aws_s3_bucket aws_cloudwatch_log_group""".split()
# Every other address that can be made comes before one of these: with them complete, nothing but RunInstances is under way.
LEAVES = """aws_security_group.db aws_route_table.public aws_db_subnet_group.db aws_subnet.public[0] aws_subnet.public[1]
aws_ecs_cluster.main""".split()
ADOPTED = {"aws_db_subnet_group.db", "aws_ecs_cluster.main"}
ALIVE = r"""
import boto3, json
c = lambda s: boto3.client(s, region_name="eu-west-1")
ec2 = c("ec2")
ids = [x["VpcId"] for x in ec2.describe_vpcs()["Vpcs"]] + [x["SubnetId"] for x in ec2.describe_subnets()["Subnets"]]
ids += [x["GroupId"] for x in ec2.describe_security_groups()["SecurityGroups"]]
ids += [x["RouteTableId"] for x in ec2.describe_route_tables()["RouteTables"]]
ids += [x["InternetGatewayId"] for x in ec2.describe_internet_gateways()["InternetGateways"]]
ids += [i["InstanceId"] for r in ec2.describe_instances()["Reservations"] for i in r["Instances"] if i["State"]["Name"] == "running"]
ids += c("ecs").list_clusters()["clusterArns"]
ids += [g["DBSubnetGroupName"] for g in c("rds").describe_db_subnet_groups()["DBSubnetGroups"]]
ids += [b["Name"] for b in c("s3").list_buckets()["Buckets"]]
print(json.dumps(ids))
"""


def reduced(folder):
    """The incident's stack without what takes minutes in the emulator."""
    path = os.path.join(folder, "main.tf")
    text = open(path).read()
    text = re.sub(r'(?ms)^resource "(\w+)" "\w+" \{\n.*?^\}\n', lambda m: m.group(0) if m.group(1) in KEPT else "", text)
    text = re.sub(r'(?ms)^check "\w+" \{\n.*?^\}\n', "", text)
    text = re.sub(r'(?ms)^output "\w+" \{ .*? \}\n', "", text)
    text = re.sub(r'(?ms)^output "\w+" \{\n.*?^\}\n', "", text)
    with open(path, "w") as f:
        f.write(text)


def folder(l, name):
    d = l.folder(name, init=False)
    reduced(d)
    r = l.terraform("init", "-no-color", cwd=d)
    if r.returncode:
        raise RuntimeError(r.stdout)
    return d


def alive(l):
    return set(json.loads(l.run([lab.moto_python(), "-c", ALIVE], env=l.env(AWS_DEFAULT_REGION=lab.REGION)).stdout))


def ids(path):
    with open(path) as f:
        s = json.load(f)
    return {i["attributes"]["id"] for r in s["resources"] if r["mode"] == "managed" for i in r["instances"]}


def with_network(path):
    with open(path) as f:
        s = json.load(f)
    vpc = [r["instances"][0]["attributes"] for r in s["resources"] if r["type"] == "aws_vpc"][0]
    return {vpc[k] for k in ("default_security_group_id", "main_route_table_id", "default_route_table_id")}


def main():
    t = lab.Tap()
    answers = os.path.join(os.environ["TMPDIR"], "answers") # of RunInstances: none without it
    open(answers, "w").close()
    with gate.Gate(slow="RunInstances=" + answers) as l:
        old = folder(l, "old")
        r = l.terraform("apply", "-no-color", "-auto-approve", cwd=old)
        if not t.ok(r.returncode == 0, "production is there", r.stdout):
            t.done()
        production = os.path.join(old, "terraform.tfstate")
        new = folder(l, "new")
        l.terraform("plan", "-no-color", "-out", "blank.tfplan", cwd=new)
        os.unlink(answers)
        code, said = l.interrupted_apply("blank.tfplan", new, after_action="RunInstances", made=LEAVES)
        open(answers, "w").close()
        left = os.path.join(new, "terraform.tfstate")
        a, b = lab.state_objects(production), lab.state_objects(left)
        duplicates = {k for k in b if a.get(k) != b[k]}
        t.ok(code != 0 and len(duplicates) >= 8 and ADOPTED <= set(b) - duplicates,
             "the interrupted apply left duplicates, and took over two of production's", said)
        orphans = {i for i in alive(l) if i.startswith("i-")} - ids(production) - ids(left)
        t.eq(len(orphans), 1, "and an instance that no state holds", said)

        mark = l.mark()
        r = l.pawl("cleanup", "--json", "--list", "--production", production, "--duplicates", production, cwd=new)
        t.ok(r.returncode == 1 and "one and the same state" in r.stdout, "production's own state is not cleaned up", r.stdout)
        r = l.pawl("cleanup", "--json", "--list", "--production", production, cwd=new)
        out = json.loads(r.stdout)
        t.eq([len(out["duplicates"]), {x["address"] for x in out["adopted"]}], [0, ADOPTED],
             "without evidence nothing is a duplicate", r.stdout)
        r = l.pawl("cleanup", "--json", "--production", production, "--plan", "blank.tfplan", cwd=new)
        out = json.loads(r.stdout.splitlines()[-1])
        if not t.eq({x["address"] for x in out.get("duplicates", [])}, duplicates, "the duplicates are proven", r.stdout):
            t.done()
        t.eq({x["address"] for x in out["adopted"]}, ADOPTED, "the adopted ones are named")
        t.eq({x["id"] for x in out["orphans"]}, orphans, "the orphan is found", r.stdout)
        t.eq(out["unknown"], [], "nothing is unknown")
        plan = out["plan"]
        t.eq((r.returncode, plan["deletes"]), (3, len(duplicates)), "the plan deletes just them, and is held", r.stdout)
        t.ok(not l.destructive(mark), "so far every call only read", l.destructive(mark))
        t.eq(len(l.ledger("cleanup.planned")), 1, "the ledger has it")

        r = l.pawl("apply", file_of(plan), cwd=plan["folder"])
        held = gate.hold(r.stdout)
        if not t.ok(r.returncode == 3 and held and not l.destructive(mark), "without an approval nothing is deleted", r.stdout):
            t.done()
        r = l.approve(held, plan["card"]["typed_name"] or "yes")
        t.eq(r.returncode, 0, "a person approves", r.stdout)
        # In the cloud itself the orphan would keep its subnet from going; whoever looks at it removes it first.
        before = alive(l)
        r = l.pawl("apply", file_of(plan), cwd=plan["folder"])
        t.eq(r.returncode, 0, "the clean-up is applied", r.stdout)
        gone = before - alive(l)
        # A network takes its own default group and main route table along.
        t.eq(gone - with_network(left), {x["id"] for x in out["duplicates"]}, "the duplicates are gone and nothing else")
        t.ok(orphans <= alive(l), "the orphan is still there for a person to look at")
        # The emulator lets a second creation rewrite the subnet group's members, so production's plan may put them back.
        r = l.terraform("plan", "-no-color", cwd=old)
        t.ok(r.returncode == 0 and ("No changes" in r.stdout or "0 to add, 1 to change, 0 to destroy" in r.stdout),
             "nothing of production's is missing", r.stdout)
        r = l.pawl("log", "verify")
        t.eq(r.returncode, 0, "the ledger verifies", r.stdout)
    t.done()


def file_of(plan):
    return os.path.basename(plan["path"])


main()
