package main

// A palette has the colors of a picture. There is a light and a dark one, with
// the colors of GitHub's own pages.
type palette struct {
	// name is what the files with these colors are told apart by.
	name string
	// background is that of the page, panel that of what lies on it.
	background, panel string
	text              string
	// line is what borders and arrows have.
	line string
	// terminal has the 16 colors of a terminal.
	terminal [16]string
}

var palettes = []palette{
	{
		name: "light", background: "#ffffff", panel: "#f6f8fa", text: "#1f2328", line: "#6e7781",
		terminal: [16]string{
			"#24292f", "#cf222e", "#116329", "#4d2d00", "#0969da", "#8250df", "#1b7c83", "#6e7781",
			"#57606a", "#a40e26", "#1a7f37", "#633c01", "#218bff", "#a475f9", "#3192aa", "#8c959f",
		},
	},
	{
		name: "dark", background: "#0d1117", panel: "#161b22", text: "#e6edf3", line: "#8b949e",
		terminal: [16]string{
			"#484f58", "#ff7b72", "#3fb950", "#d29922", "#58a6ff", "#bc8cff", "#39c5cf", "#b1bac4",
			"#6e7681", "#ffa198", "#56d364", "#e3b341", "#79c0ff", "#d2a8ff", "#56d4dd", "#ffffff",
		},
	},
}
