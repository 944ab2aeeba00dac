package live

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// Unsigned numbers are shown as they were given, however they are stored.
func TestUnsignedNumbersOfEachKind(t *testing.T) {
	type numbers struct {
		Text  uint64  `db:"text,uint=text"`
		Blob  uint64  `db:"blob,uint=blob"`
		Plain uint64  `db:"plain"`
		None  *uint64 `db:"none,uint=text"`
	}
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "u.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tab, err := table.Open(t.Context(), db, table.Options[numbers]{})
	if err != nil {
		t.Fatal(err)
	}
	if err := tab.Append(t.Context(), []numbers{{7, 7, 7, nil}, {math.MaxUint64, math.MaxUint64, math.MaxInt64, nil}}); err != nil {
		t.Fatal(err)
	}
	d, err := File(db).Table(t.Context(), "numbers")
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"18446744073709551615", "18446744073709551615", "9223372036854775807", "NULL"}, {"7", "7", "7", "NULL"}}
	if diff := cmp.Diff(want, d.Latest); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
