package testserver

import (
	"io"
	"os"
	"runtime"
	"strconv"
	"testing"
)

// A claim outlives the garbage collector: it once did not, and another process
// swept the folders of a running server away.
func TestClaimIsKept(t *testing.T) {
	name := "claim-of-test-" + strconv.Itoa(os.Getpid())
	func() {
		if _, ok := claim(name); !ok {
			t.Fatal("the name is taken already")
		}
	}()
	defer func() { // for -count=2
		if held, ok := claims.Load(name); ok {
			_ = held.(io.Closer).Close()
		}
	}()
	for range 5 {
		runtime.GC()
	}
	if _, ok := claim(name); ok {
		t.Error("the claim was collected")
	}
}
