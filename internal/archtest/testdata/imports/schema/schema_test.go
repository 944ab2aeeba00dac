package schema

import _ "github.com/google/go-cmp/cmp"
