package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"fargate-stack/local/architecture"
)

// checkPicture checks that the diagram in docs is that of a stack. That the
// pictures there are drawn from it is tested where they are drawn.
func checkPicture(t *testing.T, d *deployment) {
	t.Helper()
	exported, err := d.stack.Export(t.Context())
	must(t, err)
	var resources apitype.DeploymentV3
	must(t, json.Unmarshal(exported.Deployment, &resources))
	kept, err := os.ReadFile(filepath.Join(repository(), "docs", "architecture.d2"))
	must(t, err)
	if got := architecture.Diagram(&resources); got != string(kept) {
		t.Errorf("docs/architecture.d2 is not what is deployed; run: make up pictures\nWhat is deployed:\n%s", got)
	}
}
