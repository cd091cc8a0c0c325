package guardrails

// losses are about what answers requests or keeps data, and is deleted or made
// anew.
var losses = []rule{
	{
		Danger, "The load balancer goes: its DNS name no longer answers.",
		"Leave alone what replaces it. If it must be, lead every name outside of the stack to the new albDnsName.",
		anyOf(gone(loadBalancer)),
	},
	{
		Danger, "A listener or the target group goes: requests may find no task for some minutes.",
		"Deploy it when few people use the app, and watch the answers.",
		anyOf(gone(listener, "aws:lb/targetGroup:TargetGroup")),
	},
	{
		Danger, "The service goes. A new one begins with minimumTaskCount tasks, without those that autoscaling had added.",
		"Deploy it when there is little load, or raise minimumTaskCount before.",
		anyOf(gone(ecsService, cluster)),
	},
	{
		Danger, "A part of the network goes, and what is in it with it.",
		"Make a second stack with the new network and lead the name there, in place of changing this one.",
		anyOf(gone("aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet", "aws:ec2/internetGateway:InternetGateway")),
	},
	{
		Danger, "A way out of the private subnets goes: connections through it end, and its address is another one or none.",
		"Tell those who admit the tasks by their address. Make sure that VPC endpoints lead to all that the app talks to, if no NAT gateway is left.",
		anyOf(gone("aws:ec2/natGateway:NatGateway", "aws:ec2/eip:Eip")),
	},
	{
		Danger, "The repository goes with all images: there is none to go back to.",
		"Copy the images that are still of use to another repository before.",
		anyOf(gone(repository)),
	},
	{
		Danger, "Logs are lost: they go with what keeps them.",
		"Export to another bucket what must be kept.",
		anyOf(gone(logGroup, "aws:s3/bucketV2:BucketV2")),
	},
	{
		Danger, "A certificate or a DNS record goes: clients may no longer reach the app by its name.",
		"Make sure that nobody uses the name, or that it leads to something else.",
		anyOf(gone("aws:acm/certificate:Certificate", "aws:route53/record:Record")),
	},
}
