package postgres

// What a connection begins with, by SET and not in the start-up message, which
// poolers refuse. A machine that vanished must not hold its locks for hours, so
// the server looks whether we are there and ends a transaction that stands
// still. A commit that is only in the server's memory is none.
const (
	anySession = `SELECT set_config('client_encoding', 'UTF8', false), set_config('TimeZone', 'UTC', false),
	set_config('tcp_keepalives_idle', '30', false), set_config('tcp_keepalives_interval', '10', false),
	set_config('tcp_keepalives_count', '3', false),
	CASE WHEN current_setting('idle_in_transaction_session_timeout') = '0'
		THEN set_config('idle_in_transaction_session_timeout', '60s', false) END`

	writerSession = anySession + `,
	CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', false) END`

	readerSession = anySession + `, set_config('default_transaction_read_only', 'on', false)`
)
