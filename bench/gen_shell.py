#!/usr/bin/env python3
"""A realistic mix of shell text, the same on every machine: what agents type, deploy scripts, CI steps, profile files.
usage: bench/gen_shell.py FOLDER [BYTES]     about BYTES (default 4 MB) in files of 100 bytes to 40 kB
"""
import pathlib
import random
import sys

COMMANDS = r"""git status --short && git log --oneline -n 20 | head -5
git commit -m "fix: handle empty response from the payments endpoint (#1432)" --no-verify
npm ci --prefer-offline --no-audit && npm run build -- --mode=production
docker run --rm -v "$PWD":/work -w /work -e CI=1 node:20-alpine sh -c 'npm ci && npm test'
kubectl -n "$NAMESPACE" get pods -l app=web -o jsonpath='{.items[*].metadata.name}' | tr ' ' '\n'
terraform plan -out=tfplan -var-file="envs/${ENVIRONMENT:-staging}.tfvars" -lock-timeout=60s
aws s3 sync ./dist "s3://$BUCKET/releases/$(date +%Y%m%d)-${GIT_SHA:0:8}/" --delete --only-show-errors
psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -c "SELECT id, email FROM users WHERE created_at > now() - interval '7 days' LIMIT 50"
find . -name '*.pyc' -not -path './.venv/*' -print0 | xargs -0 rm -f
grep -rn --include='*.ts' "useEffect(" src/ | awk -F: '{print $1}' | sort | uniq -c | sort -rn | head
curl -fsSL -H "Authorization: Bearer $TOKEN" "https://api.example.com/v1/projects/${PROJECT_ID}/deployments?limit=10" | jq -r '.items[].id'
sed -i.bak -e 's/^version = .*/version = "'"$VERSION"'"/' Cargo.toml && cargo check --workspace --all-targets
tar czf "backup-$(hostname)-$(date +%s).tar.gz" --exclude=node_modules --exclude=.git .
ssh -o StrictHostKeyChecking=no deploy@"$HOST" "cd /srv/app && git pull --ff-only && systemctl restart app"
python3 -m pytest -x -q tests/unit -k "not slow" 2>&1 | tee /tmp/test.log | tail -40
rm -rf build/ dist/ *.egg-info; mkdir -p build/{lib,bin,include}
[ -f .env ] && export $(grep -v '^#' .env | xargs)
ls -la ~/projects/*/package.json 2>/dev/null | wc -l""".splitlines()

BLOCKS = r"""#!/usr/bin/env bash
set -euo pipefail
IFS=$'\n\t'
readonly SCRIPT_DIR="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

# Print a message to standard error and leave.
die() {
    local status="${2:-1}"
    printf '%s: %s\n' "${0##*/}" "$1" >&2
    exit "$status"
}
%%
usage() {
    cat <<EOF
Usage: ${0##*/} [options] ENVIRONMENT

Deploys the current revision ($(git rev-parse --short HEAD)) to ENVIRONMENT.

  -n, --dry-run    show what would be done
  -v, --verbose    say more
EOF
}
%%
while [[ $# -gt 0 ]]; do
    case "$1" in
        -n|--dry-run) DRY_RUN=1; shift ;;
        -v|--verbose) set -x; shift ;;
        -e|--env) ENVIRONMENT="$2"; shift 2 ;;
        --) shift; break ;;
        -*) die "unknown option: $1" 2 ;;
        *) args+=("$1"); shift ;;
    esac
done
%%
for service in api web worker scheduler; do
    if ! kubectl rollout status "deployment/$service" --timeout=120s; then
        echo "rollout of $service failed, undoing" >&2
        kubectl rollout undo "deployment/$service"
        failed=$((failed + 1))
    fi
done
%%
retries=0
until curl -sf "http://localhost:${PORT:-8080}/healthz" >/dev/null; do
    retries=$((retries + 1))
    if (( retries > 30 )); then
        die "service did not come up"
    fi
    sleep 1
done
%%
declare -A regions=([us]=us-east-1 [eu]=eu-central-1 [ap]=ap-southeast-2)
for key in "${!regions[@]}"; do
    aws --region "${regions[$key]}" ecs update-service --cluster main --service "app-$key" --force-new-deployment \
        --query 'service.deployments[0].status' --output text || exit 1
done
%%
export PATH="$HOME/.local/bin:$HOME/go/bin:/usr/local/bin:$PATH"
alias ll='ls -alF' gs='git status'
if [ -r /etc/os-release ]; then . /etc/os-release; fi
[[ -n "${SSH_CONNECTION:-}" && $TERM != dumb ]] && PS1='\u@\h:\w\$ '
%%
cat > /etc/nginx/conf.d/app.conf <<'EOF'
server {
    listen 80;
    server_name $host;
    location / { proxy_pass http://127.0.0.1:3000; proxy_set_header Host $host; }
}
EOF
nginx -t && systemctl reload nginx
%%
# Clean up whatever is left, newest last; nothing outside of the cache folder is touched.
trap 'rm -rf -- "$tmp"' EXIT
tmp="$(mktemp -d "${TMPDIR:-/tmp}/release.XXXXXX")"
find "$CACHE" -type f -mtime +30 -name "*.tmp" | while IFS= read -r file; do
    size=$(stat -c %s "$file")
    total=$(( total + size ))
    rm -f -- "$file"
done
""".split("%%\n")


def main():
    folder = pathlib.Path(sys.argv[1])
    left = int(sys.argv[2]) if len(sys.argv) > 2 else 4 << 20
    rng = random.Random(1)
    n = 0
    while left > 0:
        if rng.random() < 0.5:
            text = "\n".join(rng.choices(COMMANDS, k=rng.choice((1, 1, 2, 5)))) + "\n"
        else:
            text = BLOCKS[0] + "\n".join(rng.choice(BLOCKS) if rng.random() < 0.7 else rng.choice(COMMANDS) + "\n"
                                         for _ in range(rng.choice((3, 10, 40, 120))))
        (folder / ("%05d.sh" % n)).write_text(text)
        left -= len(text)
        n += 1


main()
