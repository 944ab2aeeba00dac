package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/backoff"
	"github.com/galley-db/galley/internal/pgcluster"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/postgres"
	"github.com/galley-db/galley/table"
)

// openNew opens a namespace of its own, and returns its name.
func openNew(t testing.TB, opts postgres.Options) (db *postgres.DB, url, name string) {
	t.Helper()
	url = pgcluster.URL(t)
	name = namespace(t, url)
	opts.Schema = name
	return open(t, url, opts), url, name
}

// TestRowsLost finds rows that a trigger drops: the batch is refused, whole.
func TestRowsLost(t *testing.T) {
	type keyed struct {
		N    int64 `db:",key"`
		Size int64
	}
	for _, atomic := range []postgres.CopyMode{postgres.Always, postgres.Never} {
		db, url, name := openNew(t, postgres.Options{Copy: atomic})
		tab, err := table.Open(t.Context(), db, table.Options[keyed]{Name: "part"})
		if err != nil {
			t.Fatal(err)
		}
		sql(t, url, "CREATE FUNCTION "+name+".drop_some() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.n % 5 = 3 THEN RETURN NULL; END IF; RETURN NEW; END'",
			"CREATE TRIGGER dropping BEFORE INSERT ON "+name+".part FOR EACH ROW EXECUTE FUNCTION "+name+".drop_some()")
		rows := make([]keyed, 10)
		for i := range rows {
			rows[i].N = int64(i)
		}
		for how, write := range map[string]func() error{
			"Append":     func() error { return tab.Append(t.Context(), rows) },
			"AppendOnce": func() error { _, err := tab.AppendOnce(t.Context(), "k", rows); return err },
			"Upsert":     func() error { _, err := tab.Upsert(t.Context(), rows); return err },
		} {
			if err := write(); !errors.Is(err, store.ErrRowsLost) {
				t.Errorf("%s: error is %v, want store.ErrRowsLost", how, err)
			}
			if n, err := tab.Count(t.Context()); n != 0 || err != nil {
				t.Errorf("%s: %d rows, %v, want none", how, n, err)
			}
		}
		if done, err := tab.Done(t.Context(), "k"); done || err != nil {
			t.Errorf("the key is done: %v, %v", done, err)
		}
	}
}

// TestHandMadeConstraints breaks rules that another program added: each names
// the row, also where the server finds it at the end of the statement or at
// COMMIT.
func TestHandMadeConstraints(t *testing.T) {
	db, url, name := openNew(t, postgres.Options{})
	tab := openParts(t, db)
	sql(t, url, "CREATE TABLE "+name+".names (name text PRIMARY KEY)",
		"INSERT INTO "+name+".names SELECT 'part ' || i FROM generate_series(0, 149) AS i",
		"CREATE FUNCTION "+name+".no_ninety() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.n = 90 THEN RAISE EXCEPTION ''no ninety''; END IF; RETURN NEW; END'")
	for how, c := range map[string]struct {
		add, drop string
		row       int
		column    string
	}{
		"foreign key": {"ADD CONSTRAINT fk FOREIGN KEY (name) REFERENCES " + name + ".names", "DROP CONSTRAINT fk", 150, "name"},
		"deferred":    {"ADD CONSTRAINT fk FOREIGN KEY (name) REFERENCES " + name + ".names DEFERRABLE INITIALLY DEFERRED", "DROP CONSTRAINT fk", 150, "name"},
		"unique":      {"ADD CONSTRAINT u UNIQUE (batch)", "DROP CONSTRAINT u", 1, "batch"},
		"check":       {"ADD CONSTRAINT e CHECK (n <> 17)", "DROP CONSTRAINT e", 17, "n"},
	} {
		sql(t, url, "ALTER TABLE "+name+".part "+c.add)
		err := tab.Append(t.Context(), parts(0, 200))
		sql(t, url, "ALTER TABLE "+name+".part "+c.drop)
		var row *store.RowError
		if !errors.As(err, &row) || !errors.Is(err, store.ErrConstraint) {
			t.Errorf("%s: error is %v, want a *store.RowError of store.ErrConstraint", how, err)
			continue
		}
		if row.Row != c.row || row.Column != c.column {
			t.Errorf("%s: the error names row %d, column %q, want %d and %q", how, row.Row, row.Column, c.row, c.column)
		}
		if n, err := tab.Count(t.Context()); n != 0 || err != nil {
			t.Errorf("%s: %d rows, %v, want none", how, n, err)
		}
	}
	sql(t, url, "CREATE TRIGGER ninety BEFORE INSERT ON "+name+".part FOR EACH ROW EXECUTE FUNCTION "+name+".no_ninety()")
	var row *store.RowError
	if err := tab.Append(t.Context(), parts(0, 200)); !errors.As(err, &row) || row.Row != 90 || !errors.Is(err, store.ErrConstraint) {
		t.Errorf("trigger: error is %v, want a *store.RowError of row 90 with store.ErrConstraint", err)
	}
}

// TestLockTimeout waits for a lock that another holds: the attempt is over
// after the server's lock_timeout and can be tried again.
func TestLockTimeout(t *testing.T) {
	url := pgcluster.URL(t)
	name := namespace(t, url)
	db := open(t, with(url, "lock_timeout", "20"), postgres.Options{Schema: name})
	openParts(t, db)
	tab, err := table.Open(t.Context(), db, table.Options[part]{Retrier: backoff.None()})
	if err != nil {
		t.Fatal(err)
	}
	release := hold(t, url, "LOCK TABLE "+name+".part IN EXCLUSIVE MODE")
	err = tab.Append(t.Context(), parts(0, 1))
	if err == nil || !db.Retryable(err) {
		t.Errorf("error is %v, want one that is retryable", err)
	}
	patient := openParts(t, db)
	done := make(chan error)
	go func() { done <- patient.Append(t.Context(), parts(0, 1)) }()
	release()
	if err := <-done; err != nil {
		t.Errorf("after the lock was free: %v", err)
	}
}

