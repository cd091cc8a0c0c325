package infra

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
)

// longestBaseName leaves room for what Pulumi adds to make a physical name
// unique, a hyphen and seven digits: load balancer and target group names end
// at 32 characters.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
const longestBaseName = 24

var (
	notInNames = regexp.MustCompile(`[^a-z0-9]+`)

	// reservedPrefix matches what AWS refuses at the beginning of a load
	// balancer's ("internal-") or a security group's name ("sg-").
	reservedPrefix = regexp.MustCompile(`^(internal|sg)-`)
)

// baseName returns the beginning of the names of everything in a stack. It is
// legal in the name of each resource, and differs between stacks also where
// their names had to be shortened or changed.
func baseName(project, stack string) string {
	full := project + "-" + stack
	base := strings.Trim(notInNames.ReplaceAllString(strings.ToLower(full), "-"), "-")
	base = reservedPrefix.ReplaceAllString(base, "$1")
	if base == full && len(base) <= longestBaseName {
		return base
	}
	sum := sha256.Sum256([]byte(full))
	mark := "-" + hex.EncodeToString(sum[:3])
	return strings.TrimRight(base[:min(len(base), longestBaseName-len(mark))], "-") + mark
}
