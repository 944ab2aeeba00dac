package archtest

import _ "golang.org/x/tools/go/packages" // want import
