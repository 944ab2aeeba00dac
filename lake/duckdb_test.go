package lake_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2" // the driver duckdb
	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/lake"
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
