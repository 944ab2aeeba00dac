package tags

type Row struct {
	A int     `db:",kye"`
	B float64 `db:",uint=text"`
	C chan int
	D struct {
		E map[string]int
	}
	F **int
	g int `db:"g"`
	H int `db:"a"`
	I complex128
}

type NotStruct int

type Empty struct{}
