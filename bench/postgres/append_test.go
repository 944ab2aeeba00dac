package postgres_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	driver "gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/galley-db/galley/bench/row"
	"github.com/galley-db/galley/internal/pgcluster"
	"github.com/galley-db/galley/store/postgres"
	"github.com/galley-db/galley/table"
)

func TestMain(m *testing.M) { os.Exit(pgcluster.Tests{M: m}.Run()) }

// peer is a way to append rows. Its function appends a batch in one
// transaction, from any number of goroutines.
type peer struct {
	name string
	open func(b *testing.B, url, schema string) func(ctx context.Context, rows []row.Sample) error
}

var peers = []peer{
	{"galley", openGalley},
	{"galley-once", openGalleyOnce},
	{"pgx-copyfrom", openPgx},
	{"gorm", openGorm},
}

const most = 16 // connections, and writers

func galleyTable(b *testing.B, url, schema string) *table.Table[row.Sample] {
	db, err := postgres.Open(context.Background(), url, postgres.Options{Schema: schema, MaxConns: most})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	tab, err := table.Open(context.Background(), db, table.Options[row.Sample]{Name: row.Table})
	if err != nil {
		b.Fatal(err)
	}
	return tab
}

func openGalley(b *testing.B, url, schema string) func(context.Context, []row.Sample) error {
	return galleyTable(b, url, schema).Append
}

func openGalleyOnce(b *testing.B, url, schema string) func(context.Context, []row.Sample) error {
	tab := galleyTable(b, url, schema)
	var n atomic.Int64
	return func(ctx context.Context, rows []row.Sample) error {
		applied, err := tab.AppendOnce(ctx, fmt.Sprint("batch ", n.Add(1)), rows)
		if err == nil && !applied {
			err = fmt.Errorf("a new key is not applied")
		}
		return err
	}
}

// columnNames are those of a sample's table.
func columnNames() (names []string) {
	for _, c := range row.A.Columns() {
		names = append(names, c.Name)
	}
	return names
}

// createTable makes the same table as galley does.
func createTable(b *testing.B, url, schema string) {
	types := map[row.Type]string{row.Text: "text", row.Real: "double precision", row.Int: "bigint"}
	var columns []string
	for _, c := range row.A.Columns() {
		columns = append(columns, c.Name+" "+types[c.Type]+" NOT NULL")
	}
	exec(b, url, "CREATE SCHEMA "+schema, "CREATE TABLE "+schema+"."+row.Table+" ("+strings.Join(columns, ", ")+")")
}

// openPgx is what a careful user of pgx writes: a transaction, and the binary
// COPY that CopyFrom makes of a slice.
func openPgx(b *testing.B, url, schema string) func(context.Context, []row.Sample) error {
	createTable(b, url, schema)
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		b.Fatal(err)
	}
	config.MaxConns = most
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(pool.Close)
	names := columnNames()
	return func(ctx context.Context, rows []row.Sample) error {
		tx, err := pool.Begin(ctx)
		if err != nil {
			return err
		}
		defer tx.Rollback(context.WithoutCancel(ctx))
		_, err = tx.CopyFrom(ctx, pgx.Identifier{schema, row.Table}, names, pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
			return rows[i].Args(nil), nil
		}))
		if err != nil {
			return err
		}
		return tx.Commit(ctx)
	}
}

func openGorm(b *testing.B, url, schema string) func(context.Context, []row.Sample) error {
	createTable(b, url, schema)
	db, err := gorm.Open(driver.Open(url), &gorm.Config{Logger: logger.Default.LogMode(logger.Silent), PrepareStmt: true})
	if err != nil {
		b.Fatal(err)
	}
	base, err := db.DB()
	if err != nil {
		b.Fatal(err)
	}
	base.SetMaxOpenConns(most)
	base.SetMaxIdleConns(most)
	b.Cleanup(func() { base.Close() })
	return func(ctx context.Context, rows []row.Sample) error {
		return db.WithContext(ctx).Table(schema+"."+row.Table).CreateInBatches(rows, 100).Error
	}
}

func exec(tb testing.TB, url string, statements ...string) {
	tb.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		tb.Fatal(err)
	}
	defer c.Close(ctx)
	for _, sql := range statements {
		if _, err := c.Exec(ctx, sql); err != nil {
			tb.Fatalf("%s: %v", sql, err)
		}
	}
}

// BenchmarkAppend appends batches, and checks afterwards that all rows are
// there.
func BenchmarkAppend(b *testing.B) {
	server := pgcluster.URL(b)
	for _, way := range []struct{ name, url string }{{"local", server}, {"1ms", delayed(b, server)}} {
		for _, writers := range []int{1, most} {
			for _, rows := range []int{450, 10_000} {
				for _, p := range peers {
					b.Run(fmt.Sprintf("%s/writers=%d/rows=%d/%s", way.name, writers, rows, p.name), func(b *testing.B) {
						benchmarkAppend(b, p, server, way.url, writers, rows)
					})
				}
			}
		}
	}
}

func benchmarkAppend(b *testing.B, p peer, server, url string, writers, n int) {
	schema := fmt.Sprintf("bench_%d_%d", os.Getpid(), time.Now().UnixNano())
	b.Cleanup(func() { exec(b, server, "DROP SCHEMA "+schema+" CASCADE") })
	appendRows := p.open(b, url, schema)
	rows := row.NewBatch(row.A, n, 0).Slice().([]row.Sample)
	ctx := context.Background()
	if err := appendRows(ctx, rows[:1]); err != nil { // connections, descriptions
		b.Fatal(err)
	}
	var next atomic.Int64
	errs := make(chan error, writers)
	b.ResetTimer()
	for range writers {
		go func() {
			for next.Add(1) <= int64(b.N) {
				if err := appendRows(ctx, rows); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	for range writers {
		if err := <-errs; err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)*float64(n)/b.Elapsed().Seconds(), "rows/s")
	check(b, server, schema, int64(b.N)*int64(n)+1)
}

func check(b *testing.B, server, schema string, want int64) {
	ctx := context.Background()
	c, err := pgx.Connect(ctx, server)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close(ctx)
	var got int64
	if err := c.QueryRow(ctx, "SELECT count(*) FROM "+schema+"."+row.Table).Scan(&got); err != nil {
		b.Fatal(err)
	}
	if got != want {
		b.Fatalf("%d rows are there, want %d", got, want)
	}
}
