package app

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// outage takes the database away for a while, once ready says so: another
// connection holds the lock that every writer needs. Nothing is simulated.
func (d *demoRun) outage(ctx context.Context, ready func() bool) error {
	for !ready() {
		if ctx.Err() != nil {
			return nil
		}
		pause(ctx, 20*time.Millisecond)
	}
	if err := holdLock(ctx, d.file, demoOutage); err != nil && ctx.Err() == nil {
		return fmt.Errorf("demo: take the database away: %w", err)
	}
	return nil
}

// holdLock keeps every other connection from writing to a SQLite file.
func holdLock(ctx context.Context, file string, d time.Duration) error {
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(10000)")
	if err != nil {
		return err
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "BEGIN EXCLUSIVE"); err != nil {
		return err
	}
	pause(ctx, d)
	_, err = conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	return err
}
