package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// inSeconds and the others are tables whose times are all in one unit.
type inSeconds struct {
	N    int64
	Seen time.Time `db:",time=s"`
}

type inMillis struct {
	N    int64
	Seen time.Time `db:",time=ms"`
}

type inMicros struct {
	N    int64
	Seen time.Time
}

type inNanos struct {
	N    int64
	Seen time.Time `db:",time=ns"`
}

type inText struct {
	N    int64
	Seen time.Time `db:",time=rfc3339"`
}

// inTwo has times of two units.
type inTwo struct {
	N    int64
	Seen time.Time `db:",time=s"`
	Left time.Time
}

var noon = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

// timeUnits compares times in conditions and reads them in plain SQL, in the
// unit of their column.
func (s Suite) timeUnits(t *testing.T) {
	b := s.Open(t)
	timesIn(t, b, schema.Seconds, func(n int64, at time.Time) inSeconds { return inSeconds{n, at} })
	timesIn(t, b, schema.Millis, func(n int64, at time.Time) inMillis { return inMillis{n, at} })
	timesIn(t, b, schema.Micros, func(n int64, at time.Time) inMicros { return inMicros{n, at} })
	timesIn(t, b, schema.Nanos, func(n int64, at time.Time) inNanos { return inNanos{n, at} })
	timesIn(t, b, schema.RFC3339, func(n int64, at time.Time) inText { return inText{n, at} })

	tab := openTable(t, b, table.Options[inTwo]{})
	if err := tab.Append(t.Context(), []inTwo{{1, noon, noon}, {2, noon.Add(time.Hour), noon}}); err != nil {
		t.Fatal(err)
	}
	p := b.Dialect().Placeholder
	for _, err := range tab.Where(t.Context(), "seen > "+p(1), noon) {
		if !errors.Is(err, store.ErrTimeUnit) {
			t.Errorf("a time beside columns of two units: error %v, want store.ErrTimeUnit", err)
		}
	}
	got := collect(t, tab.Where(t.Context(), "seen > "+p(1)+" AND n < "+p(2), store.At(noon, schema.Seconds), 9))
	if diff := cmp.Diff([]inTwo{{2, noon.Add(time.Hour), noon}}, got); diff != "" {
		t.Errorf("rows after noon (-want +got):\n%s", diff)
	}
}

