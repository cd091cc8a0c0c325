package infra

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// contentTag returns a tag that follows from what an image is built from: the
// files that are sent to Docker with their names, kinds and permissions, the
// Dockerfile, and the platform. Times, owners and what .dockerignore leaves
// out have no part in it.
func contentTag(context, dockerfile, platform string) (string, error) {
	ignored, err := readIgnoreFile(context, dockerfile)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "platform %q\n", platform)
	if err := addFile(sum, "dockerfile", dockerfile); err != nil {
		return "", err
	}
	err = filepath.WalkDir(context, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(context, path)
		if err != nil || name == "." {
			return err
		}
		skip, err := ignored.MatchesOrParentMatches(name)
		if err != nil {
			return err
		}
		if skip {
			return nil // not SkipDir: a later pattern may take a file in it back in
		}
		return addEntry(sum, filepath.ToSlash(name), path, entry)
	})
	if err != nil {
		return "", fmt.Errorf("reading build context %s: %w", context, err)
	}
	return hex.EncodeToString(sum.Sum(nil))[:24], nil
}

// readIgnoreFile reads what Docker is not sent: the ignore file beside the
// Dockerfile and of its name or, if there is none, that of the build context.
func readIgnoreFile(context, dockerfile string) (*patternmatcher.PatternMatcher, error) {
	for _, path := range []string{dockerfile + ".dockerignore", filepath.Join(context, ".dockerignore")} {
		file, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		defer file.Close()
		patterns, err := ignorefile.ReadAll(file)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", path, err)
		}
		return patternmatcher.New(patterns)
	}
	return patternmatcher.New(nil)
}

// addEntry adds a file, a link or a directory of the build context.
func addEntry(sum hash.Hash, name, path string, entry fs.DirEntry) error {
	switch {
	case entry.IsDir():
		fmt.Fprintf(sum, "directory %q\n", name)
		return nil
	case entry.Type()&fs.ModeSymlink != 0:
		target, err := os.Readlink(path)
		fmt.Fprintf(sum, "link %q %q\n", name, target)
		return err
	case entry.Type().IsRegular():
		return addFile(sum, name, path)
	default:
		return fmt.Errorf("%s is neither file, directory nor link; add it to .dockerignore", name)
	}
}

func addFile(sum hash.Hash, name, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	// The length keeps the end of one file apart from the beginning of the next.
	fmt.Fprintf(sum, "file %q %v %d\n", name, info.Mode().Perm(), info.Size())
	_, err = io.Copy(sum, file)
	return err
}
