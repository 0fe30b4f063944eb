package kafka_test

import (
	"os"
	"testing"

	"recibo/internal/testserver"
)

func TestMain(m *testing.M) { os.Exit(testserver.Main(m)) }
