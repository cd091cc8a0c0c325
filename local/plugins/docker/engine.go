package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"

	"github.com/distribution/reference"
	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/build"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/registry"
	"github.com/docker/docker/client"
	"github.com/docker/docker/pkg/jsonmessage"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/auth"
	"github.com/moby/buildkit/session/filesync"
	"github.com/tonistiigi/fsutil"
	fstypes "github.com/tonistiigi/fsutil/types"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
)

// clientSession is what the engine's API calls a build whose files it fetches
// over a session.
const clientSession = "client-session"

// mismatchHint explains the bare EOF that an engine reports when a registry
// hangs up.
const mismatchHint = "the registry closed the connection, which is most likely due to wrong credentials or a wrong registry name"

// An engine is a connection to a Docker engine.
type engine struct {
	client *client.Client
	// report takes the lines of what is going on.
	report func(line string)
}

// connect returns a connection to the engine at host, or to the one that
// Docker's environment variables name, or to the one at the usual place.
func connect(ctx context.Context, host string, report func(line string)) (*engine, error) {
	options := []client.Opt{client.FromEnv, client.WithAPIVersionNegotiation()}
	if host != "" {
		options = append(options, client.WithHost(host))
	}
	connection, err := client.NewClientWithOpts(options...)
	if err != nil {
		return nil, fmt.Errorf("connecting to the Docker engine: %w", err)
	}
	if _, err := connection.Ping(ctx); err != nil {
		connection.Close()
		return nil, fmt.Errorf("no Docker engine answers at %s; start one, or name another in DOCKER_HOST: %w", connection.DaemonHost(), err)
	}
	return &engine{client: connection, report: report}, nil
}

func (e *engine) close() {
	e.client.Close()
}

// build builds an image and tags it.
//
// The files go over a session, as those of `docker build` do: BuildKit asks
// for what it needs, leaves out what .dockerignore says, and takes the
// Dockerfile from wherever it lies. Base images that the engine has are not
// pulled.
func (e *engine) build(ctx context.Context, args imageArguments, keys *keychain) error {
	s, err := newSession(ctx, args, keys)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		return s.Run(ctx, func(ctx context.Context, proto string, meta map[string][]string) (net.Conn, error) {
			return e.client.DialHijack(ctx, "/session", proto, meta)
		})
	})
	group.Go(func() error {
		defer s.Close()
		return e.solve(ctx, args, s.ID())
	})
	if err := group.Wait(); err != nil {
		return fmt.Errorf("building %s: %w", args.name, err)
	}
	return nil
}

// newSession returns the session over which BuildKit gets files and
// credentials.
func newSession(ctx context.Context, args imageArguments, keys *keychain) (*session.Session, error) {
	files, err := rootOwned(args.context)
	if err != nil {
		return nil, err
	}
	dockerfile, err := rootOwned(filepath.Dir(args.dockerfile))
	if err != nil {
		return nil, err
	}
	s, err := session.NewSession(ctx, "")
	if err != nil {
		return nil, err
	}
	s.Allow(filesync.NewFSSyncProvider(filesync.StaticDirSource{"context": files, "dockerfile": dockerfile}))
	s.Allow(&sessionCredentials{keys: keys})
	return s, nil
}

// rootOwned returns a directory as if root owned everything in it: who owns
// the files here is of no concern in an image.
func rootOwned(dir string) (fsutil.FS, error) {
	tree, err := fsutil.NewFS(dir)
	if err != nil {
		return nil, err
	}
	return fsutil.NewFilterFS(tree, &fsutil.FilterOpt{Map: func(_ string, stat *fstypes.Stat) fsutil.MapResult {
		stat.Uid, stat.Gid = 0, 0
		return fsutil.MapResultKeep
	}})
}

