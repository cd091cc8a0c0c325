// Package complaint is how the commands of this repository say that they could
// not do their work.
package complaint

import (
	"fmt"
	"io"
	"strings"
)

// Write writes an error, with the command's name before each line.
func Write(out io.Writer, command string, err error) {
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(out, "%s: %s\n", command, strings.TrimSuffix(line, "\n"))
	}
}

// NoPulumi returns the error of a Pulumi CLI that is not installed, with where to
// get it.
func NoPulumi(err error) error {
	return fmt.Errorf("%w; install it from https://www.pulumi.com/docs/iac/download-install/", err)
}
