package pageimage

import (
	"fmt"
	"path/filepath"
	"testing"

	sqlite3 "github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/internal/record"
	"github.com/galley-db/galley/schema"
)

// feature is a row as pipelines have it: text that repeats, reals, integers.
type feature struct {
	subject, session, region, modality string
	volume, thickness, area, curv      float64
	voxels                             int64
	ok                                 bool
}

const featureSQL = `CREATE TABLE "f"("subject" TEXT NOT NULL, "session" TEXT NOT NULL, "region" TEXT NOT NULL, "modality" TEXT NOT NULL, ` +
	`"volume" REAL NOT NULL, "thickness" REAL NOT NULL, "area" REAL NOT NULL, "curv" REAL NOT NULL, "voxels" INTEGER NOT NULL, "ok" INTEGER NOT NULL) STRICT`

var featureColumns = []schema.Column{
	{Name: "subject", Type: schema.Text},
	{Name: "session", Type: schema.Text},
	{Name: "region", Type: schema.Text},
	{Name: "modality", Type: schema.Text},
	{Name: "volume", Type: schema.Float64},
	{Name: "thickness", Type: schema.Float64},
	{Name: "area", Type: schema.Float64},
	{Name: "curv", Type: schema.Float64},
	{Name: "voxels", Type: schema.Int64},
	{Name: "ok", Type: schema.Bool},
}

func (r *feature) bind(w schema.Writer) {
	w.Text(0, r.subject)
	w.Text(1, r.session)
	w.Text(2, r.region)
	w.Text(3, r.modality)
	w.Float64(4, r.volume)
	w.Float64(5, r.thickness)
	w.Float64(6, r.area)
	w.Float64(7, r.curv)
	w.Int64(8, r.voxels)
	w.Bool(9, r.ok)
}

func features(n int) []feature {
	rows := make([]feature, n)
	for k := range rows {
		rows[k] = feature{"sub-0001", "ses-01", fmt.Sprintf("ctx-lh-superiorfro%02d", k%68), "anat",
			float64(k) * 1.5, float64(k) * .25, float64(k) * .125, float64(k) * .0625, int64(k), true}
	}
	return rows
}

func build(b *testing.B, builder *Builder, e *record.Encoder, rows []feature) *Image {
	for i := range rows {
		e.Reset()
		rows[i].bind(e)
		if !builder.Add(e) {
			b.Fatal(e.Err())
		}
	}
	return builder.Finish()
}

func rate(b *testing.B, rows int) {
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportAllocs()
}

func benchDB(b *testing.B) *sqlite3.Conn {
	c := openFile(b, filepath.Join(b.TempDir(), "bench.db"))
	exec(b, c, `PRAGMA cache_size=-64000`)
	exec(b, c, featureSQL)
	return c
}

func BenchmarkBuild(b *testing.B) {
	for _, n := range []int{450, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			rows := features(n)
			builder, err := NewBuilder("f", featureSQL)
			if err != nil {
				b.Fatal(err)
			}
			e := record.NewEncoder(featureColumns, 0)
			for b.Loop() {
				build(b, builder, e, rows).Release()
			}
			rate(b, n)
		})
	}
}

// BenchmarkInsert is the whole path: encode, build, insert, commit.
func BenchmarkInsert(b *testing.B) {
	for _, n := range []int{30, 450, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			rows := features(n)
			builder, err := NewBuilder("f", featureSQL)
			if err != nil {
				b.Fatal(err)
			}
			e := record.NewEncoder(featureColumns, 0)
			c := benchDB(b)
			s := attach(b, c, "batch")
			var insert *sqlite3.Stmt
			for b.Loop() {
				m := build(b, builder, e, rows)
				s.Serve(m)
				if insert == nil {
					insert = prepare(b, c, `INSERT INTO main."f" SELECT * FROM batch."f"`)
				}
				exec(b, c, `BEGIN IMMEDIATE`)
				if err := insert.Exec(); err != nil {
					b.Fatal(err)
				}
				exec(b, c, `COMMIT`)
				m.Release()
			}
			rate(b, n)
			insert.Close()
		})
	}
}

// BenchmarkSwitch is an insert of few rows through one slot, into two tables
// in turn, so that the schema changes each time.
func BenchmarkSwitch(b *testing.B) {
	c := benchDB(b)
	exec(b, c, `CREATE TABLE g AS SELECT * FROM f`)
	exec(b, c, `DROP TABLE g`)
	other := `CREATE TABLE "g"` + featureSQL[len(`CREATE TABLE "f"`):]
	exec(b, c, other)
	e := record.NewEncoder(featureColumns, 0)
	s := attach(b, c, "batch")
	rows := features(30)
	var builders [2]*Builder
	var inserts [2]*sqlite3.Stmt
	for i, sql := range []string{featureSQL, other} {
		var err error
		name := string("fg"[i])
		if builders[i], err = NewBuilder(name, sql); err != nil {
			b.Fatal(err)
		}
		m := builders[i].Finish()
		s.Serve(m)
		inserts[i] = prepare(b, c, fmt.Sprintf(`INSERT INTO main.%q SELECT * FROM batch.%[1]q`, name))
	}
	i := 0
	for b.Loop() {
		i++
		m := build(b, builders[i%2], e, rows)
		s.Serve(m)
		exec(b, c, `BEGIN IMMEDIATE`)
		if err := inserts[i%2].Exec(); err != nil {
			b.Fatal(err)
		}
		exec(b, c, `COMMIT`)
		m.Release()
	}
	rate(b, len(rows))
	inserts[0].Close()
	inserts[1].Close()
}

// BenchmarkBound is the way without images: one prepared INSERT, row by row.
func BenchmarkBound(b *testing.B) {
	for _, n := range []int{30, 450, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			rows := features(n)
			c := benchDB(b)
			insert := prepare(b, c, `INSERT INTO f VALUES (?,?,?,?,?,?,?,?,?,?)`)
			w := &binding{stmt: insert}
			for b.Loop() {
				exec(b, c, `BEGIN IMMEDIATE`)
				for i := range rows {
					rows[i].bind(w)
					if w.err == nil {
						w.err = insert.Exec()
					}
				}
				if w.err != nil {
					b.Fatal(w.err)
				}
				exec(b, c, `COMMIT`)
			}
			rate(b, n)
			insert.Close()
		})
	}
}
