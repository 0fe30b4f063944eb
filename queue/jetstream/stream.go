package jetstream

import (
	"context"
	"errors"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// The mark of streams that Recibo made. Others are never altered or purged.
const (
	markKey   = "recibo"
	markValue = "v1"
)

// maxAckPending bounds what all sources together may hold.
const maxAckPending = 100_000

func ours(info *jetstream.StreamInfo) bool { return info.Config.Metadata[markKey] == markValue }

func (b *Broker) streamInfo(ctx context.Context) (*jetstream.StreamInfo, error) {
	s, err := b.js.Stream(ctx, b.name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, errNoStream
	}
	if err != nil {
		return nil, err
	}
	return s.CachedInfo(), nil
}

// makeStream makes the stream if it is not there. A server before 2.12 does
// not know atomic batches: then it is made without.
func (b *Broker) makeStream(ctx context.Context) (*jetstream.StreamInfo, error) {
	info, err := b.streamInfo(ctx)
	if !errors.Is(err, errNoStream) {
		return info, err
	}
	config := jetstream.StreamConfig{
		Name:               b.name,
		Description:        "payment events, made by recibo",
		Subjects:           []string{b.name},
		Storage:            jetstream.FileStorage,
		Retention:          jetstream.LimitsPolicy,
		AllowAtomicPublish: true,
		Metadata:           map[string]string{markKey: markValue},
	}
	_, err = b.js.CreateStream(ctx, config)
	var api *jetstream.APIError
	if errors.As(err, &api) && api.Code == 400 && !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		config.AllowAtomicPublish = false
		_, err = b.js.CreateStream(ctx, config)
	}
	if err != nil && !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		return nil, err
	}
	return b.streamInfo(ctx)
}

func (b *Broker) consumerInfo(ctx context.Context) (*jetstream.ConsumerInfo, error) {
	c, err := b.js.Consumer(ctx, b.name, durable)
	if err != nil {
		return nil, err
	}
	return c.CachedInfo(), nil
}

// makeConsumer makes the durable consumer if it is not there.
func (b *Broker) makeConsumer(ctx context.Context, stream *jetstream.StreamInfo) (*jetstream.ConsumerInfo, error) {
	info, err := b.consumerInfo(ctx)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		info, err = b.createConsumer(ctx, stream)
	}
	if err != nil {
		return nil, err
	}
	if info.Config.AckPolicy != jetstream.AckExplicitPolicy {
		return nil, errNotPull
	}
	return info, nil
}

func (b *Broker) createConsumer(ctx context.Context, stream *jetstream.StreamInfo) (*jetstream.ConsumerInfo, error) {
	config := jetstream.ConsumerConfig{
		Durable:       durable,
		Description:   "recibo record",
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       b.timing.ackWait,
		MaxDeliver:    -1,
		MaxAckPending: maxAckPending,
		Metadata:      map[string]string{markKey: markValue},
	}
	if limit := stream.Config.ConsumerLimits.MaxAckPending; limit > 0 {
		config.MaxAckPending = min(limit, maxAckPending)
	}
	c, err := b.js.CreateConsumer(ctx, b.name, config)
	if errors.Is(err, jetstream.ErrConsumerExists) {
		return b.consumerInfo(ctx)
	}
	if err != nil {
		return nil, err
	}
	return c.CachedInfo(), nil
}

// publishSubject is where to publish so that the stream takes it: its name, or
// its first subject without a wildcard.
func publishSubject(info *jetstream.StreamInfo) (string, error) {
	for _, pattern := range info.Config.Subjects {
		if matches(pattern, info.Config.Name) {
			return info.Config.Name, nil
		}
	}
	for _, subject := range info.Config.Subjects {
		if !strings.ContainsAny(subject, "*>") {
			return subject, nil
		}
	}
	return "", errWrongSubject
}

// matches says whether a subject pattern takes a subject of one token.
func matches(pattern, name string) bool { return pattern == name || pattern == "*" || pattern == ">" }
