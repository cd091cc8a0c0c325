package toolchain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	// The first plugin is small, and comes within this time or not at all:
	// a closed network may leave a download hanging.
	firstDownloadLimit = time.Minute
	downloadLimit      = 15 * time.Minute

	// refusalLasts is how long a failed download is not tried again.
	refusalLasts = 24 * time.Hour

	// attemptFailed is what the CLI begins with to say that an attempt has.
	attemptFailed = "Error downloading plugin: "
)

// installOfficial returns a Pulumi home folder with the official plugins
// installed. If there can be none it tells why, and remembers it for a day.
func installOfficial(ctx context.Context, b *builder, cli string) (home string, err error) {
	home = filepath.Join(b.Cache, "homes", "official")
	refusal := filepath.Join(b.Cache, "official-plugins-refused")
	if reason, ok := remembered(refusal); ok {
		return "", reason
	}
	limit := firstDownloadLimit
	for _, p := range plugins {
		if err := p.installOfficial(ctx, b, cli, home, limit); err != nil {
			if ctx.Err() == nil {
				err = errors.Join(err, os.WriteFile(refusal, []byte(err.Error()), 0o644))
			}
			return "", err
		}
		limit = downloadLimit
	}
	return home, nil
}

// remembered tells of a refusal that is not long ago. What was said then is in
// its file.
func remembered(refusal string) (reason error, ok bool) {
	info, err := os.Stat(refusal)
	if err != nil || time.Since(info.ModTime()) > refusalLasts {
		return nil, false
	}
	return fmt.Errorf("that failed %s ago, remove %s to try again", time.Since(info.ModTime()).Round(time.Minute), refusal), true
}

func (p plugin) installOfficial(ctx context.Context, b *builder, cli, home string, limit time.Duration) error {
	if exists(p.folder(home)) && !exists(p.folder(home)+".partial") {
		return nil
	}
	return b.Report.Step("downloading the official plugin "+p.String(), func() error {
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		command := exec.CommandContext(ctx, cli, "plugin", "install", "resource", p.name, p.version)
		command.Env = append(os.Environ(), "PULUMI_HOME="+home, "PULUMI_SKIP_UPDATE_CHECK=1")
		var messages bytes.Buffer
		command.Stderr = &messages
		if err := command.Run(); err != nil {
			if ctx.Err() != nil {
				return fmt.Errorf("%s was not here after %s", p, limit)
			}
			return fmt.Errorf("downloading %s: %w: %s", p, err, cause(messages.String()))
		}
		return nil
	})
}

// cause finds in what the CLI writes why a download has failed: the last
// attempt's error. Its last line only counts the attempts.
func cause(messages string) string {
	if i := strings.LastIndex(messages, attemptFailed); i >= 0 {
		line, _, _ := strings.Cut(messages[i+len(attemptFailed):], "\n")
		return line
	}
	return lastLines(messages, 1)
}
