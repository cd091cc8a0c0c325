package pagetest

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// These are what two tasks show.
var (
	older = Task{Name: "0123456789abcdef0123456789abcdef", Version: "1.0", Zone: "eu-central-1a"}
	newer = Task{Name: "fedcba9876543210fedcba9876543210", Version: "2.0", Zone: "eu-central-1b"}
)

// programs are the paths of the app, by version.
type programs map[string]string

func build(t *testing.T, versions ...string) programs {
	t.Helper()
	built := programs{}
	for _, version := range versions {
		built[version] = filepath.Join(t.TempDir(), "service")
		command := exec.CommandContext(t.Context(), "go", "build", "-C", "../../service", "-ldflags", "-X main.version="+version, "-o", built[version], ".")
		if said, err := command.CombinedOutput(); err != nil {
			t.Fatalf("building the app: %v: %s", err, said)
		}
	}
	return built
}

// run runs the app until the test ends, with the metadata that ECS gives a
// task, and returns its address when it knows them. It is ended by kill.
func (p programs) run(t *testing.T, task Task) (address *url.URL, kill func()) {
	t.Helper()
	metadata := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"TaskARN": "arn:aws:ecs:eu-central-1:111122223333:task/main/%s", "AvailabilityZone": %q}`, task.Name, task.Zone)
	}))
	t.Cleanup(metadata.Close)
	port := freePort(t)
	command := exec.Command(p[task.Version])
	command.Env = []string{"PORT=" + strconv.Itoa(port), "ECS_CONTAINER_METADATA_URI_V4=" + metadata.URL}
	command.Stderr = t.Output()
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	kill = sync.OnceFunc(func() {
		command.Process.Kill()
		command.Wait() // says that it was killed
	})
	t.Cleanup(kill)
	address = &url.URL{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", port), Path: "/"}
	within(t, 10*time.Second, "the app knows its task", func() bool {
		answer, err := http.Get(address.String())
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		var about struct{ Task string }
		return json.NewDecoder(answer.Body).Decode(&about) == nil && about.Task == task.Name
	})
	return address, kill
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// balance serves the answers of apps by turns, until the test ends.
func balance(t *testing.T, apps ...*url.URL) string {
	t.Helper()
	var asked atomic.Int64
	server := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:  func(r *httputil.ProxyRequest) { r.SetURL(apps[int(asked.Add(1)-1)%len(apps)]) },
		ErrorLog: log.New(t.Output(), "", 0),
	})
	t.Cleanup(server.Close)
	return server.URL + "/"
}

// within waits until something is so.
func within(t *testing.T, limit time.Duration, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", limit, what)
		}
	}
}

func TestPage(t *testing.T) {
	built := build(t, older.Version, newer.Version)
	tests := map[string]func(*testing.T, programs){
		"the tally fills with the tasks that answer":    testTally,
		"a task that is gone fails requests and fades":  testGone,
		"the tally holds no more than the latest":       testBounds,
		"the page is complete without scripts":          testWithoutScripts,
		"the page does nothing that it has not brought": testPolicy,
		"what is in light and dark colors can be read":  testColors,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, built)
		})
	}
}

func testTally(t *testing.T, built programs) {
	old, _ := built.run(t, older)
	young, _ := built.run(t, newer)
	page := Open(t, balance(t, old, young))
	first := Evaluate[[]string](t, page, `Array.from(document.querySelectorAll('dd'), fact => fact.textContent)`)
	if want := []string{older.Version, older.Name, older.Zone}; !slices.Equal(first, want) {
		t.Errorf("the page is of %q, want %q", first, want)
	}
	var tally Tally
	within(t, 15*time.Second, "two answers of each task", func() bool {
		tally = page.Tally(t)
		return len(tally.Tasks) == 2 && tally.Tasks[0].Answers >= 2 && tally.Tasks[1].Answers >= 2
	})
	for i := range tally.Tasks {
		tally.Tasks[i].Answers = 0
	}
	want := Tally{Status: "2 tasks answer, of 2 versions.", Tasks: []Task{newer, older}}
	if !reflect.DeepEqual(tally, want) {
		t.Errorf("the tally is %+v, want %+v", tally, want)
	}
	colors := Evaluate[[]string](t, page, `Array.from(document.querySelectorAll('li'), mark => mark.dataset.color)`)
	if !slices.Equal(colors[:4], []string{"0", "1", "0", "1"}) {
		t.Errorf("the marks have the colors %v, want two by turns", colors)
	}
	if problems := page.Problems(); len(problems) > 0 {
		t.Errorf("the browser complains: %q", problems)
	}
}

func testGone(t *testing.T, built programs) {
	old, kill := built.run(t, older)
	young, _ := built.run(t, newer)
	page := Open(t, balance(t, old, young), hurry())
	kill()
	within(t, 10*time.Second, "a failure is shown", func() bool {
		tally := page.Tally(t)
		return tally.Failed > 0 && tally.Status == "The latest request failed: status 502."
	})
	// Let time pass for the page, whose patience is not what is tested.
	Evaluate[any](t, page, `{ const now = Date.now; Date.now = () => now() + 60_000 }`)
	within(t, 10*time.Second, "only the task that is gone fades", func() bool {
		tally := page.Tally(t)
		return len(tally.Tasks) == 2 && !tally.Tasks[0].Silent && tally.Tasks[1].Silent &&
			tally.Status == "1 task answers, of one version."
	})
}

func testBounds(t *testing.T, built programs) {
	var asked atomic.Int64
	address, _ := built.run(t, older)
	proxy := httputil.NewSingleHostReverseProxy(address)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept") != "application/json" {
			proxy.ServeHTTP(w, r)
			return
		}
		fmt.Fprintf(w, `{"task": "task-%d", "version": "%[1]d", "zone": "eu-central-1a"}`, asked.Add(1))
	}))
	t.Cleanup(server.Close)
	page := Open(t, server.URL+"/", hurry())
	within(t, 20*time.Second, "more tasks than the tally holds", func() bool { return asked.Load() > 100 })
	if got := len(page.Tally(t).Tasks); got != 20 {
		t.Errorf("the tally has %d rows, want the latest 20", got)
	}
	if got := Evaluate[int](t, page, `document.querySelectorAll('li').length`); got != 60 {
		t.Errorf("there are %d marks, want the latest 60", got)
	}
}

func testWithoutScripts(t *testing.T, built programs) {
	address, _ := built.run(t, older)
	page := Open(t, address.String(), set(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
	text := Evaluate[string](t, page, `document.querySelector('main').innerText`)
	for _, want := range []string{older.Version, older.Name, older.Zone, "Reload the page"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in:\n%s", want, text)
		}
	}
	older := older
	older.Answers = 1
	if got := page.Tally(t).Tasks; !slices.Equal(got, []Task{older}) {
		t.Errorf("the tally has %+v, want the page's own answer", got)
	}
	if problems := page.Problems(); len(problems) > 0 {
		t.Errorf("the browser complains: %q", problems)
	}
}

func testPolicy(t *testing.T, built programs) {
	address, _ := built.run(t, older)
	page := Open(t, address.String())
	elsewhere := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(elsewhere.Close)
	for name, attempt := range map[string]string{
		"text is not taken for markup":           `document.body.innerHTML = '<b>smuggled</b>'`,
		"text is not taken for a script":         `document.createElement('script').text = 'smuggled = true'`,
		"a handler in an attribute does not run": `document.body.setAttribute('onclick', 'smuggled = true'); document.body.click()`,
		"a style in an attribute does not apply": `document.body.setAttribute('style', 'color: red')`,
		"other servers are told nothing":         `fetch('` + elsewhere.URL + `')`,
		"nothing is loaded from other servers":   `{ new Image().src = '` + elsewhere.URL + `' }`,
		"nothing is shown in a frame":            `{ document.body.append(Object.assign(document.createElement('iframe'), { src: '/' })) }`,
	} {
		t.Run(name, func(t *testing.T) {
			before := len(page.Problems())
			_, err := evaluate[any](page, attempt)
			within(t, 5*time.Second, "the browser refuses it", func() bool {
				return slices.ContainsFunc(append(page.Problems()[before:], fmt.Sprint(err)), isRefusal)
			})
			if Evaluate[bool](t, page, `'smuggled' in globalThis || document.body.textContent.includes('smuggled')`) {
				t.Error("it was let through")
			}
		})
	}
}

// isRefusal tells whether the browser says that the page's policy forbids
// something.
func isRefusal(problem string) bool {
	return strings.Contains(problem, "Content Security Policy") || strings.Contains(problem, "requires 'Trusted")
}

// contrasts are those of all texts with the page, as WCAG defines them.
// https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
const contrasts = `{
	const luminance = color => {
		const [red, green, blue] = color.match(/\d+/g).map(n => n / 255).map(n => n <= 0.04045 ? n / 12.92 : ((n + 0.055) / 1.055) ** 2.4)
		return 0.2126 * red + 0.7152 * green + 0.0722 * blue
	}
	const paper = luminance(getComputedStyle(document.body).backgroundColor)
	document.querySelector('tbody tr').className = 'silent'
	document.querySelector('tfoot').className = 'failing'
	Object.fromEntries(Array.from(document.querySelectorAll('h1, p, dt, dd, caption, th, td'), part => {
		const ink = luminance(getComputedStyle(part).color)
		return [part.tagName + ' ' + part.textContent, (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05)]
	}))
}`

func testColors(t *testing.T, built programs) {
	address, _ := built.run(t, older)
	for scheme, paper := range map[string]string{"light": "rgb(255, 255, 255)", "dark": "rgb(18, 21, 28)"} {
		t.Run(scheme, func(t *testing.T) {
			page := Open(t, address.String(), set(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{
					{Name: "prefers-color-scheme", Value: scheme},
					{Name: "prefers-reduced-motion", Value: "reduce"}, // colors change at once
				},
			}))
			if got := Evaluate[string](t, page, `getComputedStyle(document.body).backgroundColor`); got != paper {
				t.Errorf("the page is %s, want %s", got, paper)
			}
			for part, ratio := range Evaluate[map[string]float64](t, page, contrasts) {
				if ratio < 4.5 { // what WCAG asks of text
					t.Errorf("%s has a contrast of %.1f", part, ratio)
				}
			}
		})
	}
}

// hurry has the page ask without its pauses.
func hurry() chromedp.Action[chromedp.Void] {
	return set(cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{
		Source: `const wait = setTimeout; globalThis.setTimeout = then => wait(then, 5)`,
	})
}

// set gives the browser a command.
func set[P, R any](command cdp.Command[P, R], parameters P) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, tab *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, tab, command, parameters)
		return chromedp.Void{}, err
	}
}