// TestOpposedUpsertsDoNotFail upserts the same rows from several hosts, in opposite orders
// and under the strictest isolation: no caller sees a deadlock or a lost race.
func TestOpposedUpsertsDoNotFail(t *testing.T) {
	testtime.Seconds(t)
	url := pgcluster.URL(t)
	name := namespace(t, url)
	strict := with(url, "default_transaction_isolation", "serializable")
	type keyed struct {
		N    int64 `db:",key"`
		Size int64
	}
	const hosts, rounds = 6, 10
	errs := make(chan error, hosts)
	for h := range hosts {
		db := open(t, strict, postgres.Options{Schema: name})
		tab, err := table.Open(t.Context(), db, table.Options[keyed]{})
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for r := range rounds {
				rows := make([]keyed, 20)
				for i := range rows {
					n := i
					if h%2 == 1 { // in opposite order: deadlocks
						n = len(rows) - i
					}
					rows[i] = keyed{int64(n), int64(100*h + r)}
				}
				if _, err := tab.Upsert(context.Background(), rows); err != nil {
					errs <- fmt.Errorf("host %d: %w", h, err)
					return
				}
				if _, err := tab.AppendOnce(context.Background(), fmt.Sprint("round ", r), nil); err != nil {
					errs <- fmt.Errorf("host %d: %w", h, err)
					return
				}
			}
			errs <- nil
		}()
	}
	for range hosts {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if n := ask[int](t, url, "SELECT count(*) FROM "+name+".keyed"); n != 21 {
		t.Errorf("%d rows, want 21", n)
	}
	if n := ask[int](t, url, "SELECT count(*) FROM "+name+".galley_batches"); n != rounds {
		t.Errorf("%d keys, want %d", n, rounds)
	}
}

// TestQuarantineKeepsRejectedRows looks at what is in quarantine.
func TestQuarantineKeepsRejectedRows(t *testing.T) {
	type checked struct {
		N    int64
		Size float64 `db:",check=size >= 0"`
		Raw  []byte
		Text string
	}
	db, url, name := openNew(t, postgres.Options{})
	tab, err := table.Open(t.Context(), db, table.Options[checked]{Name: "checked", Quarantine: true})
	if err != nil {
		t.Fatal(err)
	}
	rows := []checked{{1, 1, nil, "good"}, {2, -2.5, []byte{1, 0xff}, "bad"}, {3, 3, nil, "nul \x00"}}
	if _, err := tab.AppendOnce(t.Context(), "a key", rows); err != nil {
		t.Fatal(err)
	}
	type rejected struct {
		Key   string
		Row   string
		Error string
	}
	var got []string
	for r, err := range store.Query[rejected](t.Context(), db, `SELECT key, "row"::text AS row, error FROM checked_rejected ORDER BY "row"->>'n'`) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, r.Key+" "+r.Row)
		if !strings.Contains(r.Error, "check") && !strings.Contains(r.Error, "NUL") {
			t.Errorf("error is %q, want it to say why", r.Error)
		}
	}
	want := []string{
		`a key {"n": 2, "raw": "Af8=", "size": -2.5, "text": "bad"}`,
		`a key {"n": 3, "raw": "", "size": 3, "text": {"base64": "bnVsIAA="}}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rejected rows (-want +got):\n%s", diff)
	}
	if n := ask[int](t, url, "SELECT count(*) FROM "+name+".checked_rejected WHERE at > now() - interval '1 hour' AND at <= now()"); n != 2 {
		t.Errorf("%d rows have the time, want 2", n)
	}
}

// TestJSONRefused are JSONs that a jsonb does not hold.
func TestJSONRefused(t *testing.T) {
	db, _, _ := openNew(t, postgres.Options{})
	s, err := schema.New("j", []schema.Column{{Name: "n", Type: schema.Int64}, {Name: "j", Type: schema.JSON}})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Ensure(t.Context(), s, store.Strict); err != nil {
		t.Fatal(err)
	}
	for text, good := range map[string]bool{
		`{}`: true, `"\\u0000"`: true, `"\ud83d\ude00"`: true, `"\u00e9\n\""`: true, `1e400`: true,
		``: false, `{`: false, `"\u0000"`: false, `"a\\\u0000"`: false, `"\ud83d"`: false, `"\ude00"`: false,
		`"\ud83d\u0041"`: false, `"\ud83dx"`: false,
		// The server decides: this one has more digits than a numeric has.
		`1e200000`: false,
	} {
		_, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: jsonRows{`1`, text}})
		var row *store.RowError
		switch {
		case good && err != nil:
			t.Errorf("%s: %v", text, err)
		case !good && (!errors.As(err, &row) || !errors.Is(err, schema.ErrJSON) || row.Row != 1):
			t.Errorf("%s: error is %v, want a *store.RowError of row 1 with schema.ErrJSON", text, err)
		}
		if good || strings.HasPrefix(text, "1e") {
			continue
		}
		res, err := store.Insert(t.Context(), db, &store.Batch{Schema: s, Rows: jsonRows{`1`, text}, Quarantine: true})
		if want := (store.Result{Applied: true, Inserted: 1, Rejected: 1}); err != nil || res != want {
			t.Errorf("%s in quarantine: result is %+v, %v, want %+v", text, res, err, want)
		}
	}
}

type jsonRows []string

func (r jsonRows) Len() int { return len(r) }
func (r jsonRows) Bind(i int, w schema.Writer) error {
	w.Int64(0, int64(i))
	w.Text(1, r[i])
	return nil
}
