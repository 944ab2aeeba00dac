package foreign

import "github.com/galley-db/galley/cmd/galley/internal/gen/testdata/bad/foreign/other"

type Row struct {
	other.Public
}

type Nearer struct {
	other.Nearer
}

type Fine struct {
	other.Fine
}
