package api

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

func description(address string, port int32) types.TargetDescription {
	return types.TargetDescription{Id: &address, Port: &port}
}

// addressOnly returns a description that names no port.
func addressOnly(address string) types.TargetDescription {
	return types.TargetDescription{Id: &address}
}

func TestTargetsAreRegisteredDescribedAndDeregistered(t *testing.T) {
	c := newCloud(t)
	group := aws.String("arn:group")
	_, err := c.elb.RegisterTargets(t.Context(), &elasticloadbalancingv2.RegisterTargetsInput{
		TargetGroupArn: group, Targets: []types.TargetDescription{description("10.0.0.4", 80), description("10.0.0.5", 8080)},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.elb.DeregisterTargets(t.Context(), &elasticloadbalancingv2.DeregisterTargetsInput{
		TargetGroupArn: group, Targets: []types.TargetDescription{description("10.0.0.5", 8080)},
	})
	if err != nil {
		t.Fatal(err)
	}
	const (
		healthy       = "10.0.0.4:80 checked on 80: healthy, no reason, "
		draining      = "10.0.0.5:8080 checked on 8080: draining, Target.DeregistrationInProgress, Target deregistration is in progress"
		notRegistered = "10.0.0.4:81 checked on 81: unused, Target.NotRegistered, Target is not registered to the target group"
	)
	tests := []struct {
		name  string
		asked []types.TargetDescription
		want  []string
	}{
		{"all", nil, []string{healthy, draining}},
		{"one of them", []types.TargetDescription{description("10.0.0.5", 8080)}, []string{draining}},
		{"one of them, without its port", []types.TargetDescription{addressOnly("10.0.0.4")}, []string{healthy}},
		{"another port", []types.TargetDescription{description("10.0.0.4", 81)}, []string{notRegistered}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			output, err := c.elb.DescribeTargetHealth(t.Context(), &elasticloadbalancingv2.DescribeTargetHealthInput{TargetGroupArn: group, Targets: test.asked})
			var got []string
			for _, d := range must(t, output, err).TargetHealthDescriptions {
				got = append(got, describe(d))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("described are %q, want %q", got, test.want)
			}
		})
	}
}

func describe(d types.TargetHealthDescription) string {
	return fmt.Sprintf("%s:%d checked on %s: %s, %s, %s", *d.Target.Id, *d.Target.Port, *d.HealthCheckPort,
		d.TargetHealth.State, cmp.Or(d.TargetHealth.Reason, "no reason"), aws.ToString(d.TargetHealth.Description))
}

func TestAnOperationThatIsNotHandedOverIsAnErrorOfBalancing(t *testing.T) {
	c := newCloud(t)
	_, err := c.elb.DescribeLoadBalancers(t.Context(), &elasticloadbalancingv2.DescribeLoadBalancersInput{})
	type apiError interface {
		error
		ErrorCode() string
		ErrorMessage() string
	}
	if refused, ok := errors.AsType[apiError](err); !ok || refused.ErrorCode() != "ValidationError" ||
		refused.ErrorMessage() != "DescribeLoadBalancers is not handed over" {
		t.Errorf("got %v", err)
	}
}
