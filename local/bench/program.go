package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

const (
	// builtProgram is what Pulumi.yaml has the program built to.
	builtProgram = "bin/fargate-stack"

	// homePage is the file with the app's name, which nameLine says.
	homePage = "service/home.go"
	nameLine = `const appName = "%s"`
	ownName  = "fargate-stack"
)

// A program is a copy of this repository, in which the app can be changed.
type program struct {
	directory string
	// name is what the app says it is.
	name string
}

// copyProgram copies the repository, without its history. The program in it has
// not been built yet.
func copyProgram(repository, directory string) (*program, error) {
	entries, err := os.ReadDir(repository)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return nil, err
	}
	for _, entry := range entries {
		if entry.Name() == ".git" {
			continue
		}
		if err := copyEntry(filepath.Join(repository, entry.Name()), filepath.Join(directory, entry.Name())); err != nil {
			return nil, fmt.Errorf("copying the program: %w", err)
		}
	}
	return &program{directory: directory, name: ownName}, os.RemoveAll(filepath.Join(directory, builtProgram))
}

// copyEntry copies a file, or a directory with all that is in it.
func copyEntry(from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return os.CopyFS(to, os.DirFS(from))
	}
	return copyFile(from, to)
}

func copyFile(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o644)
}

// rename changes the one line that says what the app is.
func (p *program) rename(name string) error {
	path := filepath.Join(p.directory, homePage)
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, after := fmt.Appendf(nil, nameLine, p.name), fmt.Appendf(nil, nameLine, name)
	if !bytes.Contains(content, before) {
		return fmt.Errorf("%s has no line %s; have bench change the one that says what the app is", path, before)
	}
	if err := os.WriteFile(path, bytes.Replace(content, before, after, 1), 0o644); err != nil {
		return err
	}
	p.name = name
	return nil
}
