/* Sources: the AWS service models (api version in each service's row); error codes as in the models' exceptions, EC2's from
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html; what Terraform takes as id from the
 * documentation of the provider's resource of that name ("Attribute Reference"). */
#include "facts/aws_lookups.h"

#define S STR_INIT
/* clang-format off */
static const struct aws_service services[] = {
	{ S("sts"), S("STS"), S("sts"), AWS_QUERY, S("2011-06-15"), S(""), false },
	{ S("ec2"), S("EC2"), S("ec2"), AWS_QUERY, S("2016-11-15"), S(""), false },
	{ S("rds"), S("RDS"), S("rds"), AWS_QUERY, S("2014-10-31"), S(""), false },
	{ S("iam"), S("IAM"), S("iam"), AWS_QUERY, S("2010-05-08"), S(""), true },
	{ S("elasticloadbalancing"), S("ELASTIC_LOAD_BALANCING_V2"), S("elasticloadbalancing"), AWS_QUERY, S("2015-12-01"), S(""), false },
	{ S("elasticache"), S("ELASTICACHE"), S("elasticache"), AWS_QUERY, S("2015-02-02"), S(""), false },
	{ S("autoscaling"), S("AUTO_SCALING"), S("autoscaling"), AWS_QUERY, S("2011-01-01"), S(""), false },
	{ S("sns"), S("SNS"), S("sns"), AWS_QUERY, S("2010-03-31"), S(""), false },
	{ S("redshift"), S("REDSHIFT"), S("redshift"), AWS_QUERY, S("2012-12-01"), S(""), false },
	{ S("s3"), S("S3"), S("s3"), AWS_REST, S("2006-03-01"), S(""), false },
	{ S("route53"), S("ROUTE_53"), S("route53"), AWS_REST, S("2013-04-01"), S(""), true },
	{ S("lambda"), S("LAMBDA"), S("lambda"), AWS_REST, S("2015-03-31"), S(""), false },
	{ S("eks"), S("EKS"), S("eks"), AWS_REST, S("2017-11-01"), S(""), false },
	{ S("elasticfilesystem"), S("EFS"), S("elasticfilesystem"), AWS_REST, S("2015-02-01"), S(""), false },
	{ S("ecs"), S("ECS"), S("ecs"), AWS_JSON, S("AmazonEC2ContainerServiceV20141113"), S("1.1"), false },
	{ S("logs"), S("CLOUDWATCH_LOGS"), S("logs"), AWS_JSON, S("Logs_20140328"), S("1.1"), false },
	{ S("dynamodb"), S("DYNAMODB"), S("dynamodb"), AWS_JSON, S("DynamoDB_20120810"), S("1.0"), false },
	{ S("sqs"), S("SQS"), S("sqs"), AWS_JSON, S("AmazonSQS"), S("1.0"), false },
	{ S("ecr"), S("ECR"), S("api.ecr"), AWS_JSON, S("AmazonEC2ContainerRegistry_V20150921"), S("1.1"), false },
	{ S("secretsmanager"), S("SECRETS_MANAGER"), S("secretsmanager"), AWS_JSON, S("secretsmanager"), S("1.1"), false },
	{ S("kms"), S("KMS"), S("kms"), AWS_JSON, S("TrentService"), S("1.1"), false },
	{ S("kinesis"), S("KINESIS"), S("kinesis"), AWS_JSON, S("Kinesis_20131202"), S("1.1"), false },
};

#define EC2_ARN(kind) S("arn:{partition}:ec2:{region}:{account}:" kind "/{id}")
#define TAGGED S("Filter.1.Name=tag:Name&Filter.1.Value.1={filter}")
#define BY_TAG "found by its Name tag, which need not be unique"

