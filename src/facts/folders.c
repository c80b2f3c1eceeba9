#include "facts/folders.h"

static const char *const sure_names[] = {
	"node_modules", "__pycache__", ".venv", ".next", ".nuxt", ".turbo", ".parcel-cache", ".svelte-kit", ".angular",
	".pytest_cache", ".mypy_cache", ".ruff_cache", ".tox", ".nox", ".gradle", ".cache", ".nyc_output", ".eggs",
	".ipynb_checkpoints", ".hypothesis", ".terragrunt-cache", ".dart_tool", ".vite", ".docusaurus", ".expo",
	".serverless", ".aws-sam", "bower_components", ".sass-cache", "DerivedData", ".yarn/cache", ".pnpm-store",
	".output", ".astro", ".webpack", ".rpt2_cache", ".jest-cache", ".eslintcache", ".stylelintcache", ".DS_Store",
	".coverage", "htmlcov", "zig-cache", ".zig-cache", "_build", ".bundle", ".vercel/output", ".wrangler/tmp",
	".terraform/providers", ".terraform/modules", "CMakeFiles", ".build", ".bloop", ".metals", ".stack-work",
	"dist-newstyle", ".ccls-cache", ".clangd", "storybook-static", ".rollup.cache", "tsconfig.tsbuildinfo",
	".phpunit.result.cache", "cdk.out", ".swc", ".pulumi-cache",
};
static const char *const likely_names[] = {
	"dist", "build", "target", "out", "venv", "env/lib", "coverage", "vendor/bundle", "obj", "bin/Debug",
	"bin/Release", "Debug", "Release", "cmake-build-debug", "cmake-build-release", "public/build", "public/packs",
	"public/packs-test", "public/assets", "tmp/cache", "tmp/pids", "tmp", "test-results", "playwright-report", "logs",
	"log", "Pods", "site-packages", "elm-stuff", "deps/_build", "generated", "lib-cov",
};
static const char *const cache_paths[] = {
	".cache", ".npm", ".cargo/registry", ".cargo/git", ".m2/repository", ".gradle/caches", ".gradle/daemon",
	".gradle/wrapper", ".ivy2/cache", ".sbt/boot", ".yarn/cache", ".yarn/berry/cache", ".pnpm-store",
	".local/share/pnpm/store", ".bun/install/cache", ".deno", "Library/Caches", ".nuget/packages", ".composer/cache",
	".gem/cache", ".bundle/cache", ".pip/cache", ".conda/pkgs", "go/pkg/mod", "go/pkg/sumdb", ".ccache", ".sccache",
	".node-gyp", ".electron", ".electron-gyp", ".cocoapods/repos", "Library/Developer/Xcode/DerivedData", ".pub-cache",
	".hex/packages", ".terraform.d/plugin-cache", ".wget-hsts", ".zcompdump", ".python_history-tmp", ".expo/cache",
	".nx/cache", ".turbo", ".tsbuildinfo", ".thumbnails", ".node_repl_history", ".lesshst", ".local/state/nvim/swap",
	".vscode-server/data/logs",
};
static const char *const machine_caches[] = {
	"/var/lib/apt/lists", "/var/cache/apt", "/var/cache/apk", "/var/cache/yum", "/var/cache/dnf",
	"/var/cache/pacman/pkg", "/root/.cache", "/root/.npm", "/var/cache/debconf", "/etc/apk/cache",
};
static const char *const tools[] = {
	"/usr/local", "/opt",
};
static const char *const home_tools[] = {
	".local/bin", "bin", ".cargo/bin", "go/bin", ".nvm", ".local/lib", ".local/share/man",
	".local/share/bash-completion", ".local/share/zsh", ".config/fish/completions", ".docker/cli-plugins", ".krew",
	".pyenv", ".rbenv", ".asdf", ".sdkman", ".deno/bin", ".bun/bin", ".zsh/completions", ".zfunc",
	".oh-my-zsh/completions",
};
static const char *const systems[] = {
	"/etc", "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/boot", "/var", "/sys", "/proc", "/root",
	"/srv", "/run", "/System", "/Library", "/Applications", "/dev", "/private/etc", "/private/var",
};
static const char *const temporary[] = {
	"/tmp", "/var/tmp", "/private/tmp", "/private/var/tmp", "/dev/shm", "/var/folders", "/private/var/folders",
};

/* Is ${path} ${folder} or below it? */
static bool within(struct str path, const char *folder)
{
	size_t n = strlen(folder);

	return path.len >= n && memcmp(path.ptr, folder, n) == 0 && (path.len == n || path.ptr[n] == '/');
}

static bool within_one(struct str path, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (within(path, names[i]))
			return true;
	return false;
}

bool folder_is_made_again(struct str below, bool sure)
{
	for (size_t i = 0; i < below.len; i++) {
		struct str rest = str_sub(below, i, SIZE_MAX);

		if (i > 0 && below.ptr[i - 1] != '/')
			continue;
		if (within_one(rest, sure_names, ARRAY_LEN(sure_names)) ||
		    (!sure && within_one(rest, likely_names, ARRAY_LEN(likely_names))))
			return true;
		rest = str_sub(rest, 0, str_find_char(rest, '/'));
		if (str_ends(rest, STR(".pyc")) || str_ends(rest, STR(".egg-info")) || str_ends(rest, STR(".tsbuildinfo")))
			return true;
	}
	return false;
}

bool folder_is_cache(struct str below)
{
	return within_one(below, cache_paths, ARRAY_LEN(cache_paths)) || str_starts(below, STR(".zcompdump")) ||
	       (within(below, ".local/share") && str_ends(below, STR("/Cache")));
}

bool folder_is_machine_cache(struct str path)
{
	return within_one(path, machine_caches, ARRAY_LEN(machine_caches));
}

bool folder_is_tools(struct str path, bool in_home)
{
	return in_home ? within_one(path, home_tools, ARRAY_LEN(home_tools)) : within_one(path, tools, ARRAY_LEN(tools));
}

bool folder_is_system(struct str path)
{
	return within_one(path, systems, ARRAY_LEN(systems)) && !folder_is_tools(path, false);
}

int folder_is_temporary(struct str path)
{
	for (size_t i = 0; i < ARRAY_LEN(temporary); i++)
		if (within(path, temporary[i]))
			return path.len == strlen(temporary[i]) ? 2 : 1;
	return 0;
}
