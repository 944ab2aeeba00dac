// Package kinds imports what the structs of the tests are made of.
package kinds

import (
	"database/sql"
	"encoding/json"
	"math/big"
	"net/netip"
	"time"
)

// T stands in the place of a struct.
type T struct {
	A sql.Null[string]
	B json.RawMessage
	C big.Int
	D netip.Addr
	E time.Time
}
