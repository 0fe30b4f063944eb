package app

import "context"

// Migrate makes or upgrades the tables of the store and, when it is asked to,
// makes the queue.
func (a *App) Migrate(ctx context.Context, withQueue bool) error {
	if withQueue {
		if _, err := findQueue(a.Config.Queue); err != nil {
			return err // before anything is changed
		}
	}
	s, err := a.openStore(ctx)
	if err != nil {
		return err
	}
	if err := s.Close(); err != nil || !withQueue {
		return err
	}
	b, err := a.openQueue(ctx)
	if err != nil {
		return err
	}
	closeQueue(ctx, b)
	return nil
}

// DDL is what Migrate would run on an empty database and, when it is asked for,
// the commands that make the queue.
func (a *App) DDL(ctx context.Context, withQueue bool) (string, error) {
	adapter, err := findStore(a.Config.Store)
	if err != nil {
		return "", err
	}
	text, err := adapter.ddl(ctx)
	if err != nil || !withQueue {
		return text, err
	}
	broker, err := findQueue(a.Config.Queue)
	if err != nil || broker.commands == nil {
		return text, err
	}
	commands, err := broker.commands(a.Config.Queue)
	return text + "\n\n" + commands, err
}
