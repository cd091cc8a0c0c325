package pagetest

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"fargate-stack/local/debian"
	"fargate-stack/local/settings"
)

// errNone says that there is no browser, nor a way to get one.
var errNone = errors.New("there is no Chromium on PATH, and only root on Debian or Ubuntu gets it installed")

// HasBrowser tells whether there is a browser, which is installed first if need
// be.
func HasBrowser(t *testing.T) bool {
	t.Helper()
	_, err := chromium()
	if err != nil && !errors.Is(err, errNone) {
		t.Fatal(err)
	}
	return err == nil
}

// chromium returns the path of Chromium or Chrome, which is installed first if
// need be.
var chromium = sync.OnceValues(func() (string, error) {
	if path, err := lookPath(); err == nil {
		return path, nil
	}
	if debian.CanInstall() != nil {
		return "", errNone
	}
	cache, err := settings.Cache()
	if err != nil {
		return "", err
	}
	// Not with the context of a test, as all tests wait for it.
	if err := debian.Install(context.Background(), filepath.Join(cache, "chromium", "apt-get.log"), "chromium"); err != nil {
		return "", fmt.Errorf("installing Chromium: %w", err)
	}
	return lookPath()
})

func lookPath() (path string, err error) {
	for _, program := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err = exec.LookPath(program); err == nil {
			return path, nil
		}
	}
	return "", err
}

// start starts a browser without a window, which ends with the test, and
// returns the context of its tab. Without a browser the test is skipped.
func start(t *testing.T) context.Context {
	t.Helper()
	path, err := chromium()
	if errors.Is(err, errNone) {
		t.Skipf("SKIP: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	// The profile is a new directory, and the browser has no sandbox where the
	// user is root, which Chromium does not start with: chromedp sees to both.
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		// What the browser itself would ask elsewhere has no address.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.*"),
	)
	browser, end := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(end)
	tab, closeTab := chromedp.NewContext(browser, chromedp.WithLogf(t.Logf), chromedp.WithErrorf(t.Logf))
	t.Cleanup(closeTab)
	return tab
}
