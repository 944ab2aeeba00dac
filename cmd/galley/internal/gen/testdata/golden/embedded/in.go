// Package embedded has structs within structs.
package embedded

import "github.com/galley-db/galley/cmd/galley/internal/gen/testdata/golden/region"

type key struct {
	Subject string `db:",key"`
}

// Scan is flattened.
type Scan struct {
	key
	region.Region `db:"region"`
	Size          struct{ X, Y, Z uint16 }
	X             struct{ Y uint16 } `db:",prefix=at_"`
	XY            int8
}
