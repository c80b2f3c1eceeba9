#include "facts/wrappers.h"

#include "base/base.h"

/* clang-format off */
#define S(x) STR_INIT(x)
#define ROW(program, verb, globals, valued, skip, flags, text, user, example, runs) \
	{ S(program), S(verb), S(globals), S(valued), skip, flags, S(text), S(user), S(example), S(runs) },
#define PLAIN(program, valued, skip, example, runs) ROW(program, "", "", valued, skip, 0, "", "", example, runs)
#define RUN(program, verb, valued, flags, example, runs) ROW(program, verb, "-C --dir --cwd --project --directory -p --prefix -w --workspace --config -c --profile --filter -F", valued, 0, flags, "", "", example, runs)

#define DOCKER "-H --host --context -c --config -l --log-level --tlscacert --tlscert --tlskey"
#define COMPOSE "-f --file -p --project-name --profile --env-file --project-directory --ansi --parallel --progress"
#define KUBE "-n --namespace --context --kubeconfig --cluster --user -s --server --token --as --request-timeout -v"
#define DOCKER_EXEC "-e --env --env-file -u --user -w --workdir --detach-keys --index"
#define DOCKER_RUN "-e --env --env-file -u --user -w --workdir -v --volume --mount --name --network --net -p --publish --entrypoint --platform -h --hostname --add-host --label -l --memory -m --cpus --restart --pull --tmpfs --gpus --device --dns --ip --ipc --pid --link --log-driver --log-opt --cap-add --cap-drop --security-opt --shm-size --ulimit --volumes-from --userns --uts --cgroupns --runtime --stop-signal --group-add --expose --cidfile --annotation --network-alias --health-cmd --cgroup-parent --cpu-shares -c --cpuset-cpus --detach-keys --domainname --isolation --mac-address --memory-swap --oom-score-adj --pids-limit --stop-timeout --storage-opt --sysctl --attach -a"

