package baseimages

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// assemble writes the archive of an image: a root file system, and what is
// added to it.
func assemble(writer io.Writer, root string, add func(*tar.Writer) error) error {
	archive := tar.NewWriter(writer)
	if err := copyRoot(archive, root); err != nil {
		return fmt.Errorf("reading %s: %w; remove the file to have it made anew", root, err)
	}
	if add != nil {
		if err := add(archive); err != nil {
			return err
		}
	}
	return archive.Close()
}

// copyRoot copies the archive of a root file system, without what belongs to
// this machine and is set for each container.
func copyRoot(archive *tar.Writer, root string) error {
	file, err := os.Open(root)
	if err != nil {
		return err
	}
	defer file.Close()
	for source := tar.NewReader(file); ; {
		header, err := source.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if setForContainer(path.Clean(header.Name)) {
			continue
		}
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		if _, err := io.Copy(archive, source); err != nil {
			return err
		}
	}
}

func setForContainer(name string) bool {
	return strings.HasPrefix(name, "dev/") || name == "etc/hostname" || name == "etc/resolv.conf"
}

// addTree adds a directory under a name, owned by root. Links are followed:
// distributions spread a directory over several places. Where skip says so,
// a file or a directory is left out; it gets paths relative to the directory.
func addTree(archive *tar.Writer, directory, name string, skip func(relative string) bool) error {
	return addEntry(archive, directory, name, ".", skip)
}

func addEntry(archive *tar.Writer, directory, name, relative string, skip func(string) bool) error {
	source := filepath.Join(directory, relative)
	info, err := os.Stat(source)
	if err != nil {
		return err
	}
	if !info.IsDir() && !info.Mode().IsRegular() {
		return nil
	}
	header, err := tar.FileInfoHeader(info, "")
	if err != nil {
		return err
	}
	header.Name = path.Join(name, filepath.ToSlash(relative))
	header.Uid, header.Gid, header.Uname, header.Gname = 0, 0, "", ""
	if info.IsDir() {
		header.Name += "/"
	}
	if err := archive.WriteHeader(header); err != nil {
		return err
	}
	if !info.IsDir() {
		return addContent(archive, source)
	}
	entries, err := os.ReadDir(source)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		below := filepath.Join(relative, entry.Name())
		if skip(below) {
			continue
		}
		if err := addEntry(archive, directory, name, below, skip); err != nil {
			return err
		}
	}
	return nil
}

func addContent(archive *tar.Writer, source string) error {
	file, err := os.Open(source)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(archive, file)
	return err
}
