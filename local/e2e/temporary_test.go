package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fargate-stack/local/toolchain"
)

func cacheDirectory(t *testing.T) string {
	c, err := os.UserCacheDir()
	must(t, err)
	return filepath.Join(c, "fargate-stack")
}

func environment(tools *toolchain.Toolchain, docker, aws, state string) map[string]string {
	m := map[string]string{}
	for _, e := range tools.Environment {
		k, v, _ := strings.Cut(e, "=")
		m[k] = v
	}
	os.MkdirAll(state+"/backend", 0o755)
	m["PULUMI_BACKEND_URL"] = "file://" + state + "/backend"
	m["PULUMI_CONFIG_PASSPHRASE"] = "x"
	m["AWS_ENDPOINT_URL"] = aws
	m["AWS_ACCESS_KEY_ID"] = "test"
	m["AWS_SECRET_ACCESS_KEY"] = "test"
	m["AWS_EC2_METADATA_DISABLED"] = "true"
	m["DOCKER_HOST"] = docker
	return m
}
