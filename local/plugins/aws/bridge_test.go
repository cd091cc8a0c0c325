package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// The test binary is also the plugin and the bridge that the tests start.
const (
	roleVariable   = "TEST_ROLE"
	folderVariable = "TEST_FOLDER"
)

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "":
		os.Exit(m.Run())
	case "plugin":
		os.Setenv(roleVariable, "bridge")
		main()
	case "bridge":
		actAsBridge()
	}
}

// A loadedBridge keeps in files what it was loaded with, and that it ended.
type loadedBridge struct {
	pulumirpc.UnimplementedResourceProviderServer
}

func (loadedBridge) Parameterize(_ context.Context, request *pulumirpc.ParameterizeRequest) (*pulumirpc.ParameterizeResponse, error) {
	arguments := request.GetArgs().GetArgs()
	if strings.HasSuffix(arguments[0], "broken") {
		return nil, errors.New("not a Terraform provider")
	}
	return &pulumirpc.ParameterizeResponse{}, record("loaded", strings.Join(arguments, "\n"))
}

func record(name, text string) error {
	return os.WriteFile(filepath.Join(os.Getenv(folderVariable), name), []byte(text), 0o644)
}

func actAsBridge() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	server := grpc.NewServer()
	pulumirpc.RegisterResourceProviderServer(server, loadedBridge{})
	port, err := serve(server)
	if err != nil {
		panic(err)
	}
	left := exec.Command("sleep", "300") // as a Terraform provider that is not ended
	if err := left.Start(); err != nil {
		panic(err)
	}
	if err := record("left", strconv.Itoa(left.Process.Pid)); err != nil {
		panic(err)
	}
	fmt.Println(port)
	<-ctx.Done()
	if err := record("interrupted", ""); err != nil {
		panic(err)
	}
}

// startPlugin starts the plugin, with the test binary as its bridge.
func startPlugin(t *testing.T, provider string, arguments ...string) (*exec.Cmd, *bufio.Reader, string) {
	t.Helper()
	folder := t.TempDir()
	path := filepath.Join(folder, provider)
	if err := os.WriteFile(path, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(os.Args[0], arguments...)
	command.Env = append(os.Environ(), roleVariable+"=plugin", folderVariable+"="+folder,
		bridgeVariable+"="+os.Args[0], providerVariable+"="+path)
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		command.Process.Kill()
		command.Wait()
		if pid, err := os.ReadFile(filepath.Join(folder, "left")); err == nil {
			exec.Command("kill", "-9", string(pid)).Run()
		}
	})
	return command, bufio.NewReader(output), folder
}

func waitForFile(t *testing.T, path string) string {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if text, err := os.ReadFile(path); err == nil {
			return string(text)
		}
	}
	t.Fatalf("no %s after 10 s", filepath.Base(path))
	return ""
}

func TestThePluginLoadsTheProviderAndSaysItsPort(t *testing.T) {
	_, output, folder := startPlugin(t, "terraform-provider-aws")
	port, err := output.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	connection, err := connect("127.0.0.1:" + strings.TrimSpace(port))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if _, err := pulumirpc.NewResourceProviderClient(connection).GetPluginInfo(t.Context(), &emptypb.Empty{}); err != nil {
		t.Error(err)
	}
	loaded := strings.Split(waitForFile(t, filepath.Join(folder, "loaded")), "\n")
	if loaded[0] != filepath.Join(folder, "terraform-provider-aws") {
		t.Errorf("the bridge loaded %s", loaded[0])
	}
	if got := strings.Join(loaded[1:4], " "); got != "--provider-name aws --include" {
		t.Errorf("the bridge was told %s", got)
	}
	for _, typ := range []string{"aws_lb", "aws_ecr_image", "aws_vpc"} {
		if !strings.Contains(","+loaded[4]+",", ","+typ+",") {
			t.Errorf("%s is not included in %s", typ, loaded[4])
		}
	}
}

func TestTheBridgeEndsWithThePlugin(t *testing.T) {
	for name, end := range map[string]syscall.Signal{
		"interrupted by the engine": syscall.SIGINT,
		"terminated":                syscall.SIGTERM,
		"killed":                    syscall.SIGKILL,
	} {
		t.Run(name, func(t *testing.T) {
			if end != syscall.SIGINT && runtime.GOOS != "linux" {
				t.Skip("only Linux tells a process that its parent has ended")
			}
			plugin, output, folder := startPlugin(t, "terraform-provider-aws")
			if _, err := output.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
			if err := plugin.Process.Signal(end); err != nil {
				t.Fatal(err)
			}
			waitForFile(t, filepath.Join(folder, "interrupted"))
		})
	}
}

func TestThePluginEndsWhenTheEngineIsGone(t *testing.T) {
	engine := grpc.NewServer()
	port, err := serve(engine)
	if err != nil {
		t.Fatal(err)
	}
	plugin, output, folder := startPlugin(t, "terraform-provider-aws", fmt.Sprintf("127.0.0.1:%d", port))
	if _, err := output.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	engine.Stop()
	if err := plugin.Wait(); err != nil {
		t.Errorf("the plugin ended with %v", err)
	}
	waitForFile(t, filepath.Join(folder, "interrupted"))
}

func TestWhatTheBridgeLeavesIsEnded(t *testing.T) {
	plugin, output, folder := startPlugin(t, "terraform-provider-aws")
	if _, err := output.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	left, err := strconv.Atoi(waitForFile(t, filepath.Join(folder, "left")))
	if err != nil {
		t.Fatal(err)
	}
	if err := plugin.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := plugin.Wait(); err != nil {
		t.Errorf("the plugin ended with %v", err)
	}
	if group, err := syscall.Getpgid(left); err == nil && !isZombie(left) {
		t.Errorf("process %d of group %d is still there", left, group)
	}
}

// isZombie tells whether a process has ended, but nobody has asked how.
func isZombie(pid int) bool {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(status), ") Z ")
}

func TestAProviderThatCannotBeLoadedEndsThePluginAndTheBridge(t *testing.T) {
	plugin, output, folder := startPlugin(t, "broken")
	if port, err := output.ReadString('\n'); err == nil {
		t.Errorf("it said its port %s", port)
	}
	if err := plugin.Wait(); err == nil || plugin.ProcessState.ExitCode() != 1 {
		t.Errorf("it ended with %v", err)
	}
	waitForFile(t, filepath.Join(folder, "interrupted"))
}

func TestAMissingProgramIsNamed(t *testing.T) {
	for name, test := range map[string]struct {
		bridge, provider string
		want             string
	}{
		"the bridge is not set":          {"", "", bridgeVariable + " is not set"},
		"the bridge is not there":        {"/nonexistent/bridge", "", bridgeVariable + ": stat /nonexistent/bridge"},
		"the provider is not set":        {os.Args[0], "", providerVariable + " is not set"},
		"the bridge is something else":   {"/bin/true", os.Args[0], "it ended without saying its port"},
		"the bridge says something else": {"/bin/pwd", os.Args[0], "it should have said its port, but said"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(bridgeVariable, test.bridge)
			t.Setenv(providerVariable, test.provider)
			_, err := startBridge(t.Context(), nil)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}
