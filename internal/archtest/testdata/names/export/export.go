package helpers // want name

import (
	_ "example.com/commonplace"
	_ "example.com/x/common" // want name
	_ "example.com/x/helper" // want name
)
