package e2e

import (
	"slices"
	"testing"
	"time"

	"fargate-stack/local/pagetest"
)

// openPage opens the app's page, or returns nil where there is no browser.
func openPage(t *testing.T, url string) *pagetest.Page {
	t.Helper()
	if !pagetest.HasBrowser(t) {
		return nil
	}
	return pagetest.Open(t, url+"/")
}

// checkPage checks what a page shows that was open during an update.
func checkPage(t *testing.T, page *pagetest.Page, before, after string) {
	if page == nil {
		t.Skip("SKIP: there is no browser")
	}
	wait(t, time.Minute, "only the new version answers", func() bool {
		return slices.Equal(page.Tally(t).Answering(), []string{after})
	})
	tally := page.Tally(t)
	t.Logf("the page shows %+v", tally)
	for _, version := range []string{before, after} {
		if !slices.ContainsFunc(tally.Tasks, func(task pagetest.Task) bool { return task.Version == version }) {
			t.Errorf("no task of version %s is shown", version)
		}
	}
	if tally.Failed > 0 {
		t.Errorf("%d requests failed", tally.Failed)
	}
	if problems := page.Problems(); len(problems) > 0 {
		t.Errorf("the browser complains: %q", problems)
	}
}
