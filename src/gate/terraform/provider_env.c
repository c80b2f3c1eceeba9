#include "gate/terraform/provider_env.h"

#include <string.h>

/* Seen in the documentation of each provider's configuration. */
static const char *const names[] = {
	"AWS_ENDPOINT_URL",
	"GOOGLE_PROJECT", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT",
	"GOOGLE_REGION", "GCLOUD_REGION", "CLOUDSDK_COMPUTE_REGION",
	"GOOGLE_ZONE", "GCLOUD_ZONE", "CLOUDSDK_COMPUTE_ZONE",
	"ARM_SUBSCRIPTION_ID", "ARM_TENANT_ID", "ARM_ENVIRONMENT", "ARM_METADATA_HOSTNAME",
	"KUBECONFIG", "KUBE_CONFIG_PATH", "KUBE_CONFIG_PATHS", "KUBE_CTX", "KUBE_CTX_CLUSTER", "KUBE_CTX_AUTH_INFO", "KUBE_HOST",
	"HELM_KUBECONTEXT", "HELM_NAMESPACE",
	"PGHOST", "PGPORT", "PGDATABASE", "MYSQL_ENDPOINT",
	"VAULT_ADDR", "VAULT_NAMESPACE", "CONSUL_HTTP_ADDR", "CONSUL_DATACENTER", "NOMAD_ADDR", "NOMAD_REGION",
	"OS_CLOUD", "OS_AUTH_URL", "OS_PROJECT_ID", "OS_PROJECT_NAME", "OS_REGION_NAME",
	"GITHUB_OWNER", "GITHUB_BASE_URL", "GITLAB_BASE_URL", "DOCKER_HOST", "VSPHERE_SERVER", "SNOWFLAKE_ACCOUNT",
};

static struct str value_of(char *const *env, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; env[i]; i++) {
		if (strncmp(env[i], name, n) == 0 && env[i][n] == '=')
			return str_from(env[i] + n + 1);
	}
	return STR_NONE;
}

struct digest provider_env_digest(char *const *env)
{
	struct digest_run run;

	digest_begin(&run);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct str value = value_of(env, names[i]);

		if (value.len)
			digest_field(&run, str_from(names[i]), value);
	}
	return digest_end(&run);
}
