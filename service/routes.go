package main

import "net/http"

// homePattern is the [http.ServeMux] pattern of the home page alone.
const homePattern = "GET /{$}"

// routes returns the handler of all paths. The mux answers 404 to those that
// it does not know, and 405 to other methods than GET and HEAD.
func routes(home http.Handler, settings settings) http.Handler {
	mux := http.NewServeMux()
	mux.Handle(homePattern, home)
	if pattern := settings.healthPattern(); pattern != homePattern {
		mux.HandleFunc(pattern, health)
	}
	return mux
}

var (
	healthBody = []byte(`{"status":"ok"}` + "\n")
	noStore    = []string{"no-store"}
)

// health answers 200. It asks nothing else: were it to fail for what lies
// outside, ECS would replace tasks that are well.
func health(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header["Content-Type"] = jsonType
	header["Cache-Control"] = noStore
	w.Write(healthBody)
}
