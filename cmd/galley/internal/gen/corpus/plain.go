package corpus

import (
	"database/sql"
	"time"
)

type Bools struct {
	A bool
	B *bool
	C bool `db:",null"`
}

type Ints struct {
	I   int
	I8  int8
	I16 int16
	I32 int32
	I64 int64
	R   rune
}

type Uints struct {
	U   uint
	U8  uint8
	U16 uint16
	U32 uint32
	U64 uint64
	P   uintptr
}

type Floats struct {
	F32 float32
	F64 float64
}

type Texts struct {
	A string
	B string `db:",null"`
}

type Blobs struct {
	A []byte
	B []byte `db:",null"`
	C *[]byte
	D []NamedByte
	E NamedBytes
}

type Times struct {
	A time.Time
	B time.Time `db:",null"`
	C *time.Time
}

type Units struct {
	S  time.Time `db:",time=s"`
	Ms time.Time `db:",time=ms"`
	Us time.Time `db:",time=us"`
	Ns time.Time `db:",time=ns,null"`
	R  time.Time `db:",time=rfc3339"`
}

type Durations struct {
	A time.Duration
	B *time.Duration
	C time.Duration `db:",null"`
}

type Pointers struct {
	B   *bool
	I   *int
	I8  *int8
	U   *uint
	U64 *uint64
	F32 *float32
	F64 *float64
	S   *string
	T   *time.Time
	D   *time.Duration
}

type Nulls struct {
	B   sql.Null[bool]
	I   sql.Null[int16]
	U   sql.Null[uint]
	F32 sql.Null[float32]
	F64 sql.Null[float64]
	S   sql.Null[string]
	T   sql.Null[time.Time]
	D   sql.Null[time.Duration]
	X   sql.Null[[]byte]
	V   sql.Null[[]float32]
	A   sql.Null[[2]float64]
	K   sql.Null[Kind]
}

type NullOptions struct {
	I   int     `db:",null"`
	U   uint    `db:",null"`
	F32 float32 `db:",null"`
	F64 float64 `db:",null"`
}

type NaNs struct {
	A float64           `db:",nan=null"`
	B float32           `db:",nan=null"`
	C *float64          `db:",nan=null"`
	D sql.Null[float32] `db:",nan=null"`
	E Ratio             `db:",nan=null"`
}

type FullRange struct {
	T  uint64  `db:",uint=text"`
	B  uint64  `db:",uint=blob"`
	U  uint    `db:",uint=text"`
	P  uintptr `db:",uint=blob"`
	ID Serial  `db:",uint=blob"`
}

type FullRangeNull struct {
	T *uint64          `db:",uint=text"`
	B sql.Null[uint64] `db:",uint=blob"`
	U uint64           `db:",uint=text,null"`
}
