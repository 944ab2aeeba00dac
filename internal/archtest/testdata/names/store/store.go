package store

import (
	_ "github.com/galley-db/galley/schema/util" // want import name
	_ "io/ioutil"
)
