package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"fargate-stack/local/fargate/eni"
	"fargate-stack/local/fargate/eni/protocol"
)

// attach runs a network interface until the test ends, and returns its
// directory. Its task is this machine.
func attach(t *testing.T) string {
	t.Helper()
	// A path that is too long for the address of a socket.
	directory := filepath.Join(t.TempDir(), strings.Repeat("long", 30))
	if err := os.Mkdir(directory, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Chdir(directory) // as listen does; the test goes back
	listening, err := listen(directory)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- serve(ctx, listening, handle) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return directory
}

// app listens on an address until the test ends. It returns its port, and the
// connections.
func app(t *testing.T, host string) (int, <-chan *net.TCPConn) {
	t.Helper()
	listening, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listening.Close() })
	accepted := make(chan *net.TCPConn)
	go func() {
		defer close(accepted)
		for {
			connection, err := listening.Accept()
			if err != nil {
				return
			}
			accepted <- connection.(*net.TCPConn)
		}
	}()
	return listening.Addr().(*net.TCPAddr).Port, accepted
}

// connected returns both ends of a connection through a network interface.
func connected(t *testing.T) (client *net.UnixConn, server *net.TCPConn) {
	t.Helper()
	port, accepted := app(t, "127.0.0.2")
	connection, err := eni.Dial(t.Context(), attach(t), port)
	if err != nil {
		t.Fatal(err)
	}
	client, server = connection.(*net.UnixConn), <-accepted
	t.Cleanup(func() {
		client.Close()
		server.Close()
	})
	for _, end := range []net.Conn{client, server} {
		end.SetDeadline(time.Now().Add(10 * time.Second)) // a test that fails ends too
	}
	return client, server
}

func TestBothSidesGetWhatTheOtherSends(t *testing.T) {
	client, server := connected(t)
	content := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	for _, direction := range []struct{ from, to net.Conn }{{client, server}, {server, client}} {
		go direction.from.Write(content)
		got := make([]byte, len(content))
		if _, err := io.ReadFull(direction.to, got); err != nil || !bytes.Equal(got, content) {
			t.Errorf("what arrives is not what was sent (%v)", err)
		}
	}
}

func TestASideThatHasSentAllStillReceives(t *testing.T) {
	client, server := connected(t)
	type half interface {
		net.Conn
		CloseWrite() error
	}
	for _, direction := range []struct{ from, to half }{{client, server}, {server, client}} {
		if _, err := io.WriteString(direction.from, "all"); err != nil {
			t.Fatal(err)
		}
		if err := direction.from.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(direction.to); err != nil || string(got) != "all" {
			t.Errorf("got %q (%v)", got, err)
		}
	}
}

func TestAConnectionThatIsBrokenEndsOnBothSides(t *testing.T) {
	client, server := connected(t)
	if err := server.SetLinger(0); err != nil { // closing resets
		t.Fatal(err)
	}
	server.Close()
	if got, err := io.ReadAll(client); len(got) > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %q, %v, want the end", got, err)
	}
	for { // what is sent is lost, and then refused
		_, err := io.WriteString(client, "lost")
		if errors.Is(err, syscall.EPIPE) {
			return
		}
		if err != nil {
			t.Fatalf("got %v", err)
		}
	}
}

func TestNobodyListensOnAPortThatIsForTheTaskAlone(t *testing.T) {
	port, _ := app(t, "127.0.0.1")
	if _, err := eni.Dial(t.Context(), attach(t), port); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("got %v, want it refused", err)
	}
}

func TestWhatListensOnAllAddressesIsReached(t *testing.T) {
	port, _ := app(t, "0.0.0.0")
	connection, err := eni.Dial(t.Context(), attach(t), port)
	if err != nil {
		t.Fatal(err)
	}
	connection.Close()
}

func TestOneWhoAsksForNothingHarmsNobody(t *testing.T) {
	port, _ := app(t, "127.0.0.2")
	directory := attach(t)
	t.Chdir(directory)
	silent, err := net.Dial("unix", protocol.Socket)
	if err != nil {
		t.Fatal(err)
	}
	connection, err := eni.Dial(t.Context(), directory, port)
	if err != nil {
		t.Fatal(err)
	}
	connection.Close()
	silent.Close()
}

func TestATaskReachesItsMetadata(t *testing.T) {
	directory := t.TempDir()
	t.Chdir(directory)
	known, err := eni.ListenForMetadata(directory)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) })}
	go server.Serve(known)
	t.Cleanup(func() { server.Close() })
	listening, err := listenForMetadata("0")
	if err != nil {
		t.Fatal(err)
	}
	go serve(t.Context(), listening, handleMetadata)

	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	answer, err := client.Get("http://" + listening.Addr().String() + "/v4/1/task")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if told, err := io.ReadAll(answer.Body); err != nil || string(told) != "/v4/1/task" {
		t.Errorf("got %q (%v)", told, err)
	}
}

func TestWithoutMetadataTheConnectionEnds(t *testing.T) {
	t.Chdir(t.TempDir())
	listening, err := listenForMetadata("0")
	if err != nil {
		t.Fatal(err)
	}
	go serve(t.Context(), listening, handleMetadata)
	connection, err := net.DialTimeout("tcp", listening.Addr().String(), 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	connection.SetDeadline(time.Now().Add(10 * time.Second))
	if told, err := io.ReadAll(connection); err != nil || len(told) > 0 {
		t.Errorf("got %q, %v, want the end", told, err)
	}
}

func TestASocketThatWasLeftBehindIsReplaced(t *testing.T) {
	directory := t.TempDir()
	t.Chdir(directory)
	killed, err := listen(directory)
	if err != nil {
		t.Fatal(err)
	}
	killed.(*net.UnixListener).SetUnlinkOnClose(false)
	killed.Close()
	next, err := listen(directory)
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	info, err := os.Stat(protocol.Socket)
	if err != nil || info.Mode().Perm()&0o666 != 0o666 {
		t.Errorf("the socket is %v (%v), want everybody to connect", info.Mode(), err)
	}
}

func TestTheSocketGoesWithTheInterface(t *testing.T) {
	directory := t.TempDir()
	t.Chdir(directory)
	listening, err := listen(directory)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := serve(ctx, listening, handle); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(protocol.Socket); err == nil {
		t.Error("the socket is still there")
	}
}

func TestArgumentsThatAreWrongAreAnError(t *testing.T) {
	tests := map[string]struct {
		arguments []string
		want      string
	}{
		"no directory":                  {nil, "usage"},
		"no port":                       {[]string{"/a"}, "usage"},
		"a directory that is not there": {[]string{filepath.Join(t.TempDir(), "gone"), "0"}, "no such file"},
		"a port that is none":           {[]string{t.TempDir(), "65536"}, "invalid port"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if err := run(test.arguments); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}
