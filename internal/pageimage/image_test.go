package pageimage

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	command "os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	sqlite3 "github.com/ncruces/go-sqlite3"
	"pgregory.net/rapid"

	"github.com/galley-db/galley/internal/record"
	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
)

func openPair(t testing.TB) (*sqlite3.Conn, *Slot) {
	c := openFile(t, filepath.Join(t.TempDir(), "t.db"))
	return c, attach(t, c, "batch")
}

func TestImageLeavesWhatParametersLeave(t *testing.T) {
	c, slot := openPair(t)
	rapid.Check(t, func(t *rapid.T) {
		slot.fanout = rapid.IntRange(3, 5).Draw(t, "fanout")
		s := drawSample(t, 12, 30)
		part := rapid.IntRange(0, 10).Draw(t, "part")
		s.check(t, c, slot, part, part+3)
	})
}

func TestImageOfEveryRecordSize(t *testing.T) {
	testtime.Seconds(t)
	c, slot := openPair(t)
	// A record of one long text has a header of 4 or 5 bytes.
	var around []int
	for _, edge := range []int{0x80, 0x4000, 8192 - 35, maxLocal, minLocal + overflow, maxLocal + overflow, maxLocal + 3*overflow} {
		for n := edge - 8; n <= edge+8; n++ {
			around = append(around, n)
		}
	}
	s := sample{columns: []schema.Column{{Name: "v", Type: schema.Text}}}
	for _, n := range around {
		s.rows = append(s.rows, []any{strings.Repeat("x", n)}, []any{"short"})
	}
	s.check(t, c, slot, 40, 41)
}

func TestImageOfEveryColumnCount(t *testing.T) {
	c, slot := openPair(t)
	for _, n := range []int{1, 2, 125, 126, 127, 128, 999, 2000} {
		s := sample{}
		for i := range n {
			s.columns = append(s.columns, schema.Column{
				Name:     fmt.Sprintf("%s%d", strings.Repeat("a_rather_long_name_", i%3), i),
				Type:     []schema.Type{schema.Int64, schema.Float64, schema.Text, schema.Blob}[i%4],
				Nullable: true,
			})
		}
		for r := range 5 {
			row := make([]any, n)
			for i := range row {
				switch (i + r) % 5 * (i%4 + 1) {
				case 0:
				default:
					row[i] = []any{integers[(i+r)%len(integers)], reals[(i+r)%len(reals)], strings.Repeat("t", i%90), bytes.Repeat([]byte{byte(i)}, i%90)}[i%4]
				}
			}
			s.rows = append(s.rows, row)
		}
		s.check(t, c, slot)
	}
}

// TestCatalogOfEveryLength walks the length of the schema's row over the
// places where it no longer fits into page 1, and where its overflow ends.
func TestCatalogOfEveryLength(t *testing.T) {
	c, slot := openPair(t)
	prefix := `CREATE TABLE t(v TEXT NOT NULL) STRICT --`
	exec(t, c, `CREATE TABLE t(v TEXT NOT NULL) STRICT`)
	total := 0
	e := record.NewEncoder([]schema.Column{{Name: "v", Type: schema.Text}}, 0)
	for _, edge := range []int{maxLocal, minLocal + overflow, maxLocal + overflow} {
		for n := edge - 200; n < edge+60; n += 3 {
			b, err := NewBuilder("t", prefix+strings.Repeat("x", n-len(prefix)))
			if err != nil {
				t.Fatal(err)
			}
			e.Reset()
			e.Text(0, "value")
			b.Add(e)
			m := b.Finish()
			if err := slot.Serve(m); err != nil {
				t.Fatal(err)
			}
			if got := query(t, c, `PRAGMA batch.integrity_check`); got[0] != "ok" {
				t.Fatalf("%d bytes: %q", n, got)
			}
			transfer(t, c, "t", 1)
			total++
		}
	}
	if got := query(t, c, `SELECT count(*) FROM t WHERE v='value'`)[0]; got != fmt.Sprint(total) {
		t.Errorf("count = %s, want %d", got, total)
	}
}

