package testserver

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
)

// ask asks once whether it answers. A server with TLS is asked for a handshake
// only.
func (s *SecantusServer) ask(ctx context.Context) error {
	if !s.tls {
		return s.command(ctx, "admin", bsonNumber("hello", 1))
	}
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", s.addr)
	if err != nil {
		return err
	}
	defer c.Close()
	// Whose certificate it is, the tests find out.
	return tls.Client(c, &tls.Config{InsecureSkipVerify: true}).HandshakeContext(ctx)
}

// command runs a command of the server's protocol. The driver is no business of
// this package, and what it needs is little: an OP_MSG with one document.
func (s *SecantusServer) command(ctx context.Context, database string, elements ...[]byte) error {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", s.addr)
	if err != nil {
		return err
	}
	defer c.Close()
	if end, ok := ctx.Deadline(); ok {
		_ = c.SetDeadline(end)
	}
	const opMsg, noFlags, oneDocument = 2013, 0, 0
	body := binary.LittleEndian.AppendUint32(nil, noFlags)
	body = append(append(body, oneDocument), bsonDocument(append(elements, bsonText("$db", database))...)...)
	var message []byte
	for _, n := range []uint32{uint32(16 + len(body)), 1, 0, opMsg} {
		message = binary.LittleEndian.AppendUint32(message, n)
	}
	if _, err := c.Write(append(message, body...)); err != nil {
		return err
	}
	return readOK(c)
}

// readOK reads an answer, in which a double "ok" is 1 if all went well.
func readOK(r io.Reader) error {
	var header [16]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return err
	}
	size := int(binary.LittleEndian.Uint32(header[:])) - len(header)
	if size < 0 || size > 1<<20 {
		return errors.New("it answers with something else than a message")
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(r, body); err != nil {
		return err
	}
	if !bytes.Contains(body, []byte("\x01ok\x00\x00\x00\x00\x00\x00\x00\xf0\x3f")) {
		return fmt.Errorf("it answers %q", body)
	}
	return nil
}

func bsonDocument(elements ...[]byte) []byte {
	content := bytes.Join(elements, nil)
	b := binary.LittleEndian.AppendUint32(nil, uint32(4+len(content)+1))
	return append(append(b, content...), 0)
}

func bsonNumber(name string, n uint32) []byte {
	return binary.LittleEndian.AppendUint32(bsonName(0x10, name), n)
}

func bsonText(name, value string) []byte {
	b := binary.LittleEndian.AppendUint32(bsonName(0x02, name), uint32(len(value)+1))
	return append(append(b, value...), 0)
}

func bsonList(name string, values ...string) []byte {
	var elements [][]byte
	for i, v := range values {
		elements = append(elements, bsonText(strconv.Itoa(i), v))
	}
	return append(bsonName(0x04, name), bsonDocument(elements...)...)
}

func bsonName(kind byte, name string) []byte {
	return append(append([]byte{kind}, name...), 0)
}