/* Sorted by type: aws_lookup_find searches by halves. */
static const struct aws_lookup lookups[] = {
	{ S("aws_autoscaling_group"), S("autoscaling"), S("DescribeAutoScalingGroups"), AWS_BY_TITLE,
	  S("AutoScalingGroupNames.member.1={name}"), S("DescribeAutoScalingGroupsResult.AutoScalingGroups.member"), S("AutoScalingGroupName"),
	  S("AutoScalingGroupName"), S("AutoScalingGroupARN"), S("CreatedTime"), S(""), S(""), S("names are unique in an account and region") },
	{ S("aws_cloudwatch_log_group"), S("logs"), S("DescribeLogGroups"), AWS_BY_TITLE,
	  S("{\"logGroupNamePrefix\":\"{name}\",\"limit\":50}"), S("logGroups"), S("logGroupName"),
	  S("logGroupName"), S("arn:{partition}:logs:{region}:{account}:log-group:{id}"), S("creationTime"), S(""), S(""),
	  S("the answer is sorted by name, so the exact one comes first") },
	{ S("aws_db_instance"), S("rds"), S("DescribeDBInstances"), AWS_BY_TITLE,
	  S("DBInstanceIdentifier={name}"), S("DescribeDBInstancesResult.DBInstances.DBInstance"), S("DBInstanceIdentifier"),
	  S("DbiResourceId"), S("DBInstanceArn"), S("InstanceCreateTime"), S(""), S("DBInstanceNotFound,DBInstanceNotFoundFault"),
	  S("identifiers are unique in an account and region") },
	{ S("aws_db_subnet_group"), S("rds"), S("DescribeDBSubnetGroups"), AWS_BY_TITLE,
	  S("DBSubnetGroupName={name}"), S("DescribeDBSubnetGroupsResult.DBSubnetGroups.DBSubnetGroup"), S("DBSubnetGroupName"),
	  S("DBSubnetGroupName"), S("DBSubnetGroupArn"), S(""), S(""), S("DBSubnetGroupNotFoundFault"), S("names are unique in an account and region") },
	{ S("aws_docdb_cluster"), S("rds"), S("DescribeDBClusters"), AWS_BY_TITLE,
	  S("DBClusterIdentifier={name}"), S("DescribeDBClustersResult.DBClusters.DBCluster"), S("DBClusterIdentifier"),
	  S("DBClusterIdentifier"), S("DBClusterArn"), S("ClusterCreateTime"), S(""), S("DBClusterNotFoundFault"), S("DocumentDB answers through the API of RDS") },
	{ S("aws_dynamodb_table"), S("dynamodb"), S("DescribeTable"), AWS_BY_TITLE,
	  S("{\"TableName\":\"{name}\"}"), S("Table"), S("TableName"),
	  S("TableName"), S("TableArn"), S("CreationDateTime"), S(""), S("ResourceNotFoundException"), S("names are unique in an account and region") },
	{ S("aws_ebs_volume"), S("ec2"), S("DescribeVolumes"), AWS_BY_TAG_NAME,
	  TAGGED, S("volumeSet.item"), S(""), S("volumeId"), EC2_ARN("volume"), S("createTime"), S("status=deleting,deleted"), S(""), S(BY_TAG) },
	{ S("aws_ecr_repository"), S("ecr"), S("DescribeRepositories"), AWS_BY_TITLE,
	  S("{\"repositoryNames\":[\"{name}\"]}"), S("repositories"), S("repositoryName"),
	  S("repositoryName"), S("repositoryArn"), S("createdAt"), S(""), S("RepositoryNotFoundException"), S("names are unique in an account and region") },
	{ S("aws_ecs_cluster"), S("ecs"), S("DescribeClusters"), AWS_BY_TITLE,
	  S("{\"clusters\":[\"{name}\"]}"), S("clusters"), S("clusterName"),
	  S("clusterArn"), S("clusterArn"), S(""), S("status=INACTIVE"), S("ClusterNotFoundException"),
	  S("creating a cluster of a name that is there gives the one that is there: adopted, not made") },
	{ S("aws_efs_file_system"), S("elasticfilesystem"), S("DescribeFileSystems"), AWS_BY_TITLE,
	  S("/2015-02-01/file-systems?CreationToken={name}"), S("FileSystems"), S("CreationToken"),
	  S("FileSystemId"), S("FileSystemArn"), S("CreationTime"), S("LifeCycleState=deleted"), S("FileSystemNotFound"), S("by creation token, which is unique") },
	{ S("aws_eip"), S("ec2"), S("DescribeAddresses"), AWS_BY_TAG_NAME,
	  TAGGED, S("addressesSet.item"), S(""), S("allocationId"), EC2_ARN("elastic-ip"), S(""), S(""), S(""), S(BY_TAG) },
	{ S("aws_eks_cluster"), S("eks"), S("DescribeCluster"), AWS_BY_TITLE,
	  S("/clusters/{name}"), S("cluster"), S("name"), S("name"), S("arn"), S("createdAt"), S(""), S("ResourceNotFoundException"),
	  S("names are unique in an account and region") },
	{ S("aws_elasticache_cluster"), S("elasticache"), S("DescribeCacheClusters"), AWS_BY_TITLE,
	  S("CacheClusterId={name}"), S("DescribeCacheClustersResult.CacheClusters.CacheCluster"), S("CacheClusterId"),
	  S("CacheClusterId"), S("ARN"), S("CacheClusterCreateTime"), S(""), S("CacheClusterNotFound,CacheClusterNotFoundFault"),
	  S("ids are unique in an account and region") },
	{ S("aws_elasticache_replication_group"), S("elasticache"), S("DescribeReplicationGroups"), AWS_BY_TITLE,
	  S("ReplicationGroupId={name}"), S("DescribeReplicationGroupsResult.ReplicationGroups.ReplicationGroup"), S("ReplicationGroupId"),
	  S("ReplicationGroupId"), S("ARN"), S("ReplicationGroupCreateTime"), S(""), S("ReplicationGroupNotFoundFault"),
	  S("ids are unique in an account and region") },
	{ S("aws_elasticache_subnet_group"), S("elasticache"), S("DescribeCacheSubnetGroups"), AWS_BY_TITLE,
	  S("CacheSubnetGroupName={name}"), S("DescribeCacheSubnetGroupsResult.CacheSubnetGroups.CacheSubnetGroup"), S("CacheSubnetGroupName"),
	  S("CacheSubnetGroupName"), S("ARN"), S(""), S(""), S("CacheSubnetGroupNotFoundFault"), S("names are unique in an account and region") },
	{ S("aws_iam_instance_profile"), S("iam"), S("GetInstanceProfile"), AWS_BY_TITLE,
	  S("InstanceProfileName={name}"), S("GetInstanceProfileResult.InstanceProfile"), S("InstanceProfileName"),
	  S("InstanceProfileName"), S("Arn"), S("CreateDate"), S(""), S("NoSuchEntity"), S("names are unique in an account") },
	{ S("aws_iam_policy"), S("iam"), S("GetPolicy"), AWS_BY_TITLE,
	  S("PolicyArn=arn:{partition}:iam::{account}:policy/{name}"), S("GetPolicyResult.Policy"), S("PolicyName"),
	  S("Arn"), S("Arn"), S("CreateDate"), S(""), S("NoSuchEntity"), S("only policies without a path are found") },
	{ S("aws_iam_role"), S("iam"), S("GetRole"), AWS_BY_TITLE,
	  S("RoleName={name}"), S("GetRoleResult.Role"), S("RoleName"), S("RoleName"), S("Arn"), S("CreateDate"), S(""), S("NoSuchEntity"),
	  S("names are unique in an account") },
	{ S("aws_iam_user"), S("iam"), S("GetUser"), AWS_BY_TITLE,
	  S("UserName={name}"), S("GetUserResult.User"), S("UserName"), S("UserName"), S("Arn"), S("CreateDate"), S(""), S("NoSuchEntity"),
	  S("names are unique in an account") },
	{ S("aws_instance"), S("ec2"), S("DescribeInstances"), AWS_BY_TAG_NAME,
	  TAGGED, S("reservationSet.item.instancesSet.item"), S(""), S("instanceId"), EC2_ARN("instance"), S("launchTime"),
	  S("instanceState.name=shutting-down,terminated"), S(""), S(BY_TAG "; launchTime is of the last start") },
	{ S("aws_internet_gateway"), S("ec2"), S("DescribeInternetGateways"), AWS_BY_TAG_NAME,
	  TAGGED, S("internetGatewaySet.item"), S(""), S("internetGatewayId"), EC2_ARN("internet-gateway"), S(""), S(""), S(""), S(BY_TAG) },
	{ S("aws_kinesis_stream"), S("kinesis"), S("DescribeStreamSummary"), AWS_BY_TITLE,
	  S("{\"StreamName\":\"{name}\"}"), S("StreamDescriptionSummary"), S("StreamName"), S("StreamARN"), S("StreamARN"), S("StreamCreationTimestamp"),
	  S("StreamStatus=DELETING"), S("ResourceNotFoundException"), S("names are unique in an account and region") },
	{ S("aws_kms_alias"), S("kms"), S("DescribeKey"), AWS_BY_TITLE,
	  S("{\"KeyId\":\"{name}\"}"), S("KeyMetadata"), S(""), S("KeyId"), S("Arn"), S("CreationDate"), S(""), S("NotFoundException"),
	  S("answers with the key behind the alias; the name starts with alias/") },
	{ S("aws_lambda_function"), S("lambda"), S("GetFunctionConfiguration"), AWS_BY_TITLE,
	  S("/2015-03-31/functions/{name}/configuration"), S(""), S("FunctionName"), S("FunctionName"), S("FunctionArn"), S(""), S(""),
	  S("ResourceNotFoundException"), S("the answer carries environment variables: read past, never kept") },
	{ S("aws_lb"), S("elasticloadbalancing"), S("DescribeLoadBalancers"), AWS_BY_TITLE,
	  S("Names.member.1={name}"), S("DescribeLoadBalancersResult.LoadBalancers.member"), S("LoadBalancerName"),
	  S("LoadBalancerArn"), S("LoadBalancerArn"), S("CreatedTime"), S(""), S("LoadBalancerNotFound"), S("names are unique in an account and region") },
	{ S("aws_lb_target_group"), S("elasticloadbalancing"), S("DescribeTargetGroups"), AWS_BY_TITLE,
	  S("Names.member.1={name}"), S("DescribeTargetGroupsResult.TargetGroups.member"), S("TargetGroupName"),
	  S("TargetGroupArn"), S("TargetGroupArn"), S(""), S(""), S("TargetGroupNotFound"), S("names are unique in an account and region") },
	{ S("aws_nat_gateway"), S("ec2"), S("DescribeNatGateways"), AWS_BY_TAG_NAME,
	  TAGGED, S("natGatewaySet.item"), S(""), S("natGatewayId"), EC2_ARN("natgateway"), S("createTime"), S("state=deleting,deleted,failed"), S(""), S(BY_TAG) },
	{ S("aws_neptune_cluster"), S("rds"), S("DescribeDBClusters"), AWS_BY_TITLE,
	  S("DBClusterIdentifier={name}"), S("DescribeDBClustersResult.DBClusters.DBCluster"), S("DBClusterIdentifier"),
	  S("DBClusterIdentifier"), S("DBClusterArn"), S("ClusterCreateTime"), S(""), S("DBClusterNotFoundFault"), S("Neptune answers through the API of RDS") },
	{ S("aws_rds_cluster"), S("rds"), S("DescribeDBClusters"), AWS_BY_TITLE,
	  S("DBClusterIdentifier={name}"), S("DescribeDBClustersResult.DBClusters.DBCluster"), S("DBClusterIdentifier"),
	  S("DBClusterIdentifier"), S("DBClusterArn"), S("ClusterCreateTime"), S(""), S("DBClusterNotFoundFault"), S("identifiers are unique in an account and region") },
	{ S("aws_redshift_cluster"), S("redshift"), S("DescribeClusters"), AWS_BY_TITLE,
	  S("ClusterIdentifier={name}"), S("DescribeClustersResult.Clusters.Cluster"), S("ClusterIdentifier"),
	  S("ClusterIdentifier"), S("arn:{partition}:redshift:{region}:{account}:cluster:{id}"), S("ClusterCreateTime"), S(""), S("ClusterNotFound"),
	  S("identifiers are unique in an account and region") },
	{ S("aws_route53_zone"), S("route53"), S("ListHostedZonesByName"), AWS_BY_SHARED_TITLE,
	  S("/2013-04-01/hostedzonesbyname?dnsname={name}&maxitems=100"), S("HostedZones.HostedZone"), S("Name"),
	  S("Id"), S("arn:{partition}:route53:::hostedzone/{id}"), S(""), S(""), S(""), S("several zones may have one name; the answer starts at the name asked for") },
	{ S("aws_route_table"), S("ec2"), S("DescribeRouteTables"), AWS_BY_TAG_NAME,
	  TAGGED, S("routeTableSet.item"), S(""), S("routeTableId"), EC2_ARN("route-table"), S(""), S(""), S(""), S(BY_TAG) },
	{ S("aws_s3_bucket"), S("s3"), S("ListBuckets"), AWS_BY_TITLE,
	  S("/?prefix={name}"), S("Buckets.Bucket"), S("Name"), S("Name"), S("arn:{partition}:s3:::{id}"), S("CreationDate"), S(""), S(""),
	  S("the account's own buckets; a bucket of this name in another account is not seen") },
	{ S("aws_secretsmanager_secret"), S("secretsmanager"), S("DescribeSecret"), AWS_BY_TITLE,
	  S("{\"SecretId\":\"{name}\"}"), S(""), S("Name"), S("ARN"), S("ARN"), S("CreatedDate"), S(""), S("ResourceNotFoundException"),
	  S("describes, never reads the value; one scheduled for deletion still holds its name") },
	{ S("aws_security_group"), S("ec2"), S("DescribeSecurityGroups"), AWS_BY_SHARED_TITLE,
	  S("Filter.1.Name=group-name&Filter.1.Value.1={filter}"), S("securityGroupInfo.item"), S("groupName"),
	  S("groupId"), EC2_ARN("security-group"), S(""), S(""), S(""), S("names are unique in a VPC, not in an account") },
	{ S("aws_sns_topic"), S("sns"), S("GetTopicAttributes"), AWS_BY_TITLE,
	  S("TopicArn=arn:{partition}:sns:{region}:{account}:{name}"), S("GetTopicAttributesResult"), S(""),
	  S("arn:{partition}:sns:{region}:{account}:{name}"), S("arn:{partition}:sns:{region}:{account}:{name}"), S(""), S(""), S("NotFound,NotFoundException"),
	  S("creating a topic of a name that is there gives the one that is there: adopted, not made") },
	{ S("aws_sqs_queue"), S("sqs"), S("GetQueueUrl"), AWS_BY_TITLE,
	  S("{\"QueueName\":\"{name}\"}"), S(""), S(""), S("QueueUrl"), S("arn:{partition}:sqs:{region}:{account}:{name}"), S(""), S(""),
	  S("QueueDoesNotExist,AWS.SimpleQueueService.NonExistentQueue"), S("creating a queue of a name that is there gives the one that is there: adopted, not made") },
	{ S("aws_subnet"), S("ec2"), S("DescribeSubnets"), AWS_BY_TAG_NAME,
	  TAGGED, S("subnetSet.item"), S(""), S("subnetId"), EC2_ARN("subnet"), S(""), S(""), S(""), S(BY_TAG) },
	{ S("aws_vpc"), S("ec2"), S("DescribeVpcs"), AWS_BY_TAG_NAME,
	  TAGGED, S("vpcSet.item"), S(""), S("vpcId"), EC2_ARN("vpc"), S(""), S(""), S(""), S(BY_TAG) },
};

