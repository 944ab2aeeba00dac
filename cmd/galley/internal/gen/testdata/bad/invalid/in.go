package invalid

import "time"

type Row struct {
	A time.Tim
	B Missing
	C []*Missing
	D int
	E struct{ F Missing }
	G Missing `db:"-"`
}
