package protocol

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"syscall"
	"testing"
)

// A side is one side of a connection: what it reads is there already.
type side struct {
	io.Reader
	io.Writer
}

func TestAnAnswerSaysHowConnectingWent(t *testing.T) {
	tests := []struct {
		name    string
		outcome error
		want    error
	}{
		{"a port that is connected is no error", nil, nil},
		{"a port that refuses does so to who asks", fmt.Errorf("dial: %w", syscall.ECONNREFUSED), syscall.ECONNREFUSED},
		{"a port that cannot be connected to fails", io.ErrUnexpectedEOF, ErrFailed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var question, answer bytes.Buffer
			if err := Answer(&answer, test.outcome); err != nil {
				t.Fatal(err)
			}
			err := Ask(side{&answer, &question}, 0xABCD)
			if !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if port, err := ReadPort(&question); err != nil || port != 0xABCD {
				t.Errorf("port %d was asked for (%v)", port, err)
			}
		})
	}
}

func TestThereIsNoPortOutOfRange(t *testing.T) {
	for _, port := range []int{-1, 0, 65536} {
		var question bytes.Buffer
		if err := Ask(side{&bytes.Buffer{}, &question}, port); err == nil || question.Len() > 0 {
			t.Errorf("port %d: error %v, %d bytes sent", port, err, question.Len())
		}
	}
}

func TestAConnectionThatEndsEarlyIsAnError(t *testing.T) {
	if err := Ask(side{&bytes.Buffer{}, io.Discard}, 80); !errors.Is(err, io.EOF) {
		t.Errorf("without an answer: %v", err)
	}
	if _, err := ReadPort(bytes.NewReader([]byte{1})); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("with half a port: %v", err)
	}
}
