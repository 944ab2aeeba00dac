package table_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// TestViewStrict: a field that is not a column, or not of its type, is refused
// by name; all of them at once.
func TestViewStrict(t *testing.T) {
	type stored struct {
		ID   int64
		Note *string
		At   time.Time `db:"at,time=s"`
		X    float64   `db:"x,nan=null"`
	}
	type wrong struct {
		ID   int32
		Note string
		At   time.Time `db:"at,time=ms"`
		X    float64
		Y    float64
		NOTE *string `db:"Note2"`
	}
	tab := openTable(t, openDB(t, tempPath(t)), table.Options[stored]{})
	_, err := table.ViewOf[wrong](tab)
	var mismatch *store.MismatchError
	if !errors.As(err, &mismatch) {
		t.Fatalf("error %v, want a *MismatchError", err)
	}
	got := map[string]schema.ChangeKind{}
	for _, c := range mismatch.Changes {
		got[c.Column] = c.Kind
	}
	want := map[string]schema.ChangeKind{"id": schema.Narrowed, "note": schema.NullChanged, "at": schema.Narrowed,
		"x": schema.NullChanged, "y": schema.Added, "Note2": schema.Added}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("misfits (-want +got):\n%s", diff)
	}
	if text := err.Error(); !strings.Contains(text, `"wrong"`) || strings.Contains(text, "in  ") {
		t.Errorf("message %v", err)
	}
	type cased struct {
		ID int64 `db:"ID"`
	}
	if _, err := table.ViewOf[cased](tab); !errors.As(err, &mismatch) {
		t.Errorf("another case: %v, want a *MismatchError", err)
	}
}

