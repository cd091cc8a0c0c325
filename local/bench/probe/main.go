// Command probe measures, inside a container, how long a web server takes from
// the start of its process to its first 200:
//
//	probe <url> [<command> [<argument>...]]
//
// It starts the command, asks for the url until the answer is 200, prints the
// time in nanoseconds, and ends the command. Without a command, it waits for a
// server that is started by somebody else.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"time"
)

const (
	// limit is how long the server may take.
	limit = 30 * time.Second

	// interval is how often it is asked: often enough to tell milliseconds
	// apart, and seldom enough to leave it the processor.
	interval = 250 * time.Microsecond
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: probe <url> [<command> [<argument>...]]")
		os.Exit(2)
	}
	took, err := measure(os.Args[1], os.Args[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "probe:", err)
		os.Exit(1)
	}
	fmt.Println(took.Nanoseconds())
}

func measure(url string, command []string) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	start := time.Now()
	if len(command) == 0 {
		return wait(ctx, url, start)
	}
	server := exec.CommandContext(ctx, command[0], command[1:]...)
	server.Stderr = os.Stderr
	if err := server.Start(); err != nil {
		return 0, err
	}
	took, err := wait(ctx, url, start)
	cancel()          // kills the server
	_ = server.Wait() // says that it was killed
	return took, err
}

// wait returns how long after start the answer was 200 for the first time.
func wait(ctx context.Context, url string, start time.Time) (time.Duration, error) {
	for {
		notYet := ask(ctx, url)
		if notYet == nil {
			return time.Since(start), nil
		}
		select {
		case <-ctx.Done():
			return 0, fmt.Errorf("%s has not answered 200 within %s: %w", url, limit, notYet)
		case <-time.After(interval):
		}
	}
}

func ask(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the answer is %s", response.Status)
	}
	return nil
}