/* From each tool's own --help and manual page. */
static const struct wrapper rows[] = {
	/* other users */
	ROW("sudo", "", "", "-u --user -g --group -p --prompt -C --close-from -c --login-class -h --host -r --role -t --type -T --command-timeout -U --other-user -R --chroot -D --chdir", 0,
	    WRAPPER_ROOT | WRAPPER_ASSIGN | WRAPPER_LOSES, "", "-u --user", "sudo -n -u bob rm -rf x", "rm -rf x")
	ROW("doas", "", "", "-u -C", 0, WRAPPER_ROOT | WRAPPER_LOSES, "", "-u", "doas rm x", "rm x")
	ROW("pkexec", "", "", "--user", 0, WRAPPER_ROOT | WRAPPER_LOSES, "", "--user", "pkexec rm x", "rm x")
	ROW("run0", "", "", "-u --user -g --group --unit --slice --setenv --property -D --chdir", 0, WRAPPER_ROOT | WRAPPER_LOSES, "", "-u --user", "run0 rm x", "rm x")
	ROW("gosu|su-exec", "", "", "", 1, WRAPPER_LOSES, "", "", "gosu app rm x", "rm x")
	ROW("setpriv", "", "", "--reuid --regid --groups --inh-caps --bounding-set --ambient-caps --securebits --selinux-label", 0, 0, "", "", "setpriv --reuid 1000 rm x", "rm x")
	ROW("su", "", "", "-s --shell -g --group -G --supp-group -w --whitelist-environment", 0, WRAPPER_ROOT | WRAPPER_TEXT_ONLY | WRAPPER_LOSES, "-c --command --session-command", "", "su - app -c 'rm x'", "rm x")
	ROW("runuser", "", "", "-s --shell -g --group -u --user -G --supp-group -w", 0, WRAPPER_LOSES, "-c --command --session-command", "-u --user", "runuser -u app -- rm x", "rm x")
	ROW("sg", "", "", "", 1, WRAPPER_MAYBE_SHELL, "-c", "", "sg docker -c 'rm x'", "rm x")

	/* same process, other circumstances */
	PLAIN("nohup|setsid|eatmydata|fakeroot|unbuffer|caffeinate|catchsegv|dumb-init|tini|linux64|linux32|setarch|torsocks|proxychains|proxychains4|winpty|chronic|ts|choom|noti", "", 0, "nohup rm x", "rm x")
	PLAIN("nice", "-n --adjustment", 0, "nice -n 19 rm x", "rm x")
	PLAIN("ionice", "-c -n -t --class --classdata", 0, "ionice -c 3 rm x", "rm x")
	PLAIN("timeout|gtimeout", "-s --signal -k --kill-after", 1, "timeout -k 5 30s rm x", "rm x")
	PLAIN("stdbuf", "-i -o -e --input --output --error", 0, "stdbuf -oL rm x", "rm x")
	PLAIN("time|gtime", "-f --format -o --output", 0, "gtime -p rm x", "rm x")
	PLAIN("chrt", "-p -T -P -D", 1, "chrt 10 rm x", "rm x")
	PLAIN("taskset", "", 1, "taskset 0x1 rm x", "rm x")
	PLAIN("cpulimit", "-l -p -e", 0, "cpulimit -l 50 rm x", "rm x")
	PLAIN("strace|ltrace", "-e -o -p -s -u -E -a -P -I -O -S -b -X", 0, "strace -f -e trace=file rm x", "rm x")
	ROW("perf", "record|stat|trace", "", "-o --output -e --event -F --freq -c --count -C --cpu -p --pid -t --tid -u --uid -D --delay -m --mmap-pages -r --repeat -x --field-separator -I --interval-print -G --cgroup --call-graph", 0, 0, "", "", "perf record -F 99 -g rm x", "rm x")
	PLAIN("prlimit", "", 0, "prlimit --nofile=10 rm x", "rm x")
	PLAIN("numactl", "-C -m -N", 0, "numactl -N 0 rm x", "rm x")
	PLAIN("firejail|valgrind|heaptrack|cgexec|proot|bwrap", "-g -f -o --bind", 0, "firejail --noprofile rm x", "rm x")
	ROW("gdb|lldb|rr", "", "", "-ex -x -p -c -o -k -s", 0, WRAPPER_DASHES | WRAPPER_ONLY_DASHES, "", "", "gdb --batch -ex run --args rm x", "rm x")
	PLAIN("faketime", "", 1, "faketime yesterday rm x", "rm x")
	PLAIN("xvfb-run", "-e -f -n -p -s", 0, "xvfb-run -a rm x", "rm x")
	PLAIN("dbus-run-session|systemd-inhibit", "--config-file --what --who --why --mode", 0, "systemd-inhibit rm x", "rm x")
	PLAIN("sshpass", "-p -f -d -P", 0, "sshpass -p secret rm x", "rm x")
	ROW("flock", "", "", "-w --wait --timeout -E --conflict-exit-code", 1, WRAPPER_MAYBE_SHELL, "-c --command", "", "flock /tmp/l rm x", "rm x")
	ROW("watch", "", "", "-n --interval", 0, WRAPPER_JOIN, "", "", "watch -n 5 rm x", "rm x")
	ROW("hyperfine", "", "", "-w --warmup -r --runs -m --min-runs -M --max-runs -p --prepare -s --setup -c --cleanup -n --command-name --export-json --export-markdown -S --shell", 0, WRAPPER_EACH, "-p --prepare -s --setup -c --cleanup", "", "hyperfine 'rm x'", "rm x")
	ROW("script", "", "", "-E --echo -I -O -B -T -m -o --log-io --log-in --log-out --log-timing --logging-format --output-limit", 0, WRAPPER_TEXT_ONLY, "-c --command", "", "script -q -c 'rm x' /dev/null", "rm x")
	PLAIN("entr", "", 0, "entr -r rm x", "rm x")
	ROW("nodemon|watchexec", "", "", "-w --watch -e --ext --exts -i --ignore --delay -d", 0, 0, "-x --exec", "", "nodemon --exec 'rm x'", "rm x")
	ROW("chroot", "", "", "", 1, WRAPPER_REMOTE, "", "", "chroot /mnt rm x", "rm x")
	PLAIN("nsenter", "-t --target", 0, "nsenter -t 1 rm x", "rm x")
	PLAIN("unshare", "--map-user --map-group --propagation --setgroups -R --root -w --wd -S -G", 0, "unshare -r rm x", "rm x")
	ROW("systemd-run", "", "", "-u --unit -p --property --slice -E --setenv --uid --gid --description --working-directory --on-active --on-calendar --on-boot -M --machine -H --host", 0, 0, "", "--uid", "systemd-run --scope rm x", "rm x")
	ROW("concurrently", "", "", "-n --names -c --prefix-colors -p --prefix --max-processes -m -s --success", 0, WRAPPER_EACH, "", "", "concurrently 'rm x' 'ls'", "rm x")
	ROW("cross-env", "", "", "", 0, WRAPPER_ASSIGN, "", "", "cross-env A=b C=d rm x", "rm x")
	ROW("cross-env-shell", "", "", "", 0, WRAPPER_ASSIGN | WRAPPER_JOIN, "", "", "cross-env-shell A=b 'rm x'", "rm x")

	/* elsewhere */
	ROW("ssh|autossh|mosh", "", "", "-b -c -D -E -e -F -I -i -J -L -l -m -M -O -o -p -Q -R -S -W -w -B", 1, WRAPPER_REMOTE | WRAPPER_JOIN | WRAPPER_SHELL_STDIN, "", "-l", "ssh -p 22 host rm x", "rm x")
	ROW("pssh|parallel-ssh|pdsh|clush|dsh|mpssh", "", "", "-h -H -l -p -t -o -e -x -X -w -g -a? -O -f -u --hosts --user --par --timeout", 0, WRAPPER_REMOTE | WRAPPER_JOIN, "", "", "pdsh -w web[1-3] rm x", "rm x")
	ROW("docker|podman|nerdctl", "exec|container exec", DOCKER, DOCKER_EXEC, 1, WRAPPER_REMOTE | WRAPPER_ENV, "", "-u --user", "docker exec -it db rm x", "rm x")
	ROW("docker|podman|nerdctl", "run|container run", DOCKER, DOCKER_RUN, 1, WRAPPER_REMOTE | WRAPPER_IMAGE | WRAPPER_ENV, "", "-u --user", "docker run --rm -v a:b img rm x", "rm x")
	ROW("docker|podman", "compose exec|compose run", DOCKER " " COMPOSE, DOCKER_EXEC " --name -v --volume -p --publish -l --label --entrypoint", 1, WRAPPER_REMOTE | WRAPPER_IMAGE | WRAPPER_ENV, "", "-u --user", "docker compose -f a.yml exec db rm x", "rm x")
	ROW("docker-compose|podman-compose", "exec|run", COMPOSE, DOCKER_EXEC " --name -v --volume -p --publish -l --label --entrypoint", 1, WRAPPER_REMOTE | WRAPPER_IMAGE | WRAPPER_ENV, "", "-u --user", "docker-compose exec -T db rm x", "rm x")
	ROW("kubectl|oc|k", "exec", KUBE, KUBE " -c --container -f --filename --pod-running-timeout", 1, WRAPPER_REMOTE | WRAPPER_DASHES, "", "", "kubectl -n prod exec -it pod-1 -c app -- rm x", "rm x")
	ROW("kubectl|oc|k", "run|debug", KUBE, KUBE " --image --overrides -l --labels --env --port --restart -c --container --target --pod-running-timeout", 1, WRAPPER_REMOTE | WRAPPER_DASHES | WRAPPER_ONLY_DASHES, "", "", "kubectl run t --image=a -- rm x", "rm x")
	ROW("oc", "rsh", KUBE, KUBE " -c --container", 1, WRAPPER_REMOTE | WRAPPER_DASHES, "", "", "oc rsh pod rm x", "rm x")
	ROW("lxc|incus", "exec", "", "--env --user --group --cwd", 1, WRAPPER_REMOTE | WRAPPER_DASHES, "", "", "lxc exec box -- rm x", "rm x")
	ROW("multipass", "exec", "", "-d", 1, WRAPPER_REMOTE | WRAPPER_DASHES, "", "", "multipass exec box -- rm x", "rm x")
	ROW("vagrant", "ssh", "", "", 1, WRAPPER_REMOTE | WRAPPER_TEXT_ONLY, "-c --command", "", "vagrant ssh -c 'rm x'", "rm x")
	ROW("machinectl", "shell", "", "--uid --setenv", 1, WRAPPER_REMOTE, "", "", "machinectl shell box rm x", "rm x")
	ROW("heroku", "run|run:detached", "-a --app", "-a --app -r --remote -s --size --type -e --env", 0, WRAPPER_REMOTE | WRAPPER_JOIN, "", "", "heroku run -a shop rm x", "rm x")
	ROW("fly|flyctl", "ssh console", "-a --app", "-a --app -c --config -r --region -u --user -s -o --org", 0, WRAPPER_REMOTE | WRAPPER_TEXT_ONLY, "-C --command", "", "fly ssh console -C 'rm x'", "rm x")
	ROW("gcloud", "compute ssh", "--project --zone --account", "--project --zone --account --ssh-key-file --container", 1, WRAPPER_REMOTE | WRAPPER_JOIN | WRAPPER_DASHES | WRAPPER_ONLY_DASHES, "--command", "", "gcloud compute ssh vm --command 'rm x'", "rm x")
	ROW("aws", "ecs execute-command", "--profile --region", "--profile --region --cluster --task --container", 0, WRAPPER_REMOTE | WRAPPER_TEXT_ONLY, "--command", "", "aws ecs execute-command --cluster c --task t --interactive --command 'rm x'", "rm x")
	ROW("railway", "run|ssh", "", "-s --service -e --environment -p --project", 0, 0, "", "", "railway run rm x", "rm x")
	ROW("az", "vm run-command invoke|vmss run-command invoke", "", "-g --resource-group -n --name --command-id --subscription --parameters --instance-id", 0, WRAPPER_REMOTE | WRAPPER_TEXT_ONLY, "--scripts", "", "az vm run-command invoke -g g -n n --command-id RunShellScript --scripts 'rm x'", "rm x")
	ROW("eb", "ssh", "", "-n", 0, WRAPPER_REMOTE | WRAPPER_TEXT_ONLY, "-c --command", "", "eb ssh -c 'rm x'", "rm x")
	ROW("ansible", "", "", "-i -m -u -l -f -e --inventory --module-name --user --limit --forks --extra-vars", 0, WRAPPER_REMOTE | WRAPPER_TEXT_ONLY, "-a --args", "", "ansible all -m shell -a 'rm x'", "rm x")

	/* tools that start tools */
	ROW("npx|bunx|pnpx", "", "", "-p --package --node-options --userconfig -w --workspace", 0, WRAPPER_PACKAGE, "-c --call", "", "npx --yes -p x prisma@5 db push", "prisma db push")
	ROW("npm", "exec|x", "--prefix -C", "-p --package -w --workspace", 0, WRAPPER_PACKAGE, "-c --call", "", "npm exec -- prisma db push", "prisma db push")
	ROW("pnpm", "dlx|exec", "-C --dir -F --filter", "--package", 0, WRAPPER_PACKAGE, "", "", "pnpm --filter api exec prisma db push", "prisma db push")
	ROW("yarn", "dlx|exec", "--cwd", "-p --package", 0, WRAPPER_PACKAGE, "", "", "yarn dlx prisma db push", "prisma db push")
	ROW("bun", "x", "--cwd", "", 0, WRAPPER_PACKAGE, "", "", "bun x prisma db push", "prisma db push")
	RUN("lerna", "exec", "--scope --ignore --concurrency", WRAPPER_DASHES, "lerna exec -- rm x", "rm x")
	ROW("nx|turbo|rush", "exec", "", "", 0, WRAPPER_DASHES, "", "", "nx exec -- rm x", "rm x")
	RUN("uv|poetry|pipenv|pdm|rye|hatch|pipx|pixi", "run", "--with --from --python -p --extra --group --package --env-file --index-url --spec -e --environment --project --directory --with-requirements", 0, "poetry run rm x", "rm x")
	ROW("uvx", "", "", "--from --with -p --python --index-url", 0, WRAPPER_PACKAGE, "", "", "uvx --from a b c", "b c")
	ROW("uv", "tool run", "", "--from --with -p --python", 0, WRAPPER_PACKAGE, "", "", "uv tool run b c", "b c")
	ROW("conda|mamba|micromamba", "run", "", "-n --name -p --prefix --cwd", 0, 0, "", "", "conda run -n env rm x", "rm x")
	RUN("bundle|rbenv|pyenv|nodenv|chef", "exec", "", 0, "bundle exec rails db:drop", "rails db:drop")
	ROW("asdf|volta|fnm", "exec|run", "", "--using --node --npm", 0, 0, "", "", "volta run rm x", "rm x")
	ROW("asdf", "exec", "", "", 0, 0, "", "", "asdf exec rm x", "rm x")
	ROW("mise|rtx", "exec|x", "-C --cd", "-c --command -j --jobs", 0, WRAPPER_DASHES | WRAPPER_ONLY_DASHES, "-c --command", "", "mise exec node@20 -- rm x", "rm x")
	ROW("nvm", "exec|run", "", "", 1, 0, "", "", "nvm exec 20 rm x", "rm x")
	ROW("rvm", "do", "", "", 0, 0, "", "", "rvm do rm x", "rm x")
	ROW("direnv", "exec", "", "", 1, 0, "", "", "direnv exec . rm x", "rm x")
	ROW("dotenv|dotenvx|env-cmd|dotenv-cli", "run", "", "-e -f --env-file --file -c -p -v", 0, WRAPPER_DASHES, "", "", "dotenvx run -- rm x", "rm x")
	ROW("dotenv|env-cmd|dotenv-cli|with-env", "", "", "-e -f --env-file --file -c -p -v", 0, WRAPPER_DASHES, "", "", "dotenv -e .env -- rm x", "rm x")
	ROW("doppler", "run", "-p --project -c --config -t --token", "-p --project -c --config -t --token --mount", 0, 0, "--command", "", "doppler run -c prd -- rm x", "rm x")
	ROW("op|infisical|chamber|teller|vlt", "run|exec", "--account", "--env-file --account --env --path --projectId --token", 0, WRAPPER_DASHES, "", "", "op run --env-file .env -- rm x", "rm x")
	ROW("sops", "exec-env|exec-file", "", "", 1, WRAPPER_JOIN, "", "", "sops exec-env a.yaml 'rm x'", "rm x")
	ROW("aws-vault|aws-okta", "exec", "", "-d --duration -t --mfa-token --region", 1, WRAPPER_DASHES, "", "", "aws-vault exec prod -- rm x", "rm x")
	ROW("saml2aws|granted|assume", "exec", "", "-a --idp-account --exec-profile -p --profile", 0, WRAPPER_DASHES, "", "", "saml2aws exec -- rm x", "rm x")
	ROW("envchain", "", "", "", 1, 0, "", "", "envchain ns rm x", "rm x")
	ROW("devbox|nix", "run", "", "", 0, WRAPPER_DASHES | WRAPPER_ONLY_DASHES | WRAPPER_IMAGE, "", "", "devbox run -- rm x", "rm x")
	ROW("nix-shell", "", "", "-p -A -I", 0, WRAPPER_TEXT_ONLY, "--run --command", "", "nix-shell --run 'rm x'", "rm x")
	ROW("nix", "develop|shell", "", "", 0, WRAPPER_TEXT_ONLY, "-c --command", "", "nix develop -c rm", "rm")
	ROW("busybox|toybox", "", "", "", 0, 0, "", "", "busybox rm x", "rm x")
	ROW("git", "bisect run", "-C -c --git-dir --work-tree", "", 0, 0, "", "", "git bisect run rm x", "rm x")
	ROW("git", "submodule foreach", "-C -c --git-dir --work-tree", "", 0, WRAPPER_JOIN, "", "", "git submodule foreach 'rm x'", "rm x")
	ROW("git", "rebase", "-C -c --git-dir --work-tree", "--onto -s --strategy", 0, WRAPPER_TEXT_ONLY, "-x --exec", "", "git rebase -x 'rm x' main", "rm x")
	ROW("git", "filter-branch", "-C -c --git-dir --work-tree", "-d", 0, WRAPPER_TEXT_ONLY, "--tree-filter --index-filter --msg-filter --env-filter --commit-filter --setup", "", "git filter-branch --tree-filter 'rm x' HEAD", "rm x")
	ROW("tmux", "new-session|new|new-window|neww|split-window|splitw|respawn-pane|respawn-window|popup|display-popup", "-L -S -f", "-s -n -c -t -e -x -y -F -l -p", 0, WRAPPER_MAYBE_SHELL, "", "", "tmux new-session -d -s a 'rm x'", "rm x")
	ROW("tmux", "run-shell|run|if-shell", "-L -S -f", "-t -d", 0, WRAPPER_EACH, "", "", "tmux run-shell 'rm x'", "rm x")
	ROW("screen", "", "", "-S -c -e -h -p -s -t -T", 0, WRAPPER_MAYBE_SHELL, "", "", "screen -dmS job rm x", "rm x")
};

