package corpus

import (
	"context"
	"encoding/json"
	"fmt"
	floats "math"
	"math/big"
	"net/netip"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	sqlite3 "github.com/ncruces/go-sqlite3"
	"pgregory.net/rapid"

	tables "github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
)

// generated is a binder as galley gen makes it.
type generated[T any] interface {
	tables.Binder[T]
	Fields() []string
}

// sparse is set for structs of which it may be that not one of the rows drawn
// can be stored.
var sparse bool

// exact compares rows by what is in them: NaN is itself, and a number of
// package big is what it says.
var exact = cmp.Options{
	cmp.Exporter(func(reflect.Type) bool { return true }),
	cmpopts.EquateNaNs(),
	cmp.Comparer(func(a, b big.Int) bool { return a.Cmp(&b) == 0 }),
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b time.Time) bool { return a == b }),
	cmp.Comparer(func(a, b Stamp) bool { return a == b }),
	cmp.Comparer(func(a, b Ratio) bool { return a == b || a != a && b != b }),
	cmp.Comparer(func(a, b Weight) bool { return a == b || a != a && b != b }),
}

func run[T any](t *testing.T, b generated[T]) {
	t.Helper()
	t.Run(fmt.Sprintf("%T", *new(T)), func(t *testing.T) {
		s, err := tables.Of[T]()
		if err != nil {
			t.Fatal(err)
		}
		reflective, err := tables.Reflect[T](s)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(reflective.Fingerprint(), b.Fingerprint()); diff != "" {
			t.Errorf("fingerprint (-want +got):\n%s", diff)
		}
		var fields []string
		for _, c := range s.Columns() {
			fields = append(fields, c.Source())
		}
		if diff := cmp.Diff(fields, b.Fields()); diff != "" {
			t.Errorf("fields (-want +got):\n%s", diff)
		}
		t.Run("nil", func(t *testing.T) { sameNil(t, reflective, b) })
		t.Run("bind", rapid.MakeCheck(func(t *rapid.T) { sameBind(t, reflective, b) }))
		t.Run("scan", rapid.MakeCheck(func(t *rapid.T) { sameScan(t, s, reflective, b) }))
		t.Run("lean", func(t *testing.T) { lean(t, s, b) })
		t.Run("store", func(t *testing.T) { sameStore(t, s, reflective, b) })
	})
}

func sameNil[T any](t *testing.T, want, got tables.Binder[T]) {
	for _, pair := range [][2]error{
		{want.Bind(&calls{}, nil), got.Bind(&calls{}, nil)},
		{want.Scan(&answers{}, nil), got.Scan(&answers{}, nil)},
	} {
		if diff := cmp.Diff(said(pair[0]), said(pair[1])); diff != "" || pair[0] == nil {
			t.Errorf("error of a nil row (-want +got):\n%s", diff)
		}
	}
}

