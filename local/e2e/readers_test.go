package e2e

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fargate-stack/local/emulator"
	"fargate-stack/local/stack"
)

// onThisMachine are the commands of the documents for somebody without AWS.
// [TestUpAndDown] runs them.
var onThisMachine = []string{"make up", "make status", "make doctor", "make down"}

// onAWS are the commands of the documents for AWS, in an order in which a reader
// may give them.
var onAWS = []string{
	"docker image ls --filter label=io.fargate-stack.made-from",
	"docker image ls --filter label=io.fargate-stack.eni",
	"rm -r ~/.cache/fargate-stack",
	"make readme",
	"make cost",
	"go run ./cost -millions 50 -tasks 4 prod",
	"go run ./cost -json dev > estimate.json",

	"make login-s3 BUCKET=<bucket> REGION=<region>",
	"pulumi stack init <stack> --secrets-provider='awskms://alias/<bucket>?region=<region>'",
	"pulumi login 's3://<bucket>?region=<region>'",
	"pulumi login --local",
	"pulumi login",
	"pulumi stack init <stack>",

	"pulumi stack init dev",
	"pulumi config set aws:region eu-central-1",
	"pulumi up",
	`curl "$(pulumi stack output url)"`,
	"make doctor STACK=dev",
	"pulumi config set <name> <value>",
	"pulumi config set --path environment.LOG_LEVEL debug",
	"pulumi config set --secret --path environment.GREETING hello",
	"aws secretsmanager create-secret --name shop/database --secret-string file://database.json",
	"pulumi config set --plaintext --path secrets.DB_PASSWORD <ARN of the secret>:password::",
	"aws --endpoint-url http://localhost:4566 route53 create-hosted-zone --name example.com --caller-reference 1",
	"pulumi config set domainName app.example.com",
	"pulumi config set githubRepository octocat/shop",
	"pulumi config set stateBucket octocat-state",
	"pulumi config set stateKeyArn arn:aws:kms:<region>:<account>:key/<id>",
	"go run ./preview -stack dev -before estimate.json",
	"make preview STACK=dev",
	"go run ./recovery -stack dev",
	"make up STACK=dev",
	"pulumi stack output githubPreviewRoleArn",
	"pulumi stack output githubDeployRoleArn",
	`pulumi config set permissionsBoundaryArn "$(pulumi stack output githubBoundaryArn)" --config-file Pulumi.review.yaml`,
	"curl --insecure --connect-to ::<albDnsName>: <url>",
	"aws ecs update-service --cluster <clusterName> --service <serviceName> --force-new-deployment",
	"aws ecs update-service --cluster <clusterName> --service <serviceName> --deployment-configuration 'alarms={alarmNames=[],enable=false,rollback=false}'",

	"pulumi config set deletionProtection false",
	"pulumi config set --path schedule.stop 'cron(0 19 ? * MON-FRI *)'",
	"pulumi config set --path schedule.start 'cron(0 7 ? * MON-FRI *)'",
	"pulumi config set --path schedule.timeZone Europe/Berlin",
	"pulumi config set certificateArn arn:aws:acm:<region>:<account>:certificate/<id>",
	"pulumi cancel",
	"pulumi destroy --exclude '**fargate-stack:infra:GitHubAccess**'",
	"pulumi destroy",
}

// placeholders are what a reader puts in the place of what the documents leave
// open.
var placeholders = strings.NewReplacer(
	"<name> <value>", "memory 1024",
	"<stack>", "stack-$RANDOM",
	"<bucket>", "shop-state",
	"<ARN of the secret>", `"$(aws secretsmanager describe-secret --secret-id shop/database --query ARN --output text)"`,
	"<albDnsName>", `"$(pulumi stack output albDnsName)"`,
	"<url>", `"$(pulumi stack output url)"`,
	"<clusterName>", `"$(pulumi stack output clusterName)"`,
	"<serviceName>", `"$(pulumi stack output serviceName)"`,
	"<region>", readersRegion,
	"<account>", "000000000000",
	"<id>", "11111111-2222-3333-4444-555555555555",
	"http://localhost:4566", `"$AWS_ENDPOINT_URL"`,
)

