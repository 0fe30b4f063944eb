package e2e_test

import (
	"context"
	"database/sql"
	"fmt"
	neturl "net/url"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"recibo/internal/testserver"
	"recibo/store"
	"recibo/store/mongodb"
	"recibo/store/mysql"
	"recibo/store/postgres"
	"recibo/store/sqlite"
)

// side is the queue or the store of a pair, on a server of its own.
type side struct {
	env []string // its address, by way of the proxy, and what goes with it
	// faults are what strikes it. Each ends with the server answering.
	faults func(*trial) []namedFault
	// comesBack is how long it may take, after a recorder was killed, until the
	// system hands out again what that one held.
	comesBack time.Duration
	// look opens a store past the proxy.
	look func(context.Context) (store.Store, error)

	server *testserver.Server // nil for what runs inside of recibo
	proxy  *testserver.Proxy
	// admin is the administrator of a store that speaks SQL, past the proxy, and
	// account who recibo is there; login is one more connection of that one's.
	admin   *sql.DB
	account string
	login   func() *sql.DB
	mongo   *mongo.Database // instead of admin, for MongoDB
}

// The systems of the matrix, in its order.
var (
	queueSides = []system{{"embedded", embeddedSide}, {"rabbitmq", rabbitSide}, {"kafka", kafkaSide}, {"sqs", sqsSide}}
	storeSides = []system{{"sqlite", sqliteSide}, {"postgres", postgresSide}, {"mysql", mysqlSide}, {"mongodb", mongoSide}}
)

type system struct {
	name string
	make func(*place) side
}

func systemNamed(t *testing.T, systems []system, name string) system {
	for _, s := range systems {
		if s.name == name {
			return s
		}
	}
	t.Fatalf("no system %q", name)
	return system{}
}

// embeddedSide is the queue inside of whichever process was first.
func embeddedSide(p *place) side {
	return side{
		env: []string{"RECIBO_QUEUE=embedded:" + p.data() + "/queue"},
		faults: func(r *trial) []namedFault {
			return []namedFault{
				{"queue restarted", r.restartRecorder}, // it was there first
				{"queue killed", r.killRecorder},
			}
		},
	}
}

func sqliteSide(p *place) side {
	file := p.data() + "/recibo.db"
	return side{
		env:   []string{"RECIBO_STORE=sqlite:" + file},
		admin: p.database("sqlite", "file:"+file+"?_pragma=busy_timeout(10000)"),
		faults: func(r *trial) []namedFault {
			return []namedFault{{"store locked", func() { holdLock(r.t, file, shortOutage) }}}
		},
		look: func(ctx context.Context) (store.Store, error) {
			return sqlite.Open(ctx, file, sqlite.Options{ReadOnly: true})
		},
	}
}

func rabbitSide(p *place) side {
	s := testserver.NewRabbitMQ(p.t)
	proxy := s.Proxy(p.t)
	return side{
		env:    p.secretly("QUEUE", behind(proxy, s.Server, s.URL("admin", s.VirtualHost(p.t), "payments"))),
		faults: func(r *trial) []namedFault { return r.hurt("queue", s.Server, proxy) },
		server: s.Server, proxy: proxy,
	}
}

func postgresSide(p *place) side {
	s := testserver.NewPostgres(p.t, append(p.onDisk(), testserver.Setting("max_connections", "30"))...)
	proxy := s.Proxy(p.t)
	account := s.Role(p.t, "app") // before its database, which is dropped first
	database := s.Database(p.t)
	s.SQL(p.t, "postgres", fmt.Sprintf(`ALTER DATABASE %q OWNER TO %q`, database, account))
	url := s.URL(account, database)
	return side{
		env:    p.secretly("STORE", behind(proxy, s.Server, url)),
		faults: func(r *trial) []namedFault { return r.hurt("store", s.Server, proxy) },
		look: func(ctx context.Context) (store.Store, error) {
			return postgres.Open(ctx, s.URL("postgres", database), postgres.Options{ReadOnly: true})
		},
		server: s.Server, proxy: proxy, account: account,
		admin: p.database("pgx", s.URL("postgres", database)),
		login: func() *sql.DB { return p.database("pgx", url) },
	}
}

