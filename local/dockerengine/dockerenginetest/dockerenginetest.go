// Package dockerenginetest gives tests the Docker engine of this machine.
package dockerenginetest

import (
	"testing"

	"github.com/docker/docker/client"

	"fargate-stack/local/dockerengine"
)

// Connect returns a client of the engine, which is closed with the test.
// Without an engine the test is skipped.
func Connect(t *testing.T) *client.Client {
	t.Helper()
	engine, err := dockerengine.Find(t.Context(), dockerengine.Options{StateDirectory: t.TempDir()})
	if err != nil {
		t.Skipf("SKIP: %v", err)
	}
	docker, err := engine.Client()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { docker.Close() })
	return docker
}
