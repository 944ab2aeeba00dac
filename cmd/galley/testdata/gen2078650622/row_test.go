package row_test

type Row struct{ A int }
