package peer

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/galley-db/galley/bench/row"
)

// crawshawPeer is the driver with the least between Go and C. Its program
// lies in cmd/crawshawloop.
type crawshawPeer struct{}

const crawshawLoop = "github.com/galley-db/galley/bench/cmd/crawshawloop"

// crawshawProgram builds the program once; the go command keeps what it builds.
var crawshawProgram = sync.OnceValues(func() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	binary := filepath.Join(cache, "galleybench", "crawshawloop")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	out, err := exec.Command("go", "build", "-o", binary, crawshawLoop).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building %s: %w\n%s", crawshawLoop, err, out)
	}
	return binary, nil
})

func (crawshawPeer) Name() string { return "crawshaw" }
func (crawshawPeer) About() string {
	return "crawshaw.io/sqlite (cgo, SQLite 3.32, so no STRICT), prepared, row by row, a transaction a batch"
}
func (crawshawPeer) Check(context.Context) error { return installed("go") }
func (crawshawPeer) Does(t Task) bool            { return t == Bulk || t == Read }

func (crawshawPeer) Run(ctx context.Context, o Order) (time.Duration, row.Tally, error) {
	binary, err := crawshawProgram()
	if err != nil {
		return 0, row.Tally{}, err
	}
	return run(ctx, o, binary)
}
