package main

import (
	"regexp"
	"strings"
)

// isFraming tells the lines that go test writes around a test from its words.
func isFraming(line string) bool {
	line = strings.TrimLeft(line, " ")
	for _, frame := range []string{"=== ", "--- PASS", "--- SKIP"} {
		if strings.HasPrefix(line, frame) {
			return true
		}
	}
	return false
}

var logPrefix = regexp.MustCompile(`^\s*[^\s:]+\.go:\d+: `)

// reason is what a skipped test said last: its call of Skip. What it logged
// before is left out.
func reason(output []string) string {
	var words []string
	for _, line := range output {
		if isFraming(line) {
			continue
		}
		if at := logPrefix.FindStringIndex(line); at != nil {
			words, line = nil, line[at[1]:]
		}
		words = append(words, strings.TrimSpace(line))
	}
	text := strings.TrimSpace(strings.Join(words, " "))
	if text == "" {
		return "no reason given"
	}
	return text
}
