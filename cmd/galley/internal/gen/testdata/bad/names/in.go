package names

type string struct{ A int }

type Row struct{ A int }

var RowBinder = 1

func RowColumns() {}

type a_b struct{ A int }

type Galley_x struct{ A int }

func new() {}

func len() {}
