package eni

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
	"github.com/docker/docker/pkg/jsonmessage"
)

const (
	// Label is on the image of network interfaces. Its value is the digest of
	// the program.
	Label = "io.fargate-stack.eni"

	repository = "fargate-stack/eni"

	// program is where the program is in the image.
	program = "interface"
)

// EnsureImage makes the image of network interfaces from their program, unless
// the engine has it, and returns its name. The program has to be one that
// needs no other files.
func EnsureImage(ctx context.Context, docker client.ImageAPIClient, binary string) (string, error) {
	content, err := os.ReadFile(binary)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(content)
	digest := hex.EncodeToString(sum[:])
	name := repository + ":" + digest[:12]
	_, err = docker.ImageInspect(ctx, name)
	if errdefs.IsNotFound(err) {
		err = importImage(ctx, docker, name, digest, content)
	}
	if err != nil {
		return "", fmt.Errorf("image %s: %w", name, err)
	}
	return name, nil
}

func importImage(ctx context.Context, docker client.ImageAPIClient, name, digest string, content []byte) error {
	var archive bytes.Buffer
	writer := tar.NewWriter(&archive)
	err := writer.WriteHeader(&tar.Header{Name: program, Mode: 0o755, Size: int64(len(content))})
	if err != nil {
		return err
	}
	if _, err := writer.Write(content); err != nil {
		return err
	}
	if err := writer.Close(); err != nil {
		return err
	}
	messages, err := docker.ImageImport(ctx, image.ImportSource{Source: &archive, SourceName: "-"}, name, image.ImportOptions{
		Changes: []string{
			fmt.Sprintf("ENTRYPOINT [%q]", "/"+program),
			fmt.Sprintf("LABEL %s=%s", Label, digest),
		},
	})
	if err != nil {
		return err
	}
	defer messages.Close()
	// An engine that fails after it has begun to answer says so in its answer.
	return jsonmessage.DisplayJSONMessagesStream(messages, io.Discard, 0, false, nil)
}
