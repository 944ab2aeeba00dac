package schema_test

import (
	"database/sql/driver"
	"fmt"

	"github.com/galley-db/galley/schema"
)

// Hemisphere is stored as the text that its Value returns.
type Hemisphere int

func (h Hemisphere) Value() (driver.Value, error) { return [...]string{"lh", "rh"}[h], nil }

func (h *Hemisphere) Scan(src any) error {
	*h = 0
	if src == "rh" {
		*h = 1
	}
	return nil
}

// A type with Value and Scan needs the option sql, which says what Value returns.
// An array of bytes is a blob.
func ExampleOf_value() {
	type Parcel struct {
		ID   [16]byte   `db:",key"`
		Hemi Hemisphere `db:",sql=text"`
	}
	s, err := schema.Of[Parcel]()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range s.Columns() {
		fmt.Println(c.Name, c.Spec())
	}
	// Output:
	// id blob key
	// hemi text
}
