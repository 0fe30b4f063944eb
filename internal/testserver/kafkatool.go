package testserver

import (
	"context"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// kafkaTools are the classes behind the scripts of Kafka's distribution, which
// Maven does not have.
var kafkaTools = map[string]string{
	"kafka-topics.sh":          "org.apache.kafka.tools.TopicCommand",
	"kafka-acls.sh":            "org.apache.kafka.tools.AclCommand",
	"kafka-consumer-groups.sh": "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
}

// Tool runs one of Kafka's command line tools, by the name of its script,
// which takes a second or two, and returns what it prints. The test fails if
// it does.
func (s *KafkaServer) Tool(t testing.TB, script string, args ...string) string {
	t.Helper()
	class, known := kafkaTools[script]
	if !known {
		t.Fatalf("testserver does not know %s", script)
	}
	ctx, cancel := context.WithTimeout(context.Background(), commandTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.java, slices.Concat(quickly, []string{"-cp", filepath.Join(s.jars, "*"), class}, args)...)
	cmd.Env = environment(s.dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v: %s", script, args, err, out)
	}
	return string(out)
}
