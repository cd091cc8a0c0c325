package main

import (
	"log/slog"
	"strings"
	"testing"
)

// environment returns a getenv for key, value pairs.
func environment(pairs ...string) func(string) string {
	values := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	return func(key string) string { return values[key] }
}

func mustSettings(t *testing.T, pairs ...string) settings {
	t.Helper()
	settings, err := readSettings(environment(pairs...))
	if err != nil {
		t.Fatal(err)
	}
	return settings
}

func TestAnEmptyEnvironmentGivesTheDefaults(t *testing.T) {
	got := mustSettings(t)
	if got.port != 5000 || got.health.String() != "/health" || got.logLevel != slog.LevelInfo || got.taskMetadataURI != "" {
		t.Errorf("got %+v", got)
	}
}

func TestTheEnvironmentIsTaken(t *testing.T) {
	got := mustSettings(t,
		"PORT", "8080",
		"HEALTH_CHECK_PATH", "/up/?deep=1",
		"LOG_LEVEL", "debug",
		"ECS_CONTAINER_METADATA_URI_V4", "http://169.254.170.2/v4/1",
	)
	if got.port != 8080 || got.health.String() != "/up/?deep=1" || got.logLevel != slog.LevelDebug ||
		got.taskMetadataURI != "http://169.254.170.2/v4/1" {
		t.Errorf("got %+v", got)
	}
}

func TestABadSettingIsToldWithItsValueAndHowToMendIt(t *testing.T) {
	for name, test := range map[string]struct{ key, value, mend string }{
		"a port that is no number":       {"PORT", "abc", "from 1 to 65535"},
		"port 0":                         {"PORT", "0", "from 1 to 65535"},
		"a port that is too high":        {"PORT", "65536", "from 1 to 65535"},
		"a negative port":                {"PORT", "-1", "from 1 to 65535"},
		"a port with a space":            {"PORT", "80 ", "from 1 to 65535"},
		"a path without a slash":         {"HEALTH_CHECK_PATH", "health", "begins with /"},
		"a whole URL":                    {"HEALTH_CHECK_PATH", "http://localhost/health", "begins with /"},
		"a path with an empty segment":   {"HEALTH_CHECK_PATH", "//health", "no empty or dot segments"},
		"a path with a dot segment":      {"HEALTH_CHECK_PATH", "/a/../health", "no empty or dot segments"},
		"a path with two slashes at end": {"HEALTH_CHECK_PATH", "/health//", "no empty or dot segments"},
		"a path with a broken escape":    {"HEALTH_CHECK_PATH", "/%zz", "begins with /"},
		"a level that there is not":      {"LOG_LEVEL", "loud", "debug, info, warn or error"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := readSettings(environment(test.key, test.value))
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range []string{test.key, `"` + test.value + `"`, test.mend, "unset it"} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is missing in %q", want, err)
				}
			}
		})
	}
}

func TestAllBadSettingsAreToldAtOnce(t *testing.T) {
	_, err := readSettings(environment("PORT", "abc", "HEALTH_CHECK_PATH", "health", "LOG_LEVEL", "loud"))
	if err == nil {
		t.Fatal("no error")
	}
	for _, key := range []string{"PORT", "HEALTH_CHECK_PATH", "LOG_LEVEL"} {
		if !strings.Contains(err.Error(), key) {
			t.Errorf("%s is missing in %q", key, err)
		}
	}
}
