package main

import (
	"testing"
	"time"
)

func TestCompare(t *testing.T) {
	flask := round{load{5000, 36 * time.Millisecond, 50 * time.Millisecond, 0}, 120 * time.Millisecond, 55e6}
	good := round{load{50000, 3 * time.Millisecond, 49 * time.Millisecond, 0}, 6 * time.Millisecond, 16e6}
	tests := []struct {
		name   string
		change func(*round, *image)
		missed string
	}{
		{"all targets", func(*round, *image) {}, ""},
		{"too few requests", func(r *round, _ *image) { r.requestsPerSecond = 49999 }, "requests per second of 200 connections"},
		{"slower than Flask at its slowest", func(r *round, _ *image) { r.p99 = flask.p99 }, "  time to an answer, 99th percentile"},
		{"a request that failed", func(r *round, _ *image) { r.failed = 1 }, "  failed requests"},
		{"too much memory", func(r *round, _ *image) { r.peakMemory = memoryTarget }, "  peak memory of the container's cgroup"},
		{"too slow a start", func(r *round, _ *image) { r.first = firstTarget }, "start of the process to its first 200"},
		{"too large an image", func(_ *round, i *image) { i.size = 15e6 }, "image, uncompressed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			measured, built := good, &image{size: 14e6}
			test.change(&measured, built)
			rows := compare(&app{built, []round{measured}}, &app{&image{size: 150e6}, []round{flask}})
			for _, r := range rows {
				if r.missed() != (r.name == test.missed) {
					t.Errorf("missed is %t: %+v", r.missed(), r)
				}
			}
			if test.missed != "" {
				find(t, rows, test.missed)
			}
		})
	}
}

func TestFiguresThatCouldNotBeHadHaveRowsToo(t *testing.T) {
	built := &app{image: &image{size: 1}}
	for name, rows := range map[string][]row{
		"nothing":     compare(&app{}, &app{}),
		"only images": compare(built, built),
	} {
		t.Run(name, func(t *testing.T) {
			if find(t, rows, loadRows).figure != "" {
				t.Errorf("got %+v", rows)
			}
		})
	}
}
