package mongodb_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"recibo/internal/testserver"
	"recibo/store"
	"recibo/store/mongodb"
)

var shapes = []struct{ writers, size int }{{1, 100}, {1, 500}, {1, 1000}, {2, 500}}

// benchBatches makes batches of payments whose ids grow, as those of Pix do.
type benchBatches struct{ next atomic.Int64 }

func (b *benchBatches) batch(size int) []store.Payment {
	first := b.next.Add(int64(size)) - int64(size)
	ps := make([]store.Payment, size)
	for i := range ps {
		ps[i] = newPayment(fmt.Sprintf("E60701190202611231415%011d", first+int64(i)), first+int64(i)+1)
	}
	return ps
}

// measure has writers write batches at once until the benchmark is over.
func measure(b *testing.B, server *testserver.SecantusServer, writers, size int, write func(writer int, seq int64, ps []store.Payment) error) {
	var batches benchBatches
	cpu := server.CPU()
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ResetTimer()
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for seq := int64(1); left.Add(-1) >= 0; seq++ {
				if err := write(w, seq, batches.batch(size)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	rows := float64(b.N * size)
	b.ReportMetric(rows/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64((server.CPU()-cpu).Microseconds())/rows, "server-µs/row")
}

// BenchmarkRecord is what a recorder does: claim, record, tally.
func BenchmarkRecord(b *testing.B) {
	for _, shape := range shapes {
		b.Run(fmt.Sprintf("%d writers of %d", shape.writers, shape.size), func(b *testing.B) {
			server := testserver.NewSecantusDB(b)
			s := migrated(b, server.URL("admin", "bench"), mongodb.Options{Writers: shape.writers})
			measure(b, server, shape.writers, shape.size, func(w int, seq int64, ps []store.Payment) error {
				return store.Retry(b.Context(), s, countedBy(fmt.Sprint("w", w), seq, ps...))
			})
		})
	}
}

// BenchmarkRaw looks up and inserts the same documents with the driver alone, a
// transaction for each batch, and nothing else: what recording is measured
// against.
func BenchmarkRaw(b *testing.B) {
	for _, shape := range shapes {
		b.Run(fmt.Sprintf("%d writers of %d", shape.writers, shape.size), func(b *testing.B) {
			server := testserver.NewSecantusDB(b)
			migrated(b, server.URL("admin", "bench"), mongodb.Options{})
			payments := raw(b, server.URL("admin", "bench")).Collection("payments")
			measure(b, server, shape.writers, shape.size, func(_ int, _ int64, ps []store.Payment) error {
				return rawInsert(b.Context(), payments, ps)
			})
		})
	}
}

func rawInsert(ctx context.Context, payments *mongo.Collection, ps []store.Payment) error {
	session, err := payments.Database().Client().StartSession()
	if err != nil {
		return err
	}
	defer session.EndSession(ctx)
	ids, documents := make([]string, len(ps)), make([]any, len(ps))
	for i := range ps {
		ids[i], documents[i] = ps[i].TransactionID, mongodb.RowOf(&ps[i])
	}
	_, err = session.WithTransaction(ctx, func(ctx context.Context) (any, error) {
		cursor, err := payments.Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}})
		if err != nil {
			return nil, err
		}
		var found []bson.Raw
		if err := cursor.All(ctx, &found); err != nil {
			return nil, err
		}
		return payments.InsertMany(ctx, documents)
	})
	return err
}

// BenchmarkDuplicates offers what stands already.
func BenchmarkDuplicates(b *testing.B) {
	server := testserver.NewSecantusDB(b)
	s := migrated(b, server.URL("admin", "bench"), mongodb.Options{})
	ps := new(benchBatches).batch(1000)
	for b.Loop() {
		if err := s.Update(b.Context(), recording(ps...)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*len(ps))/b.Elapsed().Seconds(), "rows/s")
}
