package testserver_test

import (
	"testing"

	"recibo/internal/testserver"
)

func TestRab(t *testing.T) {
	t.Parallel()
	s := testserver.RabbitMQ(t)
	v := s.VirtualHost(t)
	t.Log(s.URL("admin", v, "q"), s.User(t, "bob", v, "", ".*", ""))
	t.Log(s.Control(t, "list_queues", "-p", v))
}
