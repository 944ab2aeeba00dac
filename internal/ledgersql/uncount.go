package ledgersql

import (
	"fmt"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Uncount is the statement that takes the rows which an Edit removes off the
// counts of their batches, in the ledger; "" if it removes none or the table has no
// batch column. Names of tables are quoted.
func Uncount(e *store.Edit, d schema.Dialect, ledger, table string) string {
	if e.Set != nil || e.Schema.Batch() < 0 {
		return ""
	}
	return fmt.Sprintf("UPDATE %s AS ledger SET rows = CASE WHEN rows > gone THEN rows - gone ELSE 0 END"+
		" FROM (SELECT %s AS batch, count(*) AS gone FROM %s WHERE (%s\n) GROUP BY 1) AS hit"+
		` WHERE ledger."table" = %s AND ledger.key = hit.batch`,
		ledger, d.Quote(e.Schema.Columns()[e.Schema.Batch()].Name), table, e.Where, d.Literal(e.Schema.Name()))
}
