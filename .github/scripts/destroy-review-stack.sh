#!/usr/bin/env bash
# Destroys the stack of a pull request, if there is one, and says so there:
#
#     destroy-review-stack.sh pr-<number> <why>
set -euo pipefail

stack=$1
if ! pulumi stack ls --json | jq --exit-status --arg stack "$stack" 'any(.[]; .name == $stack)' > /dev/null; then
  echo "there is no stack $stack"
  exit
fi
go run ./recovery -stack "$stack"
pulumi destroy --yes --non-interactive --suppress-progress --remove --stack "$stack"
echo "The review stack \`$stack\` was destroyed: $2." | "$(dirname "$0")/comment.sh" "${stack#pr-}" "review stack"
