// Package testserver installs, starts, kills, freezes and restarts the real
// servers of the tests, on loopback.
package testserver
