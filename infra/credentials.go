package infra

import (
	"regexp"
	"strconv"
	"strings"
)

// credentialForms are the credentials that are known by their form. They are
// the prefixes that their issuers document, so that nothing else has them; what
// only looks random is not among them.
var credentialForms = []struct {
	what string
	form *regexp.Regexp
}{
	{"an AWS access key id", regexp.MustCompile(`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b`)},
	{"a private key", regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY`)},
	{"a GitHub token", regexp.MustCompile(`\b(?:gh[opsru]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{36})`)},
	{"a GitLab token", regexp.MustCompile(`\bgl(?:pat|dt|ptt|rt|cbt|ft|oas|soat)-[A-Za-z0-9_-]{20}`)},
	{"a Slack token", regexp.MustCompile(`\bx(?:ox[a-z]|app)-[A-Za-z0-9-]{10}`)},
	{"a Slack webhook", regexp.MustCompile(`\bhooks\.slack\.com/(?:services|workflows|triggers)/`)},
	{"a Stripe key", regexp.MustCompile(`\b(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16}|\bwhsec_[A-Za-z0-9]{16}`)},
	{"a Google API key", regexp.MustCompile(`\bAIza[A-Za-z0-9_-]{35}`)},
	{"a SendGrid key", regexp.MustCompile(`\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16}`)},
	{"a key of an AI service", regexp.MustCompile(`\bsk-(?:ant|proj|svcacct|or)-[A-Za-z0-9_-]{16}`)},
	{"an npm or PyPI token", regexp.MustCompile(`\b(?:npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{16})`)},
	{"a JSON Web Token", regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.`)},
	// What begins with ${ is filled in by the app, and no password.
	{"a URL with a password", regexp.MustCompile(`://[^\s/?#@:]*:(?:[^\s/?#@$]|\$[^\s/?#@{])[^\s/?#@]*@`)},
}

// credentialName is how variables with credentials end. What goes on, like
// TOKEN_URL or PASSWORD_FILE, tells where a credential is and not what it is.
var credentialName = regexp.MustCompile(`(?i)(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|(?:ACCESS|SECRET|PRIVATE|ENCRYPTION|SIGNING|ACCOUNT)_?KEY)$`)

// looksLike says which kind of credential an environment variable seems to
// hold. It is empty if there is nothing to hide.
func looksLike(name, value string) string {
	for _, credential := range credentialForms {
		if credential.form.MatchString(value) {
			return credential.what
		}
	}
	if credentialName.MatchString(name) && !isSwitch(value) && !strings.HasPrefix(value, "arn:") {
		return "what its name says"
	}
	return ""
}

// isSwitch tells whether a value turns something on or off, or is none.
func isSwitch(value string) bool {
	_, err := strconv.ParseBool(value)
	return value == "" || err == nil
}
