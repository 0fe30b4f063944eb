package kafka_test

import (
	"strings"
	"testing"

	"recibo/queue/kafka"
)

// dialLogged dials with everything logged.
func dialLogged(t testing.TB, address string, log *shared) *kafka.Broker {
	t.Helper()
	return dialWith(t, address, kafka.Options{Log: debugLog(log)})
}

// wantLog fails unless a line of this level says all of that.
func wantLog(t testing.TB, log *shared, level string, words ...string) {
	t.Helper()
	for line := range strings.Lines(log.String()) {
		all := strings.Contains(line, "level="+level)
		for _, word := range words {
			all = all && strings.Contains(line, word)
		}
		if all {
			return
		}
	}
	t.Errorf("no line at level %s says %q", level, words)
}

func refuseLog(t testing.TB, log *shared, words string) {
	t.Helper()
	for line := range strings.Lines(log.String()) {
		if strings.Contains(line, words) {
			t.Errorf("the log says %s", line)
		}
	}
}
