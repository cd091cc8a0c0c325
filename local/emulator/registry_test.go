package emulator

import (
	"archive/tar"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/registry"
	"github.com/docker/docker/client"
)

// The whole way of an image: ECR names the repository, a Docker engine with no
// configuration pushes to that name, and ECR and the engine find it there.
func TestDockerPushesToTheRepositoryThatECRNames(t *testing.T) {
	engine := connect(t)
	e := start(t, options(t))

	var created struct {
		Repository struct{ RepositoryURI string }
	}
	request(t, e, "CreateRepository", `{"repositoryName": "team/app"}`, &created)
	repository := created.Repository.RepositoryURI
	if want := fmt.Sprintf("localhost:%d/team/app", e.Port); repository != want {
		t.Fatalf("ECR names the repository %s, want %s", repository, want)
	}

	name := repository + ":v1"
	importImage(t, engine, name)
	authorization := logIn(t, e)
	pushed, err := engine.ImagePush(t.Context(), name, image.PushOptions{RegistryAuth: authorization})
	digest := digestIn(t, pushed, err)

	var described struct {
		ImageDetails []struct {
			ImageDigest string
			ImageTags   []string
		}
	}
	request(t, e, "DescribeImages", `{"repositoryName": "team/app"}`, &described)
	if len(described.ImageDetails) != 1 || described.ImageDetails[0].ImageDigest != digest {
		t.Errorf("ECR describes %+v, want digest %s", described.ImageDetails, digest)
	}

	if _, err := engine.ImageRemove(t.Context(), name, image.RemoveOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
	pulled, err := engine.ImagePull(t.Context(), repository+"@"+digest, image.PullOptions{RegistryAuth: authorization})
	digestIn(t, pulled, err)
	if _, err := engine.ImageRemove(t.Context(), repository+"@"+digest, image.RemoveOptions{Force: true}); err != nil {
		t.Errorf("the engine does not have what it pulled: %v", err)
	}
}

func connect(t *testing.T) *client.Client {
	t.Helper()
	engine, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	if _, err := engine.Ping(t.Context()); err != nil {
		t.Skipf("no Docker engine: %v", err)
	}
	return engine
}

// importImage makes an image with one file in it.
func importImage(t *testing.T, engine *client.Client, name string) {
	t.Helper()
	var content bytes.Buffer
	archive := tar.NewWriter(&content)
	text := []byte("content of " + name)
	if err := archive.WriteHeader(&tar.Header{Name: "file", Mode: 0o644, Size: int64(len(text))}); err != nil {
		t.Fatal(err)
	}
	if _, err := archive.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	imported, err := engine.ImageImport(t.Context(), image.ImportSource{Source: &content, SourceName: "-"}, name, image.ImportOptions{})
	digestIn(t, imported, err)
}

// logIn returns the credentials that ECR gives, as the engine takes them.
func logIn(t *testing.T, e *Emulator) string {
	t.Helper()
	var answer struct {
		AuthorizationData []struct{ AuthorizationToken, ProxyEndpoint string }
	}
	request(t, e, "GetAuthorizationToken", `{}`, &answer)
	data := answer.AuthorizationData[0]
	if want := "http://" + e.Registry(); data.ProxyEndpoint != want {
		t.Errorf("ECR says that its registry is at %s, want %s", data.ProxyEndpoint, want)
	}
	token, err := base64.StdEncoding.DecodeString(data.AuthorizationToken)
	if err != nil {
		t.Fatal(err)
	}
	user, password, _ := strings.Cut(string(token), ":")
	header, err := registry.EncodeAuthConfig(registry.AuthConfig{Username: user, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	return header
}

// digestIn reads the engine's answer to its end and returns the digest in it.
func digestIn(t *testing.T, answer io.ReadCloser, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Close()
	var digest string
	for decoder := json.NewDecoder(answer); ; {
		var message struct {
			Error string
			Aux   struct{ Digest string }
		}
		if err := decoder.Decode(&message); err == io.EOF {
			return digest
		} else if err != nil {
			t.Fatal(err)
		}
		if message.Error != "" {
			t.Fatal(message.Error)
		}
		digest = max(digest, message.Aux.Digest)
	}
}
