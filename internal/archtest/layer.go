package archtest

import (
	"path"
	"strings"
)

// The modules that only certain files may import.
const (
	driver = "github.com/ncruces/" // the SQLite engine and what comes with it
	policy = "github.com/cenkalti/backoff"
)

// layer is a folder and what the packages in and below it may import. The
// standard library is open to all. The longest folder that matches counts.
type layer struct {
	folder string
	module []string // folders of this module; one that ends in "/" allows those below it as well
	others []string // prefixes of paths outside of it; "*" is any but the driver and the policy
}

var public = []string{"schema", "schema/bind", "backoff", "backoff/backofftest", "store", "store/", "table", "spool", "export", "load", "transfer"}

var layers = []layer{
	{folder: "."},
	{folder: "schema", module: []string{"schema/internal/cell", "internal/gotype"}},
	{folder: "schema/bind", module: []string{"schema", "schema/internal/cell"}},
	{folder: "schema/internal"},
	{folder: "backoff"},
	{folder: "backoff/backofftest", module: []string{"backoff"}},
	{folder: "store", module: []string{"schema", "internal/sqltoken"}},
	{folder: "store/sqlite", module: []string{"schema", "store", "internal/observe", "internal/evolve", "internal/quarantine", "internal/ledgersql", "internal/sqltoken", "internal/durable", "internal/fileid", "internal/holder", "internal/record", "internal/pageimage", "internal/spill", "internal/sqlitetype"}},
	{folder: "store/postgres", module: []string{"schema", "store", "internal/observe", "internal/evolve", "internal/quarantine", "internal/ledgersql"}, others: []string{"*"}},
	{folder: "table", module: []string{"schema", "store", "backoff"}},
	{folder: "spool", module: []string{"schema", "store", "internal/observe", "internal/ownkey", "internal/batchfile", "internal/spooldir", "internal/evolve", "internal/fileid", "internal/record"}},
	{folder: "export", module: []string{"schema", "store", "store/sqlite", "backoff", "table", "internal/cells", "internal/formats", "internal/fixture", "internal/durable", "internal/folderlock"}, others: []string{"*"}},
	{folder: "load", module: []string{"schema", "store", "backoff", "internal/cells", "internal/formats", "internal/fixture", "internal/literal", "internal/ownkey", "internal/infer", "internal/ahead", "internal/csvrow", "internal/jsonrow", "internal/pagecache", "internal/spill"}, others: []string{"*"}},
	{folder: "transfer", module: []string{"schema", "store", "store/sqlite", "backoff", "internal/evolve", "internal/fileid", "internal/ownkey", "internal/batchfile", "internal/spooldir", "internal/cells", "internal/formats", "internal/pagecache", "internal/quarantine", "internal/fixture"}, others: []string{"*"}},
	{folder: "cmd", module: public, others: []string{"*"}},
	{folder: "cmd/galley", module: append([]string{"cmd/galley/internal/", "internal/holder", "internal/ownkey", "internal/sqlitetype"}, public...), others: []string{"*"}},
	{folder: "cmd/galley/internal", module: []string{"schema", "schema/bind", "internal/gotype", "backoff", "store", "store/sqlite", "spool", "load", "internal/csvrow", "internal/fileid", "internal/holder", "internal/sqlitetype", "cmd/galley/internal/"}, others: []string{"*"}}, // the verbs' work
	{folder: "examples", module: append([]string{"examples/"}, public...), others: []string{"*"}},

	// Internal packages serve the layers above them, and import none of table,
	// export and cmd.
	{folder: "internal", module: []string{"schema", "backoff", "store", "store/sqlite", "internal/"}, others: []string{"*"}},
	{folder: "internal/archtest"},
	{folder: "internal/gotype"},
	{folder: "internal/sqlitetype", module: []string{"schema"}},
	{folder: "internal/durable"},
	{folder: "internal/holder"},
	{folder: "internal/ownkey"},
	{folder: "internal/ahead"},
	{folder: "internal/sqltoken"},
	{folder: "internal/fileid", others: []string{"golang.org/x/sys/"}},
	{folder: "internal/folderlock", others: []string{"golang.org/x/sys/"}},
	{folder: "internal/cells", module: []string{"schema", "store", "internal/literal", "internal/jsonrow"}, others: []string{"*"}},
	{folder: "internal/formats", module: []string{"schema", "store", "internal/cells", "internal/literal", "internal/ahead", "internal/csvrow", "internal/jsonrow", "internal/repack", "internal/spill"}, others: []string{"*"}},
	{folder: "internal/fixture", module: []string{"schema", "store", "store/sqlite", "table"}, others: []string{"*"}},
	{folder: "internal/evolve", module: []string{"schema", "store"}},
	{folder: "internal/observe", module: []string{"schema", "store"}},
	{folder: "internal/quarantine", module: []string{"schema", "store"}},
	{folder: "internal/ledgersql", module: []string{"schema", "store", "internal/ownkey"}},
	{folder: "internal/record", module: []string{"schema"}},
	{folder: "internal/batchfile", module: []string{"schema", "internal/ownkey", "internal/record"}},
	{folder: "internal/spooldir", module: []string{"schema", "internal/batchfile", "internal/durable", "internal/fileid"}},
	{folder: "internal/pageimage", module: []string{"schema", "internal/record"}},
	{folder: "internal/pagecache", module: []string{"store"}},
	{folder: "internal/spill"},
	{folder: "internal/faultvfs", module: []string{"store", "store/sqlite", "internal/durable"}},
	{folder: "internal/soak", module: []string{"schema", "backoff", "store", "store/sqlite", "table"}, others: []string{"golang.org/x/sys/"}},
	// The conformance suite holds a Backend against what a Table needs of it.
	{folder: "internal/storetest", module: []string{"schema", "backoff", "store", "store/sqlite", "table", "internal/"}, others: []string{"*"}},
}

// engineFiles may import the driver: the backend that speaks to it, and
// what hands it files and faults.
var engineFiles = []string{"store/sqlite/*.go", "cmd/galley/internal/gen/sqlite*.go", "internal/pageimage/*.go", "internal/faultvfs/*.go", "internal/storetest/*.go"}

// policyFiles may import the retry policy.
var policyFiles = []string{"backoff/exponential.go"}

// vague are names that say nothing of what a package is for.
var vague = map[string]bool{"util": true, "utils": true, "common": true, "helper": true, "helpers": true}

// layerOf returns the layer of a folder, or false.
func layerOf(folder string) (best layer, ok bool) {
	for _, l := range layers {
		in := folder == l.folder || l.folder != "." && strings.HasPrefix(folder, l.folder+"/")
		if in && (!ok || len(l.folder) > len(best.folder)) {
			best, ok = l, true
		}
	}
	return best, ok
}

func matches(file string, patterns []string) bool {
	for _, p := range patterns {
		if ok, err := path.Match(p, file); ok && err == nil {
			return true
		}
	}
	return false
}
