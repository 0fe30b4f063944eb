package testserver

import "os"

// OpenPostgres starts a PostgreSQL outside of a test, for measurements. It
// fsyncs. The caller closes it.
func OpenPostgres(list ...Option) (*PostgresServer, error) {
	return startPostgres(collect(list), false)
}

// OpenRabbitMQ starts a RabbitMQ outside of a test, for measurements. The
// caller closes it.
func OpenRabbitMQ(list ...Option) (*RabbitServer, error) {
	return startRabbit(collect(list), false)
}

// Close stops a server that was opened outside of a test, and removes its data.
func (s *Server) Close() error {
	err := bury(s)
	if dir, homeless := home(); homeless == nil {
		_ = os.Remove(dir) // if it was the last one
	}
	return err
}
