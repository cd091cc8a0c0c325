#!/usr/bin/env bash
# Checks that a stack answers, and with what was deployed:
#
#     smoke-check.sh <stack>
#
# The health check path has to answer 200, and the home page anything but an
# error of a server. If the home page says a version as this program's images
# have it, that has to be the one of the image in the state. DNS, certificates
# and the last old tasks take their time, so it asks again for
# SMOKE_CHECK_SECONDS. Then it lets the doctor say what is wrong, and fails.
set -euo pipefail

stack=$1
limit=${SMOKE_CHECK_SECONDS:-120}
url=$(pulumi stack output url --stack "$stack")
health=$(pulumi config get healthCheckPath --stack "$stack")
deployed=$(pulumi stack export --stack "$stack" | jq --raw-output \
  '[.deployment.resources[] | select(.type == "docker:index/image:Image") | .inputs.build.args.VERSION] | last')
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

options=(--silent --show-error --location --max-time 10 --header 'Accept: application/json')
# No certificate is for a load balancer's own name.
if [ "$url" = "https://$(pulumi stack output albDnsName --stack "$stack")" ]; then
  options+=(--insecure)
fi

# ask prints the status of an address. The body goes into a file.
ask() {
  curl "${options[@]}" --output "$answer" --write-out '%{http_code}' "$1" 2>&1 || true
}

# version prints the version in the last answer, if it is a tag of an image.
version() {
  jq --raw-output '.version? | strings | select(test("^[0-9a-f]{24}$"))' "$answer" 2>/dev/null || true
}

# problem prints what is wrong with the answers, and nothing if they are right.
problem() {
  local status running
  status=$(ask "$url$health")
  if [ "$status" != 200 ]; then
    echo "$url$health answers $status, not 200"
    return
  fi
  status=$(ask "$url/")
  if [[ ! $status =~ ^[1-4][0-9][0-9]$ ]]; then
    echo "$url/ answers $status"
    return
  fi
  running=$(version)
  if [ -n "$running" ] && [ "$running" != "$deployed" ]; then
    echo "$url/ is version $running, and $deployed was deployed"
  fi
}

wrong=$(problem)
while [ -n "$wrong" ]; do
  if ((SECONDS >= limit)); then
    echo "smoke check: $wrong, for $limit seconds" >&2
    go run ./doctor -stack "$stack" || true # what it exits with is known already
    exit 1
  fi
  sleep 2
  wrong=$(problem)
done
echo "$url answers, version $deployed"
