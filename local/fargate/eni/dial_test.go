package eni

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"fargate-stack/local/fargate/eni/protocol"
)

// listen listens as a network interface does, in a directory that is returned.
func listen(t *testing.T) (string, net.Listener) {
	t.Helper()
	directory := t.TempDir()
	t.Chdir(directory) // for an address that is short enough
	listening, err := net.Listen("unix", protocol.Socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listening.Close() })
	return directory, listening
}

func TestAnInterfaceThatIsNotThereIsDetached(t *testing.T) {
	left, listening := listen(t)
	listening.(*net.UnixListener).SetUnlinkOnClose(false)
	listening.Close()
	for name, directory := range map[string]string{
		"there is no directory":                  filepath.Join(t.TempDir(), "gone"),
		"there is no socket":                     t.TempDir(),
		"nobody listens on a socket left behind": left,
	} {
		_, err := Dial(t.Context(), directory, 80)
		if !errors.Is(err, ErrDetached) || errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%s: got %v, want ErrDetached only", name, err)
		}
	}
}

func TestDialGivesUpWithItsContext(t *testing.T) {
	directory, _ := listen(t) // accepts, and never answers
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := Dial(ctx, directory, 80); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestAConnectionOutlivesTheContextOfItsDial(t *testing.T) {
	directory, listening := listen(t)
	go func() {
		side, err := listening.Accept()
		if err != nil {
			return
		}
		defer side.Close()
		if _, err := protocol.ReadPort(side); err == nil && protocol.Answer(side, nil) == nil {
			io.Copy(side, side)
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	connection, err := Dial(ctx, directory, 80)
	cancel()
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if _, err := io.WriteString(connection, "echo"); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 4)
	if _, err := io.ReadFull(connection, got); err != nil || string(got) != "echo" {
		t.Errorf("got %q (%v)", got, err)
	}
}

// crowded returns the directory of a socket on which no more connections can
// wait, and what listens on it.
func crowded(t *testing.T) (string, net.Listener) {
	t.Helper()
	directory := t.TempDir()
	t.Chdir(directory)
	socket, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(socket), protocol.Socket)
	defer file.Close()
	if err := syscall.Bind(socket, &syscall.SockaddrUnix{Name: protocol.Socket}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(socket, 0); err != nil {
		t.Fatal(err)
	}
	listening, err := net.FileListener(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listening.Close() })
	for {
		waiting, err := net.Dial("unix", protocol.Socket)
		if errors.Is(err, syscall.EAGAIN) {
			return directory, listening
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { waiting.Close() })
	}
}

func TestAConnectionWaitsUntilThereIsRoom(t *testing.T) {
	directory, listening := crowded(t)
	impatient, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := connect(impatient, directory); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("without room: %v", err)
	}
	connected := make(chan error, 1)
	go func() {
		connection, err := connect(t.Context(), directory)
		if err == nil {
			connection.Close()
		}
		connected <- err
	}()
	side, err := listening.Accept()
	if err != nil {
		t.Fatal(err)
	}
	side.Close()
	if err := <-connected; err != nil {
		t.Error(err)
	}
}
