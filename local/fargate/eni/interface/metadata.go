package main

import (
	"net"

	"fargate-stack/local/fargate/eni/protocol"
)

// listenForMetadata listens where the containers of the task ask for metadata.
// On Fargate that is 169.254.170.2, an address which only one who is privileged
// could give to this network namespace. This one is there, and is for the task
// alone too, since others come in by another one.
func listenForMetadata(port string) (net.Listener, error) {
	return net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
}

// handleMetadata relays a connection to the machine, which knows the metadata.
func handleMetadata(inner net.Conn) {
	defer inner.Close()
	outer, err := net.Dial("unix", protocol.MetadataSocket) // in the directory that listen went to
	if err != nil {
		return
	}
	defer outer.Close()
	relay(outer.(stream), inner.(stream))
}
