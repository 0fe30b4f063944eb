// Package adapter is what the adapters of several queues have in common, and
// nothing that one system alone needs.
package adapter
