package e2e

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
)

const (
	// hush is the secret that nothing but the app may have.
	hush = "hush-hush-4711"

	// sealed is the value of the setting greeting, which the stack keeps encrypted.
	sealed = "hello-hello-0815"
)

var greeting = project + ":environment.GREETING"

// TestSecrets gives the app a parameter and a part of a secret. There is no NAT,
// so that they come through endpoints of their own, and ECS Exec is on.
func TestSecrets(t *testing.T) {
	t.Parallel()
	cloud := newCloud(t)
	account := cloud.account
	level := account.newParameter(t, "/shop/level", "debug")
	secret := account.newSecret(t, "shop/token", `{"token":"`+hush+`"}`)
	policy := account.newPolicy(t, "shop-mail")
	before := account.inventory(t)
	settings := maps.Clone(quick)
	maps.Copy(settings, map[string]string{
		project + ":natStrategy":       "none",
		project + ":minimumTaskCount":  "1",
		project + ":maximumTaskCount":  "1",
		project + ":ecsExec":           "true",
		project + ":secrets.LOG_LEVEL": level,
		project + ":secrets.TOKEN":     secret + ":token::",
		project + ":taskPolicyArns[0]": policy,
	})
	stack := newDeployment(t, cloud, "e2e-secrets", settings)
	stack.setSecret(t, greeting, sealed)
	result := stack.up(t)
	deployed := account.describe(t, result)

	t.Run("the app gets them", func(t *testing.T) { checkSecrets(t, account, result) })
	t.Run("nobody else does", func(t *testing.T) {
		deployed.checkSilence(t)
		checkBackend(t, cloud, hush, sealed)
		stack.checkSealed(t, cloud, result, hush)
	})
	t.Run("tasks reach what has them, and ECS Exec", func(t *testing.T) { deployed.checkEndpoints(t, "secretsmanager", "ssm", "ssmmessages") })
	t.Run("the app may do what it is to, and people may run commands in it", func(t *testing.T) { deployed.checkExec(t, policy) })
	t.Run("a second up changes nothing, nor does what AWS says of it all", func(t *testing.T) {
		stack.refresh(t)
		expectChanges(t, stack.up(t), "same")
	})
	t.Run("a secret that is not there fails the deployment, and the app goes on answering", func(t *testing.T) {
		stack.set(t, project+":secrets.TOKEN", strings.Replace(secret, "shop/token", "shop/other", 1))
		stack.failingUp(t, "A secret of the tasks is not there", "ResourceNotFoundException", "shop/other", "went back to")
		if got := status(t, output(t, result, "url"), answerLimit); got != http.StatusOK {
			t.Errorf("the app answers %d", got)
		}
		stack.set(t, project+":secrets.TOKEN", secret+":token::")
	})
	t.Run("a secret that may not be read fails the deployment", func(t *testing.T) {
		role := (*deployed.task.ExecutionRoleArn)[strings.LastIndex(*deployed.task.ExecutionRoleArn, "/")+1:]
		_, err := account.iam.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: &role, PolicyName: aws.String("deny"),
			PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"secretsmanager:GetSecretValue","Resource":"*"}]}`)})
		must(t, err)
		stack.failingUp(t, "The execution role may not", "secretsmanager:GetSecretValue on "+secret, "explicitDeny")
		_, err = account.iam.DeleteRolePolicy(t.Context(), &iam.DeleteRolePolicyInput{RoleName: &role, PolicyName: aws.String("deny")})
		must(t, err)
	})
	t.Run("destroy leaves nothing behind", func(t *testing.T) {
		stack.destroy(t)
		account.expect(t, before)
	})
}

// checkSecrets looks at the app's variables, and at what the app makes of one: it
// logs its health checks only if LOG_LEVEL is debug.
func checkSecrets(t *testing.T, a *account, result auto.UpResult) {
	for _, c := range containers(t, a, result) {
		if c.Config.Labels["com.amazonaws.ecs.container-name"] != "app" {
			continue
		}
		if !slices.Contains(c.Config.Env, "TOKEN="+hush) || !slices.Contains(c.Config.Env, "LOG_LEVEL=debug") {
			t.Errorf("the app's variables are %v", c.Config.Env)
		}
	}
	wait(t, 30*time.Second, "a health check in the log", func() bool {
		events, err := a.logs.FilterLogEvents(t.Context(), &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String(output(t, result, "logGroupName"))})
		must(t, err)
		for _, event := range events.Events {
			if strings.Contains(*event.Message, `"level":"DEBUG"`) && strings.Contains(*event.Message, "/health") {
				return true
			}
		}
		return false
	})
}

// checkSilence looks for the secret in all that ECS says.
func (v *view) checkSilence(t *testing.T) {
	tasks, err := v.account.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{
		Cluster: v.service.ClusterArn, Tasks: v.account.tasks(t, v.result),
	})
	must(t, err)
	said, err := json.Marshal([]any{v.service, v.task, tasks.Tasks})
	must(t, err)
	if strings.Contains(string(said), hush) {
		t.Errorf("ECS tells the secret: %s", said)
	}
}

// checkSealed looks for the sealed setting, and for secrets, in what people get to
// see: the stack's file, the exported state, what was said of the deployment, and
// the preview of one that changes the setting.
func (d *deployment) checkSealed(t *testing.T, cloud *testCloud, result auto.UpResult, secrets ...string) {
	t.Helper()
	secrets = append(secrets, sealed)
	expectNone(t, "what pulumi up said", []byte(result.StdOut+result.StdErr), secrets...)
	d.setSecret(t, greeting, sealed+"-changed")
	defer d.setSecret(t, greeting, sealed)
	file, err := os.ReadFile(filepath.Join(d.directory, "Pulumi."+d.stack.Name()+".yaml"))
	must(t, err)
	if !bytes.Contains(file, []byte("secure: ")) {
		t.Errorf("the stack's file has no secret at all:\n%s", file)
	}
	expectNone(t, "the stack's file", file, secrets...)
	for _, arguments := range [][]string{{"stack", "export"}, {"config", "--json"}, {"preview", "--json"}, {"preview", "--diff"}} {
		said, err := d.command(t, cloud, "pulumi", append(arguments, "--stack", d.stack.Name())...).CombinedOutput()
		if err != nil {
			t.Fatalf("pulumi %s: %v\n%s", strings.Join(arguments, " "), err, said)
		}
		expectNone(t, "what pulumi "+strings.Join(arguments, " ")+" says", said, secrets...)
	}
}

// expectNone looks for secrets in a text.
func expectNone(t *testing.T, name string, text []byte, secrets ...string) {
	t.Helper()
	for i, secret := range secrets {
		if bytes.Contains(text, []byte(secret)) {
			t.Errorf("secret %d is in %s", i+1, name)
		}
	}
}

// checkExec looks at what the roles may do, and at what ECS Exec needs.
func (v *view) checkExec(t *testing.T, policy string) {
	role := (*v.task.TaskRoleArn)[strings.LastIndex(*v.task.TaskRoleArn, "/")+1:]
	attached, err := v.account.iam.ListAttachedRolePolicies(t.Context(), &iam.ListAttachedRolePoliciesInput{RoleName: &role})
	must(t, err)
	if len(attached.AttachedPolicies) != 1 || *attached.AttachedPolicies[0].PolicyArn != policy {
		t.Errorf("policies of the task role are %v", attached.AttachedPolicies)
	}
	asked, err := v.account.iam.SimulatePrincipalPolicy(t.Context(), &iam.SimulatePrincipalPolicyInput{
		PolicySourceArn: v.task.TaskRoleArn, ActionNames: []string{"ssmmessages:OpenDataChannel"},
	})
	must(t, err)
	if decision := asked.EvaluationResults[0].EvalDecision; decision != "allowed" {
		t.Errorf("channels of ECS Exec are %s", decision)
	}
	if !v.service.EnableExecuteCommand || aws.ToBool(v.task.ContainerDefinitions[0].ReadonlyRootFilesystem) {
		t.Errorf("ECS Exec is on: %v, container can't write: %v", v.service.EnableExecuteCommand, v.task.ContainerDefinitions[0].ReadonlyRootFilesystem)
	}
}

// newParameter puts a parameter into the SSM parameter store and returns its ARN.
func (a *account) newParameter(t *testing.T, name, value string) string {
	t.Helper()
	_, err := a.parameters.PutParameter(t.Context(), &ssm.PutParameterInput{
		Name: &name, Type: ssmtypes.ParameterTypeSecureString, Value: &value,
	})
	must(t, err)
	return "arn:aws:ssm:" + region + ":000000000000:parameter" + name
}

// newSecret puts a secret into Secrets Manager and returns its ARN.
func (a *account) newSecret(t *testing.T, name, value string) string {
	t.Helper()
	created, err := a.secrets.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &name, SecretString: &value})
	must(t, err)
	return *created.ARN
}

func (a *account) newPolicy(t *testing.T, name string) string {
	t.Helper()
	created, err := a.iam.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: &name,
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ses:SendEmail","Resource":"*"}]}`)})
	must(t, err)
	return *created.Policy.Arn
}
