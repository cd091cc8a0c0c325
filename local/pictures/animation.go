package main

import (
	"encoding/xml"
	"fmt"
	"strings"
	"time"
)

const (
	// Sizes of a terminal's cell and of the room around it all, in pixels.
	cellWidth, cellHeight = 8.4, 19
	fontSize              = 14
	room                  = 16

	// How long a frame is shown, and the last one, before it begins again.
	frameTime = 600 * time.Millisecond
	lastTime  = 10 * time.Second
)

// drawFrames returns an animation of what a terminal has shown, as SVG. Frames
// lie side by side behind a window, past which a style sheet moves them: it
// plays as an image too, where scripts don't run. Who prefers reduced motion
// sees the last frame.
func drawFrames(frames []frame, colors palette) []byte {
	width, height := columns*cellWidth, float64(rows*cellHeight)
	var picture strings.Builder
	fmt.Fprintf(&picture, `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]g" height="%[2]g" viewBox="0 0 %[1]g %[2]g" role="img">`+"\n",
		width+2*room, height+2*room)
	fmt.Fprintf(&picture, "<title>What make up shows in a terminal</title>\n<style>\n%s</style>\n", styles(len(frames), width, colors))
	picture.WriteString(`<rect width="100%" height="100%" rx="8" class="terminal"/>` + "\n")
	fmt.Fprintf(&picture, `<svg x="%d" y="%d" width="%g" height="%g"><g class="film">`+"\n", room, room, width, height)
	drawn := map[string]string{}
	for i, f := range frames {
		fmt.Fprintf(&picture, `<svg x="%g" width="%g">`+"\n", float64(i)*width, width)
		for y, r := range f {
			if len(r) > 0 {
				picture.WriteString(placeRow(drawn, drawRow(r), (y+1)*cellHeight-5))
			}
		}
		picture.WriteString("</svg>\n")
	}
	picture.WriteString("</g></svg>\n</svg>\n")
	return []byte(picture.String())
}

// styles returns the style sheet of an animation.
func styles(frames int, width float64, colors palette) string {
	var sheet strings.Builder
	fmt.Fprintf(&sheet, ".terminal { fill: %s; stroke: %s; stroke-opacity: .4 }\n", colors.panel, colors.line)
	fmt.Fprintf(&sheet, "text { fill: %s; font: %dpx ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace }\n", colors.text, fontSize)
	sheet.WriteString(".b { font-weight: bold }\n.u { text-decoration: underline }\n")
	for i, color := range colors.terminal {
		fmt.Fprintf(&sheet, ".c%d { fill: %s }\n", i, color)
	}
	total := time.Duration(frames-1)*frameTime + lastTime
	fmt.Fprintf(&sheet, ".film { animation: play %gs step-end infinite }\n@keyframes play {\n", total.Seconds())
	for i := range frames {
		at := 100 * float64(time.Duration(i)*frameTime) / float64(total)
		fmt.Fprintf(&sheet, "%.3f%% { transform: translateX(%gpx) }\n", at, -float64(i)*width)
	}
	sheet.WriteString("}\n")
	fmt.Fprintf(&sheet, "@media (prefers-reduced-motion: reduce) { .film { animation: none; transform: translateX(%gpx) } }\n", -float64(frames-1)*width)
	return sheet.String()
}

// placeRow returns a row at its height. A row that was drawn before is used
// again: most of them are in many frames.
func placeRow(drawn map[string]string, spans string, y int) string {
	if id := drawn[spans]; id != "" {
		return fmt.Sprintf("<use href=\"#%s\" y=\"%d\"/>\n", id, y)
	}
	id := fmt.Sprintf("r%d", len(drawn))
	drawn[spans] = id
	return fmt.Sprintf("<g transform=\"translate(0,%d)\"><text id=\"%s\">%s</text></g>\n", y, id, spans)
}

// drawRow returns the spans of a row.
func drawRow(spans row) string {
	var drawn strings.Builder
	for _, s := range spans {
		fmt.Fprintf(&drawn, `<tspan x="%g"%s>`, float64(s.column)*cellWidth, s.look.classes())
		xml.EscapeText(&drawn, []byte(s.text)) //nolint:errcheck // a builder takes all
		drawn.WriteString("</tspan>")
	}
	return drawn.String()
}

// classes returns the classes of a look in the style sheet, as an attribute.
func (l look) classes() string {
	var names []string
	if l.color != textColor {
		names = append(names, fmt.Sprintf("c%d", l.color))
	}
	if l.bold {
		names = append(names, "b")
	}
	if l.underline {
		names = append(names, "u")
	}
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf(` class="%s"`, strings.Join(names, " "))
}