/* Images whose entry point is the program, from their own documentation; the last part of the name, without tag. */
static const struct {
	struct str image, program;
} images[] = {
	{ S("terraform"), S("terraform") }, { S("opentofu"), S("tofu") },	{ S("aws-cli"), S("aws") },
	{ S("kubectl"), S("kubectl") },	    { S("helm"), S("helm") },		{ S("flyway"), S("flyway") },
	{ S("liquibase"), S("liquibase") }, { S("migrate"), S("migrate") },	{ S("dbmate"), S("dbmate") },
	{ S("rclone"), S("rclone") },	    { S("restic"), S("restic") },	{ S("mc"), S("mc") },
	{ S("git"), S("git") },		    { S("curl"), S("curl") },		{ S("pulumi"), S("pulumi") },
	{ S("crane"), S("crane") },	    { S("atlas"), S("atlas") },		{ S("doctl"), S("doctl") },
	{ S("flyctl"), S("flyctl") },	    { S("vault"), S("vault") },		{ S("eksctl"), S("eksctl") },
	{ S("argocd"), S("argocd") },	    { S("terragrunt"), S("terragrunt") }, { S("wp-cli"), S("wp") },
};

struct str wrapper_image(struct str image)
{
	size_t slash = str_rfind_char(image, '/'), end;

