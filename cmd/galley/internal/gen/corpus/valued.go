package corpus

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Grade is stored as a text. Some grades cannot be, one is NULL, and one is of
// another type than its column.
type Grade int8

var errGrade = errors.New("no such grade")

func (g Grade) Value() (driver.Value, error) {
	switch g & 15 {
	case 3:
		return nil, errGrade
	case 5:
		return nil, nil
	case 7:
		return int64(g), nil
	}
	return strconv.Itoa(int(g)), nil
}

func (g *Grade) Scan(src any) error {
	switch src := src.(type) {
	case nil:
		*g = 5
		return nil
	case string:
		n, err := strconv.ParseInt(src, 10, 8)
		*g = Grade(n)
		return err
	}
	return fmt.Errorf("%w: a %T", errGrade, src)
}

// Letters have their Value by pointer, and are stored as bytes.
type Letters []string

func (l *Letters) Value() (driver.Value, error) {
	if *l == nil {
		return []byte(nil), nil
	}
	return []byte(fmt.Sprint(len(*l))), nil
}

func (l *Letters) Scan(src any) error {
	b, _ := src.([]byte)
	*l = Letters{string(b)}
	return nil
}

// Moment, Switch and Level hold what they store.
type (
	Moment struct{ T time.Time }
	Switch struct{ On bool }
	Level  struct{ F float64 }
)

func (m Moment) Value() (driver.Value, error) { return m.T, nil }
func (m *Moment) Scan(src any) error          { m.T, _ = src.(time.Time); return nil }
func (s Switch) Value() (driver.Value, error) { return s.On, nil }
func (s *Switch) Scan(src any) error          { s.On, _ = src.(bool); return nil }
func (l Level) Value() (driver.Value, error)  { return l.F, nil }
func (l *Level) Scan(src any) error           { l.F, _ = src.(float64); return nil }

type Valued struct {
	A Grade           `db:",sql=text"`
	B *Grade          `db:",sql=text"`
	C sql.Null[Grade] `db:",sql=text"`
	D Grade           `db:",sql=text,null"`
	E Grade           `db:",sql=kind"`
	F Letters         `db:",sql=blob"`
	G Moment          `db:",sql=time,time=ms,null"`
	H Switch          `db:",sql=bool"`
	I *Level          `db:",sql=float64"`
	J Level           `db:",sql=kind"`
	K GradeRef        `db:",sql=text"`
}

type (
	GradeRef *Grade
	UUID     [16]byte
	BytesRef *[2]byte
)

type ByteArrays struct {
	A [4]byte
	B [2]NamedByte `db:",null"`
	C *[3]byte
	D sql.Null[[2]byte]
	E UUID
	F *UUID
	G BytesRef
	H [1]byte `db:",json"`
}
