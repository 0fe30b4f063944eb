package testserver

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
)

// askPostgres opens a session as far as the server's demand for a password.
// While it starts up or shuts down it answers with an error instead.
func askPostgres(ctx context.Context, addr string) error {
	reply, err := ask(ctx, addr, startup())
	if err != nil {
		return err
	}
	if reply != 'R' {
		return fmt.Errorf("it answers %q instead of asking for a password", reply)
	}
	return nil
}

func startup() []byte {
	const version = 3 << 16
	b := binary.BigEndian.AppendUint32(make([]byte, 4), version)
	b = append(b, "user\x00postgres\x00database\x00postgres\x00\x00"...)
	binary.BigEndian.PutUint32(b, uint32(len(b)))
	return b
}

// ask sends a greeting and returns the first byte of the answer.
func ask(ctx context.Context, addr string, greeting []byte) (byte, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	if end, ok := ctx.Deadline(); ok {
		_ = c.SetDeadline(end)
	}
	if _, err := c.Write(greeting); err != nil {
		return 0, err
	}
	var first [1]byte
	_, err = io.ReadFull(c, first[:])
	return first[0], err
}

// askRabbit opens a connection as far as the server's first frame.
func askRabbit(ctx context.Context, addr string) error {
	reply, err := ask(ctx, addr, []byte("AMQP\x00\x00\x09\x01"))
	if err != nil {
		return err
	}
	if reply != 1 { // a method frame: connection.start
		return fmt.Errorf("it answers %q instead of a frame", reply)
	}
	return nil
}
