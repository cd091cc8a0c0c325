package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// docs is where the pictures are, from here.
const docs = "../../docs"

// maximumSize is what a picture may weigh: README.md shows it to each who
// looks at it.
const maximumSize = 250_000

func TestThePicturesOfTheArchitectureAreThoseOfTheDiagram(t *testing.T) {
	diagram, err := layOut(t.Context(), string(document(t, "architecture.d2")))
	if err != nil {
		t.Fatal(err)
	}
	for _, colors := range palettes {
		t.Run(colors.name, func(t *testing.T) {
			drawn, err := drawDiagram(diagram, colors)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(drawn, document(t, "architecture-"+colors.name+".svg")) {
				t.Error("it is not what the diagram is drawn as; run: make up pictures")
			}
		})
	}
}

func TestThePicturesAreSmallAndWellFormed(t *testing.T) {
	for _, name := range []string{"architecture", "make-up"} {
		for _, colors := range palettes {
			file := name + "-" + colors.name + ".svg"
			picture := document(t, file)
			if len(picture) > maximumSize {
				t.Errorf("%s has %d bytes, want at most %d", file, len(picture), maximumSize)
			}
			checkXML(t, file, picture)
		}
	}
}

// checkXML reads a picture as strictly as browsers do.
func checkXML(t *testing.T, name string, picture []byte) {
	t.Helper()
	decoder := xml.NewDecoder(bytes.NewReader(picture))
	for {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
}

func TestTheTitleOfABoxIsInFrontOfArrows(t *testing.T) {
	diagram, err := layOut(t.Context(), "outer: Around { label.near: top-left; inner }\nother -> outer.inner")
	if err != nil {
		t.Fatal(err)
	}
	picture, err := drawDiagram(diagram, palettes[0])
	if err != nil {
		t.Fatal(err)
	}
	title, arrow := bytes.LastIndex(picture, []byte(">Around<")), bytes.LastIndex(picture, []byte("<path d="))
	if title < 0 || arrow < 0 || title < arrow {
		t.Errorf("the title is at %d of the picture, the arrow at %d", title, arrow)
	}
	if n := bytes.Count(picture, []byte(">Around<")); n != 1 {
		t.Errorf("the title is there %d times", n)
	}
}

func TestAnUnreadableDiagramIsNotDrawn(t *testing.T) {
	if _, err := layOut(t.Context(), "box: {"); err == nil || !strings.Contains(err.Error(), "laying out") {
		t.Errorf("error is %v", err)
	}
}

func document(t *testing.T, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(docs, file))
	if err != nil {
		t.Fatal(err)
	}
	return content
}
