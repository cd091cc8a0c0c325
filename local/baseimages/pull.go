package baseimages

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/containerd/errdefs"
	"github.com/distribution/reference"
	"github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/config/credentials"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/registry"
	"github.com/docker/docker/pkg/jsonmessage"
)

const (
	// answerLimit is how long a registry may take until it tells of the image.
	// A network that drops packets would keep the engine trying for minutes.
	answerLimit = 15 * time.Second

	// stallLimit is how long a pull may go on without any progress after that.
	stallLimit = time.Minute

	// retryAfter is how long an image that was made here does until it is
	// tried again to pull it from a registry that did not answer.
	retryAfter = 24 * time.Hour

	// dockerHubKey is the name under which Docker clients keep the
	// credentials of Docker Hub.
	dockerHubKey = "https://index.docker.io/v1/"
)

// pull pulls an image, unless its registry did not answer for another one.
func (w *workshop) pull(ctx context.Context, b base) error {
	domain := reference.Domain(b.name)
	if err := w.unreachable[domain]; err != nil {
		return err
	}
	var answered bool
	err := w.options.Report.Attempt("pulling base image "+b.String(), func() (err error) {
		answered, err = w.tryPull(ctx, b)
		return err
	})
	if err == nil || answered || ctx.Err() != nil {
		return err
	}
	w.unreachable[domain] = err
	return errors.Join(err, touch(w.unreachableMark(b)))
}

// triedLately tells whether an image's registry did not answer lately.
func (w *workshop) triedLately(b base) bool {
	info, err := os.Stat(w.unreachableMark(b))
	return err == nil && time.Since(info.ModTime()) < retryAfter
}

// unreachableMark is the file that is written when an image's registry does
// not answer.
func (w *workshop) unreachableMark(b base) string {
	return filepath.Join(w.options.Cache, "base-images", "unreachable", reference.Domain(b.name))
}

func touch(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, nil, 0o644)
}

// tryPull pulls an image. It tells whether the registry answered.
func (w *workshop) tryPull(ctx context.Context, b base) (answered bool, err error) {
	authorization, err := storedCredentials(b.name)
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stall := time.AfterFunc(answerLimit, func() { cancel(errors.New("its registry does not answer")) })
	defer stall.Stop()
	messages, err := w.engine.ImagePull(ctx, b.String(), image.PullOptions{Platform: string(b.platform), RegistryAuth: authorization})
	if err == nil {
		defer messages.Close()
		err = drain(messages, func() {
			answered = true
			stall.Reset(stallLimit)
		})
	}
	switch {
	case err == nil:
		return true, nil
	case ctx.Err() != nil:
		return answered, context.Cause(ctx)
	default:
		return answered || errdefs.IsNotFound(err), errors.New(oneLine(err.Error()))
	}
}

// storedCredentials returns the user's credentials for an image's registry, as
// the engine takes them. There may be none.
func storedCredentials(name reference.Named) (string, error) {
	file, err := config.Load(config.Dir())
	if err != nil {
		return "", fmt.Errorf("reading the Docker configuration: %w", err)
	}
	file.CredentialsStore = credentials.DetectDefaultStore(file.CredentialsStore)
	key := reference.Domain(name)
	if key == "docker.io" {
		key = dockerHubKey
	}
	found, err := file.GetAuthConfig(key)
	if err != nil {
		return "", fmt.Errorf("reading the Docker credentials for %s: %w", key, err)
	}
	return registry.EncodeAuthConfig(registry.AuthConfig{
		Username: found.Username, Password: found.Password, Auth: found.Auth,
		ServerAddress: found.ServerAddress, IdentityToken: found.IdentityToken, RegistryToken: found.RegistryToken,
	})
}

// drain reads an engine's progress messages to their end, and returns the
// error among them if there is one.
func drain(messages io.Reader, each func()) error {
	for decoder := json.NewDecoder(messages); ; each() {
		var message jsonmessage.JSONMessage
		err := decoder.Decode(&message)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the Docker engine's answer: %w", err)
		}
		if message.Error != nil {
			return message.Error
		}
	}
}
