package main

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path"
	"strconv"
	"strings"
)

const (
	defaultPort       = "5000"
	defaultHealthPath = "/health"
	defaultLogLevel   = "info"
)

// settings are what the environment says.
type settings struct {
	port int
	// health is the path, and perhaps query, that health checks ask for.
	health   *url.URL
	logLevel slog.Level
	// taskMetadataURI is where ECS describes the container; empty elsewhere.
	taskMetadataURI string
}

// readSettings reads and checks the environment. Its error tells all problems.
func readSettings(getenv func(string) string) (settings, error) {
	port, portErr := parsePort(cmp.Or(getenv("PORT"), defaultPort))
	health, healthErr := parseHealthPath(cmp.Or(getenv("HEALTH_CHECK_PATH"), defaultHealthPath))
	level, levelErr := parseLogLevel(cmp.Or(getenv("LOG_LEVEL"), defaultLogLevel))
	return settings{
		port:            port,
		health:          health,
		logLevel:        level,
		taskMetadataURI: getenv("ECS_CONTAINER_METADATA_URI_V4"),
	}, errors.Join(portErr, healthErr, levelErr)
}

func parsePort(value string) (int, error) {
	port, err := strconv.ParseUint(value, 10, 16)
	if err != nil || port == 0 {
		return 0, fmt.Errorf("PORT is %q: set it to a whole number from 1 to 65535, or unset it for %s", value, defaultPort)
	}
	return int(port), nil
}

// parseHealthPath takes what a target group takes, a path with or without a
// query, unless the path is one that clients and servers rewrite.
func parseHealthPath(value string) (*url.URL, error) {
	health, err := url.ParseRequestURI(value)
	if err != nil || !strings.HasPrefix(value, "/") || !isClean(health.EscapedPath()) {
		return nil, fmt.Errorf("HEALTH_CHECK_PATH is %q: set it to a path that begins with / and has no empty or dot segments, or unset it for %s", value, defaultHealthPath)
	}
	return health, nil
}

// isClean tells whether a path has no empty, "." or ".." segments.
func isClean(name string) bool {
	return name == "/" || path.Clean(name) == strings.TrimSuffix(name, "/")
}

func parseLogLevel(value string) (slog.Level, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(value)); err != nil {
		return 0, fmt.Errorf("LOG_LEVEL is %q: set it to debug, info, warn or error, or unset it for %s", value, defaultLogLevel)
	}
	return level, nil
}

// healthPattern returns the [net/http.ServeMux] pattern of health checks: GET
// and HEAD of the path and nothing below it. It is escaped, so that no
// character of the path is taken for a wildcard.
func (s settings) healthPattern() string {
	escaped := s.health.EscapedPath()
	if strings.HasSuffix(escaped, "/") {
		escaped += "{$}"
	}
	return "GET " + escaped
}
