package emulator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
)

// A Python is a Python interpreter that can make virtual environments.
type Python struct {
	// Path is the interpreter itself, not a link or a wrapper on PATH.
	Path string
	// Version is its full version.
	Version string
}

// pythonNames are the commands under which an interpreter is looked for. The
// versioned ones are for machines whose python3 is an older one.
var pythonNames = []string{"python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10"}

// probe makes an interpreter tell about itself. Debian ships venv without
// ensurepip, which it needs, in a package of its own.
const probe = `
import json, platform, sys
try:
    import venv, ensurepip
    able = True
except ImportError:
    able = False
print(json.dumps({"path": sys.executable, "version": platform.python_version(),
    "recent": sys.version_info >= (3, 10), "venv": able}))
`

var (
	errNoPython = errors.New("the AWS emulator needs Python 3.10 or newer, and there is none on PATH; install it (Debian, Ubuntu: apt-get install python3 python3-venv)")
	errNoVenv   = "Python %s at %s cannot make virtual environments; install its venv module (Debian, Ubuntu: apt-get install python3-venv)"
)

// FindPython finds an interpreter on PATH that MiniStack runs on.
func FindPython(ctx context.Context) (Python, error) {
	problem := errNoPython
	for _, name := range pythonNames {
		output, err := exec.CommandContext(ctx, name, "-c", probe).Output()
		if ctx.Err() != nil {
			return Python{}, context.Cause(ctx)
		}
		var found struct {
			Path, Version string
			Recent, Venv  bool
		}
		if err != nil || json.Unmarshal(output, &found) != nil || !found.Recent {
			continue
		}
		if found.Venv {
			return Python{Path: found.Path, Version: found.Version}, nil
		}
		if errors.Is(problem, errNoPython) {
			problem = fmt.Errorf(errNoVenv, found.Version, found.Path)
		}
	}
	return Python{}, problem
}
