package galley

import (
	"fmt"

	_ "github.com/galley-db/galley/schema" // want import
)

var _ = fmt.Sprint
