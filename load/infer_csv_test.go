package load

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/internal/csvrow"
	"github.com/galley-db/galley/internal/fixture"
	"github.com/galley-db/galley/internal/formats"
	"github.com/galley-db/galley/internal/infer"
)

// TestColumnsAreInferredAsInTurn compares the types, and the lines that they follow
// from, with guesses that see one record after the other. The file has many blocks.
func TestColumnsAreInferredAsInTurn(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	kinds := []func() string{
		func() string { return fmt.Sprint(random.IntN(1000)) }, func() string { return fmt.Sprint(random.Float64()) },
		func() string { return "true" }, func() string { return "2024-01-02" }, func() string { return "\"a \"\"b\"\",\n\"" },
		func() string { return "" }, func() string { return `""` }, func() string { return "2024-01-02T00:00:00.123456789Z" }, func() string { return "9999-01-01" },
	}
	const columns, rows = 12, 30_000
	var names [columns]string
	for i := range names {
		names[i] = fmt.Sprintf("c%d", i)
	}
	var text strings.Builder
	text.WriteString(strings.Join(names[:], ",") + "\n")
	for k := range rows {
		for i := range names {
			if i > 0 {
				text.WriteByte(',')
			}
			kind := i % len(kinds)
			if k > rows/columns*i && random.IntN(500) == 0 { // another kind, deep in the file
				kind = random.IntN(len(kinds))
			}
			text.WriteString(kinds[kind]())
		}
		if random.IntN(5000) == 0 {
			text.WriteString(",one too many")
		}
		text.WriteByte('\n')
	}
	path := filepath.Join(t.TempDir(), "rows.csv")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	l := newLoading(nil, Options{Table: "t", Sources: []string{path}})
	defer l.close()
	if err := l.find(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := l.infer(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := guessedInTurn(t, text.String(), names[:])
	if diff := cmp.Diff(want, l.inferred); diff != "" {
		t.Errorf("columns (-in turn +inferred):\n%s", diff)
	}
}

func guessedInTurn(t *testing.T, text string, names []string) (found []InferredColumn) {
	t.Helper()
	r, rows := csvrow.NewReader(strings.NewReader(text), ','), int64(0)
	if err := r.Next(); err != nil {
		t.Fatal(err)
	}
	guesses := make([]infer.Guess, len(names))
	for {
		err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Fields()) != len(names) {
			continue
		}
		rows++
		for i, field := range r.Fields() {
			switch g := &guesses[i]; {
			case len(field) > 0:
				g.Text(r.Line(), field)
			case r.Quoted(i):
				g.Quoted()
			default:
				g.Null()
			}
		}
	}
	for i := range guesses {
		guesses[i].Name = names[i]
		c := guesses[i].Column(rows)
		found = append(found, InferredColumn{Name: names[i], Type: c.Spec(), Why: guesses[i].Why("line")})
	}
	return found
}

// TestFirstRecordWithoutHeaderIsARow counts it once, for types and when it is stored.
func TestFirstRecordWithoutHeaderIsARow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rows.csv")
	if err := os.WriteFile(path, []byte("x,1\n2,3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	db := fixture.NewDB(t)
	report, err := Load(t.Context(), db, Options{Table: "t", Sources: []string{path}, NoHeader: true})
	if err != nil || report.Files[0].Err != nil || report.Rows() != 2 {
		t.Fatalf("%+v, %v", report, err)
	}
	if types := report.Inferred[0].Type + report.Inferred[1].Type; !strings.Contains(types, "text") || !strings.Contains(types, "int64") {
		t.Errorf("the types are %s", types)
	}
}

// TestLookersPanicOnTheCaller: a panic of a goroutine that looks at a column is one of
// the caller's, and the blocks are given back.
func TestLookersPanicOnTheCaller(t *testing.T) {
	ahead := csvrow.ReadAhead[looking](csvrow.NewReader(strings.NewReader(strings.Repeat("1,2\n", 1000)), ','), false, 10, nil)
	defer ahead.Stop()
	gs := &guesses{tell: func(int64) {}}
	columns := []*guessed{{}, nil} // the second panics
	opts := &formats.TextOptions{}
	to, wait := gs.lookers(ahead, columns, opts)
	for {
		b, err := ahead.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := gs.checked(t.Context(), b, columns, opts); err != nil {
			t.Fatal(err)
		}
		b.Of.left.Store(int32(len(to)))
		for _, looker := range to {
			looker <- b
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("wait returned, want the panic of the goroutine")
		}
	}()
	wait()
}
