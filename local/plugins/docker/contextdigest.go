package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/moby/patternmatcher/ignorefile"
	"github.com/tonistiigi/fsutil"
)

// contextDigestKey is the property in build that holds the context's digest.
// No program sets it: Check adds it, and a change of it is what makes the
// engine build again.
const contextDigestKey = "contextDigest"

// contextDigest returns a digest of the Dockerfile and of everything that
// Docker would be sent from the context. Names and modes count as well as
// contents, times do not. The Dockerfile's own name does not count where it
// lies outside the context.
func contextDigest(dir, dockerfile string) (string, error) {
	ignored, err := ignorePatterns(dir, dockerfile)
	if err != nil {
		return "", err
	}
	digest := sha256.New()
	content, err := fileDigest(dockerfile)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(digest, "Dockerfile %x\n", content)
	tree, err := fsutil.NewFS(dir)
	if err != nil {
		return "", err
	}
	if tree, err = fsutil.NewFilterFS(tree, &fsutil.FilterOpt{ExcludePatterns: ignored}); err != nil {
		return "", err
	}
	err = tree.Walk(context.Background(), "", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		content, err := entryDigest(filepath.Join(dir, path), info.Mode())
		fmt.Fprintf(digest, "%q %v %x\n", filepath.ToSlash(path), info.Mode(), content)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("reading the build context %s: %w", dir, err)
	}
	return hex.EncodeToString(digest.Sum(nil)), nil
}

// entryDigest returns a digest of a file's content or of where a symbolic link
// points to.
func entryDigest(path string, mode fs.FileMode) ([]byte, error) {
	switch {
	case mode.IsRegular():
		return fileDigest(path)
	case mode.Type() == fs.ModeSymlink:
		target, err := os.Readlink(path)
		sum := sha256.Sum256([]byte(target))
		return sum[:], err
	default:
		return nil, nil
	}
}

func fileDigest(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	digest := sha256.New()
	if _, err := io.Copy(digest, file); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return digest.Sum(nil), nil
}

// ignorePatterns returns what BuildKit leaves out of the context: the patterns
// of the Dockerfile's own ignore file, or else of the context's.
// https://docs.docker.com/build/concepts/context/#filename-and-location
func ignorePatterns(dir, dockerfile string) ([]string, error) {
	for _, name := range []string{dockerfile + ".dockerignore", filepath.Join(dir, ".dockerignore")} {
		file, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		defer file.Close()
		patterns, err := ignorefile.ReadAll(file)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
		return patterns, nil
	}
	return nil, nil
}
