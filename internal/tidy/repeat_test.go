package tidy_test

import (
	"regexp"
	"strconv"
	"strings"
)

var repeated = regexp.MustCompile(`(?m)^REPEAT (\d+) (.*)$`)

func repeat(text string) string {
	return repeated.ReplaceAllStringFunc(text, func(line string) string {
		m := repeated.FindStringSubmatch(line)
		count, _ := strconv.Atoi(m[1]) // the pattern allows digits only
		return strings.Repeat(m[2]+"\n", count-1) + m[2]
	})
}
