package cells

import "github.com/galley-db/galley/schema"

func IsVector(t schema.Type) bool { return t == schema.Vector32 || t == schema.Vector64 }
