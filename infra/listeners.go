package infra

import (
	"fmt"
	"strconv"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lb"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const (
	httpPort  = 80
	httpsPort = 443

	// tlsPolicy is the policy that AWS recommends: TLS 1.3 and 1.2, only with
	// ciphers that keep what was recorded secret when the certificate's key is
	// found out, and with key exchange that withstands quantum computers.
	// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
	tlsPolicy = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
)

// newListeners makes the listeners of a load balancer, and returns the one
// that sends requests to the tasks. With a certificate that is the one of
// HTTPS, and that of HTTP sends clients there.
func newListeners(ctx *pulumi.Context, name string, args *LoadBalancerArgs, balancer *lb.LoadBalancer, targets *lb.TargetGroup, parent pulumi.ResourceOption) (*lb.Listener, error) {
	forward := &lb.ListenerDefaultActionArgs{Type: pulumi.String("forward"), TargetGroupArn: targets.Arn}
	if args.CertificateARN == nil {
		return newHTTPListener(ctx, name, balancer, forward, parent)
	}
	https, err := lb.NewListener(ctx, name+"-https", &lb.ListenerArgs{
		LoadBalancerArn: balancer.Arn,
		Port:            pulumi.Int(httpsPort),
		Protocol:        pulumi.String("HTTPS"),
		CertificateArn:  args.CertificateARN,
		SslPolicy:       pulumi.String(tlsPolicy),
		DefaultActions:  lb.ListenerDefaultActionArray{forward},
	}, parent)
	if err != nil {
		return nil, fmt.Errorf("HTTPS listener: %w", err)
	}
	// A stack that had HTTP only goes on answering until HTTPS does.
	if _, err := newHTTPListener(ctx, name, balancer, redirectToHTTPS(), parent, pulumi.DependsOn([]pulumi.Resource{https})); err != nil {
		return nil, err
	}
	return https, nil
}

func newHTTPListener(ctx *pulumi.Context, name string, balancer *lb.LoadBalancer, action lb.ListenerDefaultActionInput, opts ...pulumi.ResourceOption) (*lb.Listener, error) {
	listener, err := lb.NewListener(ctx, name, &lb.ListenerArgs{
		LoadBalancerArn: balancer.Arn,
		Port:            pulumi.Int(httpPort),
		Protocol:        pulumi.String("HTTP"),
		DefaultActions:  lb.ListenerDefaultActionArray{action},
	}, opts...)
	if err != nil {
		return nil, fmt.Errorf("HTTP listener: %w", err)
	}
	return listener, nil
}

// redirectToHTTPS has clients ask for the same with HTTPS, now and ever after.
func redirectToHTTPS() lb.ListenerDefaultActionInput {
	return &lb.ListenerDefaultActionArgs{
		Type: pulumi.String("redirect"),
		Redirect: &lb.ListenerDefaultActionRedirectArgs{
			Protocol:   pulumi.String("HTTPS"),
			Port:       pulumi.String(strconv.Itoa(httpsPort)),
			StatusCode: pulumi.String("HTTP_301"),
		},
	}
}
