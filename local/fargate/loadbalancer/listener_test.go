package loadbalancer

import (
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
)

func TestErrorOfAnAddressTellsHowToMendIt(t *testing.T) {
	address := netip.MustParseAddrPort("127.0.5.1:80")
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"a port in use", syscall.EADDRINUSE, "end the program"},
		{"a port for root", syscall.EACCES, "net.ipv4.ip_unprivileged_port_start=80"},
		{"an address the machine does not have", syscall.EADDRNOTAVAIL, "ifconfig lo0 alias 127.0.5.1"},
		{"something else is told as it is", syscall.EMFILE, "too many open files"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := explain(os.NewSyscallError("bind", test.err), address).Error()
			if !strings.HasPrefix(got, "bind: ") || !strings.Contains(got, test.want) {
				t.Errorf("error %q, want one with %q", got, test.want)
			}
		})
	}
}