// readersRegion is the region that the documents choose.
const readersRegion = "eu-central-1"

// TestAReaderOfTheDocumentsGetsThrough gives the commands for AWS, as they are
// written, to the shell.
func TestAReaderOfTheDocumentsGetsThrough(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, readersRegion, "")
	reader := newReader(t, cloud)
	var before inventory
	for _, command := range onAWS {
		if command == "pulumi stack init dev" { // what was made for the state stays
			before = cloud.account.inventory(t)
		}
		reader.gives(t, command)
	}
	cloud.account.expect(t, before)
}

// A reader has a copy of the repository, and a shell.
type reader struct {
	directory   string
	environment []string
}

func newReader(t *testing.T, cloud *testCloud) *reader {
	t.Helper()
	r := &reader{directory: t.TempDir()}
	copyFiles(t, r.directory, ".")
	must(t, os.WriteFile(filepath.Join(r.directory, "database.json"), []byte(`{"password": "of-the-database"}`), 0o600))
	// Tasks here run on this machine's processor.
	replaceIn(t, filepath.Join(r.directory, "Pulumi.dev.yaml"), "config:\n", "config:\n  architecture: "+stack.MachineArchitecture()+"\n")

	variables := maps.Clone(cloud.environment)
	variables["HOME"] = r.directory // for what is in ~
	must(t, os.MkdirAll(filepath.Join(r.directory, ".cache/fargate-stack"), 0o755))
	variables["PULUMI_CREDENTIALS_PATH"] = t.TempDir()
	for _, name := range []string{"GOCACHE", "GOENV", "GOMODCACHE", "GOPATH"} {
		variables[name] = goEnvironment(t, name)
	}
	variables["PATH"] = awsCLI(t) + string(filepath.ListSeparator) + variables["PATH"]
	variables["AWS_REGION"], variables["AWS_DEFAULT_REGION"] = readersRegion, readersRegion // the SDKs', and this CLI's
	variables["PULUMI_SKIP_CONFIRMATIONS"] = "true"                                         // nobody answers
	r.environment = stack.Environ(variables)
	t.Cleanup(func() {
		if t.Failed() {
			said, err := runInShell(r.directory, r.environment, "pulumi destroy --yes --stack dev")
			t.Logf("destroying what the failed test left: %v\n%s", err, said)
		}
	})
	return r
}

// gives runs a command of the documents, which has to succeed.
func (r *reader) gives(t *testing.T, command string) {
	t.Helper()
	start := time.Now()
	said, err := runInShell(r.directory, r.environment, placeholders.Replace(command))
	if err != nil {
		t.Fatalf("%s: %v\n%s", command, err, said)
	}
	t.Logf("%s took %s", command, time.Since(start).Round(100*time.Millisecond))
}

// goEnvironment returns a variable of Go as it is without the reader's home.
func goEnvironment(t *testing.T, name string) string {
	t.Helper()
	value, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
	must(t, err)
	return strings.TrimSpace(string(value))
}

// awsCLIVersion is what the reader has of the AWS CLI.
const awsCLIVersion = "1.46.3"

// awsCLI returns a directory with the AWS CLI, which is installed if it is not
// there.
func awsCLI(t *testing.T) string {
	t.Helper()
	directory := filepath.Join(t.TempDir(), "aws")
	python, err := emulator.FindPython(t.Context())
	must(t, err)
	for _, command := range [][]string{
		{python.Path, "-m", "venv", directory},
		{filepath.Join(directory, "bin", "python"), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "awscli==" + awsCLIVersion},
	} {
		if said, err := exec.CommandContext(t.Context(), command[0], command[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", strings.Join(slices.Clip(command), " "), err, said)
		}
	}
	return filepath.Join(directory, "bin")
}
