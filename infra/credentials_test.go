package infra

import (
	"strings"
	"testing"
)

// fake returns a text that looks like a credential only when it is put
// together: what scans repositories for credentials finds none here.
func fake(parts ...string) string { return strings.Join(parts, "") }

func TestCredentialsAreKnown(t *testing.T) {
	const random = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0"
	tests := []struct{ want, name, value string }{
		{"an AWS access key id", "ID", fake("AKIA", "IOSFODNN7EXAMPLE")},
		{"an AWS access key id", "CONFIG", "[default] aws_access_key_id=" + fake("ASIA", "IOSFODNN7EXAMPLE")},
		{"a private key", "CERTIFICATE", fake("-----BEGIN ", "PRIVATE KEY-----\nMIIE")},
		{"a private key", "CERTIFICATE", fake("-----BEGIN ", "OPENSSH PRIVATE KEY-----\nb3Bl")},
		{"a GitHub token", "GITHUB", fake("ghp", "_", random)},
		{"a GitHub token", "GITHUB", fake("github", "_pat_", random)},
		{"a GitLab token", "GITLAB", fake("glpat", "-", random)},
		{"a Slack token", "SLACK", fake("xoxb", "-123456789012-123456789012-", random)},
		{"a Slack webhook", "SLACK", fake("https://hooks.slack", ".com/services/T0/B0/x")},
		{"a Stripe key", "STRIPE", fake("sk", "_live_", random)},
		{"a Stripe key", "STRIPE", fake("wh", "sec_", random)},
		{"a Google API key", "MAPS", fake("AI", "za", random)},
		{"a SendGrid key", "MAIL", fake("SG", ".", random, ".", random)},
		{"a key of an AI service", "MODEL", fake("sk-", "ant-", random)},
		{"an npm or PyPI token", "REGISTRY", fake("npm", "_", random)},
		{"a JSON Web Token", "SESSION", fake("ey", "JhbGciOiJIUzI1NiJ9.ey", "JzdWIiOiIxMjM0NTY3ODkwIn0.", random)},
		{"a URL with a password", "DATABASE_URL", "postgres://app:hush@db:5432/shop"},
		{"a URL with a password", "REDIS", "redis://:hush@cache:6379"},
		{"a URL with a password", "DATABASE_URL", "postgres://app:$hush@db/shop"},
		{"what its name says", "DB_PASSWORD", "hush"},
		{"what its name says", "dbPassword", "hush"},
		{"what its name says", "SESSION_SECRET", "hush"},
		{"what its name says", "STRIPE_API_KEY", "hush"},
		{"what its name says", "AWS_SECRET_ACCESS_KEY", "hush"},
		{"what its name says", "TOKEN", "123456"},
	}
	for _, test := range tests {
		t.Run(test.name+" with "+test.want, func(t *testing.T) {
			if got := looksLike(test.name, test.value); got != test.want {
				t.Errorf("it looks like %q, want %q", got, test.want)
			}
		})
	}
}

func TestOtherValuesAreLetThrough(t *testing.T) {
	for name, value := range map[string]string{
		"LOG_LEVEL":              "debug",
		"API_URL":                "https://api.example.com:8443/v1?at=12:00&to=a@b.example",
		"HOMEPAGE":               "https://example.com/@team",
		"PROXY":                  "http://me@proxy:3128",
		"DATABASE_URL":           "postgres://app:${DB_PASSWORD}@db/shop",
		"TOKEN_URL":              "https://login.example.com/token",
		"DB_PASSWORD_FILE":       "/run/secrets/db",
		"SECRET_NAME":            "shop/database",
		"MAX_TOKENS":             "4096",
		"CSRF_TOKEN":             "true",
		"API_KEY":                "",
		"DB_SECRET":              "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop-AbC123",
		"KEY":                    "primary",
		"STRIPE_PUBLISHABLE_KEY": fake("pk", "_live_", "a1B2c3D4e5F6g7H8"),
		"COMMIT":                 "da39a3ee5e6b4b0d3255bfef95601890afd80709",
		"ID":                     "0b7c1f0e-8f0a-4c1e-9d55-2f0a5b1c7d11",
		"CERTIFICATE":            "-----BEGIN CERTIFICATE-----\nMIID",
	} {
		t.Run(name, func(t *testing.T) {
			if what := looksLike(name, value); what != "" {
				t.Errorf("%q looks like %s", value, what)
			}
		})
	}
}

func TestWhatIsPublicIsDeployedThoughItLooksLikeACredential(t *testing.T) {
	deploy(t, values{"environment": `{"BROWSER_API_KEY":"x"}`, "publicVariables": `["BROWSER_API_KEY"]`})
}
