package task

import (
	"context"
	"errors"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"fargate-stack/local/fargate/eni"
	"fargate-stack/local/fargate/vpc"
)

// Packets that nothing answers to are waited for, as on AWS.
func TestDialingATask(t *testing.T) {
	f := newFakeCloud()
	f.closed = []int{22}
	launcher := NewLauncher(f.options())
	there := launcher.newTask(launch(), 0)
	there.attached = vpc.NetworkInterface{VPCID: "vpc-1", Address: netip.MustParseAddr("10.0.0.4")}
	there.directory = t.TempDir() // without a socket
	launcher.attach(there)
	tests := []struct {
		name, vpc, address string
		port               int
		want               error
	}{
		{"that is there", "vpc-1", "10.0.0.4", 8080, eni.ErrDetached},
		{"on a port that security groups keep closed", "vpc-1", "10.0.0.4", 22, syscall.ETIMEDOUT},
		{"at an address that nobody has", "vpc-1", "10.0.0.5", 8080, syscall.ETIMEDOUT},
		{"at an address of another VPC", "vpc-2", "10.0.0.4", 8080, syscall.ETIMEDOUT},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer cancel()
			_, err := launcher.Dial(ctx, vpc.NetworkInterface{VPCID: test.vpc}, test.address, test.port)
			if !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if waited := ctx.Err() != nil; waited != (test.want == syscall.ETIMEDOUT) {
				t.Errorf("it waits: %t", waited)
			}
		})
	}
	launcher.detach(there)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := launcher.Dial(ctx, vpc.NetworkInterface{VPCID: "vpc-1"}, "10.0.0.4", 8080); !errors.Is(err, syscall.ETIMEDOUT) {
		t.Errorf("when it has ended: %v", err)
	}
}
