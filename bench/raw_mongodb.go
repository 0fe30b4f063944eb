package main

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"recibo/internal/testserver"
	"recibo/store"
	"recibo/store/mongodb"
)

func mongoEnd() (storeEnd, error) {
	s, err := testserver.OpenSecantusDB()
	if err != nil {
		return storeEnd{}, err
	}
	m := &mongoBench{SecantusServer: s}
	return storeEnd{name: "SecantusDB", events: 20_000, store: m.freshStore, inserter: m.inserter, server: s}, nil
}

type mongoBench struct {
	*testserver.SecantusServer
	stores int
}

func (m *mongoBench) url() string { return m.URL("", fmt.Sprintf("bench%d", m.stores)) }

func (m *mongoBench) freshStore(ctx context.Context, _ string) (store.Store, error) {
	m.stores++
	s, err := mongodb.Open(ctx, m.url(), mongodb.Options{})
	if err != nil {
		return nil, err
	}
	return s, s.Migrate(ctx)
}

// inserter looks ids up and inserts, a transaction each, over two connections.
func (m *mongoBench) inserter(ctx context.Context, dir string) (func(context.Context, []store.Payment) error, func(), error) {
	s, err := m.freshStore(ctx, dir)
	if err != nil {
		return nil, nil, err
	}
	if err := s.Close(); err != nil {
		return nil, nil, err
	}
	client, err := mongo.Connect(options.Client().ApplyURI(m.url()).SetWriteConcern(writeconcern.Majority()))
	if err != nil {
		return nil, nil, err
	}
	payments := client.Database(fmt.Sprintf("bench%d", m.stores)).Collection("payments")
	insert := shared(make([]struct{}, rawConnections), func(ctx context.Context, _ struct{}, part []store.Payment) error {
		for rest := part; len(rest) > 0; {
			n := min(len(rest), rawTransaction)
			if err := insertDocuments(ctx, client, payments, rest[:n]); err != nil {
				return err
			}
			rest = rest[n:]
		}
		return nil
	})
	return insert, func() { _ = client.Disconnect(context.Background()) }, nil
}

func insertDocuments(ctx context.Context, client *mongo.Client, c *mongo.Collection, payments []store.Payment) error {
	documents, ids, err := documentsOf(payments)
	if err != nil {
		return err
	}
	session, err := client.StartSession()
	if err != nil {
		return err
	}
	defer session.EndSession(ctx)
	if err := session.StartTransaction(); err != nil {
		return err
	}
	ctx = mongo.NewSessionContext(ctx, session)
	found, err := c.Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}})
	if err != nil {
		return err
	}
	if err := found.Close(ctx); err != nil {
		return err
	}
	if _, err := c.InsertMany(ctx, documents); err != nil {
		return err
	}
	return session.CommitTransaction(ctx)
}

func documentsOf(payments []store.Payment) ([]any, []string, error) {
	documents, ids := make([]any, len(payments)), make([]string, len(payments))
	for i := range payments {
		p := &payments[i]
		amount, err := bson.ParseDecimal128(p.Amount.Decimal())
		if err != nil {
			return nil, nil, err
		}
		ids[i] = p.TransactionID
		documents[i] = bson.D{{Key: "_id", Value: p.TransactionID}, {Key: "transaction_id", Value: p.TransactionID},
			{Key: "amount", Value: amount}, {Key: "currency", Value: string(p.Amount.Currency)},
			{Key: "payer_account", Value: p.PayerAccount}, {Key: "payee_account", Value: p.PayeeAccount},
			{Key: "occurred_at", Value: p.OccurredAt}, {Key: "method", Value: p.Method}, {Key: "source", Value: p.Source},
			{Key: "fingerprint", Value: p.Fingerprint[:]}, {Key: "queue", Value: p.Queue},
			{Key: "position", Value: p.Position}, {Key: "recorded_at", Value: p.RecordedAt}}
	}
	return documents, ids, nil
}
