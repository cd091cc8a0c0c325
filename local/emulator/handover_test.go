package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	scalingtypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	loadbalancing "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	loadbalancingtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// A taker is whom the emulator hands over to. It says that there is any
// service, but that the one called former is inactive, and refuses to run tasks.
type taker struct {
	mutex sync.Mutex
	// taken are the requests: their header and body.
	taken []string
}

func (k *taker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	target := r.Header.Get("X-Amz-Target")
	k.mutex.Lock()
	k.taken = append(k.taken, target+" "+string(body))
	k.mutex.Unlock()
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	switch target[strings.LastIndexByte(target, '.')+1:] {
	case "":
		w.Header().Set("Content-Type", "text/xml")
		fmt.Fprint(w, "<Answer>taken</Answer>")
	case "RunTask":
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"__type": "InvalidParameterException", "message": "taken"}`)
	case "DescribeServices":
		status := "ACTIVE"
		if strings.Contains(string(body), "former") {
			status = "INACTIVE"
		}
		fmt.Fprintf(w, `{"services": [{"status": %q}]}`, status)
	default:
		fmt.Fprint(w, `{"answer": "taken"}`)
	}
}

// last returns the last request. There is none any more then.
func (k *taker) last() string {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if len(k.taken) == 0 {
		return ""
	}
	last := k.taken[len(k.taken)-1]
	k.taken = nil
	return last
}

// startWithTaker starts an emulator that hands over.
func startWithTaker(t *testing.T) (*Emulator, *taker, aws.Config) {
	t.Helper()
	directory, err := os.MkdirTemp("", "") // whose path is short enough for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(directory) })
	chosen := options(t)
	chosen.Handover = filepath.Join(directory, "socket")
	listening, err := net.Listen("unix", chosen.Handover)
	if err != nil {
		t.Fatal(err)
	}
	taker := &taker{}
	server := httptest.NewUnstartedServer(taker)
	server.Listener.Close()
	server.Listener = listening
	server.Start()
	t.Cleanup(server.Close)
	e := start(t, chosen)
	return e, taker, aws.Config{
		Region: chosen.Region, BaseEndpoint: aws.String(e.URL()),
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
}

// TestHandover has one emulator for all: it takes a while to start.
func TestHandover(t *testing.T) {
	e, taker, settings := startWithTaker(t)
	t.Run("what has to do with tasks is handed over", func(t *testing.T) { testOperationsOfECS(t, e, taker) })
	t.Run("an error of the taker is the client's", func(t *testing.T) { testErrorOfTaker(t, taker, ecs.NewFromConfig(settings)) })
	t.Run("targets of target groups are handed over", func(t *testing.T) { testTargets(t, taker, loadbalancing.NewFromConfig(settings)) })
	t.Run("a load balancer is named by an address of this machine", func(t *testing.T) { testAddresses(t, loadbalancing.NewFromConfig(settings)) })
	t.Run("the taker's services can be scaled", func(t *testing.T) { testScaling(t, applicationautoscaling.NewFromConfig(settings)) })
}

func testOperationsOfECS(t *testing.T, e *Emulator, taker *taker) {
	const service = `{"resourceArn": "arn:aws:ecs:eu-central-1:000000000000:service/main/app"}`
	const cluster = `{"resourceArn": "arn:aws:ecs:eu-central-1:000000000000:cluster/main"}`
	tests := []struct {
		operation, body string
		want            bool
	}{
		{"CreateService", "{}", true},
		{"UpdateService", `{"service": "ä"}`, true},
		{"DeleteService", "{}", true},
		{"DescribeServices", "{}", true},
		{"ListServices", "{}", true},
		{"ListServiceDeployments", "{}", true},
		{"DescribeServiceDeployments", "{}", true},
		{"RunTask", "{}", true},
		{"StartTask", "{}", true},
		{"StopTask", "{}", true},
		{"ListTasks", "{}", true},
		{"DescribeTasks", "{}", true},
		{"TagResource", service, true},
		{"UntagResource", service, true},
		{"ListTagsForResource", service, true},
		{"TagResource", cluster, false},
		{"ListTagsForResource", cluster, false},
		{"CreateCluster", `{"clusterName": "main"}`, false},
		{"DescribeClusters", "{}", false},
		{"RegisterTaskDefinition", `{"family": "app"}`, false},
		{"DescribeTaskDefinition", `{"taskDefinition": "app"}`, false},
	}
	for _, test := range tests {
		taken := askECS(t, e, test.operation, test.body)
		want := "AmazonEC2ContainerServiceV20141113." + test.operation + " " + test.body
		if got := taker.last(); test.want && got != want || !test.want && got != "" {
			t.Errorf("%s %s: handed over is %q", test.operation, test.body, got)
		}
		if taken != test.want {
			t.Errorf("%s %s: the answer is the taker's: %t", test.operation, test.body, taken)
		}
	}
}

// askECS sends a request to ECS and tells whether the answer is the taker's.
func askECS(t *testing.T, e *Emulator, operation, body string) bool {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.URL(), strings.NewReader(body))
	must(t, err)
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", "AmazonEC2ContainerServiceV20141113."+operation)
	response, err := http.DefaultClient.Do(request)
	must(t, err)
	defer response.Body.Close()
	var answer map[string]any
	must(t, json.NewDecoder(response.Body).Decode(&answer))
	_, services := answer["services"]
	return answer["answer"] == "taken" || answer["message"] == "taken" || services
}

func testErrorOfTaker(t *testing.T, taker *taker, client *ecs.Client) {
	_, err := client.RunTask(t.Context(), &ecs.RunTaskInput{TaskDefinition: aws.String("app")})
	if refused, ok := errors.AsType[*ecstypes.InvalidParameterException](err); !ok || *refused.Message != "taken" {
		t.Errorf("got %v", err)
	}
	if got := taker.last(); !strings.Contains(got, ".RunTask ") {
		t.Errorf("handed over is %q", got)
	}
}

func testTargets(t *testing.T, taker *taker, client *loadbalancing.Client) {
	created, err := client.CreateTargetGroup(t.Context(), &loadbalancing.CreateTargetGroupInput{
		Name: aws.String("app"), TargetType: loadbalancingtypes.TargetTypeEnumIp, Port: aws.Int32(80), Protocol: loadbalancingtypes.ProtocolEnumHttp,
	})
	must(t, err)
	if got := taker.last(); got != "" {
		t.Errorf("creating a target group is handed over: %s", got)
	}
	group := created.TargetGroups[0].TargetGroupArn
	targets := []loadbalancingtypes.TargetDescription{{Id: aws.String("10.0.0.4"), Port: aws.Int32(80)}}
	for operation, call := range map[string]func(*string) error{
		"RegisterTargets": func(group *string) error {
			_, err := client.RegisterTargets(t.Context(), &loadbalancing.RegisterTargetsInput{TargetGroupArn: group, Targets: targets})
			return err
		},
		"DeregisterTargets": func(group *string) error {
			_, err := client.DeregisterTargets(t.Context(), &loadbalancing.DeregisterTargetsInput{TargetGroupArn: group, Targets: targets})
			return err
		},
		"DescribeTargetHealth": func(group *string) error {
			_, err := client.DescribeTargetHealth(t.Context(), &loadbalancing.DescribeTargetHealthInput{TargetGroupArn: group, Targets: targets})
			return err
		},
	} {
		_ = call(group) // the taker's answer is none that the SDK understands
		if got := taker.last(); !strings.Contains(got, "Action="+operation+"&") || !strings.Contains(got, "Targets.member.1.Id=10.0.0.4") {
			t.Errorf("%s: handed over is %q", operation, got)
		}
		unknown := aws.String(*group + "-2")
		err := call(unknown)
		if _, ok := errors.AsType[*loadbalancingtypes.TargetGroupNotFoundException](err); !ok {
			t.Errorf("%s of a target group that is not there: %v", operation, err)
		}
		if got := taker.last(); got != "" {
			t.Errorf("%s of a target group that is not there: handed over is %q", operation, got)
		}
	}
}

func testAddresses(t *testing.T, client *loadbalancing.Client) {
	block := netip.MustParsePrefix("127.64.0.0/10")
	var names []string
	for i := range 3 {
		created, err := client.CreateLoadBalancer(t.Context(), &loadbalancing.CreateLoadBalancerInput{Name: aws.String(fmt.Sprint("balancer-", i))})
		must(t, err)
		balancer := created.LoadBalancers[0]
		address, err := netip.ParseAddr(*balancer.DNSName)
		if err != nil || !block.Contains(address) || slices.Contains(names, *balancer.DNSName) {
			t.Errorf("the name is %s, want an address in %s that is none of %v", *balancer.DNSName, block, names)
		}
		names = append(names, *balancer.DNSName)
		described, err := client.DescribeLoadBalancers(t.Context(), &loadbalancing.DescribeLoadBalancersInput{LoadBalancerArns: []string{*balancer.LoadBalancerArn}})
		must(t, err)
		if got := *described.LoadBalancers[0].DNSName; got != *balancer.DNSName {
			t.Errorf("it is described with the name %s, was created with %s", got, *balancer.DNSName)
		}
	}
}

func testScaling(t *testing.T, client *applicationautoscaling.Client) {
	for service, want := range map[string]bool{"app": true, "former": false} {
		_, err := client.RegisterScalableTarget(t.Context(), &applicationautoscaling.RegisterScalableTargetInput{
			ServiceNamespace: scalingtypes.ServiceNamespaceEcs, ScalableDimension: scalingtypes.ScalableDimensionECSServiceDesiredCount,
			ResourceId: aws.String("service/main/" + service), MinCapacity: aws.Int32(1), MaxCapacity: aws.Int32(2),
		})
		if (err == nil) != want {
			t.Errorf("service %s can be scaled: %t (%v)", service, err == nil, err)
		}
	}
}
