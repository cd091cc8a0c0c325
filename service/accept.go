package main

import (
	"strconv"
	"strings"
)

// prefers tells whether an Accept header rates one media type above another.
// https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
func prefers(accept []string, mediaType, other string) bool {
	return len(accept) > 0 && quality(accept, mediaType) > quality(accept, other)
}

// quality returns how an Accept header rates a media type, from 0 (never) to
// 1, by the range in it that is closest to the type.
func quality(accept []string, mediaType string) float64 {
	closest, best := noMatch, 0.0
	for _, field := range accept {
		for element := range strings.SplitSeq(field, ",") {
			mediaRange, parameters, _ := strings.Cut(element, ";")
			match := closeness(strings.TrimSpace(mediaRange), mediaType)
			if match == noMatch || match < closest {
				continue
			}
			q := weight(parameters)
			if match > closest || q > best {
				closest, best = match, q
			}
		}
	}
	return best
}

const (
	noMatch = iota
	anyMatch
	typeMatch
	exactMatch
)

// closeness tells how close a media range is to a media type.
func closeness(mediaRange, mediaType string) int {
	kind, _, _ := strings.Cut(mediaType, "/")
	rangeKind, rangeSubtype, _ := strings.Cut(mediaRange, "/")
	switch {
	case strings.EqualFold(mediaRange, mediaType):
		return exactMatch
	case rangeSubtype == "*" && strings.EqualFold(rangeKind, kind):
		return typeMatch
	case mediaRange == "*/*":
		return anyMatch
	default:
		return noMatch
	}
}

// weight returns the q among parameters: 1 if there is none, and 0 if it is
// not a number from 0 to 1.
func weight(parameters string) float64 {
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
		if !strings.EqualFold(name, "q") {
			continue
		}
		q, err := strconv.ParseFloat(value, 64)
		if err != nil || !(q >= 0 && q <= 1) {
			return 0
		}
		return q
	}
	return 1
}
