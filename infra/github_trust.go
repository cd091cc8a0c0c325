package infra

import "strings"

const (
	// gitHubIssuer is who signs the tokens of workflows.
	gitHubIssuer = "token.actions.githubusercontent.com"

	// gitHubAudience is whom the tokens are for: the default of
	// aws-actions/configure-aws-credentials.
	gitHubAudience = "sts.amazonaws.com"
)

// A repository is one on GitHub, as its workflows' tokens name it.
type repository struct {
	owner, name string
	// ownerID and id are GitHub's numbers of both, empty if they are not known.
	ownerID, id string
}

// parseRepository reads a checked name of a repository.
func parseRepository(text string) repository {
	owner, name, _ := strings.Cut(text, "/")
	r := repository{}
	r.owner, r.ownerID, _ = strings.Cut(owner, "@")
	r.name, r.id, _ = strings.Cut(name, "@")
	return r
}

// subjects returns the subjects of the repository's tokens that end as given.
//
// Repositories made since July 2026 have the ids of their owner and themselves
// in them, so that whoever gets the name of one that was deleted is not taken
// for it. Older ones have them when somebody turns that on. Where the ids are
// not set, both forms are trusted; the name is held against the claim
// repository too, so that the * stands for nothing else.
// https://docs.github.com/en/actions/reference/security/oidc#immutable-subject-claims
func (r repository) subjects(ends ...string) []string {
	var subjects []string
	for _, end := range ends {
		if r.id != "" {
			subjects = append(subjects, "repo:"+r.owner+"@"+r.ownerID+"/"+r.name+"@"+r.id+":"+end)
			continue
		}
		subjects = append(subjects, "repo:"+r.owner+"/"+r.name+":"+end, "repo:"+r.owner+"@*/"+r.name+"@*:"+end)
	}
	return subjects
}

// trust lets workflows of the repository take a role whose tokens have one of
// the subjects, and claims beside it. AWS refuses a role that any subject may
// take, and knows the other claims since January 2026.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
func (r repository) trust(providerARN string, claims map[string]string, subjectEnds ...string) policyDocument {
	is := map[string]any{
		gitHubIssuer + ":aud":        gitHubAudience,
		gitHubIssuer + ":repository": r.owner + "/" + r.name,
	}
	for claim, value := range claims {
		is[gitHubIssuer+":"+claim] = value
	}
	condition := conditions{"StringEquals": is}
	if subject := gitHubIssuer + ":sub"; r.id != "" {
		is[subject] = r.subjects(subjectEnds...)
	} else {
		condition["StringLike"] = map[string]any{subject: r.subjects(subjectEnds...)}
	}
	return policyDocument{policyVersion, []statement{{
		Effect:    "Allow",
		Principal: map[string]string{"Federated": providerARN},
		Action:    []string{"sts:AssumeRoleWithWebIdentity"},
		Condition: condition,
	}}}
}

// previewTrust is for pull requests, and for the branch, where what was
// deployed is compared with what AWS has.
func (r repository) previewTrust(providerARN, branch string) policyDocument {
	return r.trust(providerARN, nil, "pull_request", "ref:refs/heads/"+branch)
}

// deployTrust is for the branch, in the environment of the stack: GitHub lets a
// workflow have it when the environment's reviewers have agreed.
func (r repository) deployTrust(providerARN, branch, stack string) policyDocument {
	return r.trust(providerARN, map[string]string{"ref": "refs/heads/" + branch, "environment": stack}, "environment:"+stack)
}

// reviewTrust is for any branch or pull request, in the environment of reviews.
func (r repository) reviewTrust(providerARN string) policyDocument {
	return r.trust(providerARN, map[string]string{"environment": reviewEnvironment}, "environment:"+reviewEnvironment)
}

// reviewEnvironment is the environment on GitHub that review stacks are
// deployed in.
const reviewEnvironment = "review"
