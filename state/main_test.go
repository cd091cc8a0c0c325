package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWhatCannotBeDoneIsSaid(t *testing.T) {
	for name, test := range map[string]struct {
		arguments []string
		code      int
		want      string
	}{
		"no bucket":                   {nil, 2, "name one bucket"},
		"two buckets":                 {[]string{"shop-state", "other"}, 2, "name one bucket"},
		"a name with dots":            {[]string{"shop.state"}, 2, "small letters, digits and hyphens"},
		"a flag that there is not":    {[]string{"-account", "1", "shop-state"}, 2, "flag provided but not defined"},
		"a region that nobody says":   {[]string{"shop-state"}, 1, "make login-s3 BUCKET=shop-state REGION="},
		"credentials that nobody has": {[]string{"-region", "eu-central-1", "shop-state"}, 1, "asking AWS whose credentials these are"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, variable := range os.Environ() {
				if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") {
					t.Setenv(name, "")
				}
			}
			t.Setenv("AWS_CONFIG_FILE", os.DevNull)
			t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
			t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
			var out, problems bytes.Buffer
			if code := run(t.Context(), test.arguments, &out, &problems); code != test.code || !strings.Contains(problems.String(), test.want) {
				t.Errorf("it exits with %d and says:\n%s", code, &problems)
			}
		})
	}
}

// cli puts a Pulumi CLI on PATH that does what a script says.
func cli(t *testing.T, script string) {
	t.Helper()
	directory := t.TempDir()
	if err := os.WriteFile(filepath.Join(directory, "pulumi"), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", directory+string(os.PathListSeparator)+os.Getenv("PATH"))
}

func TestTheCLIIsLoggedIn(t *testing.T) {
	cli(t, `echo "$@"`)
	var out bytes.Buffer
	err := login(t.Context(), "s3://shop-state?region=eu-central-1", &out)
	if want := "login s3://shop-state?region=eu-central-1 --non-interactive\n"; err != nil || out.String() != want {
		t.Errorf("it was called with %q (%v), want %q", &out, err, want)
	}
}

func TestALoginThatFailsSaysWhy(t *testing.T) {
	cli(t, "echo no bucket >&2; exit 1")
	var out bytes.Buffer
	if err := login(t.Context(), "s3://shop-state", &out); err == nil || !strings.Contains(out.String(), "no bucket") {
		t.Errorf("it says %q (%v)", &out, err)
	}
}