// TestOrderOfStorage: All gives the rows in the order in which they came, also
// where an index holds them in another.
func TestOrderOfStorage(t *testing.T) {
	type pair struct {
		A int64 `db:"a,key"`
		B int64 `db:"b,key"`
	}
	tab := openTable(t, openDB(t, tempPath(t)), table.Options[pair]{})
	want := []pair{{3, 1}, {1, 2}, {2, 0}, {1, 1}}
	if err := tab.Append(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, collect(t, tab.All(t.Context()))); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// TestQueryStrict: a statement's columns are the struct's, by name and type. No
// row with a value that could not be read gets out.
func TestQueryStrict(t *testing.T) {
	db := openDB(t, tempPath(t))
	tab := openTable(t, db, table.Options[scan]{})
	if err := tab.Append(t.Context(), makeScans(0, 3)); err != nil {
		t.Fatal(err)
	}
	type mean struct {
		Region string
		Volume float64
		N      int8
		Note   *string
	}
	cases := []struct {
		sql  string
		says string // "" for no error
	}{
		{"SELECT region, avg(volume) AS volume, count(*) AS n, NULL AS note FROM scan GROUP BY 1", ""},
		{"SELECT 1 AS n, 'x' AS note, 2 AS volume, '' AS region;  ", ""},
		{"SELECT region, avg(volume), count(*) AS n, NULL AS note FROM scan GROUP BY 1", "volume"},
		{"SELECT region, volume, 1 AS n, NULL AS note, voxels, good FROM scan", "good, voxels"},
		{"SELECT region, region, volume, 1 AS n, NULL AS note FROM scan", `two columns named "region"`},
		{"SELECT region, 'x' AS volume, 1 AS n, NULL AS note FROM scan", `"volume"`},
		{"SELECT region, volume, 1.5 AS n, NULL AS note FROM scan", `"n"`},
		{"SELECT region, volume, 300 AS n, NULL AS note FROM scan", `"n"`},
		{"SELECT NULL AS region, volume, 1 AS n, NULL AS note FROM scan", `"region"`},
		{"SELECT region, volume, 1 AS n, x'00' AS note FROM scan", `"note"`},
		{"DELETE FROM scan RETURNING region, volume, 1 AS n, NULL AS note", "readonly"},
		{"SELECT 1 AS n; DELETE FROM scan", "more than one statement"},
		{"SELECT region, volume, 1 AS n, NULL AS note FROM scan WHERE voxels = ?", "1 parameter ?"},
	}
	for _, c := range cases {
		rows := 0
		var last error
		for _, err := range store.Query[mean](t.Context(), db, c.sql) {
			if last = err; err == nil {
				rows++
			}
		}
		switch {
		case c.says == "" && (last != nil || rows == 0):
			t.Errorf("%s: %d rows, %v", c.sql, rows, last)
		case c.says != "" && (last == nil || rows != 0 || !strings.Contains(last.Error(), c.says)):
			t.Errorf("%s: %d rows, error %v, want one that says %s", c.sql, rows, last, c.says)
		}
	}
	if n, err := tab.Count(t.Context()); n != 3 || err != nil {
		t.Errorf("%d rows, %v: a query has written", n, err)
	}
}

// TestQueryEnds: a context that ends stops a query that gives no row for long,
// with its own error; leaving a loop early gives the connection back.
func TestQueryEnds(t *testing.T) {
	testtime.Seconds(t)
	type count struct{ N int64 }
	const numbers = "WITH RECURSIVE c(x) AS (VALUES(1) UNION ALL SELECT x+1 FROM c) "
	cause := errors.New("a cause")
	reading := make(chan struct{}, 1)
	db, err := sqlite.Open(t.Context(), tempPath(t), sqlite.Options{
		Readers: 1, LongRead: time.Nanosecond, OnLongRead: func(sqlite.LongRead) {
			select {
			case reading <- struct{}{}:
			default:
			}
		}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for _, endless := range []string{
		numbers + "SELECT count(*) AS n FROM c AS a, c AS b",
		numbers + "SELECT x AS n FROM c ORDER BY -x % 1000, x",
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		var ended time.Time
		go func() {
			<-reading
			ended = time.Now()
			cancel(cause)
		}()
		var got error
		for _, err := range store.Query[count](ctx, db, endless) {
			got = err
		}
		if !errors.Is(got, context.Canceled) {
			t.Errorf("error %v, want context.Canceled", got)
		}
		t.Logf("the engine stopped after %v", time.Since(ended))
	}

	tab := openTable(t, db, table.Options[scan]{})
	if err := tab.Append(t.Context(), makeScans(0, 100)); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		for range tab.All(t.Context()) {
			break
		}
	}
	// No snapshot is held: a checkpoint moves everything, and Clear succeeds.
	if res, err := db.Checkpoint(t.Context(), sqlite.Truncate); err != nil || !res.Complete {
		t.Errorf("Checkpoint %+v, %v", res, err)
	}
	if err := db.Clear(t.Context()); err != nil {
		t.Errorf("Clear: %v", err)
	}
}

// TestLongRead: a query that holds its snapshot for long is reported while it
// runs, once, and counted.
func TestLongRead(t *testing.T) {
	told, lines := make(chan sqlite.LongRead, 10), make(channel, 10)
	db, err := sqlite.Open(t.Context(), tempPath(t), sqlite.Options{
		Logger:   slog.New(slog.NewTextHandler(lines, &slog.HandlerOptions{Level: slog.LevelWarn})),
		LongRead: time.Microsecond, OnLongRead: func(l sqlite.LongRead) { told <- l }})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tab := openTable(t, db, table.Options[scan]{})
	if err := tab.Append(t.Context(), makeScans(0, 3)); err != nil {
		t.Fatal(err)
	}
	for len(told) > 0 { // of queries before
		<-told
		<-lines
	}
	for _, err := range tab.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if l := <-told; l.Table != "scan" || l.Held < time.Microsecond {
			t.Errorf("told %+v", l)
		}
		if line := <-lines; !strings.Contains(line, `level=WARN msg="galley: long read" table=`) {
			t.Errorf("the log has %q", line)
		}
		break
	}
	if s := db.Stats(); s.LongReads < 1 {
		t.Errorf("Stats counts %d long reads", s.LongReads)
	}
}

// channel passes each line of a log on.
type channel chan string

func (c channel) Write(line []byte) (int, error) {
	c <- string(line)
	return len(line), nil
}
