//go:build chdb

package lake_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chdb-io/chdb-go/chdb"
	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/lake"
)

// clickHouse runs a query in ClickHouse's engine, and returns its lines of CSV.
func clickHouse(t *testing.T, query string) string {
	t.Helper()
	result, err := chdb.Query(query, "CSV")
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer result.Free()
	return strings.TrimSpace(result.String())
}

// TestClickHouse: the engine reads the Iceberg tables themselves, in a folder and on
// object storage: their partitions, deleted files, renamed columns and every type.
func TestClickHouse(t *testing.T) {
	server := newS3(t)
	_ = server
	dir := t.TempDir()
	t.Chdir(dir) // ClickHouse reads files below its working directory only
	for _, warehouse := range []string{filepath.Join(dir, "warehouse"), "s3://bucket/w"} {
		t.Run(warehouse[:2], func(t *testing.T) {
			cat := openCatalogAt(t, "sqlite:"+filepath.Join(t.TempDir(), "c.db"), warehouse)
			source := func(name string) string {
				location := load(t, cat, name).Location()
				if rest, ok := strings.CutPrefix(location, "s3://"); ok {
					return fmt.Sprintf("icebergS3('%s/%s/', '%s', '%s')", os.Getenv("AWS_ENDPOINT_URL"), rest, os.Getenv("AWS_ACCESS_KEY_ID"), secret)
				}
				return fmt.Sprintf("icebergLocal('%s/')", location)
			}
			publish(t, newEvery(t, everyRows()), cat, lake.PublishOptions{})
			for column, want := range map[string]string{
				"bool": "true|false", "int8": "-128|0", "int64": "-9223372036854775808|0", "uint32": "4294967295|0", "uint64": "18446744073709551615|0",
				"uint64_blob": "18446744073709551615|NULL", "float32": "3.4028235e38|0", "float64": "-inf|NULL", "text": "ü\n\"|", "hex(blob)": "00FF|",
				"micros": "1969-12-31 23:59:59.999999|1969-12-31 23:59:59.999999", "seconds": "1969-12-31 23:59:59.000000|1969-12-31 23:59:59.000000",
				"millis": "1969-12-31 23:59:59.999000|NULL", "nanos": "-1|0", "rfc": "1969-12-31T23:59:59.999999999Z|1969-12-31T23:59:59.999999000Z",
				"took": "-1|0", "json": `{"a":1}|null`, "vec32": "[1.5,-2]|[]", "vec64": "[5e-324,2]|[0,0]", "null_float": "NULL|NULL",
			} {
				got := clickHouse(t, fmt.Sprintf("SELECT arrayStringConcat(groupArray(ifNull(toString(%s), 'NULL')), '|') FROM %s FORMAT TSVRaw", column, source("every")))
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("column %s (-want +got):\n%s", column, diff)
				}
			}
			db, tab := newFile(t)
			appendBatches(t, tab, 0, 5, 7)
			publish(t, db, cat, lake.PublishOptions{Partition: "identity(subject),day(at)"})
			appendBatches(t, tab, 5, 9, 7)
			publish(t, db, cat, lake.PublishOptions{})
			_, err := tab.Forget(t.Context(), "s003")
			must(t, err)
			publish(t, db, cat, lake.PublishOptions{Republish: true})
			got := clickHouse(t, "SELECT count(), sum(volume), uniqExact(session), countIf(note IS NULL), min(at), max(at) FROM "+source("scan"))
			if want := `56,231168,8,24,"2026-11-26 12:00:00.123456","2026-12-04 12:00:00.123456"`; got != want {
				t.Errorf("ClickHouse says %s, want %s", got, want)
			}
			if got := clickHouse(t, "SELECT count() FROM "+source("scan")+" WHERE subject = 'sub-01/ü' AND toDate(at) = '2026-11-27'"); got != "2" {
				t.Errorf("rows of one partition: %s, want 2", got)
			}
			a := openFile(t, filepath.Join(t.TempDir(), "a.db"))
			evolved(t, a, before{"a", 1.5, 1})
			publish(t, a, cat, lake.PublishOptions{})
			evolved[between](t, a)
			text := "x"
			evolved(t, a, after{nil, 1e300, 1 << 40, &text})
			publish(t, a, cat, lake.PublishOptions{})
			if got, want := clickHouse(t, "SELECT key, volume, count, value FROM "+source("m")+" ORDER BY count"), "\"a\",1.5,1,\\N\n\\N,1e300,1099511627776,\"x\""; got != want {
				t.Errorf("ClickHouse says %s, want %s", got, want)
			}
		})
	}
}
