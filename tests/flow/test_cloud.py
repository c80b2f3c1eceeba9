#!/usr/bin/env python3
# Questions to the cloud against an emulator: what is alive, what is not, what is unknown, and that they only read.
import json
import os
import sys

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab

why = lab.missing("moto")
if why:
    lab.skip_all(why)

# Made with the SDK that moto itself needs, in one process.
MAKE = r"""
import boto3
c = lambda s: boto3.client(s, region_name="eu-west-1")
c("ecs").create_cluster(clusterName="courses-prod")
c("s3").create_bucket(Bucket="courses-prod-files", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
c("route53").create_hosted_zone(Name="courses.example", CallerReference="x")
c("iam").create_role(RoleName="courses-prod-task", AssumeRolePolicyDocument="{}")
c("logs").create_log_group(logGroupName="/ecs/courses-prod")
ec2 = c("ec2")
tag = lambda kind, name: [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}]}]
vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16", TagSpecifications=tag("vpc", "courses-prod-vpc"))["Vpc"]["VpcId"]
subnet = [ec2.create_subnet(VpcId=vpc, CidrBlock="10.20.%d.0/24" % i, AvailabilityZone="eu-west-1" + z)["Subnet"]["SubnetId"]
          for i, z in enumerate("ab")]
ec2.create_security_group(GroupName="courses-prod-alb", Description="x", VpcId=vpc)
run = lambda name: ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1, TagSpecifications=tag("instance", name))["Instances"][0]["InstanceId"]
run("bastion"), run("bastion")
ec2.terminate_instances(InstanceIds=[run("gone")])
c("rds").create_db_instance(DBInstanceIdentifier="courses-prod-db", DBInstanceClass="db.t3.micro", Engine="postgres",
                            MasterUsername="courses", MasterUserPassword="not-a-password", AllocatedStorage=20)
c("elbv2").create_load_balancer(Name="courses-prod", Subnets=subnet)
c("sns").create_topic(Name="orders")
c("sqs").create_queue(QueueName="orders")
c("dynamodb").create_table(TableName="orders", AttributeDefinitions=[{"AttributeName": "a", "AttributeType": "S"}],
                           KeySchema=[{"AttributeName": "a", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST")
c("ecr").create_repository(repositoryName="courses/web")
c("secretsmanager").create_secret(Name="courses/db", SecretString="x")
c("efs").create_file_system(CreationToken="courses-files")
c("eks").create_cluster(name="courses", roleArn="arn:aws:iam::123456789012:role/courses-prod-task", resourcesVpcConfig={})
"""

# type, title, Name tag, how many are alive, their creation time is told
ALIVE = [
    ("aws_ecs_cluster", "courses-prod", "", 1, False),
    ("aws_s3_bucket", "courses-prod-files", "", 1, True),
    ("aws_route53_zone", "courses.example", "", 1, False),
    ("aws_iam_role", "courses-prod-task", "", 1, True),
    ("aws_cloudwatch_log_group", "/ecs/courses-prod", "", 1, True),
    ("aws_vpc", "", "courses-prod-vpc", 1, False),
    ("aws_security_group", "courses-prod-alb", "", 1, False),
    ("aws_instance", "", "bastion", 2, True),
    ("aws_db_instance", "courses-prod-db", "", 1, True),
    ("aws_lb", "courses-prod", "", 1, True),
    ("aws_sns_topic", "orders", "", 1, False),
    ("aws_sqs_queue", "orders", "", 1, False),
    ("aws_dynamodb_table", "orders", "", 1, True),
    ("aws_ecr_repository", "courses/web", "", 1, True),
    ("aws_secretsmanager_secret", "courses/db", "", 1, True),
    ("aws_efs_file_system", "courses-files", "", 1, True),
    ("aws_eks_cluster", "courses", "", 1, True),
]
ABSENT = [(t, n and n + "x", g and g + "x") for t, n, g, _, _ in ALIVE] + [
    ("aws_instance", "", "gone"), ("aws_s3_bucket", "courses", ""), ("aws_vpc", "", "courses-prod-*"), ("aws_kms_alias", "alias/none", ""),
    ("aws_lambda_function", "none", ""), ("aws_lb_target_group", "none", ""), ("aws_elasticache_replication_group", "none", ""),
    ("aws_rds_cluster", "none", ""), ("aws_db_subnet_group", "none", ""), ("aws_autoscaling_group", "none", ""),
]


def ask(l, creates, **env):
    q = {"seconds": 60, "creates": [{"address": t + ".x", "type": t, "title": n, "tag_name": g, "region": ""} for t, n, g in creates]}
    r = l.run([lab.binary("pawl-full"), "live-check"], input=json.dumps(q), env=l.env(**env))
    return r.returncode, json.loads(r.stdout)


def main():
    t = lab.Tap()
    with lab.Lab() as l:
        made = l.run([lab.moto_python(), "-c", MAKE], env=l.env(AWS_DEFAULT_REGION=lab.REGION))
        if not t.ok(made.returncode == 0, "things are made in the emulator", made.stdout):
            t.done()
        mark = l.mark()
        code, out = ask(l, [a[:3] for a in ALIVE])
        t.eq((code, out.get("account"), out.get("region")), (0, lab.ACCOUNT, lab.REGION), "it says who is asking", out)
        for kind, title, tag, n, timed in ALIVE:
            found = [a for a in out["alive"] if a["type"] == kind]
            t.ok(len(found) == n and all(a["identity"].startswith("arn:aws:") and a["id"] for a in found)
                 and all(("created" in a) == timed for a in found), "%s %s is alive" % (kind, title or tag), found or out)
        code, out = ask(l, ABSENT)
        t.eq((out["n_absent"], out["n_alive"], out["n_unknown"]), (len(ABSENT), 0, 0), "what is not there is absent", out)
        calls = l.calls(mark)
        t.ok(calls and not l.writes(mark) and not l.destructive(mark), "every call only read", l.writes(mark))
        t.ok(all(c["agent"].startswith("pawl/") for c in calls), "the calls say that they are pawl's")

        code, out = ask(l, [("aws_unheard_of", "x", ""), ("aws_vpc", "x", ""), ("aws_db_instance", "", "")])
        t.eq((out["n_unknown"], out["n_absent"]), (3, 0), "what cannot be asked is unknown, not absent", out)
        code, out = ask(l, [("aws_db_instance", "courses-prod-db", "")], AWS_ENDPOINT_URL_RDS="http://127.0.0.1:9")
        t.eq((out["n_unknown"], out["n_absent"]), (1, 0), "no answer is unknown, not absent", out)
        code, out = ask(l, [], AWS_ENDPOINT_URL="http://127.0.0.1:9")
        t.ok(code == 1 and "GetCallerIdentity" in out["error"], "an unknown caller is said", out)
        code, out = ask(l, [], AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None, PATH="/usr/bin:/bin")
        t.ok(code == 1 and "no AWS credentials" in out["error"], "no credentials are said", out)
    t.done()


main()
