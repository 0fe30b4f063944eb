package sqs

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	core "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	transport "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	aws "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"

	"recibo/queue"
	"recibo/queue/adapter"
)

// Dial reads the credentials of AWS's default chain and asks for the queue,
// which need not be there yet. The address is sqs://region/queue; parameters
// are account, dead_letters, endpoint, max_receive_count, receivers and
// visibility_timeout.
//
// Missing or wrong credentials, a wrong address or certificate and missing
// rights are a *queue.ConfigError, a host that does not answer is any other
// error: that may get better.
func Dial(ctx context.Context, address string, o Options) (*Broker, error) {
	p, err := parse(address)
	if err != nil {
		return nil, err
	}
	b := &Broker{place: p, log: o.Log, urls: map[string]string{}, ends: adapter.NewEnds(p.target)}
	if b.log == nil {
		b.log = slog.New(slog.DiscardHandler)
	}
	if err := b.login(ctx); err != nil {
		return nil, err
	}
	if _, err := b.url(ctx, p.queue, p.account); err != nil && !missing(err) {
		return nil, b.refused(connecting, err)
	}
	return b, nil
}

const credentialsTip = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give this machine a role; aws sts get-caller-identity shows what is found"

// login makes the client, if there are credentials. The chain's last hope is
// the metadata service of EC2, which does not answer elsewhere: so it has its
// own time limit.
func (b *Broker) login(ctx context.Context) error {
	hopeless := func(err error) error {
		return &queue.ConfigError{Target: b.place.target, Tip: credentialsTip, Err: err}
	}
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(b.place.region), config.WithHTTPClient(newTransport()), config.WithLogger(logging.Nop{})) // it would write to stderr
	if err != nil {
		return hopeless(err)
	}
	limited, cancel := context.WithTimeout(ctx, loginTimeout)
	defer cancel()
	if _, err := cfg.Credentials.Retrieve(limited); err != nil {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case awaitsServer(err):
			return b.refused(connecting, err)
		case limited.Err() != nil:
			return hopeless(fmt.Errorf("no AWS credentials: nothing in the environment and the profile, and the metadata service did not answer within %v", loginTimeout))
		}
		return hopeless(errors.New("no AWS credentials: " + shorten(err).Error()))
	}
	b.hang = func() {}
	if built, ok := cfg.HTTPClient.(*transport.BuildableClient); ok { // with the authorities of AWS_CA_BUNDLE
		web := built.GetTransport()
		cfg.HTTPClient, b.hang = &http.Client{Transport: web, CheckRedirect: staying}, web.CloseIdleConnections
	}
	b.api = aws.NewFromConfig(cfg, func(o *aws.Options) {
		if b.place.endpoint != "" {
			o.BaseEndpoint = &b.place.endpoint
		}
		// What receives, sends and settles has its own policy; see once.
		o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts, o.MaxBackoff = 3, 500*time.Millisecond
		})
	})
	return nil
}

// staying follows no redirection: SQS sends none.
func staying(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// awaitsServer says whether credentials are known how to be had, but the
// service that gives them out did not answer.
func awaitsServer(err error) bool {
	var operation *smithy.OperationError
	var api smithy.APIError
	return errors.As(err, &operation) && operation.Service() != "ec2imds" && !errors.As(err, &api)
}

// newTransport keeps as many connections as there are requests at once. SQS
// speaks HTTP/1.1.
func newTransport() *transport.BuildableClient {
	return transport.NewBuildableClient().
		WithDialerOptions(func(d *net.Dialer) { d.Timeout, d.KeepAlive = dialTimeout, 15*time.Second }).
		WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConns, t.MaxIdleConnsPerHost = 0, 2*mostReceivers
			t.TLSHandshakeTimeout = dialTimeout
			t.ForceAttemptHTTP2 = false
			t.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
		})
}

// once is for requests that must not be repeated behind our back: one that was
// not answered may have been done.
func once(o *aws.Options) { o.Retryer = core.NopRetryer{} }
