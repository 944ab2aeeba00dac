package lake_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2" // the driver duckdb
	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/export"
	"github.com/galley-db/galley/lake"
	"github.com/galley-db/galley/table"
)

// TestDuckDBReadsTheFiles: an engine that no one here wrote reads each column of the data
// files as the type that docs/lake.md names, with every value.
func TestDuckDBReadsTheFiles(t *testing.T) {
	cat, _ := openCatalog(t)
	publish(t, newEvery(t, everyRows()), cat, lake.PublishOptions{})
	files := filepath.Join(load(t, cat, "every").Location(), "data", "*.parquet")
	db, err := sql.Open("duckdb", "")
	must(t, err)
	defer db.Close()
	want := map[string][2]string{
		"bool": {"BOOLEAN", "true|false"}, "int8": {"INTEGER", "-128|0"}, "int16": {"INTEGER", "-32768|0"}, "int32": {"INTEGER", "-2147483648|0"},
		"int64": {"BIGINT", "-9223372036854775808|0"}, "uint8": {"INTEGER", "255|0"}, "uint16": {"INTEGER", "65535|0"}, "uint32": {"BIGINT", "4294967295|0"},
		"uint64": {"DECIMAL(20,0)", "18446744073709551615|0"}, "uint64_blob": {"DECIMAL(20,0)", "18446744073709551615|NULL"}, "uint64_int": {"DECIMAL(20,0)", "9223372036854775807|0"},
		"float32": {"FLOAT", "3.4028235e+38|0.0"}, "float64": {"DOUBLE", "-inf|NULL"}, "text": {"VARCHAR", "ü\n\"|"}, "blob": {"BLOB", `\x00\xFF|`},
		"epoch_us(micros)": {"BIGINT", "-1|-1"}, "epoch_us(seconds)": {"BIGINT", "-1000000|-1000000"}, "epoch_us(millis)": {"BIGINT", "-1000|NULL"},
		"micros": {"TIMESTAMP WITH TIME ZONE", ""}, "nanos": {"BIGINT", "-1|0"}, "rfc": {"VARCHAR", "1969-12-31T23:59:59.999999999Z|1969-12-31T23:59:59.999999000Z"},
		"took": {"BIGINT", "-1|0"}, "json": {"VARCHAR", `{"a":1}|null`}, "vec32": {"FLOAT[]", "[1.5, -2.0]|[]"}, "vec64": {"DOUBLE[]", "[5e-324, 2.0]|[0.0, 0.0]"},
		"null_float": {"DOUBLE", "NULL|NULL"},
	}
	for column, w := range want {
		var kind, values string
		err := db.QueryRow(fmt.Sprintf(`SELECT max(typeof(%s)), string_agg(coalesce(%[1]s::VARCHAR, 'NULL'), '|') FROM read_parquet('%s')`, column, files)).Scan(&kind, &values)
		must(t, err)
		if w[1] == "" {
			values = ""
		}
		if diff := cmp.Diff(w, [2]string{kind, values}); diff != "" {
			t.Errorf("column %s (-want +got):\n%s", column, diff)
		}
	}
}

// TestDuckDBReadsPartitions: the folders of an export in partitions are columns for
// DuckDB, with the values that the files have, whatever their spelling.
func TestDuckDBReadsPartitions(t *testing.T) {
	file, dir := openFile(t, filepath.Join(t.TempDir(), "visits.db")), t.TempDir()
	type visit struct {
		ID      int64   `db:"id,key"`
		Subject *string `db:"subject"`
		Session int64   `db:"session"`
	}
	tbl, err := table.Open(t.Context(), file, table.Options[visit]{Name: "visit"})
	must(t, err)
	rows := []visit{{ID: 1}}
	for i, s := range []string{"a/b", "..", "100%", "%2F", "ü", "a=b", "*?[1]", "a'b", "NULL", "null", "007", "__HIVE_DEFAULT_PARTITION__", "", "x.", " y "} {
		rows = append(rows, visit{int64(i + 2), &s, int64(i % 2)})
	}
	must(t, tbl.Append(t.Context(), rows))
	db, err := sql.Open("duckdb", "")
	must(t, err)
	defer db.Close()
	for _, format := range []export.Format{export.Parquet, export.CSV} {
		_, err = export.Write(t.Context(), file, export.Options{Dir: dir, Format: format, PartitionBy: []string{"subject", "session"}})
		must(t, err)
		function := map[export.Format]string{export.Parquet: "read_parquet", export.CSV: "read_csv"}[format]
		files := filepath.Join(dir, "visit", "*", "*", "part-*"+format.Extension())
		settings := []string{"hive_partitioning = true, hive_types_autocast = false", "hive_partitioning = false"}
		if format == export.CSV { // in which DuckDB takes each empty text for NULL
			settings = settings[:1]
		}
		for _, setting := range settings {
			found, err := db.Query(fmt.Sprintf(`SELECT id, subject, session FROM %s('%s', %s) ORDER BY id`, function, files, setting))
			must(t, err)
			var got []visit
			for found.Next() {
				var v visit
				must(t, found.Scan(&v.ID, &v.Subject, &v.Session))
				got = append(got, v)
			}
			must(t, found.Err())
			if diff := cmp.Diff(rows, got); diff != "" {
				t.Errorf("%v, %s (-want +got):\n%s", format, setting, diff)
			}
		}
	}
	// The type is that of the files, not what the name of a folder looks like.
	var value string
	folder := filepath.Join(dir, "visit", "subject=007", "*", "*.parquet")
	must(t, db.QueryRow(fmt.Sprintf(`SELECT typeof(subject) || ' ' || subject FROM read_parquet('%s')`, folder)).Scan(&value))
	if value != "VARCHAR 007" {
		t.Errorf("DuckDB reads the folder subject=007 as %s", value)
	}
}
