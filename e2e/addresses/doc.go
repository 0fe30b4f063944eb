// Package addresses fuzzes what the queues' adapters make of an address. It has
// no servers and opens no connection.
package addresses
