package sqs_test

import (
	"bytes"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"recibo/internal/testserver"
)

// front stands before the server as a proxy of HTTP: it writes down what is
// asked, and can answer otherwise.
type front struct {
	addr string

	mu    sync.Mutex
	calls []request
	edit  func(operation string, status *int, answer []byte) []byte
	deaf  string // an operation that does not reach the server
}

type request struct{ operation, body string }

func inFront(t testing.TB, server *testserver.ElasticMQServer) *front {
	t.Helper()
	f := &front{}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: server.Addr()})
	proxy.ModifyResponse, proxy.ErrorLog = f.modify, log.New(io.Discard, "", 0)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		f.mu.Lock()
		f.calls = append(f.calls, request{operation(r), string(body)})
		deaf := f.deaf == operation(r)
		f.mu.Unlock()
		if deaf {
			http.Error(w, "nobody is there", http.StatusBadGateway)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	f.addr = s.Listener.Addr().String()
	return f
}

func operation(r *http.Request) string {
	return strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "AmazonSQS.")
}

func (f *front) modify(r *http.Response) error {
	f.mu.Lock()
	edit := f.edit
	f.mu.Unlock()
	if edit == nil {
		return nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	body = edit(operation(r.Request), &r.StatusCode, body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
	r.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return nil
}

// editing sets what to make of answers from now on; nil: nothing.
func (f *front) editing(edit func(operation string, status *int, answer []byte) []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.edit = edit
}

// deafTo keeps an operation from the server until the returned function is
// called.
func (f *front) deafTo(operation string) func() {
	set := func(to string) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.deaf = to
	}
	set(operation)
	return func() { set("") }
}

// asked is the bodies of the requests of one operation so far.
func (f *front) asked(operation string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []string
	for _, c := range f.calls {
		if c.operation == operation {
			all = append(all, c.body)
		}
	}
	return all
}

// operations are those that were asked for, each once, sorted.
func (f *front) operations() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []string
	for _, c := range f.calls {
		all = append(all, c.operation)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// lastOf is the body of the last request of an operation.
func (f *front) lastOf(operation string) string {
	all := f.asked(operation)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1]
}
