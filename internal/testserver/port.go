package testserver

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
)

// Ports are taken from below the range that Linux gives to outgoing
// connections (32768 and up): a server that is down must find its port free
// again, and a client that dials a closed port of that range may even connect
// to itself.
const (
	firstPort = 12000
	lastPort  = 32000
)

// claims are the listeners of this process. The garbage collector closes what
// nobody holds, and another process would then sweep our folders away.
var claims sync.Map

// claim takes a name that only one process of this machine can have, until it
// closes it or ends.
func claim(name string) (io.Closer, bool) {
	l, err := net.Listen("unix", "@recibo-test-"+name) // in no folder, gone with its process
	if err != nil {
		return nil, false
	}
	claims.Store(name, l)
	return l, true
}

// freePort is a port on 127.0.0.1 that nobody listens on, and that no other
// process will be given while this one lives.
func freePort() (int, error) {
	for range 200 {
		port := firstPort + rand.IntN(lastPort-firstPort)
		held, ok := claim("port-" + strconv.Itoa(port))
		if !ok {
			continue
		}
		l, err := net.Listen("tcp", local(port))
		if err != nil {
			_ = held.Close()
			continue
		}
		_ = l.Close()
		return port, nil
	}
	return 0, fmt.Errorf("no free port between %d and %d", firstPort, lastPort)
}

// freePorts fills each of ports.
func freePorts(ports ...*int) error {
	for _, p := range ports {
		var err error
		if *p, err = freePort(); err != nil {
			return err
		}
	}
	return nil
}

func local(port int) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}
