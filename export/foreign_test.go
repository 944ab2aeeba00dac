package export

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/store/sqlite"
)

// A database with a table that galley did not create is not cleared: no file has its
// rows.
func TestClearKeepsForeignTables(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.db")
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	fixture.NewTable(t, db, "m", fixture.Samples(3))
	opts := Options{Dir: t.TempDir(), Clear: true}
	for _, name := range []string{"notes", "galley_notes"} {
		foreign(t, path, "CREATE TABLE "+name+" (text); INSERT INTO "+name+" VALUES ('by hand')")
		if _, err := Write(t.Context(), db, opts); !errors.Is(err, ErrPartial) || !strings.Contains(err.Error(), `"`+name+`"`) {
			t.Errorf("error is %v, want ErrPartial that names the table", err)
		}
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
		foreign(t, path, "DROP TABLE "+name)
	}
	if _, err := Write(t.Context(), db, opts); err != nil {
		t.Error(err)
	}
}
