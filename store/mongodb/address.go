package mongodb

import (
	"errors"
	"net"
	"net/url"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/connstring"

	"recibo/store"
)

const (
	// defaultConnectTimeout is for one connection, and defaultSelectTimeout
	// for finding a primary: the driver's own 30 s would hold a transaction for
	// as long, when there is none.
	defaultConnectTimeout = 5 * time.Second
	defaultSelectTimeout  = 5 * time.Second
	// defaultHeartbeat is how often each server is asked what it is. The driver
	// asks every 10 s, and in between believes the last answer.
	defaultHeartbeat = 2 * time.Second

	addressTip = "--store takes mongodb://user@host:27017,host2/database?replicaSet=NAME&tls=true or mongodb+srv://user@host/database"
)

// parseAddress reads an address as the driver does, fills in what it leaves out
// and sets what must not be otherwise.
func parseAddress(address string) (*options.ClientOptions, string, string, error) {
	cs, err := connstring.ParseAndValidate(address)
	if err != nil {
		return nil, "", "", addressError(address, err)
	}
	if cs.Database == "" {
		return nil, "", "", &store.ConfigError{Target: targetOf(cs), Tip: addressTip, Err: errors.New("the address names no database")}
	}
	o := options.Client().ApplyURI(address)
	if err := o.Validate(); err != nil {
		return nil, "", "", addressError(address, err)
	}
	if !cs.ConnectTimeoutSet {
		o.SetConnectTimeout(defaultConnectTimeout)
	}
	if !cs.ServerSelectionTimeoutSet {
		o.SetServerSelectionTimeout(defaultSelectTimeout)
	}
	if !cs.HeartbeatIntervalSet {
		o.SetHeartbeatInterval(defaultHeartbeat)
	}
	if cs.AppName == "" {
		o.SetAppName("recibo")
	}
	o.Timeout = nil // a commit has a time limit of its own
	o.SetWriteConcern(durable()).SetReadConcern(readconcern.Majority()).SetReadPreference(readpref.Primary())
	return o, cs.Database, targetOf(cs), nil
}

// durable is what every write waits for: a majority has it in its journals.
func durable() *writeconcern.WriteConcern {
	journaled := true
	return &writeconcern.WriteConcern{W: writeconcern.WCMajority, Journal: &journaled}
}

// addressError is an outage if a name server failed: mongodb+srv asks one for
// the hosts. All else is a wrong address, told without what may be a password.
func addressError(address string, err error) error {
	if dns, ok := errors.AsType[*net.DNSError](err); ok && !dns.IsNotFound {
		return &store.Error{Class: store.ClassOutage, Op: "look up the hosts", Err: shorten(err)}
	}
	text := strings.TrimPrefix(err.Error(), "error parsing uri: ")
	text, _, _ = strings.Cut(text, `"`)
	return &store.ConfigError{Target: masked(address), Tip: addressTip, Err: errors.New(strings.TrimSpace(text))}
}

// targetOf is the address that people see: user, hosts and database.
func targetOf(cs *connstring.ConnString) string {
	var b strings.Builder
	b.WriteString(cs.Scheme + "://")
	if cs.Username != "" {
		b.WriteString(url.User(cs.Username).String())
		if cs.PasswordSet {
			b.WriteString(":***")
		}
		b.WriteByte('@')
	}
	b.WriteString(strings.Join(cs.RawHosts, ",") + "/" + url.PathEscape(cs.Database))
	return b.String()
}

// masked hides what may be a password in an address that cannot be read: all
// between the user and the last @, and all parameters.
func masked(address string) string {
	prefix, rest, found := strings.Cut(address, "://")
	if !found {
		return "mongodb:***"
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		user, _, _ := strings.Cut(rest[:at], ":")
		rest = user + ":***" + rest[at:]
	}
	rest, _, _ = strings.Cut(rest, "?")
	return prefix + "://" + rest
}
