package complaint

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
)

func TestEachLineOfAnErrorHasTheNameOfTheCommand(t *testing.T) {
	var out strings.Builder
	Write(&out, "doctor", errors.New("no such stack:\n  dev\n"))
	if want := "doctor: no such stack:\ndoctor:   dev\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestACLIThatIsNotInstalledIsToldWithWhereToGetIt(t *testing.T) {
	err := NoPulumi(exec.ErrNotFound)
	if !errors.Is(err, exec.ErrNotFound) || !strings.Contains(err.Error(), "install it from https://www.pulumi.com/") {
		t.Errorf("got %v", err)
	}
}
