package toolchain

import (
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// localModule is the import path of the module in local.
const localModule = "fargate-stack/local/"

// sources returns what a program is made of, within the repository: its
// recipe, or its folder, those of all packages of the module that it imports,
// and the versions of all others.
func (b *builder) sources(p program) ([]string, error) {
	if p.recipe != "" {
		return []string{p.module()}, nil
	}
	sources := []string{filepath.Join(p.module(), p.pkg)}
	for i := 0; i < len(sources); i++ { // grows on the way
		imported, err := imports(filepath.Join(b.Repository, sources[i]))
		if err != nil {
			return nil, err
		}
		for _, path := range imported {
			inner, ok := strings.CutPrefix(path, localModule)
			source := filepath.Join("local", filepath.FromSlash(inner))
			if ok && !slices.Contains(sources, source) {
				sources = append(sources, source)
			}
		}
	}
	return append(sources, filepath.Join(p.module(), "go.mod"), filepath.Join(p.module(), "go.sum")), nil
}

// imports returns the import paths in the Go files of a folder, sorted.
func imports(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".go") || strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(folder, entry.Name()), nil, parser.ImportsOnly)
		if err != nil {
			return nil, err
		}
		for _, spec := range file.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return nil, err
			}
			found[path] = true
		}
	}
	return slices.Sorted(maps.Keys(found)), nil
}
