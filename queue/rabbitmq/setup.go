package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"strings"

	amqp "github.com/rabbitmq/amqp091-go"
)

// Setup makes the queue, the exchange QUEUE.dlx and the queue of dead letters
// behind it if they are not there, durable, on quorum queues. It changes
// nothing that is there: what has other properties is a *queue.ConfigError. An
// account without the right to make them may use them when they are there.
func (b *Broker) Setup(ctx context.Context) error {
	if err := b.ends.Usable(); err != nil {
		return err
	}
	s, err := b.consuming.get(ctx)
	if err == nil {
		err = (&setup{ctx: ctx, b: b, session: s, server: releaseOf(s.conn.Properties)}).run()
	}
	if err != nil {
		return b.refused(settingUp, err)
	}
	b.known.Store(true)
	return nil
}

type setup struct {
	ctx     context.Context
	b       *Broker
	session *session
	server  release
}

// run begins with the queue where it stands, for nothing shall be made beside
// a queue of somebody else's; and ends with it where it does not, for nothing
// shall come in before dead letters have a place.
func (u *setup) run() error {
	p := &u.b.place
	_, err := inspect(u.ctx, u.session, p.queue)
	if err != nil && !missing(err) {
		return err
	}
	steps := []func() error{u.exchange, u.deadLetters, u.binding}
	if missing(err) {
		steps = append(steps, u.payments)
	} else {
		steps = append([]func() error{u.payments}, steps...)
	}
	for _, step := range steps {
		if err := step(); forbidden(err) {
			return u.standing(err)
		} else if err != nil {
			return err
		}
	}
	return nil
}

func (u *setup) payments() error {
	return u.declare(u.b.place.queue, u.b.place.paymentArguments(u.server))
}

func (u *setup) deadLetters() error {
	return u.declare(u.b.place.deadLetters, u.b.place.deadArguments(u.server))
}

// declare makes a queue, or finds it with one of the sets of arguments. The
// first refusal is the one that is told.
func (u *setup) declare(name string, all vintages) error {
	var first error
	for i, arguments := range all {
		_, err := ask(u.ctx, u.session, func(ch *amqp.Channel) (amqp.Queue, error) {
			return ch.QueueDeclare(name, true, false, false, false, arguments)
		})
		switch {
		case err == nil && i > 0:
			u.b.log.Warn("queue was made by an older server: it lacks properties that this one would give it",
				"queue", name, "lacking", lacking(all[0], arguments))
			return nil
		case err == nil, !unequal(err):
			return err
		case first == nil:
			first = err
		}
	}
	return first
}

func lacking(newest, found amqp.Table) []string {
	var names []string
	for _, name := range []string{deadLetterStrategy, overflow, deliveryLimit} {
		if newest[name] != found[name] {
			names = append(names, name)
		}
	}
	return names
}

// exchange takes all dead letters to one place, whatever they were routed by.
func (u *setup) exchange() error {
	return u.do(func(ch *amqp.Channel) error {
		return ch.ExchangeDeclare(u.b.place.exchange(), amqp.ExchangeFanout, true, false, false, false, nil)
	})
}

func (u *setup) binding() error {
	return u.do(func(ch *amqp.Channel) error {
		return ch.QueueBind(u.b.place.deadLetters, "", u.b.place.exchange(), false, nil)
	})
}

// standing is nil when an account that may make nothing finds everything made.
func (u *setup) standing(refused error) error {
	p := &u.b.place
	for _, name := range []string{p.queue, p.deadLetters} {
		if _, err := inspect(u.ctx, u.session, name); err != nil {
			return fmt.Errorf("%w; %w", refused, err)
		}
	}
	err := u.do(func(ch *amqp.Channel) error {
		return ch.ExchangeDeclarePassive(p.exchange(), amqp.ExchangeFanout, true, false, false, false, nil)
	})
	if err != nil {
		return fmt.Errorf("%w; %w", refused, err)
	}
	return nil
}

func (u *setup) do(f func(*amqp.Channel) error) error {
	_, err := ask(u.ctx, u.session, func(ch *amqp.Channel) (struct{}, error) { return struct{}{}, f(ch) })
	return err
}

func code(err error) int {
	var said refusal
	if errors.As(err, &said) {
		return said.said.Code
	}
	return 0
}

func missing(err error) bool {
	return code(err) == amqp.NotFound && strings.Contains(err.Error(), "no queue")
}

func forbidden(err error) bool { return code(err) == amqp.AccessRefused }

func unequal(err error) bool {
	return code(err) == amqp.PreconditionFailed && strings.Contains(err.Error(), "inequivalent arg")
}
