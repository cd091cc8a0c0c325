package main

import (
	"context"
	"fmt"

	"oss.terrastruct.com/d2/d2graph"
	"oss.terrastruct.com/d2/d2layouts/d2elklayout"
	"oss.terrastruct.com/d2/d2lib"
	"oss.terrastruct.com/d2/d2renderers/d2svg"
	"oss.terrastruct.com/d2/d2target"
	"oss.terrastruct.com/d2/d2themes/d2themescatalog"
	"oss.terrastruct.com/d2/lib/label"
	"oss.terrastruct.com/d2/lib/log"
	"oss.terrastruct.com/d2/lib/textmeasure"
)

// tight are distances with which a diagram can be read in the column of a
// README; the layout's own are for a whole screen.
var tight = d2elklayout.ConfigurableOpts{
	Algorithm:       d2elklayout.DefaultOpts.Algorithm,
	NodeSpacing:     20,
	EdgeNodeSpacing: 15,
	SelfLoopSpacing: d2elklayout.DefaultOpts.SelfLoopSpacing,
	Padding:         "[top=42,left=20,bottom=20,right=20]",
}

// theme has no colors of its own in the end, but the fonts and the like.
var theme = d2themescatalog.NeutralDefault.ID

// layOut places everything that is in a diagram in the language D2.
func layOut(ctx context.Context, text string) (*d2target.Diagram, error) {
	ruler, err := textmeasure.NewRuler()
	if err != nil {
		return nil, fmt.Errorf("measuring text: %w", err)
	}
	layout := "elk"
	diagram, _, err := d2lib.Compile(log.WithDefault(ctx), text, &d2lib.CompileOptions{
		Ruler:  ruler,
		Layout: &layout,
		LayoutResolver: func(string) (d2graph.LayoutGraph, error) {
			return func(ctx context.Context, g *d2graph.Graph) error { return d2elklayout.Layout(ctx, g, &tight) }, nil
		},
	}, &d2svg.RenderOpts{ThemeID: &theme})
	if err != nil {
		return nil, fmt.Errorf("laying out the diagram: %w", err)
	}
	putTitlesInFront(diagram)
	return diagram, nil
}

// drawDiagram returns the picture of a diagram as SVG.
func drawDiagram(diagram *d2target.Diagram, colors palette) ([]byte, error) {
	padding := int64(10)
	picture, err := d2svg.Render(diagram, &d2svg.RenderOpts{ThemeID: &theme, ThemeOverrides: themeOf(colors), Pad: &padding})
	if err != nil {
		return nil, fmt.Errorf("drawing the diagram: %w", err)
	}
	return picture, nil
}

// themeOf has the colors in the places where D2's themes have theirs: B1 is for
// borders and arrows, B4 to B6 for boxes in boxes, N1 for text, N7 behind it all.
func themeOf(colors palette) *d2target.ThemeOverrides {
	return &d2target.ThemeOverrides{
		N1: &colors.text, N7: &colors.background,
		B1: &colors.line, B2: &colors.line, B3: &colors.line,
		B4: &colors.panel, B5: &colors.background, B6: &colors.background,
	}
}

// putTitlesInFront makes arrows pass behind the titles of boxes with others in
// them. D2 draws them over the titles, which can't be read then.
func putTitlesInFront(diagram *d2target.Diagram) {
	var titles []d2target.Shape
	for i := range diagram.Shapes {
		box := &diagram.Shapes[i]
		if box.LabelPosition != label.InsideTopLeft.String() {
			continue
		}
		title := *box
		title.ID += ".title"
		title.Type = d2target.ShapeRectangle
		title.Pos.X += label.PADDING
		title.Pos.Y += label.PADDING
		title.Width, title.Height = box.LabelWidth+2*label.PADDING, box.LabelHeight
		title.Stroke, title.StrokeWidth, title.StrokeDash = box.Fill, 0, 0
		title.LabelPosition = label.InsideMiddleCenter.String()
		title.ZIndex++
		box.Label = ""
		titles = append(titles, title)
	}
	diagram.Shapes = append(diagram.Shapes, titles...)
}
