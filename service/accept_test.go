package main

import "testing"

func TestPrefersHTML(t *testing.T) {
	const firefox = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	for name, test := range map[string]struct {
		accept []string
		want   bool
	}{
		"a client that says nothing gets JSON":              {nil, false},
		"an empty header gets JSON":                         {[]string{""}, false},
		"a client that takes anything gets JSON":            {[]string{"*/*"}, false},
		"a browser gets HTML":                               {[]string{firefox}, true},
		"a client of JSON gets JSON":                        {[]string{"application/json"}, false},
		"both alike get JSON":                               {[]string{"text/html, application/json"}, false},
		"the higher quality wins":                           {[]string{"text/html;q=0.4, application/json;q=0.5"}, false},
		"the higher quality wins in any order":              {[]string{"application/json;q=0.5, text/html"}, true},
		"a range of subtypes counts":                        {[]string{"text/*, application/json;q=0.1"}, true},
		"the closest range counts, not the best":            {[]string{"text/html;q=0.1, text/*, */*"}, false},
		"quality 0 is never":                                {[]string{"text/html;q=0"}, false},
		"quality 0 of the other leaves this one":            {[]string{"application/json;q=0, */*"}, true},
		"names are told apart without regard to case":       {[]string{"TEXT/HTML;Q=0.9"}, true},
		"parameters other than q are passed over":           {[]string{"text/html;level=1;q=0.5, application/json;q=0.4"}, true},
		"several headers are one":                           {[]string{"application/json;q=0.5", "text/html"}, true},
		"a quality that is no number is 0":                  {[]string{"text/html;q=best"}, false},
		"a quality above 1 is 0":                            {[]string{"text/html;q=5, application/json;q=0.1"}, false},
		"a quality that is not a number of the line is 0":   {[]string{"text/html;q=NaN"}, false},
		"what is neither gets JSON":                         {[]string{"image/png"}, false},
		"a range that only begins alike is another":         {[]string{"text/htm, texthtml, text"}, false},
		"the same range twice counts with its best quality": {[]string{"text/html;q=0.2, text/html;level=1;q=0.9, application/json;q=0.5"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := prefers(test.accept, "text/html", "application/json"); got != test.want {
				t.Errorf("prefers HTML with Accept %q: got %v, want %v", test.accept, got, test.want)
			}
		})
	}
}
