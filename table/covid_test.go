package table_test

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/galley-db/galley/internal/testtime"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// covidDir has 1,781 daily files, one row a region. It stands beside the
// project; shared/data/SOURCES.md says where it comes from.
const covidDir = "../../shared/data/covid-regioni"

// region are the 24 columns of the files before 2021-01-15.
type region struct {
	Data                      time.Time `db:"data,time=s"`
	Stato                     string
	CodiceRegione             string // "01": text, so that the zero stays
	DenominazioneRegione      string
	Lat                       float64
	Long                      float64
	RicoveratiConSintomi      *int64
	TerapiaIntensiva          *int64
	TotaleOspedalizzati       *int64
	IsolamentoDomiciliare     *int64
	TotalePositivi            *int64
	VariazioneTotalePositivi  *int64
	NuoviPositivi             *int64
	DimessiGuariti            *int64
	Deceduti                  *int64
	CasiDaSospettoDiagnostico *int64
	CasiDaScreening           *int64
	TotaleCasi                *int64
	Tamponi                   *int64
	CasiTestati               *int64
	Note                      *string
	IngressiTerapiaIntensiva  *int64
	NoteTest                  *string
	NoteCasi                  *string
}

// regionTests are the six columns that the files have from then on.
type regionTests struct {
	TotalePositiviTestMolecolare       *int64
	TotalePositiviTestAntigenicoRapido *int64
	TamponiTestMolecolare              *int64
	TamponiTestAntigenicoRapido        *int64
	CodiceNuts1                        *string `db:"codice_nuts_1"`
	CodiceNuts2                        *string `db:"codice_nuts_2"`
}

type regionDay struct {
	region
	regionTests
}

// readCSV reads a file into rows of T by the names in its header. A header
// with a name that T has no column for is an error that names them all.
func readCSV[T any](path string) ([]T, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	s, err := schema.Of[T]()
	if err != nil {
		return nil, err
	}
	fields := reflect.VisibleFields(reflect.TypeFor[T]())
	fields = slices.DeleteFunc(fields, func(f reflect.StructField) bool { return f.Anonymous })
	var unknown []string
	for _, name := range lines[0] {
		if _, ok := s.Column(name); !ok {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		return nil, fmt.Errorf("%s: no column of %s for %s", filepath.Base(path), s.Name(), strings.Join(unknown, ", "))
	}
	rows := make([]T, len(lines)-1)
	for r, line := range lines[1:] {
		for c, name := range lines[0] {
			i, _ := s.Column(name)
			if err := setField(reflect.ValueOf(&rows[r]).Elem().FieldByIndex(fields[i].Index), line[c]); err != nil {
				return nil, fmt.Errorf("%s:%d: %s: %w", filepath.Base(path), r+2, name, err)
			}
		}
	}
	return rows, nil
}

func setField(v reflect.Value, text string) error {
	switch p := v.Addr().Interface().(type) {
	case *time.Time:
		t, err := time.Parse("2006-01-02T15:04:05", text)
		*p = t
		return err
	case *string:
		*p = text
	case *float64:
		x, err := strconv.ParseFloat(text, 64)
		*p = x
		return err
	case **string:
		if text != "" {
			*p = &text
		}
	case **int64:
		if text != "" {
			n, err := strconv.ParseInt(text, 10, 64)
			*p = &n
			return err
		}
	default:
		return fmt.Errorf("a field of type %s", v.Type())
	}
	return nil
}

// covidFiles returns the paths of all files.
func covidFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(covidDir, "*.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skipf("the data of the Dipartimento della Protezione Civile is not in %s; put shared/ beside the project", covidDir)
	}
	return files
}

// newColumns is the day from which on the files have six columns more.
var newColumns = time.Date(2021, 1, 15, 0, 0, 0, 0, time.UTC)

// loadFiles appends each file's rows once, with 8 workers.
func loadFiles[T any](t *testing.T, tab *table.Table[T], files []string, applied bool) {
	t.Helper()
	jobs := make(chan string)
	var wg sync.WaitGroup
	for range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for path := range jobs {
				rows, err := readCSV[T](path)
				if err != nil {
					t.Error(err)
					continue
				}
				got, err := tab.AppendOnce(t.Context(), filepath.Base(path), rows)
				if err != nil || got != applied {
					t.Errorf("%s: applied %v, %v", path, got, err)
				}
			}
		}()
	}
	for _, path := range files {
		jobs <- path
	}
	close(jobs)
	wg.Wait()
}

// wantRegions checks all 37,401 rows of the table.
func wantRegions(t *testing.T, tab *table.Table[regionDay]) {
	t.Helper()
	var rows, deceduti int64
	piemonte := 0
	for row, err := range tab.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		rows++
		deceduti += *row.Deceduti
		if row.CodiceRegione == "01" && row.DenominazioneRegione == "Piemonte" {
			piemonte++
		}
		if row.Data.Location() != time.UTC {
			t.Fatalf("a time in %v", row.Data.Location())
		}
		if row.Data.Before(newColumns) != (row.TamponiTestMolecolare == nil) {
			t.Fatalf("%v: tamponi_test_molecolare is %v", row.Data, row.TamponiTestMolecolare)
		}
		if row.Data.Before(newColumns) && row.regionTests != (regionTests{}) {
			t.Fatalf("%v: %+v is not all NULL", row.Data, row.regionTests)
		}
	}
	if rows != 37_401 || deceduti != 258_482_441 || piemonte != 1_781 {
		t.Errorf("%d rows, sum of deceduti %d, %d of Piemonte; want 37,401, 258,482,441 and 1,781", rows, deceduti, piemonte)
	}
}

