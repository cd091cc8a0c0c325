package toolchain

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// hash returns what tells one build of a tool from another: the Go toolchain,
// and all that the programs are made of.
func (b *builder) hash(t tool) (string, error) {
	sum := sha256.New()
	fmt.Fprintln(sum, b.goVersion)
	for _, p := range t.programs {
		fmt.Fprintln(sum, p.build(p.name))
		sources, err := b.sources(p)
		if err != nil {
			return "", err
		}
		for _, source := range sources {
			if err := addFiles(sum, b.Repository, source); err != nil {
				return "", err
			}
		}
	}
	return hex.EncodeToString(sum.Sum(nil))[:12], nil
}

// addFiles adds a file, or all files in a folder other than tests.
func addFiles(sum hash.Hash, repository, source string) error {
	return filepath.WalkDir(filepath.Join(repository, source), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(path, "_test.go") {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(repository, path)
		fmt.Fprintf(sum, "%s %x\n", name, sha256.Sum256(content))
		return err
	})
}
