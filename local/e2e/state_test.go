package e2e

import (
	"bytes"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

const stateBucket = "shop-state"

// TestStateInABucket keeps a stack's state where `make login-s3` leads, encrypted
// with the key.
func TestStateInABucket(t *testing.T) {
	t.Parallel()
	cloud := newCloudWithoutBackend(t)
	account := cloud.account
	said := cloud.logIn(t, stateBucket)
	for _, want := range []string{"made bucket " + stateBucket, "Logged in to", "--secrets-provider='" + cloud.secretsProvider + "'"} {
		if !strings.Contains(said, want) {
			t.Errorf("the first time, it does not say %q:\n%s", want, said)
		}
	}
	if said := cloud.logIn(t, stateBucket); strings.Contains(said, "made") {
		t.Errorf("the second time, it makes something:\n%s", said)
	}
	before := account.inventory(t)
	settings := maps.Clone(quick)
	settings[project+":minimumTaskCount"] = "1"
	stack := newDeployment(t, cloud, "e2e-state", settings)
	stack.setSecret(t, greeting, sealed)
	t.Run("a preview writes nothing", func(t *testing.T) {
		versions := account.versions(t, stateBucket)
		_, err := stack.preview(t)
		must(t, err)
		if after := account.versions(t, stateBucket); !slices.Equal(after, versions) {
			t.Errorf("there was %v, there is %v", versions, after)
		}
	})
	result := stack.up(t)
	t.Run("the bucket has no secret, and all in it is encrypted with the key", func(t *testing.T) {
		account.checkBucket(t, stateBucket, sealed, account.registryToken(t))
	})
	t.Run("nobody is told a secret", func(t *testing.T) { stack.checkSealed(t, cloud, result, account.registryToken(t)) })
	t.Run("a second up changes nothing", func(t *testing.T) {
		expectChanges(t, stack.up(t), "same")
		if got := status(t, output(t, result, "url"), answerLimit); got != 200 {
			t.Errorf("the app answers %d", got)
		}
	})
	t.Run("destroy leaves nothing behind but the state", func(t *testing.T) {
		stack.destroy(t)
		account.expect(t, before)
		account.checkBucket(t, stateBucket, sealed)
	})
}

// TestBucketsThatAreNoPlaceForAState has a bucket that belongs to somebody else,
// and one that is public.
func TestBucketsThatAreNoPlaceForAState(t *testing.T) {
	t.Parallel()
	cloud := newCloudWithoutBackend(t)
	_, err := cloud.account.buckets.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(stateBucket)})
	must(t, err)
	t.Run("another account's is refused", func(t *testing.T) {
		// The emulator takes an access key id that is an account's id for its own.
		other := maps.Clone(cloud.environment)
		other["AWS_ACCESS_KEY_ID"] = "111111111111"
		expectRefusal(t, other, "is not account 111111111111's")
	})
	t.Run("a public one is refused", func(t *testing.T) {
		_, err := cloud.account.buckets.DeletePublicAccessBlock(t.Context(), &s3.DeletePublicAccessBlockInput{Bucket: aws.String(stateBucket)})
		must(t, err)
		policy := `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::` + stateBucket + `/*"}]}`
		_, err = cloud.account.buckets.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: aws.String(stateBucket), Policy: &policy})
		must(t, err)
		expectRefusal(t, cloud.environment, "is public")
	})
	keys, err := cloud.account.keys.ListKeys(t.Context(), &kms.ListKeysInput{})
	must(t, err)
	if len(keys.Keys) > 0 {
		t.Errorf("there are keys for them: %v", keys.Keys)
	}
}

// expectRefusal runs what is behind `make login-s3`, which has to fail.
func expectRefusal(t *testing.T, environment map[string]string, want string) {
	t.Helper()
	said, err := runState(t, environment, stateBucket)
	if err == nil || !strings.Contains(said, want) {
		t.Errorf("it does not say %q (%v):\n%s", want, err, said)
	}
}

// newCloudWithoutBackend starts an emulator for a CLI that is logged in nowhere
// and has no passphrase.
func newCloudWithoutBackend(t *testing.T) *testCloud {
	t.Helper()
	cloud := newCloud(t)
	cloud.backend = ""
	for _, name := range []string{"PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE"} {
		cloud.environment[name] = ""
	}
	cloud.environment["PULUMI_CREDENTIALS_PATH"] = t.TempDir()
	return cloud
}

// logIn does what `make login-s3` does, and returns what it says.
func (c *testCloud) logIn(t *testing.T, bucket string) string {
	t.Helper()
	said, err := runState(t, c.environment, bucket)
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	c.secretsProvider = "awskms://alias/" + bucket + "?region=" + region
	return said
}

func runState(t *testing.T, environment map[string]string, bucket string) (string, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), machine.state, "-region", region, bucket)
	command.Env = os.Environ()
	for name, value := range environment {
		command.Env = append(command.Env, name+"="+value)
	}
	said, err := command.CombinedOutput()
	return string(said), err
}

// eachVersion calls a function with all that a bucket has or had.
func (a *account) eachVersion(t *testing.T, bucket string, visit func(types.ObjectVersion)) {
	t.Helper()
	pages := s3.NewListObjectVersionsPaginator(a.buckets, &s3.ListObjectVersionsInput{Bucket: &bucket})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		must(t, err)
		for _, version := range page.Versions {
			visit(version)
		}
	}
}

// versions lists the names and versions of all that a bucket has or had.
func (a *account) versions(t *testing.T, bucket string) []string {
	t.Helper()
	var found []string
	a.eachVersion(t, bucket, func(v types.ObjectVersion) { found = append(found, *v.Key+" "+*v.VersionId) })
	return found
}

// checkBucket looks for secrets in all that a bucket has or had.
func (a *account) checkBucket(t *testing.T, bucket string, secrets ...string) {
	t.Helper()
	key, err := a.keys.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: aws.String("alias/" + bucket)})
	must(t, err)
	states := 0
	a.eachVersion(t, bucket, func(v types.ObjectVersion) {
		object, err := a.buckets.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: v.Key, VersionId: v.VersionId})
		must(t, err)
		defer object.Body.Close()
		content, err := io.ReadAll(object.Body)
		must(t, err)
		expectNone(t, *v.Key, content, secrets...)
		if object.ServerSideEncryption != types.ServerSideEncryptionAwsKms || aws.ToString(object.SSEKMSKeyId) != *key.KeyMetadata.Arn {
			t.Errorf("%s is encrypted by %s with %s", *v.Key, object.ServerSideEncryption, aws.ToString(object.SSEKMSKeyId))
		}
		if bytes.Contains(content, []byte(`"ciphertext"`)) {
			states++
		}
	})
	if states == 0 {
		t.Error("the bucket has no state with a secret")
	}
}
