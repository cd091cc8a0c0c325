package baseimages

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestBasesOf(t *testing.T) {
	tests := []struct {
		name, content string
		want          []string
	}{
		{"one stage", "FROM debian:12\n", []string{"debian:12 linux/arm64"}},
		{"no tag is latest", "FROM debian\n", []string{"debian:latest linux/arm64"}},
		{"an image of another registry", "FROM quay.io/team/app:1\n", []string{"quay.io/team/app:1 linux/arm64"}},
		{"an image by digest",
			"FROM golang:1.26@sha256:" + strings.Repeat("0", 64) + "\n",
			[]string{"golang:1.26@sha256:" + strings.Repeat("0", 64) + " linux/arm64"}},
		{"nothing for scratch", "FROM scratch\nCOPY a /a\n", nil},
		{"a stage is no image",
			"FROM golang:1.26 AS build\nFROM scratch\nCOPY --from=build /a /a\n",
			[]string{"golang:1.26 linux/arm64"}},
		{"a stage by number",
			"FROM golang:1.26\nFROM scratch\nCOPY --from=0 /a /a\n",
			[]string{"golang:1.26 linux/arm64"}},
		{"a stage that begins with another one, whatever the case",
			"FROM golang:1.26 AS Build\nFROM build\n", []string{"golang:1.26 linux/arm64"}},
		{"the builder's own platform",
			"FROM --platform=$BUILDPLATFORM golang:1.26 AS build\nFROM scratch\nCOPY --from=build /a /a\n",
			[]string{"golang:1.26 linux/amd64"}},
		{"a platform that is spelled out, without its variant",
			"FROM --platform=linux/arm64/v8 golang:1.26\n", []string{"golang:1.26 linux/arm64"}},
		{"an argument with a default",
			"ARG VERSION=1.26\nFROM golang:${VERSION}-bookworm\n", []string{"golang:1.26-bookworm linux/arm64"}},
		{"an argument made of another one",
			"ARG VERSION=1.26\nARG IMAGE=golang:$VERSION\nFROM $IMAGE\n", []string{"golang:1.26 linux/arm64"}},
		{"a default in the place of an argument without one",
			"ARG VERSION\nFROM golang:${VERSION:-1.25}\n", []string{"golang:1.25 linux/arm64"}},
		{"a predefined argument that is declared anew",
			"ARG BUILDPLATFORM\nFROM --platform=$BUILDPLATFORM golang:1.26\n", []string{"golang:1.26 linux/amd64"}},
		{"an image that files are copied from",
			"FROM scratch\nCOPY --from=debian:12 /etc/ssl /etc/ssl\n", []string{"debian:12 linux/arm64"}},
		{"an image that is mounted",
			"FROM golang:1.26\nRUN --mount=type=bind,from=debian:12,target=/mnt true\n",
			[]string{"debian:12 linux/arm64", "golang:1.26 linux/arm64"}},
		{"nothing for a stage that is not built",
			"FROM node:22 AS docs\nRUN make docs\nFROM golang:1.26\n", []string{"golang:1.26 linux/arm64"}},
		{"one image for two stages",
			"FROM golang:1.26 AS a\nFROM golang:1.26 AS b\nFROM scratch\nCOPY --from=a /a /a\nCOPY --from=b /b /b\n",
			[]string{"golang:1.26 linux/arm64"}},
		{"one image for two platforms is two",
			"FROM --platform=$BUILDPLATFORM debian:12 AS a\nFROM debian:12\nCOPY --from=a /a /a\n",
			[]string{"debian:12 linux/amd64", "debian:12 linux/arm64"}},
		{"another escape character", "# escape=`\nARG VERSION=1.26\nFROM `\n golang:$VERSION\n", []string{"golang:1.26 linux/arm64"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bases, err := basesOf(write(t, test.content), "linux/amd64", "linux/arm64")
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, b := range bases {
				got = append(got, b.String()+" "+string(b.platform))
			}
			slices.Sort(got)
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestADockerfileThatCannotBeReadIsToldWithItsName(t *testing.T) {
	tests := []struct{ name, content, problem string }{
		{"nothing in it", "", "file with no instructions"},
		{"no stage", "ARG A=1\n", "no FROM"},
		{"an unknown instruction", "FROM debian\nGO build\n", "unknown instruction"},
		{"a name that is none", "FROM Debian:12\n", "must be lowercase"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := write(t, test.content)
			_, err := basesOf(path, "linux/amd64", "linux/amd64")
			if err == nil || !strings.Contains(err.Error(), test.problem) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v, want one with %q and the file's name", err, test.problem)
			}
		})
	}
}

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "Dockerfile")
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
