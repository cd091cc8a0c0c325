#!/usr/bin/env bash
# Keeps one issue about what AWS has otherwise than a stack's state says:
#
#     drift.sh <stack>
#
# It opens the issue, writes it anew while there is drift, and closes it when
# there is none. It changes nothing else, neither state nor AWS.
set -euo pipefail

stack=$1
export TITLE="Drift in stack $stack"
issues="repos/$GITHUB_REPOSITORY/issues"
found=$(mktemp)
body=$(mktemp)
trap 'rm -f "$found" "$body"' EXIT

# Pulumi exits with 7 where there are changes and none were expected.
code=0
pulumi refresh --preview-only --expect-no-changes --diff --non-interactive --color never \
  --stack "$stack" > "$found" 2>&1 || code=$?
cat "$found"
if [ "$code" != 0 ] && [ "$code" != 7 ]; then
  exit "$code"
fi

number=$(gh api --paginate "$issues?state=open&per_page=100" \
  --jq '.[] | select(.user.login == "github-actions[bot]" and .title == env.TITLE) | .number' | head -n 1)

if [ "$code" = 0 ]; then
  if [ -n "$number" ]; then
    gh api --silent --method POST "$issues/$number/comments" --raw-field "body=The drift is gone: AWS is as the state says."
    gh api --silent --method PATCH "$issues/$number" --raw-field state=closed
  fi
  exit
fi

# Of what Pulumi says, the issue has the resources that differ, and what differs
# in them, with marks that GitHub colours. It has 65536 characters at most; the
# log of the run has all of it.
differences=$(sed -nE '
  /pulumi:pulumi:Stack|^ *[~+-] [0-9]+ to / d
  s/^ *\[urn=(.*)\]$/# \1/p; t
  s/^ {4}( *)~ /! \1/p; t
  s/^ {4}( *)([+-]) /\2 \1/p
' "$found" | head -c 60000)
cat > "$body" <<END
AWS is not as the state of the stack \`$stack\` says. Somebody changed (\`!\`), added (\`+\`) or deleted (\`-\`):

\`\`\`\`diff
$differences
\`\`\`\`

\`pulumi up --refresh --stack $stack\` makes it as the program says again. To keep it, write it into the program or the settings first.

Found on $(date -u '+%Y-%m-%d at %H:%M') UTC by [this run]($GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID). The next one that finds nothing closes this issue.
END
if [ -n "$number" ]; then
  gh api --silent --method PATCH "$issues/$number" --field "body=@$body"
else
  gh api --silent --method POST "$issues" --raw-field "title=$TITLE" --field "body=@$body"
fi
