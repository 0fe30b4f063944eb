package postgres

// SetMaxMessage changes the most that is sent at once until restore is called.
func SetMaxMessage(n int) (restore func()) {
	before := maxMessage
	maxMessage = n
	return func() { maxMessage = before }
}