/* Ids that the cloud makes up anew at each creation, as Terraform types and the form of the id: what is before the random
 * part, how many characters the random part has, and which. */
struct minted {
	struct str type, prefix;
	size_t min, max;
	bool hex; /* else capitals and digits */
};
static const struct minted minted[] = {
	{ S("aws_db_instance"), S("db-"), 26, 26, false },
	{ S("aws_ebs_volume"), S("vol-"), 8, 17, true },
	{ S("aws_efs_file_system"), S("fs-"), 8, 17, true },
	{ S("aws_eip"), S("eipalloc-"), 8, 17, true },
	{ S("aws_instance"), S("i-"), 8, 17, true },
	{ S("aws_internet_gateway"), S("igw-"), 8, 17, true },
	{ S("aws_launch_template"), S("lt-"), 8, 17, true },
	{ S("aws_nat_gateway"), S("nat-"), 8, 17, true },
	{ S("aws_network_acl"), S("acl-"), 8, 17, true },
	{ S("aws_network_interface"), S("eni-"), 8, 17, true },
	{ S("aws_route53_zone"), S(""), 10, 32, false },
	{ S("aws_route_table"), S("rtb-"), 8, 17, true },
	{ S("aws_route_table_association"), S("rtbassoc-"), 8, 17, true },
	{ S("aws_security_group"), S("sg-"), 8, 17, true },
	{ S("aws_subnet"), S("subnet-"), 8, 17, true },
	{ S("aws_vpc"), S("vpc-"), 8, 17, true },
	{ S("aws_vpc_endpoint"), S("vpce-"), 8, 17, true },
};
/* clang-format on */
#undef S

