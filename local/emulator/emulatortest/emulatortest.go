// Package emulatortest gives tests an emulated AWS of their own.
package emulatortest

import (
	"net"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"fargate-stack/local/emulator"
	"fargate-stack/local/progress"
	"fargate-stack/local/settings"
)

// Start returns the configuration of clients of an emulator that ends with the
// test.
func Start(t *testing.T, region string) aws.Config {
	t.Helper()
	cache, err := settings.Cache()
	if err != nil {
		t.Fatal(err)
	}
	listening, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listening.Addr().(*net.TCPAddr).Port
	listening.Close()
	started, err := emulator.Start(t.Context(), emulator.Options{
		Port: port, Region: region, StateDirectory: t.TempDir(), Cache: cache, Report: progress.New(t.Output()),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := started.Stop(); err != nil {
			t.Error(err)
		}
	})
	return aws.Config{
		Region: region, BaseEndpoint: aws.String(started.URL()), Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
}
