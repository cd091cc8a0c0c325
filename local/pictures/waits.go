package main

import "strings"

// withoutWaits leaves out frames in which only numbers and dots have changed
// since the one before them that stays: something takes its time, and how long
// is told when it has ended. The last frame stays.
func withoutWaits(frames []frame) []frame {
	var kept []frame
	before := ""
	for i, f := range frames {
		now := f.withoutNumbers()
		if now != before || i == len(frames)-1 {
			kept = append(kept, f)
		}
		before = now
	}
	return kept
}

// withoutNumbers returns the text of a frame without numbers and dots.
func (f frame) withoutNumbers() string {
	var text strings.Builder
	for _, r := range f {
		for _, s := range r {
			text.WriteString(s.text)
		}
		text.WriteString("\n")
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("0123456789.", r) {
			return -1
		}
		return r
	}, text.String())
}
