package kafka_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// theirs is a client that knows nothing of us.
func theirs(t testing.TB, address string, options ...kgo.Opt) *kgo.Client {
	t.Helper()
	c, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(hostsOf(address)), kgo.DefaultProduceTopic(topicOf(address))}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func admin(t testing.TB, address string) *kadm.Client {
	t.Helper()
	return kadm.NewClient(theirs(t, address))
}

func hostsOf(address string) string {
	rest := strings.TrimPrefix(address, "kafka://")
	hosts, _, _ := strings.Cut(rest, "/")
	return hosts[strings.LastIndex(hosts, "@")+1:]
}

func topicOf(address string) string {
	_, rest, _ := strings.Cut(strings.TrimPrefix(address, "kafka://"), "/")
	name, _, _ := strings.Cut(rest, "?")
	return name
}

// described is a topic as it stands.
type described struct {
	partitions kadm.PartitionDetails
	cleanup    string
}

func describe(t testing.TB, address string) described {
	t.Helper()
	a, name := admin(t, address), topicOf(address)
	topics, err := a.ListTopics(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	configs, err := a.DescribeTopicConfigs(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	d := described{partitions: topics[name].Partitions}
	for _, c := range configs[0].Configs {
		if c.Key == "cleanup.policy" {
			d.cleanup = c.MaybeValue()
		}
	}
	return d
}

func groupOf(address string) string {
	_, query, _ := strings.Cut(address, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		panic(err)
	}
	return values.Get("group")
}

// members are the ids of those in the group.
func members(t testing.TB, address string) []string {
	t.Helper()
	all, err := admin(t, address).DescribeGroups(t.Context(), groupOf(address))
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, m := range all[groupOf(address)].Members {
		ids = append(ids, m.MemberID)
	}
	slices.Sort(ids)
	return ids
}

// committed is what the group has committed of each partition; only those of
// which it has.
func committed(t testing.TB, address string) map[int32]int64 {
	t.Helper()
	name := topicOf(address)
	offsets, err := admin(t, address).FetchOffsetsForTopics(t.Context(), groupOf(address), name)
	if err != nil {
		t.Fatal(err)
	}
	at := map[int32]int64{}
	for partition, o := range offsets[name] {
		if o.At >= 0 {
			at[partition] = o.At
		}
	}
	return at
}

// ends are the ends of the partitions, as far as transactions have ended.
func ends(t testing.TB, address string) map[int32]int64 {
	t.Helper()
	name := topicOf(address)
	all, err := admin(t, address).ListCommittedOffsets(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	at := map[int32]int64{}
	for partition, o := range all[name] {
		at[partition] = o.Offset
	}
	return at
}

// setConfig sets a property of the topic.
func setConfig(t testing.TB, address, name, value string) {
	t.Helper()
	change := []kadm.AlterConfig{{Op: kadm.SetConfig, Name: name, Value: &value}}
	answer, err := admin(t, address).AlterTopicConfigs(t.Context(), change, topicOf(address))
	if err == nil {
		err = answer[0].Err
	}
	if err != nil {
		t.Fatal(err)
	}
}
