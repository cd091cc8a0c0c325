package main

import (
	"cmp"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// A row of the table is a figure, beside that of Flask where there is one.
type row struct {
	name          string
	figure, flask string
	// target is what is to be reached. It is empty where nothing is.
	target  string
	reached bool
}

// notMeasured stands for a figure that could not be had. Why is told below the
// table.
const notMeasured = "not measured"

// missed tells whether the row has a target and does not reach it.
func (r row) missed() bool {
	return r.target != "" && !r.reached
}

func (r row) verdict() string {
	switch {
	case r.target == "":
		return ""
	case r.reached:
		return "ok"
	default:
		return "missed"
	}
}

// writeTable writes rows with aligned columns.
func writeTable(out io.Writer, rows []row) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprintln(out)
	writer := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(writer, "\tapp\tFlask\ttarget\t")
	for _, r := range rows {
		fmt.Fprintf(writer, "%s\t%s\t%s\t%s\t%s\n", r.name, cmp.Or(r.figure, notMeasured), r.flask, r.target, r.verdict())
	}
	writer.Flush()
}

// seconds writes a duration to a tenth of a second. One that was not measured
// is empty.
func seconds(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}

func megabytes(bytes int64) string {
	return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
}
