package testserver

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// ElasticMQServer stands for Amazon SQS. It takes any credentials and knows no
// rights.
//
// It keeps nothing on disk, so that Stop loses everything, unless it was started
// with Persistent. A long poll whose client has gone still takes messages until
// it would have ended.
type ElasticMQServer struct {
	*Server
}

// ElasticMQ is one for this process, started at the first call.
func ElasticMQ(t testing.TB) *ElasticMQServer {
	t.Helper()
	return get(t, sharedElasticMQ)
}

var sharedElasticMQ = sync.OnceValues(func() (*ElasticMQServer, error) { return startElasticMQ(options{}, true) })

// NewElasticMQ starts an ElasticMQ for this test alone.
func NewElasticMQ(t testing.TB, list ...Option) *ElasticMQServer {
	t.Helper()
	s := get(t, func() (*ElasticMQServer, error) { return startElasticMQ(collect(list), false) })
	private(t, s.Server)
	return s
}

// OpenElasticMQ starts an ElasticMQ outside of a test, for measurements. The
// caller closes it.
func OpenElasticMQ(list ...Option) (*ElasticMQServer, error) {
	return startElasticMQ(collect(list), false)
}

// Persistent makes an ElasticMQ keep queues and messages in its data folder,
// each change written before it is answered. What was in flight is ready after
// a restart, or invisible as long as it was to be.
func Persistent() Option { return Setting("messages-storage.enabled", "true") }

func startElasticMQ(o options, shared bool) (*ElasticMQServer, error) {
	began := time.Now()
	java, err := program("java")
	if err != nil {
		return nil, err
	}
	lib, err := jars("elasticmq")
	if err != nil {
		return nil, err
	}
	dir, err := newFolder("elasticmq")
	if err != nil {
		return nil, err
	}
	data, err := dataFolder(dir, o.dataOn, account{})
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "elasticmq.conf")
	if err := os.WriteFile(config, elasticSettings(data, port, o), 0o600); err != nil {
		return nil, err
	}
	s := &ElasticMQServer{}
	s.Server = &Server{
		name:    "ElasticMQ",
		version: elasticVersion(lib),
		addr:    local(port),
		dir:     dir,
		data:    data,
		daemons: []daemon{{
			path: java,
			args: []string{"-Xmx512m", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Dconfig.file=" + config,
				"-cp", filepath.Join(lib, "*"), "org.elasticmq.server.Main"},
			env: environment(dir), dir: dir, log: filepath.Join(dir, "log"),
			stop: syscall.SIGTERM, death: syscall.SIGKILL,
		}},
		shared: shared,
	}
	s.answers = func(ctx context.Context) error { _, err := s.queues(ctx); return err }
	s.ready = s.settled
	return s, launch(s.Server, began)
}

// elasticSettings is the server's configuration. The last of a name counts.
func elasticSettings(data string, port int, o options) []byte {
	settings := []setting{
		{"pekko.loglevel", "WARNING"},
		{"node-address.host", `"127.0.0.1"`},
		{"node-address.port", fmt.Sprint(port)},
		{"rest-sqs.bind-hostname", `"127.0.0.1"`},
		{"rest-sqs.bind-port", fmt.Sprint(port)},
		{"rest-sqs.sqs-limits", "strict"},
		{"rest-stats.enabled", "false"},
		{"messages-storage.uri", fmt.Sprintf("%q", "jdbc:h2:"+filepath.Join(data, "messages")+";WRITE_DELAY=0")},
	}
	conf := []byte("include classpath(\"application.conf\")\n")
	for _, s := range append(settings, o.settings...) {
		conf = fmt.Appendf(conf, "%s = %s\n", s.name, s.value)
	}
	return conf
}

// elasticVersion is in the name of a jar.
func elasticVersion(lib string) string {
	const mark = "elasticmq-server_2.13-"
	found, _ := filepath.Glob(filepath.Join(lib, mark+"*.jar"))
	if len(found) == 0 {
		return "?"
	}
	return strings.TrimSuffix(strings.TrimPrefix(filepath.Base(found[0]), mark), ".jar")
}

// settled is true once the server knows as many queues as a moment ago: it
// restores what it has on disk while it answers already.
func (s *ElasticMQServer) settled(ctx context.Context) error {
	if found, _ := filepath.Glob(filepath.Join(s.data, "*")); len(found) == 0 {
		return nil
	}
	before, err := s.queues(ctx)
	if err != nil {
		return err
	}
	for range 3 {
		time.Sleep(200 * time.Millisecond)
		now, err := s.queues(ctx)
		if err != nil || now != before {
			return fmt.Errorf("it restores its queues: %w", err)
		}
	}
	return nil
}

// queues is the server's list of queues.
func (s *ElasticMQServer) queues(ctx context.Context) (string, error) {
	form := strings.NewReader(url.Values{"Action": {"ListQueues"}}.Encode())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.addr+"/", form)
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := apiClient.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", answer.Status, text)
	}
	list, _, _ := strings.Cut(string(text), "<ResponseMetadata>") // which differ each time
	return list, err
}

// URL is where Recibo finds a queue.
func (s *ElasticMQServer) URL(queue string) string {
	return "sqs://sa-east-1/" + queue + "?" + url.Values{"endpoint": {"http://" + s.addr}}.Encode()
}

// Queue is the name of a queue that is not there yet; with .fifo behind it, it
// is one for a FIFO queue.
func (s *ElasticMQServer) Queue(t testing.TB) string { return unique(t.Name()) }

// Env are the variables by which AWS's clients find credentials, and nothing
// else of this machine. The secret is Password.
func (s *ElasticMQServer) Env() []string {
	none := filepath.Join(s.dir, "none")
	return []string{
		"AWS_ACCESS_KEY_ID=RECIBOTEST",
		"AWS_SECRET_ACCESS_KEY=" + Password,
		"AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE=" + none,
		"AWS_SHARED_CREDENTIALS_FILE=" + none,
	}
}
