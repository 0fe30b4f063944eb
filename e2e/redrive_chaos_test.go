//go:build chaos

package e2e_test

import "testing"

// TestChaosRedrive is TestRedriveKilled with more of everything.
func TestChaosRedrive(t *testing.T) { newPlace(t).killRedrive(50_000, 10_000) }
