package diagnosis

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// lookAtAlarms finds alarms that ended the last deployment. The service's own
// events and deployments say only that there was one, not which.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
func (x *examination) lookAtAlarms(ctx context.Context) error {
	configuration := x.service.DeploymentConfiguration
	if configuration == nil || configuration.Alarms == nil || !configuration.Alarms.Enable || x.settled() {
		return nil
	}
	last, err := x.lastServiceDeployment(ctx)
	if err != nil || last == nil || last.Alarms == nil {
		return err
	}
	if names := last.Alarms.TriggeredAlarmNames; len(names) > 0 {
		x.found.add(AlarmSetOff, fmt.Sprintf("deployment begun %s is %s: %s, for alarm %s",
			clock(last.CreatedAt), last.Status, aws.ToString(last.StatusReason), strings.Join(names, ", ")))
	}
	return nil
}

// lastServiceDeployment returns the latest deployment of the service with its
// history, or nil if there is none.
func (x *examination) lastServiceDeployment(ctx context.Context) (*ecstypes.ServiceDeployment, error) {
	var last ecstypes.ServiceDeploymentBrief
	input := &ecs.ListServiceDeploymentsInput{Cluster: x.service.ClusterArn, Service: x.service.ServiceName}
	for more := true; more; more = input.NextToken != nil {
		page, err := x.ecs.ListServiceDeployments(ctx, input)
		if err != nil {
			return nil, fmt.Errorf("listing the deployments of %s: %w", aws.ToString(x.service.ServiceName), err)
		}
		for _, deployment := range page.ServiceDeployments {
			if aws.ToTime(deployment.CreatedAt).After(aws.ToTime(last.CreatedAt)) {
				last = deployment
			}
		}
		input.NextToken = page.NextToken
	}
	if last.ServiceDeploymentArn == nil {
		return nil, nil
	}
	described, err := x.ecs.DescribeServiceDeployments(ctx, &ecs.DescribeServiceDeploymentsInput{ServiceDeploymentArns: []string{*last.ServiceDeploymentArn}})
	if err != nil {
		return nil, fmt.Errorf("describing the last deployment of %s: %w", aws.ToString(x.service.ServiceName), err)
	}
	if len(described.ServiceDeployments) == 0 {
		return nil, nil
	}
	return &described.ServiceDeployments[0], nil
}