func TestImageOfManyRows(t *testing.T) {
	testtime.Minutes(t)
	c, slot := openPair(t)
	s := sample{columns: featureColumns}
	for i, r := range features(100_000) {
		s.rows = append(s.rows, []any{r.subject, r.session, r.region, r.modality, r.volume, r.thickness, r.area, r.curv, int64(i), i%3 == 0})
	}
	s.check(t, c, slot, 1, 99, 9_900)
}

// TestImageOfFullInteriorPages has more leaves than one interior page can
// name. To save memory they are one and the same page, which a scan does not
// notice, and whose repeated rowids integrity_check would.
func TestImageOfFullInteriorPages(t *testing.T) {
	c, slot := openPair(t)
	for _, leaves := range []int{maxFanout, maxFanout + 1, 2*maxFanout + 1} {
		m := numbers(t, 0, 3)
		for i := 1; i < leaves; i++ {
			m.pages = append(m.pages, m.pages[0])
			m.leaves = append(m.leaves, leaf{page: i, last: uint32(3*i + 3)})
			m.rows += 3
		}
		serve(t, slot, m)
		if got, want := total(t, c, "batch.t"), fmt.Sprint(3*leaves, " ", 3*leaves); got != want {
			t.Errorf("%d leaves: rows = %s, want %s", leaves, got, want)
		}
	}
}

// TestImageBySQLiteInC has the SQLite library written in C look at images.
func TestImageBySQLiteInC(t *testing.T) {
	tool, err := command.LookPath("sqlite3")
	if err != nil {
		t.Skip("the sqlite3 command is not installed")
	}
	columns := []schema.Column{{Name: "a", Type: schema.Text, Nullable: true}, {Name: "b", Type: schema.Blob}, {Name: "c", Type: schema.Float64}, {Name: "d", Type: schema.Int64}}
	random := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 2, 1000, 30_000} {
		s := sample{columns: columns}
		bytes := 0
		for i := range n {
			long := 0
			if n < 2000 {
				long = random.IntN(1<<(i%18) + 1)
			}
			row := []any{strings.Repeat("é", long), make([]byte, random.IntN(50)), reals[i%len(reals)], integers[i%len(integers)]}
			bytes += len(row[1].([]byte))
			if i%7 == 0 {
				row[0] = nil
			}
			s.rows = append(s.rows, row)
		}
		m := s.images(t, "t")[0]
		path := filepath.Join(t.TempDir(), "image.db")
		if err := os.WriteFile(path, m.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		m.Release()
		out, err := command.Command(tool, "-readonly", path, `PRAGMA integrity_check; SELECT count(*), count(a), coalesce(sum(length(b)), 0), sum(typeof(c)='real' AND typeof(d)='integer') FROM t`).CombinedOutput()
		want := fmt.Sprintf("ok\n%d|%d|%d|%d\n", n, n-(n+6)/7, bytes, n)
		if n == 0 {
			want = "ok\n0|0|0|\n"
		}
		if diff := cmp.Diff(want, string(out)); err != nil || diff != "" {
			t.Errorf("%d rows: %v (-want +got):\n%s", n, err, diff)
		}
	}
}

func TestBuilderRefuses(t *testing.T) {
	columns := []schema.Column{{Name: "v", Type: schema.Blob}}
	b, err := NewBuilder("t", `CREATE TABLE t(v BLOB NOT NULL) STRICT`)
	if err != nil {
		t.Fatal(err)
	}
	e := record.NewEncoder(columns, 0)
	if e.Reset(); b.Add(e) {
		t.Error("took a row without its column")
	}
	if e.Null(0); b.Add(e) {
		t.Error("took a row with an error")
	}
	e.Reset()
	e.Blob(0, make([]byte, maxRecord))
	if b.Add(e) || b.AddRecord(e.AppendTo(nil)) {
		t.Error("took a row that is too large")
	}
	e.Reset()
	e.Blob(0, make([]byte, maxRecord-10))
	if !b.Add(e) || b.Rows() != 1 || b.image.Size() < maxRecord {
		t.Errorf("refused a row of %d bytes, or counts %d rows, %d bytes", e.Size(), b.Rows(), b.image.Size())
	}
	b.image.rows = maxRows
	if b.Add(e) || b.AddRecord([]byte{2, 12}) {
		t.Error("took more rows than an image can number")
	}
	if _, err := NewBuilder("t", "\xff"); err == nil {
		t.Error("took a statement that is no text")
	}
}
