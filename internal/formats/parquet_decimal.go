package formats

import (
	"fmt"
	"math/big"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/galley-db/galley/internal/cells"
	"github.com/galley-db/galley/schema"
)

// decimal is the kind of a decimal number: an integer where it has no fraction
// and fits, and its digits as text elsewhere.
func (k *kind) decimal(e *element, scale int) (*kind, error) {
	if scale < 0 || scale > 10_000 {
		return nil, unsupported(e, fmt.Sprintf("DECIMAL with %d digits of fraction", scale))
	}
	k.column.Type, k.bare = schema.Text, true
	if scale == 0 && (e.Type.V == format.Int32 || e.Type.V == format.Int64) {
		k.column.Type = schema.Int64
		k.take = func(v *cells.Cells, value *parquet.Value) error { v.Int(unscaled(value).Int64()); return nil }
		return k, nil
	}
	k.take = func(v *cells.Cells, value *parquet.Value) error {
		v.Text(decimalText(unscaled(value), scale))
		return nil
	}
	return k, nil
}

// unscaled is the integer that a decimal is stored as: of 32 or 64 bits, or
// bytes in big-endian two's complement.
func unscaled(value *parquet.Value) *big.Int {
	switch value.Kind() {
	case parquet.Int32:
		return big.NewInt(int64(value.Int32()))
	case parquet.Int64:
		return big.NewInt(value.Int64())
	}
	b := value.ByteArray()
	n := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return n
}

// decimalText writes n with its last scale digits behind a point.
func decimalText(n *big.Int, scale int) string {
	digits := new(big.Int).Abs(n).String()
	for len(digits) <= scale {
		digits = "0" + digits
	}
	if scale > 0 {
		digits = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	}
	if n.Sign() < 0 {
		return "-" + digits
	}
	return digits
}
