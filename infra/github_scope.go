package infra

import "strings"

// A scope is the stacks that a role for GitHub is for, as its policies tell
// what is theirs: by names where AWS has them, else by tags.
type scope struct {
	account *Account
	project string
	// stack is the tag of the stacks, and name the beginning of their names. For
	// several stacks there is a * in them.
	stack, name string
	// zoneID is the Route 53 zone of the domain name, both empty for no records.
	zoneID, domainName string
	// taskPolicyARNs are what the task role may get.
	taskPolicyARNs []string
	// stateBucket and stateKeyARN are where Pulumi's state is.
	stateBucket, stateKeyARN string
}

// scope is the stack itself.
func (args *GitHubAccessArgs) scope(project, stack, name string) *scope {
	return &scope{
		account: args.Account, project: project, stack: stack, name: name,
		zoneID: args.ZoneID, domainName: args.Config.DomainName, taskPolicyARNs: args.Config.TaskPolicyARNs,
		stateBucket: args.Config.StateBucket, stateKeyARN: args.Config.StateKeyARN,
	}
}

// reviewScope is the stacks of all pull requests. They have no domain name: it
// leads to one stack.
func (args *GitHubAccessArgs) reviewScope(project string) *scope {
	s := args.scope(project, reviewStack+"*", project+"-"+reviewStack+"*")
	s.zoneID, s.domainName = "", ""
	return s
}

// unique returns the names that Pulumi gives to what is registered under the
// base name and an end: with a hyphen and seven characters behind it. A name
// that only begins alike is another stack's.
// https://www.pulumi.com/docs/iac/concepts/resources/names/#autonaming
func (s *scope) unique(end string) string { return s.name + end + "-???????" }

// arns returns ARNs in the account's region, of one service.
func (s *scope) arns(service string, resources ...string) []string {
	arns := make([]string, len(resources))
	for i, resource := range resources {
		arns[i] = s.account.arn(service, resource)
	}
	return arns
}

// allOf returns the ARNs of all that EC2 has of some kinds. It makes ids up, so
// that tags have to tell whose they are.
func (s *scope) allOf(kinds ...string) []string {
	all := make([]string, len(kinds))
	for i, kind := range kinds {
		all[i] = kind + "/*"
	}
	return s.arns("ec2", all...)
}

// roleARNs are the roles of the stacks themselves.
func (s *scope) roleARNs(ends ...string) []string {
	arns := make([]string, len(ends))
	for i, end := range ends {
		arns[i] = s.account.globalARN("iam", "role/"+s.unique(end))
	}
	return arns
}

// tagged is the condition that something has the tags of the stacks.
func (s *scope) tagged() conditions { return s.tags("aws:ResourceTag") }

// taggedAnew is the condition that it gets them.
func (s *scope) taggedAnew() conditions { return s.tags("aws:RequestTag") }

func (s *scope) tags(of string) conditions {
	return conditions{s.operator(): {of + "/Project": s.project, of + "/Stack": s.stack}}
}

// operator compares with the tag of the stacks.
func (s *scope) operator() string {
	if strings.Contains(s.stack, "*") {
		return "StringLike"
	}
	return "StringEquals"
}