	end = str_find_char(image, '#'); /* nixpkgs#terraform */
	if (end != SIZE_MAX)
		return str_sub(image, end + 1, image.len);
	if (slash != SIZE_MAX)
		image = str_sub(image, slash + 1, image.len);
	end = str_find_char(image, '@');
	image = str_sub(image, 0, end == SIZE_MAX ? image.len : end);
	end = str_find_char(image, ':');
	image = str_sub(image, 0, end == SIZE_MAX ? image.len : end);
	for (size_t i = 0; i < ARRAY_LEN(images); i++) {
		if (str_eq(images[i].image, image))
			return images[i].program;
	}
	return STR_NONE;
}

const struct wrapper *wrapper_nth(size_t i)
{
	return i < ARRAY_LEN(rows) ? &rows[i] : NULL;
}

bool wrapper_lists(struct str list, struct str word)
{
	size_t from = 0;

	for (size_t i = 0; i <= list.len; i++) {
		if (i < list.len && list.ptr[i] != ' ' && list.ptr[i] != '|')
			continue;
		if (i > from && str_eq(str_sub(list, from, i - from), word))
			return true;
		from = i + 1;
	}
	return false;
}

const struct wrapper *wrapper_of(struct str program, size_t n)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (wrapper_lists(rows[i].program, program) && n-- == 0)
			return &rows[i];
	}
	return NULL;
}
