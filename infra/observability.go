package infra

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// observability is what tells how a stack fares: each part of it only if the
// configuration asks for it. It is made along with what it observes.
type observability struct {
	ctx     *pulumi.Context
	name    string
	config  *Config
	account *Account

	// topicARN is who is told of alarms, nil without alarms.
	topicARN pulumi.StringInput
	// alarmARNs are all alarms.
	alarmARNs pulumi.StringArray
	// outputs are what people need to get at it.
	outputs pulumi.Map
}

func newObservability(ctx *pulumi.Context, name string, config *Config, account *Account) *observability {
	return &observability{ctx: ctx, name: name, config: config, account: account, outputs: pulumi.Map{}}
}

// observeNetwork keeps a record of who talks to whom, as a role with a boundary.
func (o *observability) observeNetwork(network *Network, boundaryARN pulumi.StringPtrInput) error {
	if o.config.FlowLogDays == 0 {
		return nil
	}
	logs, err := NewFlowLogs(o.ctx, o.name, &FlowLogsArgs{
		VPCID:         network.VPCID,
		RetentionDays: o.config.FlowLogDays,
		Account:       o.account,
		BoundaryARN:   boundaryARN,
	})
	if err != nil {
		return err
	}
	o.outputs["flowLogGroupName"] = logs.LogGroupName
	return nil
}

// accessLogBucket returns the bucket that a load balancer is to write to, nil
// for none.
func (o *observability) accessLogBucket() (pulumi.StringInput, error) {
	if o.config.AccessLogDays == 0 {
		return nil, nil
	}
	logs, err := NewAccessLogs(o.ctx, o.name, &AccessLogsArgs{
		RetentionDays: o.config.AccessLogDays,
		Account:       o.account,
	})
	if err != nil {
		return nil, err
	}
	o.outputs["accessLogBucket"] = logs.Bucket
	return logs.Bucket, nil
}

// observeLoadBalancer makes the alarms that a service is deployed under the
// watch of, and returns the names of those that a deployment is rolled back for.
func (o *observability) observeLoadBalancer(loadBalancer *LoadBalancer) (pulumi.StringArray, error) {
	if !o.config.Alarms {
		return nil, nil
	}
	topic, err := NewAlarmTopic(o.ctx, o.name, &AlarmTopicArgs{
		Email:   o.config.AlarmEmail,
		Account: o.account,
	})
	if err != nil {
		return nil, err
	}
	alarms, err := NewLoadBalancerAlarms(o.ctx, o.name, &LoadBalancerAlarmsArgs{
		TopicARN:                topic.ARN,
		LoadBalancer:            loadBalancer,
		LatencyMilliseconds:     o.config.AlarmLatencyMilliseconds,
		HealthCheckGraceSeconds: o.config.HealthCheckGraceSeconds,
	})
	if err != nil {
		return nil, err
	}
	o.topicARN = topic.ARN
	o.alarmARNs = alarms.ARNs
	o.outputs["alarmTopicArn"] = topic.ARN
	return alarms.DeploymentAlarmNames, nil
}

// observeService makes the alarms on a service, and the dashboard.
func (o *observability) observeService(loadBalancer *LoadBalancer, service *Service) error {
	if o.config.Alarms {
		alarms, err := NewServiceAlarms(o.ctx, o.name, &ServiceAlarmsArgs{
			TopicARN:     o.topicARN,
			Config:       o.config,
			LoadBalancer: loadBalancer,
			Service:      service,
		})
		if err != nil {
			return err
		}
		o.alarmARNs = append(o.alarmARNs, alarms.ARNs...)
	}
	if o.config.Dashboard {
		dashboard, err := NewDashboard(o.ctx, o.name, &DashboardArgs{
			Account:      o.account,
			LoadBalancer: loadBalancer,
			Service:      service,
			AlarmARNs:    o.alarmARNs,
		})
		if err != nil {
			return err
		}
		o.outputs["dashboardUrl"] = dashboard.URL
	}
	return nil
}
