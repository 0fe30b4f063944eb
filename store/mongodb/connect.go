package mongodb

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
)

// oldestServer is the wire version of MongoDB 5.0, the first that reads what was
// committed at one time outside of a transaction, and says which rule refused a
// document.
const oldestServer = 13

func (s *Store) connect(ctx context.Context, address string) error {
	o, database, target, err := parseAddress(address)
	if err != nil {
		return err
	}
	s.target = target
	if ctx.Err() != nil {
		return ended(ctx, "connect")
	}
	if s.client, err = mongo.Connect(o); err != nil {
		return s.configError(shorten(err), addressTip)
	}
	s.db = s.client.Database(database)
	return nil
}

// greeting is what a server says of itself.
type greeting struct {
	SetName     string `bson:"setName"`
	Message     string `bson:"msg"` // isdbgrid of a mongos
	WireVersion int32  `bson:"maxWireVersion"`
}

// greet makes the first connection and looks at who answers.
func (s *Store) greet(ctx context.Context) error {
	var g greeting
	if err := s.client.Database("admin").RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&g); err != nil {
		if tip := connectTip(err); tip != "" && ctx.Err() == nil {
			return s.configError(shorten(err), tip)
		}
		return classify(ctx, "connect", err, inGeneral)
	}
	if g.WireVersion < oldestServer {
		return s.configError(fmt.Errorf("the server is older than MongoDB 5.0 (wire version %d, this program wants %d)", g.WireVersion, oldestServer),
			"upgrade the server, or give another one")
	}
	s.standalone = g.SetName == "" && g.Message != "isdbgrid"
	if s.standalone && !s.options.AllowStandalone && !s.options.ReadOnly {
		return s.configError(errors.New("the server is no replica set, so it has no transactions"),
			"make it a replica set of one (mongod --replSet NAME, then rs.initiate() once), or accept what is given up: --allow-standalone")
	}
	if s.standalone { // which has no majority to ask
		s.db = s.client.Database(s.db.Name(), options.Database().SetReadConcern(readconcern.Local()))
	}
	return nil
}

// connectTip is the next step after an error that waiting cannot mend, empty
// for all others.
func connectTip(err error) string {
	for _, cause := range causes(err) {
		if tip := causeTip(cause); tip != "" {
			return tip
		}
	}
	return ""
}

func causeTip(err error) string {
	switch codeOf(err) {
	case codeAuthentication:
		return "check user, password and authSource in RECIBO_STORE, or --store-password-file"
	case codeUnauthorized, codeNoSuchRole:
		return "give this user its rights: docs/systems.md has the statements"
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "write the host as the server's certificate names it, or give the server a certificate for this host"
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "give the authority that signed the server's certificate: tlsCAFile=FILE"
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "renew the server's certificate, or check tlsCAFile"
	}
	switch text := err.Error(); {
	case strings.Contains(text, "remote error: tls"):
		return "check tlsCertificateKeyFile, and the server's log: it refuses what this side offers"
	case strings.Contains(text, "tls: "):
		return "check tls in RECIBO_STORE: this server does not speak TLS, or not on this port"
	case strings.Contains(text, "unable to authenticate using mechanism"), strings.Contains(text, "auth error"):
		return "check user, password, authSource and authMechanism in RECIBO_STORE"
	case strings.Contains(text, "does not match the expected"), strings.Contains(text, "replica set name"):
		return "check replicaSet in RECIBO_STORE"
	}
	return ""
}
