package infra

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// fargateMemory holds the sizes that Fargate has: by CPU units the memory in
// MiB that goes with them, ascending.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
var fargateMemory = map[int][]int{
	256:   {512, 1024, 2048},
	512:   gibibytes(1, 4, 1),
	1024:  gibibytes(2, 8, 1),
	2048:  gibibytes(4, 16, 1),
	4096:  gibibytes(8, 30, 1),
	8192:  gibibytes(16, 60, 4),
	16384: gibibytes(32, 120, 8),
}

// gibibytes returns the sizes from low to high GiB in MiB.
func gibibytes(low, high, step int) []int {
	var sizes []int
	for size := low; size <= high; size += step {
		sizes = append(sizes, size*1024)
	}
	return sizes
}

func fargateCPUs() []int {
	return slices.Sorted(maps.Keys(fargateMemory))
}

// nearest returns the values around v in an ascending list: the last one
// below it and the first one above it, where there are such.
func nearest(ascending []int, v int) []int {
	i, _ := slices.BinarySearch(ascending, v)
	return ascending[max(0, i-1):min(len(ascending), i+1)]
}

// list joins numbers for a reader.
func list(numbers []int) string {
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = fmt.Sprint(n)
	}
	return strings.Join(words, ", ")
}
