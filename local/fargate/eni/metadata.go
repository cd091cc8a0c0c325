package eni

import (
	"fmt"
	"net"
	"os"
	"path/filepath"

	"fargate-stack/local/fargate/eni/protocol"
)

// ListenForMetadata listens, in the directory of a network interface, for what
// the containers of the task ask their metadata endpoint.
func ListenForMetadata(directory string) (net.Listener, error) {
	// The path of the directory may be too long for the address of a socket.
	opened, err := os.Open(directory)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	listening, err := net.Listen("unix", fmt.Sprintf("/proc/self/fd/%d/%s", opened.Fd(), protocol.MetadataSocket))
	if err != nil {
		return nil, err
	}
	// Its address is no longer its path then. The socket goes with the directory.
	listening.(*net.UnixListener).SetUnlinkOnClose(false)
	// As for the directory, whatever the umask is.
	if err := os.Chmod(filepath.Join(directory, protocol.MetadataSocket), 0o666); err != nil {
		listening.Close()
		return nil, err
	}
	return listening, nil
}
