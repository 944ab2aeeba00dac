package corpus

import (
	"encoding/json"
	"math/big"
	"net/netip"
	"time"
)

type (
	Kind       string
	Flag       bool
	Count      int32
	Serial     uint64
	Ratio      float32
	NamedByte  byte
	NamedBytes []byte
	Embedding  []float32
	Weight     float64
	Weights    [2]Weight
	Stamp      time.Time
	Span       time.Duration
	KindRef    *Kind
	VectorRef  *[2]float64
)

type Vectors struct {
	A []float32
	B []float64 `db:",dim=3"`
	C []float32 `db:",null"`
	D *[]float64
}

type Arrays struct {
	A [3]float32
	B [2]float64 `db:",null"`
	C *[2]float32
	D VectorRef
}

type NamedVectors struct {
	A Embedding
	B Weights
	C []Weight `db:",null"`
	D *Embedding
}

type Documents struct {
	A map[string]int     `db:",json"`
	B []string           `db:",json"`
	C struct{ X, Y int } `db:",json"`
	D any                `db:",json"`
	E *Bools             `db:",json"`
	F int                `db:",json"`
	G time.Time          `db:",json"`
	H [4]byte            `db:",json"`
}

type NullDocuments struct {
	A map[string]int  `db:",json,null"`
	B []string        `db:",json,null"`
	C any             `db:",json,null"`
	D *map[string]int `db:",json"`
	E Point           `db:",json,null"`
}

type RawDocuments struct {
	A json.RawMessage
	B json.RawMessage `db:",null"`
	C *json.RawMessage
	D json.RawMessage `db:",json"`
}

// Point goes through text, by pointer and by value.
type Point struct{ X, Y int16 }

func (p Point) MarshalText() ([]byte, error) {
	if p.X == p.Y && p.X == 13 {
		return nil, errUnlucky
	}
	return json.Marshal([2]int16{p.X, p.Y})
}

func (p *Point) UnmarshalText(text []byte) error {
	var xy [2]int16
	err := json.Unmarshal(text, &xy)
	p.X, p.Y = xy[0], xy[1]
	return err
}

type Marshalers struct {
	A netip.Addr
	B Point
	C Point `db:",null"`
	D big.Int
}

type NullMarshaler struct {
	A Point `db:",null"`
}

type MarshalerPointers struct {
	A *netip.Addr
	B *Point
	C *big.Int
}

type NamedKinds struct {
	K Kind
	F Flag
	C Count
	S Serial
	R Ratio
	W Weight
	D Span
}

type NamedPointers struct {
	A *Kind
	B KindRef
	C *Count
	D *Flag
	E *Ratio
}

type NamedTimes struct {
	A Stamp
	B *Stamp `db:",time=ms"`
	C Stamp  `db:",null,time=rfc3339"`
}

type Nested struct {
	Name string
	At   struct {
		X, Y float64
		When time.Time
	}
	Pair Pair[Kind]
}

type Deep struct {
	A struct {
		B struct{ C struct{ D struct{ E *int } } }
	}
}

type base struct {
	Subject string `db:"subject"`
	Session int
}

type Embedded struct {
	base
	Floats
	Extra string
}

// Promoted has a nearer field of the same name as one it embeds, under
// another column.
type Promoted struct {
	base
	Subject string `db:"own_subject"`
}

type Prefixed struct {
	Left  Floats `db:"l"`
	Right Floats `db:",prefix=r_"`
	Bare  Bools  `db:",prefix="`
	Ints  `db:"ints"`
}
