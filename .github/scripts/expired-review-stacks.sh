#!/usr/bin/env bash
# Prints the stacks of pull requests that were not deployed for some days:
#
#     expired-review-stacks.sh <days>
set -euo pipefail

pulumi stack ls --json | jq --raw-output --arg days "$1" '
  (now - ($days | tonumber) * 24 * 60 * 60) as $limit
  | .[] | select(.name | test("^pr-[0-9]+$"))
  | select(.lastUpdate == null or (.lastUpdate | sub("[.][0-9]+Z$"; "Z") | fromdate) < $limit)
  | .name'
