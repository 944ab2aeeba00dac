package batchfile

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/bits"
)

// Digest identifies the rows of a batch whatever their order: the sum of the
// rows' hashes. Two batches with equal digests and numbers of rows hold equal
// rows.
type Digest struct{ high, low uint64 }

func (d *Digest) add(rec []byte) {
	sum := sha256.Sum256(rec)
	var carry uint64
	d.low, carry = bits.Add64(d.low, binary.BigEndian.Uint64(sum[8:]), 0)
	d.high, _ = bits.Add64(d.high, binary.BigEndian.Uint64(sum[:]), carry)
}

// String returns 32 hexadecimal digits.
func (d Digest) String() string {
	b := binary.BigEndian.AppendUint64(nil, d.high)
	return hex.EncodeToString(binary.BigEndian.AppendUint64(b, d.low))
}