// sameBind holds the calls to a Writer against each other, and the errors.
func sameBind[T any](t *rapid.T, want, got tables.Binder[T]) {
	var row T
	fill(t, reflect.ValueOf(&row).Elem(), "row", 0)
	var wantCalls, gotCalls calls
	wantErr, gotErr := want.Bind(&wantCalls, &row), got.Bind(&gotCalls, &row)
	if diff := cmp.Diff(said(wantErr), said(gotErr)); diff != "" {
		t.Fatalf("error of Bind (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(wantCalls.list, gotCalls.list); diff != "" {
		t.Fatalf("calls of Bind (-want +got):\n%s", diff)
	}
}

// sameScan reads the same values, fitting or not, into rows that hold others.
func sameScan[T any](t *rapid.T, s *tables.Schema, want, got tables.Binder[T]) {
	r := drawAnswers(t, s)
	var wantRow, gotRow T
	fill(t, reflect.ValueOf(&wantRow).Elem(), "before", 0)
	gotRow = wantRow
	wantErr, gotErr := want.Scan(r, &wantRow), got.Scan(r, &gotRow)
	if diff := cmp.Diff(said(wantErr), said(gotErr)); diff != "" {
		t.Fatalf("error of Scan (-want +got):\n%s", diff)
	}
	if wantErr != nil {
		return // the content of the row is then unspecified
	}
	if diff := cmp.Diff(wantRow, gotRow, exact); diff != "" {
		t.Fatalf("row differs (-want +got):\n%s", diff)
	}
}

// said is the text of an error, and what is behind it.
func said(err error) string {
	if err == nil {
		return ""
	}
	bad, ok := err.(*tables.ValueError) //nolint:errorlint // a binder returns it as it is
	return fmt.Sprintf("%t %v %T", ok, err, bad)
}

// rowsOf are rows as a store takes them.
type rowsOf[T any] struct {
	binder tables.Binder[T]
	rows   []T
}

func (r rowsOf[T]) Len() int                          { return len(r.rows) }
func (r rowsOf[T]) Bind(i int, w tables.Writer) error { return r.binder.Bind(w, &r.rows[i]) }

// sameStore writes rows to two files, compares their dumps, and reads them
// back with the other binder. Rows go one by one, as some cannot be stored.
func sameStore[T any](t *testing.T, s *tables.Schema, want, got tables.Binder[T]) {
	ctx := context.Background()
	n := 0
	rows := rapid.Custom(func(t *rapid.T) (row T) {
		fill(t, reflect.ValueOf(&row).Elem(), "row", n)
		n++
		return row
	})
	list := make([]T, 30)
	for i := range list {
		list[i] = rows.Example(i)
	}
	var dumps, errs [2]string
	var read [2][]T
	for i, b := range []tables.Binder[T]{want, got} {
		path := filepath.Join(t.TempDir(), "rows.db")
		db, err := sqlite.Open(ctx, path, sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Ensure(ctx, s, store.Strict); err != nil {
			t.Fatal(err)
		}
		stored := 0
		for k := range list {
			if _, err := store.Insert(ctx, db, &store.Batch{Schema: s, Key: fmt.Sprint(k), Rows: rowsOf[T]{b, list[k : k+1]}}); err != nil {
				errs[i] += fmt.Sprintln(k, err)
				continue
			}
			stored++
		}
		if stored == 0 && !sparse {
			t.Errorf("not one row could be stored:\n%s", errs[i])
		}
		other := []tables.Binder[T]{got, want}[i]
		err = db.Query(ctx, store.Select{Schema: s}, func(r tables.Reader) (bool, error) {
			var row T
			err := other.Scan(r, &row)
			read[i] = append(read[i], row)
			return true, err
		})
		if err != nil || len(read[i]) != stored {
			t.Errorf("%d rows read, want %d, error %v", len(read[i]), stored, err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		dumps[i] = dump(t, path, s)
	}
	if diff := cmp.Diff(errs[0], errs[1]); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(dumps[0], dumps[1]); diff != "" {
		t.Errorf("databases differ (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(read[0], read[1], exact); diff != "" {
		t.Errorf("rows read differ (-want +got):\n%s", diff)
	}
}

// dump is all that a database has of a table: its SQL, and each value with
// its storage class.
func dump(t *testing.T, path string, s *tables.Schema) string {
	db, err := sqlite3.OpenFlags("file:"+path, sqlite3.OPEN_READONLY|sqlite3.OPEN_URI)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var values string
	q := tables.SQLite().Quote
	for _, c := range s.Columns() {
		values += " || ', ' || typeof(" + q(c.Name) + ") || ' ' || quote(" + q(c.Name) + ")"
	}
	text := ""
	for _, query := range []string{
		"SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name",
		"SELECT ''" + values + " FROM " + q(s.Name()),
		`SELECT "table" || name || spec FROM galley_columns ORDER BY 1`,
	} {
		st, _, err := db.Prepare(query)
		if err != nil {
			t.Fatal(err)
		}
		for st.Step() {
			text += st.ColumnText(0) + "\n"
		}
		if err := st.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return text
}

// fill draws a value. n differs for each row, for keys and unique columns.
func fill(t *rapid.T, v reflect.Value, label string, n int) {
	switch p := v.Addr().Interface().(type) {
	case *time.Time:
		*p = time.Unix(rapid.Int64Range(-1e10, 1e10).Draw(t, label), rapid.Int64Range(0, 999_999_999).Draw(t, label)).UTC()
		return
	case *Stamp:
		*p = Stamp(time.Unix(rapid.Int64Range(-1e9, 1e9).Draw(t, label), 0).UTC())
		return
	case *netip.Addr:
		*p = netip.AddrFrom4([4]byte{1, 2, 3, rapid.Byte().Draw(t, label)})
		return
	case *big.Int:
		*p = *big.NewInt(rapid.Int64().Draw(t, label))
		return
	case *json.RawMessage:
		*p = rapid.SampledFrom([]json.RawMessage{nil, json.RawMessage("{}"), json.RawMessage(`[1, "ä"]`), json.RawMessage("{")}).Draw(t, label)
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, label))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		bits := uint(v.Type().Bits() - 1)
		v.SetInt(rapid.Int64Range(-1<<bits, 1<<bits-1).Draw(t, label))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		v.SetUint(rapid.Uint64Range(0, floats.MaxUint64>>(64-v.Type().Bits())).Draw(t, label))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(rapid.OneOf(rapid.Float64Range(-1e30, 1e30), rapid.SampledFrom([]float64{0, floats.Inf(1), floats.Inf(-1), floats.NaN()})).Draw(t, label))
	case reflect.String:
		v.SetString(fmt.Sprint(rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "ä", "\xff", "a\x00b"})).Draw(t, label), n))
	case reflect.Slice:
		length := rapid.IntRange(-1, 4).Draw(t, label)
		v.SetZero()
		if length >= 0 {
			v.Set(reflect.MakeSlice(v.Type(), length, length))
		}
		for i := range max(length, 0) {
			fill(t, v.Index(i), label, n)
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(t, v.Index(i), label, n)
		}
	case reflect.Map:
		v.SetZero()
		if m := reflect.ValueOf(map[string]int{"a": rapid.Int().Draw(t, label)}); m.Type().AssignableTo(v.Type()) && rapid.Bool().Draw(t, label) {
			v.Set(m)
		}
	case reflect.Interface:
		v.SetZero()
		// An interface with methods, as error, stays nil.
		if v.NumMethod() == 0 && rapid.Bool().Draw(t, label) {
			v.Set(reflect.ValueOf(rapid.SampledFrom([]any{"text", 1.5, true}).Draw(t, label)))
		}
	case reflect.Pointer:
		v.SetZero()
		if rapid.Bool().Draw(t, label) {
			v.Set(reflect.New(v.Type().Elem()))
			fill(t, v.Elem(), label, n)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Field(i)
			if !f.CanSet() { // embedded and not exported
				f = reflect.NewAt(f.Type(), f.Addr().UnsafePointer()).Elem()
			}
			fill(t, f, label, n)
		}
	}
}