const struct aws_service *aws_service_nth(size_t i)
{
	return i < ARRAY_LEN(services) ? &services[i] : NULL;
}

const struct aws_service *aws_service_find(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(services); i++) {
		if (str_eq(services[i].name, name))
			return &services[i];
	}
	return NULL;
}

const struct aws_lookup *aws_lookup_nth(size_t i)
{
	return i < ARRAY_LEN(lookups) ? &lookups[i] : NULL;
}

const struct aws_lookup *aws_lookup_find(struct str type)
{
	size_t lo = 0, hi = ARRAY_LEN(lookups);

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = str_cmp(type, lookups[mid].type);

		if (c == 0)
			return &lookups[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

static bool all_random(struct str s, bool hex)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		bool digit = c >= '0' && c <= '9';

		if (!digit && !(hex ? c >= 'a' && c <= 'f' : c >= 'A' && c <= 'Z'))
			return false;
	}
	return true;
}

bool aws_id_is_minted(struct str type, struct str id)
{
	for (size_t i = 0; i < ARRAY_LEN(minted); i++) {
		const struct minted *m = &minted[i];
		struct str rest = str_sub(id, m->prefix.len, SIZE_MAX);

		if (str_eq(m->type, type) && str_starts(id, m->prefix) && rest.len >= m->min && rest.len <= m->max)
			return all_random(rest, m->hex);
	}
	return false;
}
