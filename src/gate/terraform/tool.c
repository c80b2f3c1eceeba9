#include "gate/terraform/tool.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "facts/terraform_commands.h"

static const struct {
	const char *name;
	unsigned tool;
} tools[] = {
	{ "terraform", TERRAFORM_TOOL_TERRAFORM },
	{ "tofu", TERRAFORM_TOOL_TOFU },
	{ "terragrunt", TERRAFORM_TOOL_TERRAGRUNT },
};

unsigned tool_from_name(const char *name)
{
	const char *slash = strrchr(name, '/');

	name = slash ? slash + 1 : name;
	for (size_t i = 0; i < ARRAY_LEN(tools); i++) {
		if (strcmp(name, tools[i].name) == 0)
			return tools[i].tool;
	}
	return 0;
}

const char *tool_name(unsigned tool)
{
	for (size_t i = 0; i < ARRAY_LEN(tools); i++) {
		if (tools[i].tool == tool)
			return tools[i].name;
	}
	return "terraform";
}

static bool same_file(const struct stat *a, const char *path)
{
	struct stat b;

	return stat(path, &b) == 0 && a->st_dev == b.st_dev && a->st_ino == b.st_ino;
}

/* pawl and pawl-full stand side by side: each must know the other. */
bool tool_is_pawl(const char *path)
{
	static const char *const names[] = { "/pawl", "/pawl-full" };
	char self[TOOL_PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 16);
	struct stat st;
	char *slash;

	if (stat(path, &st) != 0)
		return false;
	if (same_file(&st, "/proc/self/exe"))
		return true;
	if (n <= 0)
		return false;
	self[n] = '\0';
	slash = strrchr(self, '/');
	for (size_t i = 0; slash && i < ARRAY_LEN(names); i++) {
		memcpy(slash, names[i], strlen(names[i]) + 1);
		if (same_file(&st, self))
			return true;
	}
	return false;
}

bool tool_find(const char *name, char ret[TOOL_PATH_MAX], struct err *err)
{
	struct str left = str_from(getenv("PATH"));

	while (left.len) {
		size_t colon = str_find_char(left, ':');
		struct str dir = str_sub(left, 0, colon);
		struct stat st;
		int n;

		left = colon == SIZE_MAX ? STR_NONE : str_sub(left, colon + 1, left.len);
		/* A relative folder on PATH could be the project's: a program from there is nobody's terraform. */
		if (!dir.len || dir.ptr[0] != '/')
			continue;
		n = snprintf(ret, TOOL_PATH_MAX, "%.*s/%s", STR_ARG(dir), name);
		if (n > 0 && n < TOOL_PATH_MAX && stat(ret, &st) == 0 && S_ISREG(st.st_mode) &&
		    access(ret, X_OK) == 0 && !tool_is_pawl(ret))
			return true;
	}
	return err_set(err, ERR_TOOL, "no %s on PATH but pawl's own stand-in: install %s, or put its folder on PATH",
		       name, name);
}
