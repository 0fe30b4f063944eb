package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"recibo/queue"
	"recibo/simulator"
)

// memory puts a backlog on the queue and reports resident memory of this process
// when it is full, when it was opened again, and while it is recorded.
func memory(ctx context.Context, r *rig, backlog int) error {
	dir, err := os.MkdirTemp("", "recibo-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	broker, err := full(ctx, r, dir, 0)
	if err != nil {
		return err
	}
	if err := fill(ctx, broker, backlog); err != nil {
		return err
	}
	debug.FreeOSMemory()
	fmt.Printf("backlog of %d: %d MiB resident in the process that filled it\n", backlog, resident())
	if err := broker.Close(ctx); err != nil {
		return err
	}
	if broker, err = r.reopen(ctx, dir); err != nil {
		return err
	}
	defer broker.Close(ctx)
	fmt.Printf("opened again: %d MiB\n", resident())
	database, err := r.store(ctx, dir)
	if err != nil {
		return err
	}
	defer database.Close()
	most := watchResident(ctx)
	got, err := r.drain(ctx, broker, database, backlog, 0)
	if err != nil {
		return err
	}
	fmt.Printf("recorded at %.0f events/s: %d MiB at most\n", got.perSecond(), most())
	return nil
}

func fill(ctx context.Context, broker queue.Broker, n int) error {
	generator := simulator.New(simulator.Config{Seed: 1})
	publisher, err := broker.Publisher(ctx)
	if err != nil {
		return err
	}
	defer publisher.Close(ctx)
	for done := 0; done < n; done += 1000 {
		messages := make([]queue.Message, min(1000, n-done))
		for i := range messages {
			messages[i] = generator.Next().Message
		}
		if err := publisher.Publish(ctx, messages); err != nil {
			return err
		}
	}
	return nil
}

// watchResident samples resident memory until the returned function is called,
// which answers the largest sample.
func watchResident(ctx context.Context) func() int {
	ctx, cancel := context.WithCancel(ctx)
	answer := make(chan int)
	go func() {
		most := 0
		for ctx.Err() == nil {
			most = max(most, resident())
			time.Sleep(50 * time.Millisecond)
		}
		answer <- most
	}()
	return func() int { cancel(); return <-answer }
}

// resident is VmRSS of this process in MiB, 0 where the system has no /proc.
func resident() int {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return 0
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var kib int
		if strings.HasPrefix(lines.Text(), "VmRSS:") {
			fmt.Sscanf(strings.TrimPrefix(lines.Text(), "VmRSS:"), "%d", &kib)
			return kib >> 10
		}
	}
	return 0
}