// TestFilesOf8WorkersAreStoredOnce loads 1,781 files of a row a region and day with 8 workers, twice:
// the second time nothing changes.
func TestFilesOf8WorkersAreStoredOnce(t *testing.T) {
	testtime.Seconds(t)
	files := covidFiles(t)
	db := openDB(t, tempPath(t))
	tab := openTable(t, db, table.Options[regionDay]{Name: "regioni"})
	for round := range 2 {
		began := time.Now()
		loadFiles(t, tab, files, round == 0)
		s := db.Stats()
		t.Logf("%d files in %v, longest wait %v, longest hold %v, %d batches in %d groups",
			len(files), time.Since(began).Round(time.Millisecond), s.MaxWait, s.MaxHold, s.Batches, s.Groups)
	}
	wantRegions(t, tab)
}

// TestCovidEvolves is the story of docs/evolution.md: the struct of 24 columns
// creates the table and loads its files, and the struct of 30 is refused under
// Strict. Under Additive the table gets the six columns; the new struct loads
// the rest and reads everything. The struct of 24 continues beside it.
func TestCovidEvolves(t *testing.T) {
	testtime.Seconds(t)
	files := covidFiles(t)
	first := filepath.Join(covidDir, "dpc-covid19-ita-regioni-20210115.csv")
	split := slices.Index(files, first)
	if split < 0 {
		t.Fatalf("%s is not among the files", first)
	}
	db := openDB(t, tempPath(t))
	old := openTable(t, db, table.Options[region]{Name: "regioni"})
	loadFiles(t, old, files[:split-1], true)

	plan, err := table.Plan(t.Context(), db, table.Options[regionDay]{Name: "regioni"})
	if err != nil || len(plan) != 6 {
		t.Errorf("the plan is %v, %v", plan, err)
	}
	for _, c := range plan {
		if c.Kind != schema.Added || c.Risk != schema.Safe || !strings.HasPrefix(c.SQL, `ALTER TABLE "regioni" ADD COLUMN `) {
			t.Errorf("change %v: %s", c, c.SQL)
		}
	}
	var mismatch *store.MismatchError
	if _, err := table.Open(t.Context(), db, table.Options[regionDay]{Name: "regioni"}); !errors.As(err, &mismatch) {
		t.Errorf("under Strict: %v, want a *MismatchError", err)
	} else {
		inDocs(t, strings.Replace(mismatch.Error(), mismatch.Path, "/data/covid.db", 1), 3, 1)
	}

	tab := openTable(t, db, table.Options[regionDay]{Name: "regioni", Evolve: store.Additive})
	loadFiles(t, tab, files[split:], true)
	loadFiles(t, old, files[split-1:split], true) // late, by the older struct
	wantRegions(t, tab)

	type entry struct {
		Fingerprint string
		Changes     string
	}
	history := collect(t, store.Query[entry](t.Context(), db,
		`SELECT fingerprint, changes FROM galley_history WHERE "table" = 'regioni' ORDER BY id`))
	if len(history) != 2 || history[0].Changes != "created" || history[1].Fingerprint != tab.Schema().Fingerprint() {
		t.Fatalf("history %+v", history)
	}
	lines := strings.Split(history[1].Changes, "\n")
	if len(lines) != 6 || lines[0] != `column added "totale_positivi_test_molecolare": want int64 null (safe)` {
		t.Errorf("history has %q", lines)
	}
	inDocs(t, history[1].Changes, 2, 0)
}

// inDocs looks for the first and the last lines of a text in docs/evolution.md.
func inDocs(t *testing.T, text string, first, last int) {
	t.Helper()
	doc, err := os.ReadFile("../docs/evolution.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(text, "\n")
	for _, part := range [][]string{lines[:first], lines[len(lines)-last:]} {
		if part := strings.Join(part, "\n"); !strings.Contains(string(doc), part) {
			t.Errorf("docs/evolution.md does not say\n%s", part)
		}
	}
}

// TestCovidDrift reads a file of 30 columns into a struct of 24: an error
// that names the other six. And a table of 24 columns refuses the struct of
// 30 likewise.
func TestCovidDrift(t *testing.T) {
	covidFiles(t)
	six := []string{"totale_positivi_test_molecolare", "totale_positivi_test_antigenico_rapido",
		"tamponi_test_molecolare", "tamponi_test_antigenico_rapido", "codice_nuts_1", "codice_nuts_2"}
	_, err := readCSV[region](filepath.Join(covidDir, "dpc-covid19-ita-regioni-20210115.csv"))
	checkNames(t, err, six)

	db := openDB(t, tempPath(t))
	openTable(t, db, table.Options[region]{Name: "regioni"})
	_, err = table.Open(context.Background(), db, table.Options[regionDay]{Name: "regioni"})
	checkNames(t, err, six)
}

func checkNames(t *testing.T, err error, names []string) {
	t.Helper()
	if err == nil {
		err = errors.New("none")
		t.Error("no error")
	}
	for _, name := range names {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("the error does not name %s: %v", name, err)
		}
	}
}
