package transfer

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/galley-db/galley/internal/batchfile"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/spool"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// region is a row of the tests.
type region struct {
	Session string  `db:"session,batch"`
	Name    string  `db:"name"`
	Volume  float64 `db:"volume"`
	Voxels  *int32  `db:"voxels"`
}

func regionRows(n int) []region {
	all := make([]region, n)
	for i := range all {
		v := int32(i)
		all[i] = region{Name: fmt.Sprint("region ", i), Volume: float64(i) / 4, Voxels: &v}
		if i%5 == 0 {
			all[i].Voxels = nil
		}
	}
	return all
}

// mounts are the folders under which the hosts of a test see the folder of its
// spools, none for a local disk. scripts/nfs.sh sets the variable.
func mounts() []string { return filepath.SplitList(os.Getenv("GALLEY_TEST_SHARED")) }

func newSpool(t testing.TB) *spool.Spool {
	t.Helper()
	dir := ""
	if all := mounts(); len(all) == 0 {
		dir = t.TempDir()
	} else {
		var err error
		if dir, err = os.MkdirTemp(all[0], "test"); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := os.RemoveAll(dir); err != nil {
				t.Error(err)
			}
		})
	}
	s, err := spool.Open(t.Context(), filepath.Join(dir, "study.spool"), spool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// seenBy is the path of a spool on a host, counted from 0.
func seenBy(s *spool.Spool, host int) string {
	all := mounts()
	if len(all) == 0 {
		return s.Path()
	}
	return all[host%len(all)] + strings.TrimPrefix(s.Path(), all[0])
}

// moveClock sets the clock of a machine of the test's own an hour forward or back,
// so that processes disagree about the time.
func moveClock(t testing.TB, hours int) {
	t.Helper()
	if os.Getenv("GALLEY_TEST_CLOCK") == "" {
		return
	}
	out, err := exec.Command("date", "--set", fmt.Sprintf("%+d hours", hours)).CombinedOutput()
	if err != nil {
		t.Fatalf("date: %v: %s", err, out)
	}
}

func newDatabase(t testing.TB) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "study.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func openTable(t testing.TB, b store.Backend) *table.Table[region] {
	t.Helper()
	tab, err := table.Open[region](t.Context(), b, table.Options[region]{})
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

// fill stores batches of rows rows under the keys.
func fill(t testing.TB, b store.Backend, rows int, keys ...string) {
	t.Helper()
	tab := openTable(t, b)
	for _, key := range keys {
		if applied, err := tab.AppendOnce(t.Context(), key, regionRows(rows)); err != nil || !applied {
			t.Fatalf("append %s: %v, %v", key, applied, err)
		}
	}
}

func keyNames(n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("sub-%03d", i)
	}
	return keys
}

func collect(t testing.TB, dst store.Backend, s *spool.Spool, opts CollectOptions) *CollectReport {
	t.Helper()
	report, err := Collect(t.Context(), dst, []string{s.Path()}, opts)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// counts are the numbers of a report, in the order of their fields, and of the
// files set aside and refused.
func counts(r *CollectReport) string {
	return fmt.Sprintf("batches %d rows %d present %d duplicates %d aside %d refused %d",
		r.Batches, r.Rows, r.Present, r.Duplicates, len(r.Aside), len(r.Refused))
}

// batchPath is where the file of a key is, or would be.
func batchPath(s *spool.Spool, table, key string) string {
	name := batchfile.Name(table, key)
	return filepath.Join(s.Path(), "tables", table, batchfile.Shard(name), name)
}

// waiting are the batch files of a spool.
func waiting(t testing.TB, s *spool.Spool) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(s.Path(), "tables", "*", "??", "*"+batchfile.Suffix))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// stored checks that the table holds the batches of the keys, each once and
// whole.
func stored(t testing.TB, b store.Backend, rows int, keys ...string) {
	t.Helper()
	got := map[string]int{}
	for r, err := range openTable(t, b).All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got[r.Session]++
	}
	for _, key := range keys {
		if got[key] != rows {
			t.Errorf("key %s: %d rows, want %d", key, got[key], rows)
		}
		delete(got, key)
	}
	if len(got) > 0 {
		t.Errorf("rows of other keys: %v", got)
	}
	if ok := value(t, b, "SELECT integrity_check AS v FROM pragma_integrity_check"); ok != "ok" {
		t.Errorf("integrity_check: %s", ok)
	}
}

// value is the first value of a query.
func value(t testing.TB, b store.Backend, sql string) string {
	t.Helper()
	s, err := schema.New("v", []schema.Column{{Name: "v", Type: schema.Text, Nullable: true}})
	if err != nil {
		t.Fatal(err)
	}
	out := ""
	err = b.Query(t.Context(), store.Select{Schema: s, SQL: sql}, func(r schema.Reader) (bool, error) {
		out = strings.Clone(r.Text(0))
		return false, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func writeFile(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
