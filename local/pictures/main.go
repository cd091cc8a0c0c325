// Command pictures draws the pictures in docs, each of them light and dark. It
// is what the Makefile runs, in the root of the repository:
//
//	pictures diagram      docs/architecture-*.svg, of docs/architecture.d2
//	pictures recording    docs/make-up-*.svg, of a make up that it runs
//
// It is a module of its own, so that nothing else needs what it draws with.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

const folder = "docs"

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "pictures:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	switch {
	case len(arguments) == 1 && arguments[0] == "diagram":
		return diagram(ctx)
	case len(arguments) == 1 && arguments[0] == "recording":
		return recording(ctx)
	}
	return fmt.Errorf("usage: pictures diagram | recording")
}

func diagram(ctx context.Context) error {
	text, err := os.ReadFile(filepath.Join(folder, "architecture.d2"))
	if err != nil {
		return err
	}
	placed, err := layOut(ctx, string(text))
	if err != nil {
		return err
	}
	return write("architecture", func(colors palette) ([]byte, error) { return drawDiagram(placed, colors) })
}

func recording(ctx context.Context) error {
	frames, err := recordUp(ctx)
	if err != nil {
		return err
	}
	return write("make-up", func(colors palette) ([]byte, error) { return drawFrames(frames, colors), nil })
}

// write writes a picture in each palette.
func write(name string, draw func(palette) ([]byte, error)) error {
	for _, colors := range palettes {
		picture, err := draw(colors)
		if err != nil {
			return err
		}
		path := filepath.Join(folder, name+"-"+colors.name+".svg")
		if err := os.WriteFile(path, picture, 0o644); err != nil {
			return err
		}
		fmt.Println("wrote", path)
	}
	return nil
}
