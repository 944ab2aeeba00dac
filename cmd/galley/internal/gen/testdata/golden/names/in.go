// Package names has the names that generated code would take.
package names

type (
	schema string
	row    int
	w      bool
)

func r() {}
func v() {}

// ßmall is not exported, nor are its columns' types.
type ßmall struct {
	A  schema
	B  *row
	C  w
	AB int `db:"select"`
}

var _ = ßmall{}
var _, _ = r, v
