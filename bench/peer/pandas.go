package peer

import (
	"context"
	_ "embed"
	"time"

	"github.com/galley-db/galley/bench/row"
)

//go:embed to_sql.py
var toSQL string

// pandasPeer is DataFrame.to_sql as pipelines with workers use it.
type pandasPeer struct{}

func (pandasPeer) Name() string { return "pandas" }
func (pandasPeer) About() string {
	return "pandas to_sql under a lock, a connection and its PRAGMAs for each frame"
}

func (pandasPeer) Check(ctx context.Context) error {
	return pythonRuns(ctx, "import pandas, sqlite3; assert sqlite3.sqlite_version_info >= (3, 37), 'SQLite is older than STRICT tables'")
}

func (pandasPeer) Does(t Task) bool { return t == Bulk || t == Sessions }

func (pandasPeer) Run(ctx context.Context, o Order) (time.Duration, row.Tally, error) {
	return run(ctx, o, python(), "-c", toSQL)
}
