package main

import (
	"io"
	"net"
	"strconv"
	"time"

	"fargate-stack/local/fargate/eni/protocol"
)

const (
	// inside is where the ports of the task are. All of 127.0.0.0/8 is this
	// network namespace, and what listens on all addresses listens on this one
	// too. What listens on 127.0.0.1 only does not, and cannot be reached from
	// outside on Fargate either.
	inside = "127.0.0.2"

	// openLimit is how long it may take to ask for a port, and to connect to it.
	openLimit = 10 * time.Second
)

// handle connects to the port that a connection asks for, and relays.
func handle(outer net.Conn) {
	defer outer.Close()
	outer.SetDeadline(time.Now().Add(openLimit))
	port, err := protocol.ReadPort(outer)
	if err != nil {
		return
	}
	inner, err := net.DialTimeout("tcp", net.JoinHostPort(inside, strconv.Itoa(port)), openLimit)
	if err == nil {
		defer inner.Close()
	}
	if protocol.Answer(outer, err) != nil || err != nil {
		return
	}
	outer.SetDeadline(time.Time{})
	relay(outer.(stream), inner.(stream))
}

// A stream is a connection whose two directions end by themselves.
type stream interface {
	io.ReadWriteCloser
	CloseWrite() error
}

// relay carries what both sides send until both have ended, or one is broken.
func relay(outer, inner stream) {
	ended := make(chan error, 2)
	go func() { ended <- carry(inner, outer) }()
	go func() { ended <- carry(outer, inner) }()
	if err := <-ended; err != nil {
		outer.Close()
		inner.Close()
	}
	<-ended
}

// carry carries one direction, and then its end.
func carry(to, from stream) error {
	if _, err := io.Copy(to, from); err != nil {
		return err
	}
	return to.CloseWrite()
}
