#!/usr/bin/env python3
"""Write plan JSON of about N MB, shaped like real plans: databases with all their attributes, thrice (planned_values,
resource_changes, prior_state), as terraform writes them.

usage: gen_plan.py MEGABYTES > plan.json
"""
import json
import sys

FALSE = ("allow_major_version_upgrade copy_tags_to_snapshot customer_owned_ip_enabled dedicated_log_volume "
         "iam_database_authentication_enabled multi_az performance_insights_enabled publicly_accessible "
         "storage_encrypted").split()
EMPTY = ("backup_target ca_cert_identifier character_set_name custom_iam_instance_profile database_insights_mode domain "
         "domain_auth_secret_arn domain_fqdn domain_iam_role_name domain_ou engine_lifecycle_support hosted_zone_id "
         "identifier_prefix kms_key_id nchar_character_set_name network_type performance_insights_kms_key_id "
         "replica_mode replicate_source_db timezone").split()
LISTS = ("blue_green_update domain_dns_ips enabled_cloudwatch_logs_exports listener_endpoint master_user_secret replicas "
         "restore_to_point_in_time s3_import").split()
NULLS = ("final_snapshot_identifier manage_master_user_password master_user_secret_kms_key_id monitoring_role_arn "
         "password_wo password_wo_version snapshot_identifier timeouts upgrade_storage_config").split()


def database(i):
    name = "shop-%06d-db" % i
    db = dict.fromkeys(FALSE, False)
    db.update(dict.fromkeys(EMPTY, ""))
    db.update({k: [] for k in LISTS})
    db.update(dict.fromkeys(NULLS))
    db.update({
        "id": "db-%026X" % i, "arn": "arn:aws:rds:eu-west-1:123456789012:db:" + name, "identifier": name,
        "address": name + ".aaaaaaaaaa.eu-west-1.rds.amazonaws.com", "allocated_storage": 50 + i % 7,
        "apply_immediately": True, "auto_minor_version_upgrade": True, "availability_zone": "eu-west-1a",
        "backup_retention_period": 7, "backup_window": "13:14-13:44", "db_name": "shop",
        "db_subnet_group_name": "shop-%03d" % (i % 100), "delete_automated_backups": True, "deletion_protection": False,
        "endpoint": name + ".aaaaaaaaaa.eu-west-1.rds.amazonaws.com:5432", "engine": "postgres", "engine_version": "15.4",
        "engine_version_actual": "15.4", "instance_class": "db.t3.medium", "iops": 0,
        "latest_restorable_time": "2026-01-01T00:00:00Z", "license_model": "postgresql-license",
        "maintenance_window": "wed:06:38-wed:07:08", "max_allocated_storage": 0, "monitoring_interval": 0,
        "option_group_name": "default:postgres-15", "parameter_group_name": "default.postgres15",
        "password": "made-up-%d" % i, "performance_insights_retention_period": 0, "port": 5432,
        "resource_id": "db-%026X" % i, "skip_final_snapshot": True, "status": "available", "storage_throughput": 0,
        "storage_type": "gp2", "tags": {}, "tags_all": {"environment": "prod", "managed_by": "terraform"},
        "username": "shop", "vpc_security_group_ids": ["sg-%017x" % (i % 1000)]})
    return dict(sorted(db.items()))


def change(i, db):
    actions = (["no-op"], ["update"], ["delete"], ["no-op"], ["delete", "create"])[i % 5]
    after = None if actions == ["delete"] else dict(db, allocated_storage=db["allocated_storage"] + (i % 5 > 0))
    shape = {k: [] for k in LISTS}
    shape.update(password=True, password_wo=True, tags={}, tags_all={}, vpc_security_group_ids=[False])
    return {"actions": actions, "before": db, "after": after, "after_unknown": {} if after is None else dict(shape, password=False),
            "before_sensitive": shape, "after_sensitive": False if after is None else shape}


def resource(i, **more):
    head = {"address": "module.shop[%d].aws_db_instance.db" % i, "mode": "managed", "type": "aws_db_instance", "name": "db",
            "provider_name": "registry.terraform.io/hashicorp/aws"}
    head.update(more)
    return json.dumps(head, separators=(",", ":"))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    want = int(sys.argv[1]) << 20
    one = len(resource(0, values=database(0)))
    per = 2 * one + len(resource(0, change=change(1, database(0))))
    n = max(1, want // per)
    out = sys.stdout
    out.write('{"format_version":"1.2","terraform_version":"1.11.4","planned_values":{"root_module":{"resources":[')
    for i in range(n):
        out.write("," * (i > 0) + resource(i, values=database(i)))
    out.write(']}},"resource_changes":[')
    for i in range(n):
        out.write("," * (i > 0) + resource(i, change=change(i, database(i))))
    out.write(']' + ',"prior_state":{"format_version":"1.0","terraform_version":"1.11.4","values":{"root_module":{"resources":[')
    for i in range(n):
        out.write("," * (i > 0) + resource(i, values=database(i)))
    out.write(']}}},"configuration":{"root_module":{}},"applyable":true,"complete":true,"errored":false}\n')


if __name__ == "__main__":
    main()
