package live

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// BenchmarkWriterBesideAPage stores batches of 450 rows, alone and while a page is
// open that is refreshed each second. The page is served by the same process, so its
// whole work is taken from the writer.
func BenchmarkWriterBesideAPage(b *testing.B) {
	for _, beside := range []bool{false, true} {
		b.Run(fmt.Sprintf("page=%t", beside), func(b *testing.B) {
			db, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "bench.db"), sqlite.Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			tab, err := table.Open(b.Context(), db, table.Options[scan]{})
			if err != nil {
				b.Fatal(err)
			}
			if beside {
				defer openPage(b, db)()
			}
			rows := make([]scan, 450)
			next := int64(0)
			for b.Loop() {
				for i := range rows {
					next++
					rows[i] = scan{ID: next, Site: "Oslo", Volume: float64(i), Age: float64(-i)}
				}
				if _, err := tab.AppendOnce(b.Context(), fmt.Sprint("session-", next), rows); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(next)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// openPage serves the page of a file and reads its events, as a browser does, until
// the returned function is called.
func openPage(b *testing.B, db *sqlite.DB) (end func()) {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	url, ended := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(ended)
		_ = Serve(ctx, l, File(db), Options{Every: time.Second}, func(u string) { url <- u })
	}()
	res, err := http.Get(<-url + "events")
	if err != nil {
		b.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, res.Body) }()
	return func() {
		stop()
		<-ended
		_ = res.Body.Close()
		http.DefaultClient.CloseIdleConnections()
	}
}
