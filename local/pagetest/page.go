// Package pagetest gives tests the app's page in a browser.
package pagetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// stepLimit is how long the browser may take to start, to load the page, and
// for anything else that it is asked for.
const stepLimit = 30 * time.Second

// A Page is the app's page in a browser of its own.
type Page struct {
	tab context.Context
	url string

	mutex    sync.Mutex
	problems []string
}

// Open opens the page that is at a URL. Before that, the browser does the
// steps. It ends with the test; without a browser the test is skipped.
func Open(t *testing.T, url string, steps ...chromedp.Action[chromedp.Void]) *Page {
	t.Helper()
	p := &Page{tab: start(t), url: url}
	if err := chromedp.Do(p.tab); err != nil { // starts the browser, which would end with a limited context
		t.Fatalf("starting the browser: %v", err)
	}
	if err := chromedp.Listen(p.tab, p.note); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(p.tab, stepLimit)
	defer cancel()
	if err := chromedp.Do(ctx, append(slices.Clone(steps), chromedp.Navigate(url))...); err != nil {
		t.Fatalf("opening %s: %v", url, err)
	}
	return p
}

// note notes what should not happen.
func (p *Page) note(event any) {
	switch event := event.(type) {
	case *network.EventRequestWillBeSent:
		asked := event.Request.URL
		if !strings.HasPrefix(asked, p.url) && !strings.HasPrefix(asked, "data:") {
			p.add("request to " + asked)
		}
	case *log.EventEntryAdded: // what the policy forbids is told here
		p.add(fmt.Sprintf("%s: %s", event.Entry.Level, event.Entry.Text))
	case *runtime.EventConsoleAPICalled:
		p.add(fmt.Sprintf("console: %s", event.Type))
	case *runtime.EventExceptionThrown:
		p.add("exception: " + event.ExceptionDetails.Text)
	}
}

func (p *Page) add(problem string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.problems = append(p.problems, problem)
}

// Problems returns all exceptions, lines on the console and requests to other
// servers there were so far.
func (p *Page) Problems() []string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return slices.Clone(p.problems)
}

// Evaluate returns what a JavaScript expression gives in the page.
func Evaluate[T any](t *testing.T, p *Page, expression string) T {
	t.Helper()
	value, err := evaluate[T](p, expression)
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return value
}

func evaluate[T any](p *Page, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(p.tab, stepLimit)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// A Tally is what the page shows of the answers so far.
type Tally struct {
	// Status is the sentence that says how it goes.
	Status string
	Tasks  []Task
	// Failed is how many requests failed.
	Failed int
}

// A Task is a row of the tally.
type Task struct {
	Name, Version, Zone string
	Answers             int
	// Silent says that it has not answered for a while.
	Silent bool
}

// Answering returns the versions of the tasks that are not silent, each once.
func (t Tally) Answering() []string {
	var versions []string
	for _, task := range t.Tasks {
		if !task.Silent {
			versions = append(versions, task.Version)
		}
	}
	slices.Sort(versions)
	return slices.Compact(versions)
}

// Tally reads the tally.
func (p *Page) Tally(t *testing.T) Tally {
	t.Helper()
	return Evaluate[Tally](t, p, `({
		Status: document.querySelector('[role=status]').textContent,
		Tasks: Array.from(document.querySelectorAll('tbody tr'), row => ({
			Name: row.cells[0].textContent,
			Version: row.cells[1].textContent,
			Zone: row.cells[2].textContent,
			Answers: Number(row.cells[3].textContent),
			Silent: row.classList.contains('silent'),
		})),
		Failed: Number(document.querySelector('tfoot td').textContent),
	})`)
}
