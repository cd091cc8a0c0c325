#!/bin/sh
# Starts the Go language host with the options of a project's runtime as flags.
# The engine hands them on with its requests, which this host, the newest that
# can be built from its module, is too old to read: it would link the program
# anew for every run.
target=$(sed -n 's/^[[:space:]]*buildTarget:[[:space:]]*//p' Pulumi.yaml 2>/dev/null)
exec "$(dirname "$0")/pulumi-language-go-host" ${target:+"-buildTarget=$target"} "$@"
