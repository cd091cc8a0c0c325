package debian

import (
	"os"
	"path/filepath"
	"testing"
)

func TestReadRelease(t *testing.T) {
	tests := []struct {
		name, content string
		want          Release
	}{
		{"of Debian", "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\nID=debian\n",
			Release{"debian", "bookworm", "12"}},
		{"of Ubuntu", "ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"24.04\"\nVERSION_CODENAME=noble\n",
			Release{"ubuntu", "noble", "24.04"}},
		{"of a distribution without codename", "NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID=3.22.1\n",
			Release{"alpine", "", "3.22.1"}},
		{"with single quotes", "ID='debian'\n", Release{ID: "debian"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "os-release")
			if err := os.WriteFile(path, []byte(test.content), 0o644); err != nil {
				t.Fatal(err)
			}
			if got := readRelease(path); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestNoReleaseOnASystemThatDoesNotTell(t *testing.T) {
	if got := readRelease(filepath.Join(t.TempDir(), "none")); got != (Release{}) {
		t.Errorf("got %+v", got)
	}
}
