package corpus

import (
	"errors"
	"time"
)

var errUnlucky = errors.New("13, 13 is not a point")

type Keyed struct {
	Subject string `db:"subject,key"`
	Region  int16  `db:"region,key"`
	Volume  float64
}

type Constrained struct {
	ID   int64   `db:"id,key"`
	Mail string  `db:"mail,unique,default='a, b'"`
	A    int     `db:"a,unique=ab,index=ba"`
	B    int     `db:"b,unique=ab,index=ba,check=(b IN (1,2) OR b > 2 OR b < 1)"`
	C    float64 `db:"c,index,default=1.5,was=old"`
}

type Quoted struct {
	A string  `db:"a \"quoted\" name"`
	B int     `db:"order"`
	C float64 "db:\"naïve `tick`\""
	D bool    `db:"new\nline"`
}

type Batched struct {
	Key   string `db:"source,batch"`
	Value int
}

// Shadowed has fields called like what generated code uses.
type Shadowed struct {
	W, R, V, Row, Err, Schema, Math, Int64, Nil int
}

// What generated code might call its variables and imports.
type (
	row    string
	math   int
	schema float32
)

type Wrapped struct {
	A row
	B math
	C schema
	D *row
}

type unexported struct {
	A int
	B *string
}

type Pair[T any] struct {
	First  T
	Second T
}

type Both[A, B any] struct {
	A A
	B B
	C struct{ P Pair[A] }
}

type Alias = Pair[Count]

type Wide struct {
	C00, C01, C02, C03, C04, C05, C06, C07, C08, C09 float64
	C10, C11, C12, C13, C14, C15, C16, C17, C18, C19 int
	C20, C21, C22, C23, C24, C25, C26, C27, C28, C29 string
	C30, C31, C32, C33, C34, C35, C36, C37, C38, C39 time.Time
}