// timesIn checks one unit.
func timesIn[T any](t *testing.T, b store.Backend, unit schema.TimeUnit, row func(n int64, at time.Time) T) {
	t.Helper()
	tab := openTable(t, b, table.Options[T]{})
	rows := []T{row(1, noon), row(2, noon.Add(time.Hour)), row(3, noon.Add(2*time.Hour))}
	if err := tab.Append(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	p := b.Dialect().Placeholder
	after := noon.Add(30 * time.Minute)
	for name, arg := range map[string]any{"a time": after, "a pointer": &after, "At": store.At(after, unit)} {
		got := collect(t, tab.Where(t.Context(), "seen > "+p(1), arg, table.OrderBy("n")))
		if diff := cmp.Diff(rows[1:], got); diff != "" {
			t.Errorf("unit %v, %s: rows (-want +got):\n%s", unit, name, diff)
		}
	}
	if n, err := tab.CountWhere(t.Context(), "seen = "+p(1), noon); n != 1 || err != nil {
		t.Errorf("unit %v: CountWhere is %d, %v, want 1", unit, n, err)
	}
	type seen struct {
		Seen time.Time
	}
	sql := "SELECT seen FROM " + store.TableSQL(b, tab.Name()) + " WHERE seen < " + p(1) + " ORDER BY n"
	query := func(sql string, args ...any) (times []seen, err error) {
		for v, err := range store.Query[seen](t.Context(), b, sql, args...) {
			if err != nil {
				return nil, err
			}
			times = append(times, v)
		}
		return times, nil
	}
	got, err := query(sql, store.At(noon.Add(90*time.Minute), unit))
	if err == nil {
		if diff := cmp.Diff([]seen{{noon}, {noon.Add(time.Hour)}}, got); diff != "" {
			t.Errorf("unit %v: times in plain SQL (-want +got):\n%s", unit, diff)
		}
	} else if !errors.Is(err, store.ErrTimeUnit) {
		t.Errorf("unit %v: times in plain SQL: error %v", unit, err)
	}
	// An expression has no unit that the engine could look up.
	for _, text := range []string{"max(seen)", "min(seen)", "coalesce(seen, NULL)"} {
		text = "SELECT " + text + " AS seen FROM " + store.TableSQL(b, tab.Name()) + " WHERE n = 2"
		got, err := query(text)
		integer := b.Dialect() == schema.SQLite() && unit != schema.RFC3339 || unit == schema.Nanos
		switch {
		case integer && !errors.Is(err, store.ErrTimeUnit):
			t.Errorf("unit %v: %s: %v, error %v, want store.ErrTimeUnit", unit, text, got, err)
		case err == nil:
			if diff := cmp.Diff([]seen{{noon.Add(time.Hour)}}, got); diff != "" {
				t.Errorf("unit %v: %s (-want +got):\n%s", unit, text, diff)
			}
		}
		single := "SELECT max(seen) FROM " + store.TableSQL(b, tab.Name())
		if at, err := store.Value[*time.Time](t.Context(), b, single+" WHERE n = 99"); at != nil || err != nil {
			t.Errorf("unit %v: the greatest time of no rows: %v, %v, want nil", unit, at, err)
		}
		if at, err := store.Value[time.Time](t.Context(), b, single); integer && !errors.Is(err, store.ErrTimeUnit) || err == nil && !at.Equal(noon.Add(2*time.Hour)) {
			t.Errorf("unit %v: the greatest time: %v, %v", unit, at, err)
		}
	}
	if b.Dialect() == schema.SQLite() {
		if err != nil {
			t.Errorf("unit %v: times in plain SQL: %v", unit, err)
		}
		if _, err := query(sql, noon); !errors.Is(err, store.ErrTimeUnit) {
			t.Errorf("unit %v: a time.Time in plain SQL: error %v, want store.ErrTimeUnit", unit, err)
		}
	}
}

// values reads single values.
func (s Suite) values(t *testing.T) {
	b := s.Open(t)
	tab := openTable(t, b, table.Options[reading]{})
	rows := readings(0, 9)
	if err := tab.Append(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	p := b.Dialect().Placeholder(1)
	n, err := store.Value[int64](t.Context(), b, "SELECT count(*) FROM reading WHERE n < "+p, 4)
	if n != 4 || err != nil {
		t.Errorf("a count is %d, %v, want 4", n, err)
	}
	subject, err := store.Value[string](t.Context(), b, "SELECT subject FROM reading WHERE n = "+p, 4)
	if subject != rows[4].Subject || err != nil {
		t.Errorf("a text is %q, %v, want %q", subject, err, rows[4].Subject)
	}
	most, err := store.Value[*float64](t.Context(), b, "SELECT max(volume) FROM reading WHERE n = "+p, -4)
	if most != nil || err != nil {
		t.Errorf("NULL is %v, %v, want nil", most, err)
	}
	if _, err := store.Value[float64](t.Context(), b, "SELECT max(volume) FROM reading WHERE n = "+p, -4); !errors.Is(err, schema.ErrNull) {
		t.Errorf("NULL as a float64: error %v, want schema.ErrNull", err)
	}
	if _, err := store.Value[int64](t.Context(), b, "SELECT n FROM reading WHERE n = "+p, -4); !errors.Is(err, store.ErrNoRow) {
		t.Errorf("no row: error %v, want store.ErrNoRow", err)
	}
	if n, err := store.Value[int64](t.Context(), b, "SELECT n FROM reading WHERE n < "+p, 4); n != 0 || !errors.Is(err, store.ErrManyRows) {
		t.Errorf("4 rows: %d, error %v, want store.ErrManyRows", n, err)
	}
	if _, err := store.Value[int64](t.Context(), b, "SELECT n, subject FROM reading WHERE n = "+p, 4); !errors.Is(err, store.ErrQuery) {
		t.Errorf("2 columns: error %v, want store.ErrQuery", err)
	}
	if _, err := store.Value[reading](t.Context(), b, "SELECT n FROM reading"); !errors.Is(err, store.ErrQuery) {
		t.Errorf("a struct: error %v, want store.ErrQuery", err)
	}
	if n, err := tab.CountWhere(t.Context(), "n < "+p, 4); n != 4 || err != nil {
		t.Errorf("CountWhere is %d, %v, want 4", n, err)
	}
	if n, err := tab.CountWhere(t.Context(), ""); n != 9 || err != nil {
		t.Errorf("CountWhere of all is %d, %v, want 9", n, err)
	}
	if n, err := tab.CountWhere(t.Context(), "n < "+p+" GROUP BY n", 4); n != 0 || !errors.Is(err, store.ErrManyRows) {
		t.Errorf("a count of groups: %d, error %v, want store.ErrManyRows", n, err)
	}
	if _, err := tab.CountWhere(t.Context(), "n < "+p, 4, table.Limit(2)); !errors.Is(err, store.ErrQuery) {
		t.Errorf("a count with a limit: error %v, want store.ErrQuery", err)
	}
}