// solve starts the build and follows it to its end.
func (e *engine) solve(ctx context.Context, args imageArguments, sessionID string) error {
	response, err := e.client.ImageBuild(ctx, nil, build.ImageBuildOptions{
		Version:       build.BuilderBuildKit,
		RemoteContext: clientSession,
		SessionID:     sessionID,
		Dockerfile:    filepath.Base(args.dockerfile),
		Tags:          []string{args.name},
		BuildArgs:     pointers(args.buildArgs),
		Target:        args.target,
		Platform:      args.platform,
	})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	log := newBuildLog(e.report)
	err = eachMessage(ctx, response.Body, func(message jsonmessage.JSONMessage) error {
		if message.ID != "moby.buildkit.trace" || message.Aux == nil {
			return nil
		}
		return log.trace(*message.Aux)
	})
	if err != nil {
		return log.explain(err)
	}
	return nil
}

// push pushes the image to its registry, and returns the digest under which
// the registry has it.
func (e *engine) push(ctx context.Context, name string, credentials registry.AuthConfig) (string, error) {
	header, err := registry.EncodeAuthConfig(credentials)
	if err != nil {
		return "", err
	}
	progress, err := e.client.ImagePush(ctx, name, image.PushOptions{RegistryAuth: header})
	if err != nil {
		return "", fmt.Errorf("pushing %s: %w", name, err)
	}
	defer progress.Close()
	var pushed types.PushResult
	err = eachMessage(ctx, progress, func(message jsonmessage.JSONMessage) error {
		if message.Aux != nil {
			return json.Unmarshal(*message.Aux, &pushed)
		}
		if message.Progress == nil || message.Progress.Total == 0 {
			e.report(pushLine(message))
		}
		return nil
	})
	if err != nil && err.Error() == io.EOF.Error() {
		err = fmt.Errorf("%w: %s", err, mismatchHint)
	}
	if err == nil && pushed.Digest == "" {
		err = errors.New("the engine did not say under which digest the registry has the image")
	}
	if err != nil {
		return "", fmt.Errorf("pushing %s: %w", name, err)
	}
	return pushed.Digest, nil
}

// pushLine returns a line on a layer or on the push as a whole.
func pushLine(message jsonmessage.JSONMessage) string {
	if message.ID == "" {
		return message.Status
	}
	return message.ID + ": " + message.Status
}

// imageID returns the id of an image that the engine has.
func (e *engine) imageID(ctx context.Context, name string) (string, error) {
	found, err := e.client.ImageInspect(ctx, name)
	if err != nil {
		return "", fmt.Errorf("inspecting %s: %w", name, err)
	}
	return found.ID, nil
}

// eachMessage calls handle with each message of a stream. The error that the
// stream reports, if any, is returned; an answer with status 200 may still
// contain one.
func eachMessage(ctx context.Context, stream io.Reader, handle func(jsonmessage.JSONMessage) error) error {
	for decoder := json.NewDecoder(stream); ; {
		var message jsonmessage.JSONMessage
		err := decoder.Decode(&message)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("reading the engine's answer: %w", err)
		case message.Error != nil:
			return message.Error
		}
		if err := handle(message); err != nil {
			return err
		}
	}
}

// byDigest returns the reference of an image in its repository by digest.
func byDigest(name, digest string) (string, error) {
	named, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		return "", err
	}
	return reference.FamiliarName(named) + "@" + digest, nil
}

// pointers returns build arguments as the API takes them, which tells an empty
// one from one without a value.
func pointers(values map[string]string) map[string]*string {
	pointed := map[string]*string{}
	for name, value := range values {
		pointed[name] = &value
	}
	return pointed
}

// sessionCredentials gives BuildKit the credentials of the registries that
// base images come from.
type sessionCredentials struct {
	auth.UnimplementedAuthServer

	keys *keychain
}

func (c *sessionCredentials) Register(server *grpc.Server) {
	auth.RegisterAuthServer(server, c)
}

// Credentials implements the one call that BuildKit needs of a client that
// lets it fetch tokens itself.
func (c *sessionCredentials) Credentials(_ context.Context, request *auth.CredentialsRequest) (*auth.CredentialsResponse, error) {
	found, err := c.keys.credentials(credentialsKey(request.Host))
	if err != nil {
		return nil, err
	}
	if found.IdentityToken != "" {
		return &auth.CredentialsResponse{Secret: found.IdentityToken}, nil
	}
	return &auth.CredentialsResponse{Username: found.Username, Secret: found.Password}, nil
}
