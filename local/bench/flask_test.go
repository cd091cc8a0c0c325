package main

import (
	"bytes"
	"testing"
)

func TestTheFlaskImageBeginsWithThePythonThatPackagesAreInstalledFor(t *testing.T) {
	dockerfile, err := contexts.ReadFile("flask/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(dockerfile, []byte("\nFROM "+pythonImage+"\n")) {
		t.Errorf("it does not begin with %s:\n%s", pythonImage, dockerfile)
	}
}
