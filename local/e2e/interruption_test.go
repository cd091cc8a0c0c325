package e2e

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
)

// TestKilledUp kills pulumi up, at least once while each component is made, and
// goes on as make up does.
func TestKilledUp(t *testing.T) {
	t.Parallel()
	cloud := newCloud(t)
	before := cloud.account.inventory(t)
	stack := newDeployment(t, cloud, "e2e-killed", quick)
	for _, point := range []struct{ component, said string }{
		{"network", "aws:ec2:Vpc e2e-killed creating"},
		{"image", "docker:index:Image"},
		{"network's way out", "aws:ec2:NatGateway"},
		{"load balancer", "aws:lb:LoadBalancer"},
		{"service", "aws:ecs:Service"},
		{"service's tasks", "tasks run"},
	} {
		t.Run("while the "+point.component+" is made", func(t *testing.T) {
			stack.killedUp(t, cloud, strings.ReplaceAll(point.said, "e2e-killed", project+"-e2e-killed"))
			stack.recover(t, cloud)
		})
	}
	t.Run("the next up converges", func(t *testing.T) {
		result := stack.up(t)
		if got := status(t, output(t, result, "url"), answerLimit); got != http.StatusOK {
			t.Errorf("the app answers %d", got)
		}
		if said, err := stack.preview(t, optpreview.Refresh(), optpreview.ExpectNoChanges()); err != nil {
			t.Errorf("preview: %v\n%s", err, said)
		}
	})
	t.Run("destroy leaves nothing behind", func(t *testing.T) {
		stack.destroy(t)
		cloud.account.expect(t, before)
	})
}

// killedUp runs pulumi up and kills it when it says something.
func (d *deployment) killedUp(t *testing.T, cloud *testCloud, said string) {
	t.Helper()
	command := d.command(t, cloud, "pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "--stack", d.stack.Name())
	reader, writer := io.Pipe()
	command.Stdout, command.Stderr = writer, writer
	must(t, command.Start())
	ended := make(chan error, 1)
	go func() {
		ended <- command.Wait()
		writer.Close()
	}()
	var all strings.Builder
	killed := false
	for lines := bufio.NewScanner(reader); lines.Scan(); {
		all.WriteString(lines.Text() + "\n")
		if !killed && strings.Contains(lines.Text(), said) {
			killed = true
			must(t, command.Process.Kill())
		}
	}
	if err := <-ended; !killed {
		t.Fatalf("pulumi up ended (%v) without saying %q:\n%s", err, said, all.String())
	}
}

// recover does what make up does before it deploys.
func (d *deployment) recover(t *testing.T, cloud *testCloud) {
	t.Helper()
	for _, arguments := range [][]string{
		{"pulumi", "cancel", "--yes", "--stack", d.stack.Name()},
		{machine.recovery, "-stack", d.stack.Name()},
	} {
		said, err := d.command(t, cloud, arguments[0], arguments[1:]...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", strings.Join(arguments, " "), err, said)
		}
		t.Logf("%s", said)
	}
}

// command returns a command that runs on the deployment. It is not bound to
// the test's context, which ends before what the test left is cleaned up.
func (d *deployment) command(t *testing.T, cloud *testCloud, name string, arguments ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil && !errors.Is(err, exec.ErrDot) {
		t.Fatal(err)
	}
	command := exec.Command(path, arguments...)
	command.Dir = d.directory
	command.Env = os.Environ()
	for name, value := range cloud.environment {
		command.Env = append(command.Env, name+"="+value)
	}
	return command
}
