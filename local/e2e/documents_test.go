package e2e

import (
	"iter"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// documents are where people read commands.
var documents = []string{"README.md", "CONTRIBUTING.md", "docs/github.md", "local/README.md"}

// elsewhere says which file runs a command of the documents that is run neither
// by [onThisMachine] nor by [onAWS], and what it has in it.
var elsewhere = map[string]struct{ file, line string }{
	"make test":      {".ci/run", "exec make test"},
	"make lint":      {"Makefile", "test: lint test-unit test-end-to-end"},
	"make test-unit": {"Makefile", "test: lint test-unit test-end-to-end"},
	"cd local && go test -count=1 -v -run '^TestLifecycle$' ./e2e": {"Makefile", "cd local && go test -count=1"},

	"mkdir shop && cd shop":                              {"local/e2e/template_test.go", `"pulumi", "new"`},
	"pulumi new https://github.com/<owner>/<repository>": {"local/e2e/template_test.go", `"pulumi", "new"`},

	"make bench":     {".github/workflows/weekly.yml", "run: make bench"},
	"make recording": {".github/workflows/weekly.yml", "run: make recording"},
	"make pictures":  {".github/workflows/weekly.yml", "run: make up pictures down"},
}

func TestEachCommandOfTheDocumentsIsRun(t *testing.T) {
	run := maps.Clone(elsewhere)
	for _, command := range slices.Concat(onThisMachine, onAWS) {
		run[command] = struct{ file, line string }{}
	}
	for command, by := range elsewhere {
		content, err := os.ReadFile(filepath.Join(repository(), by.file))
		must(t, err)
		if !strings.Contains(string(content), by.line) {
			t.Errorf("%q is not run by %s, which has no %q", command, by.file, by.line)
		}
	}
	written := map[string]bool{}
	for _, document := range documents {
		inFull, inPart := commandsOf(t, document)
		for _, command := range inFull {
			written[command] = true
			if _, ok := run[command]; !ok {
				t.Errorf("%s has the command %q, which nothing runs; add it to onAWS or onThisMachine", document, command)
			}
		}
		for _, command := range inPart {
			written[command] = true
			if !anyBeginsWith(maps.Keys(run), command) {
				t.Errorf("%s speaks of %q, which nothing runs; add it to onAWS or onThisMachine", document, command)
			}
		}
	}
	for command := range run {
		if !written[command] {
			t.Errorf("%q is run as a command of the documents, but is in none of them any more", command)
		}
	}
}

var (
	// consoleBlock is a block of commands.
	consoleBlock = regexp.MustCompile("(?ms)^```console\n(.*?)^```$")

	// commandSpan is a command in the text, which may go over the end of a line.
	commandSpan = regexp.MustCompile("`((?:make|pulumi|go|aws|docker|curl)\\s[^`]+)`")

	// alternative is a command in the remark on another one, and remark any.
	alternative = regexp.MustCompile(`(?m)\s+# or: (.*)$`)
	remark      = regexp.MustCompile(`(?m)\s+# .*$`)
)

// commandsOf returns the commands of a document, each with single spaces: those
// in blocks, and those that the text speaks of, which may be the beginning of one.
func commandsOf(t *testing.T, document string) (inFull, inPart []string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(repository(), document))
	must(t, err)
	for _, block := range consoleBlock.FindAllStringSubmatch(string(content), -1) {
		text := alternative.ReplaceAllString(block[1], "\n$1")
		text = strings.ReplaceAll(remark.ReplaceAllString(text, ""), "\\\n", " ")
		for line := range strings.Lines(text) {
			inFull = append(inFull, strings.Join(strings.Fields(line), " "))
		}
	}
	for _, span := range commandSpan.FindAllStringSubmatch(consoleBlock.ReplaceAllString(string(content), ""), -1) {
		inPart = append(inPart, strings.Join(strings.Fields(span[1]), " "))
	}
	return inFull, inPart
}

func anyBeginsWith(commands iter.Seq[string], beginning string) bool {
	for command := range commands {
		if command == beginning || strings.HasPrefix(command, beginning+" ") {
			return true
		}
	}
	return false
}
