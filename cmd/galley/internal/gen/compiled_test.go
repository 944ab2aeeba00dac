package gen

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	sqlite3 "github.com/ncruces/go-sqlite3"
	"pgregory.net/rapid"
)

// compiled is how many random structs TestRandomBinders runs.
const compiled = 40

// runnable are random structs that SQLite has a table for, each of three
// columns and more.
func runnable(t *testing.T, seed int) (list []spelled) {
	t.Helper()
	db, err := sqlite3.Open(":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	draw := rapid.Custom(func(t *rapid.T) spelled { return drawStruct(t, 2) })
	for len(list) < compiled {
		seed++
		drawn := draw.Example(seed)
		s, err := schema.OfType(drawn.typ)
		if err != nil || len(s.Columns()) < 3 {
			continue
		}
		// The expression of a check may name a column that is not there.
		if s, err = s.Named(fmt.Sprint("t", len(list))); err != nil || db.Exec(strings.Join(s.CreateTable(schema.SQLite()), ";")) != nil {
			continue
		}
		list = append(list, drawn)
	}
	return list
}

// TestRandomBinders compiles binders of random structs and runs them beside
// the reflective ones, with the tests of the corpus: they write the same bytes
// and read the same values. The package that they are in is an overlay, which
// the go command alone sees.
func TestRandomBinders(t *testing.T) {
	testtime.Minutes(t) // compiles and runs a package
	seed := int(time.Now().UnixNano() & 0xffffff)
	if os.Getenv("CI") != "" { // new findings must not fail an unrelated change
		seed = 1
	}
	t.Logf("seed %d", seed)
	var rows, calls strings.Builder
	var names []string
	for i, drawn := range runnable(t, seed) {
		name := fmt.Sprintf("Row%d", i)
		names = append(names, name)
		fmt.Fprintf(&rows, "type %s %s\n\n", name, drawn.text)
		fmt.Fprintf(&calls, "\trun(t, %sBinder{})\n", name)
	}
	// The names that the corpus's tests use.
	rows.WriteString("type Stamp time.Time\ntype Ratio float32\ntype Weight float64\n")
	s, ok := sourceOf(t, imports+rows.String())
	if !ok || s.errs != nil {
		t.Fatalf("not Go: %v\n%s", s, rows.String())
	}
	binders, err := s.binders(names, "/src/row_galley.go")
	if err != nil {
		t.Fatalf("%v\n%s", err, rows.String())
	}
	files := map[string]string{
		"rows.go":         imports + rows.String(),
		"rows_galley.go":  string(binders),
		"binders_test.go": "package kinds\n\nimport \"testing\"\n\nfunc init() { sparse = true }\n\nfunc TestBinders(t *testing.T) {\n" + calls.String() + "}\n",
	}
	for _, name := range []string{"corpus_test.go", "memory_test.go", "alloc_test.go"} {
		text, err := os.ReadFile(filepath.Join("corpus", name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = strings.Replace(string(text), "package corpus\n", "package kinds\n", 1)
	}
	dir := t.TempDir()
	at, err := filepath.Abs("corpus/random")
	if err != nil {
		t.Fatal(err)
	}
	var overlay struct{ Replace map[string]string }
	overlay.Replace = map[string]string{}
	for name, text := range files {
		overlay.Replace[filepath.Join(at, name)] = filepath.Join(dir, name)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	// The folder is not there for go vet, nor for go test to run in.
	program := filepath.Join(dir, "random.test")
	out, err := exec.Command("go", "test", "-c", "-vet=off", "-overlay", filepath.Join(dir, "overlay.json"), "-o", program, "./corpus/random").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, rows.String(), out)
	}
	run := exec.Command(program, "-test.v")
	run.Dir = dir
	if out, err = run.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, rows.String(), out)
	}
	if got := strings.Count(string(out), "    --- PASS: TestBinders/kinds.Row"); got < compiled {
		t.Errorf("%d structs were compared, want %d\n%s", got, compiled, out)
	}
}
