#!/usr/bin/env bash
# Writes a comment of a pull request, or writes it anew where it is:
#
#     comment.sh <number> <topic> < body
#
# There is one comment on a topic, known by a mark that readers don't see. The
# mark counts only in comments of workflows, so that nobody else's is changed.
set -euo pipefail

number=$1
export MARK="<!-- $2 -->"
body=$(mktemp)
trap 'rm -f "$body"' EXIT
{ echo "$MARK" && cat; } > "$body"

comments="repos/$GITHUB_REPOSITORY/issues"
id=$(gh api --paginate "$comments/$number/comments" \
  --jq '.[] | select(.user.login == "github-actions[bot]" and (.body | startswith(env.MARK))) | .id' | head -n 1)
if [ -n "$id" ]; then
  gh api --silent --method PATCH "$comments/comments/$id" --field "body=@$body"
else
  gh api --silent --method POST "$comments/$number/comments" --field "body=@$body"
fi
