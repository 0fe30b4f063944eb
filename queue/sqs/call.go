package sqs

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	aws "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

var errNoAnswer = errors.New("the server does not answer")

// call makes one request, within a time limit of its own.
func call[I, O any](ctx context.Context, limit time.Duration, do func(context.Context, *I, ...func(*aws.Options)) (*O, error), in *I, how ...func(*aws.Options)) (*O, error) {
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	out, err := do(limited, in, how...)
	switch {
	case err == nil:
		return out, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case limited.Err() != nil:
		return nil, fmt.Errorf("%w within %v", errNoAnswer, limit)
	}
	return nil, shorten(err)
}

// url is where SQS knows a queue.
func (b *Broker) url(ctx context.Context, name, account string) (string, error) {
	b.mu.Lock()
	known, ok := b.urls[name]
	b.mu.Unlock()
	if ok {
		return known, nil
	}
	in := &aws.GetQueueUrlInput{QueueName: &name}
	if account != "" {
		in.QueueOwnerAWSAccountId = &account
	}
	out, err := call(ctx, answerTimeout, b.api.GetQueueUrl, in)
	if err != nil {
		return "", fmt.Errorf("queue %s: %w", name, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.urls[name] = *out.QueueUrl
	return *out.QueueUrl, nil
}

func (b *Broker) attributes(ctx context.Context, url string, names ...types.QueueAttributeName) (map[string]string, error) {
	out, err := call(ctx, answerTimeout, b.api.GetQueueAttributes, &aws.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: names})
	if err != nil {
		return nil, err
	}
	return out.Attributes, nil
}

// answer is an error that the server said.
type answer struct {
	code, text string
	status     int // of HTTP
	err        error
}

func (a *answer) Error() string { return a.code + ": " + a.text }

func (a *answer) Unwrap() error { return a.err }

// shorten leaves of an error of the SDK what a person can use: the server's
// words, or what became of the connection.
func shorten(err error) error {
	var api smithy.APIError
	var web *url.Error
	var response *smithyhttp.ResponseError
	status := 0
	if errors.As(err, &response) && response.Response != nil && response.Response.Response != nil {
		status = response.HTTPStatusCode()
	}
	var odd *smithy.DeserializationError
	switch {
	case errors.As(err, &odd), errors.As(err, &api) && status >= 300 && api.ErrorCode() == "UnknownError":
		return fmt.Errorf("%w: HTTP status %d", errNotSQS, status)
	case errors.As(err, &api):
		return &answer{plainCode(api.ErrorCode()), api.ErrorMessage(), status, err}
	case errors.As(err, &web):
		return web.Err
	}
	return err
}

// plainCode is a code without the names of services and schemas that some
// servers put before it.
func plainCode(code string) string {
	code = code[strings.LastIndexByte(code, '#')+1:]
	return strings.TrimPrefix(code, "AWS.SimpleQueueService.")
}

var errNotSQS = errors.New("what answers does not speak SQS")

// unsent says that a request that failed had not even begun.
func unsent(err error) bool {
	var op *net.OpError
	var name *net.DNSError
	return errors.As(err, &op) && op.Op == "dial" || errors.As(err, &name)
}