// kafkaSide hands out what a killed recorder held once the group has missed
// that one's heartbeats for ten seconds.
func kafkaSide(p *place) side {
	s := testserver.NewKafka(p.t)
	proxy := s.SASLProxy(p.t)
	url := s.URL(s.User(p.t, "recibo"), "payments", "recibo")
	return side{
		env:       p.secretly("QUEUE", strings.Replace(url, s.SASLAddr(), proxy.Addr(), 1)),
		faults:    func(r *trial) []namedFault { return r.hurt("queue", s.Server, proxy) },
		comesBack: 10 * time.Second,
		server:    s.Server, proxy: proxy,
	}
}

// sqsSide keeps its messages on disk: ElasticMQ forgets everything otherwise
// when it ends.
func sqsSide(p *place) side {
	s := testserver.NewElasticMQ(p.t, testserver.Persistent())
	proxy := s.Proxy(p.t)
	return side{
		env:       append(s.Env(), "RECIBO_QUEUE="+behind(proxy, s.Server, s.URL("payments"))),
		faults:    func(r *trial) []namedFault { return r.hurt("queue", s.Server, proxy)[1:] }, // it takes ten seconds to stop
		comesBack: 30 * time.Second,                                                            // its visibility timeout
		server:    s.Server, proxy: proxy,
	}
}

func mysqlSide(p *place) side {
	s := testserver.NewMariaDB(p.t, testserver.Setting("max_connections", "30"))
	proxy := s.Proxy(p.t)
	database, account := s.Database(p.t), s.User(p.t, "app")
	s.SQL(p.t, "", fmt.Sprintf("GRANT ALL ON `%s`.* TO `%s`@`%%`", database, account))
	url := s.URL(account, database)
	return side{
		env:    p.secretly("STORE", behind(proxy, s.Server, url)),
		faults: func(r *trial) []namedFault { return r.hurt("store", s.Server, proxy) },
		look: func(ctx context.Context) (store.Store, error) {
			return mysql.Open(ctx, s.URL("root", database), mysql.Options{ReadOnly: true})
		},
		server: s.Server, proxy: proxy, account: account,
		admin: p.database("mysql", mysqlAddress("root", s.Addr(), database)),
		login: func() *sql.DB { return p.database("mysql", mysqlAddress(account, s.Addr(), database)) },
	}
}

// mysqlAddress is an address as the driver wants it.
func mysqlAddress(user, addr, database string) string {
	return fmt.Sprintf("%s:%s@tcp(%s)/%s?multiStatements=true", user, testserver.Password, addr, database)
}

func mongoSide(p *place) side {
	s := testserver.NewSecantusDB(p.t, testserver.Setting("auth", ""))
	proxy := s.Proxy(p.t)
	database := s.Database(p.t)
	url := s.URL("admin", database)
	client, err := mongo.Connect(options.Client().ApplyURI(url))
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = client.Disconnect(context.Background()) })
	return side{
		env:    p.secretly("STORE", behind(proxy, s.Server, url)),
		faults: func(r *trial) []namedFault { return r.hurt("store", s.Server, proxy) },
		look: func(ctx context.Context) (store.Store, error) {
			return mongodb.Open(ctx, url, mongodb.Options{ReadOnly: true})
		},
		server: s.Server, proxy: proxy, mongo: client.Database(database),
	}
}

// onDisk is where a server of the place has its data.
func (p *place) onDisk() []testserver.Option {
	if p.disk == nil {
		return nil
	}
	return []testserver.Option{testserver.DataOn(p.disk.Dir())}
}

// behind turns an address of the server into one of its proxy.
func behind(proxy *testserver.Proxy, s *testserver.Server, url string) string {
	return strings.Replace(strings.Replace(url, s.Addr(), proxy.Addr(), 1), neturl.QueryEscape(s.Addr()), neturl.QueryEscape(proxy.Addr()), 1)
}

// secretly gives an address by environment and its password by file.
func (p *place) secretly(what, url string) []string {
	bare := strings.Replace(url, ":"+testserver.Password, "", 1)
	if bare == url {
		p.t.Fatalf("no password in the %s's address", strings.ToLower(what))
	}
	file := p.write(strings.ToLower(what)+"-password", testserver.Password+"\n")
	return []string{"RECIBO_" + what + "=" + bare, fmt.Sprintf("RECIBO_%s_PASSWORD_FILE=%s", what, file)}
}
