// Package protocol is what the two sides of a network interface say to each
// other at the beginning of a connection: one of them the port that it wants,
// the other how connecting to it went.
package protocol

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"syscall"
)

// These are the names of sockets in the directory of a network interface.
const (
	// Socket is where it takes connections to the task.
	Socket = "socket"
	// MetadataSocket is where the machine takes those of the task to its
	// metadata endpoint.
	MetadataSocket = "metadata"
)

// An answer says how connecting to a port went.
const (
	connected = iota
	refused
	failed
)

// ErrFailed says that a port could not be connected to, and has not refused.
var ErrFailed = errors.New("the task does not take the connection")

// Ask asks for a port and waits for the answer. The error wraps
// [syscall.ECONNREFUSED] if nobody listens on the port.
func Ask(side io.ReadWriter, port int) error {
	if port < 1 || port > math.MaxUint16 {
		return fmt.Errorf("there is no port %d", port)
	}
	if err := binary.Write(side, binary.BigEndian, uint16(port)); err != nil {
		return err
	}
	var answer [1]byte
	if _, err := io.ReadFull(side, answer[:]); err != nil {
		return err
	}
	switch answer[0] {
	case connected:
		return nil
	case refused:
		return fmt.Errorf("port %d: %w", port, syscall.ECONNREFUSED)
	default:
		return fmt.Errorf("port %d: %w", port, ErrFailed)
	}
}

// ReadPort reads which port is asked for.
func ReadPort(side io.Reader) (int, error) {
	var port uint16
	err := binary.Read(side, binary.BigEndian, &port)
	return int(port), err
}

// Answer answers with how connecting to the port went.
func Answer(side io.Writer, outcome error) error {
	answer := byte(connected)
	switch {
	case errors.Is(outcome, syscall.ECONNREFUSED):
		answer = refused
	case outcome != nil:
		answer = failed
	}
	_, err := side.Write([]byte{answer})
	return err
}
