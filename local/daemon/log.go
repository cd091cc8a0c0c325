package daemon

import (
	"os"
	"strings"
)

// lastLogBytes is how much of a log's end is looked at for its last line.
const lastLogBytes = 4096

// lastLine returns the last line of the log, which is where programs say why
// they end.
func (p *Process) lastLine() string {
	log, err := os.Open(p.Log())
	if err != nil {
		return err.Error()
	}
	defer log.Close()
	info, err := log.Stat()
	if err != nil {
		return err.Error()
	}
	end := make([]byte, min(info.Size(), lastLogBytes))
	read, _ := log.ReadAt(end, info.Size()-int64(len(end)))
	text := strings.TrimSpace(string(end[:read]))
	if text == "" {
		return "it wrote nothing"
	}
	return text[strings.LastIndexByte(text, '\n')+1:]
}
