package store

import "github.com/galley-db/galley/schema"

// RejectsSuffix is what the name of a table's quarantine ends with.
const RejectsSuffix = "_rejected"

// RowJSON is row i as it stands in quarantine, whatever its values are: a JSON
// object, with blobs in base64 and numbers that JSON does not have as text. It
// is for Backends. The error is that of Bind.
func RowJSON(s *schema.Schema, rows Rows, i int) (string, error) {
	j := rowJSON{}
	err := rows.Bind(i, jsonWriter{s.Columns(), j})
	return j.String(), err
}
