package cell

import (
	"encoding/binary"
	"fmt"
	"strconv"
)

// UintDigits is how many digits math.MaxUint64 has.
const UintDigits = 20

// BindUint stores the full range of a uint64: as decimal digits, padded with
// zeros, or as 8 bytes, big-endian. Both sort as the numbers do.
func BindUint(w Writer, p Place, digits bool, v uint64) {
	var buf [2 * UintDigits]byte
	if digits {
		const zeros = "00000000000000000000"
		text := strconv.AppendUint(append(buf[:0], zeros...), v, 10)
		w.Text(p.Index, view(text[len(text)-UintDigits:]))
		return
	}
	w.Blob(p.Index, binary.BigEndian.AppendUint64(buf[:0], v))
}

// ScanUint reads what [BindUint] stored.
func ScanUint(r Reader, p Place, digits bool) (v uint64, refused any, err error) {
	null, err := p.IsNull(r)
	if null || err != nil {
		return 0, nil, err
	}
	if digits {
		text := r.Text(p.Index)
		v, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return 0, text, because(ErrOverflow, err)
		}
		return v, nil, nil
	}
	blob := r.Blob(p.Index)
	if len(blob) != 8 {
		return 0, append([]byte(nil), blob...), fmt.Errorf("%d bytes, want 8: %w", len(blob), ErrOverflow)
	}
	return binary.BigEndian.Uint64(blob), nil, nil
}
