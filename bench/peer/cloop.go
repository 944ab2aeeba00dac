package peer

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/galley-db/galley/bench/row"
)

// loopSource lies in a folder of its own: the go command would hand a .c file
// beside this one to cgo.
//
//go:embed csource/loop.c
var loopSource []byte

// cFlags are what SQLite recommends to one who wants speed and has one thread
// (https://sqlite.org/compile.html), so that galley is held against the best
// that a plain loop does.
var cFlags = []string{"-O2", "-DSQLITE_THREADSAFE=0", "-DSQLITE_DEFAULT_MEMSTATUS=0"}

// cPeer is the C loop with an INSERT of one row or of several: an unrolled
// statement spends less time between rows.
type cPeer struct{ rows int }

// rowsUnrolled is the statement size that was fastest on row A, of 1, 10, 30,
// 100 and 300.
const rowsUnrolled = 100

// loop is loop.c, compiled once with the amalgamation of mattn's module.
var loop = sync.OnceValues(func() (string, error) { return build(context.Background()) })

func (p cPeer) Name() string {
	if p.rows == 1 {
		return "c"
	}
	return "c-unrolled"
}

func (p cPeer) About() string {
	statement := "one prepared INSERT"
	if p.rows > 1 {
		statement = fmt.Sprintf("a prepared INSERT of %d rows", p.rows)
	}
	return "a plain C loop over " + statement + ", a transaction a batch, gcc -O2, same amalgamation as mattn"
}

func (cPeer) Check(context.Context) error {
	return errors.Join(installed(compiler()), installed("go"))
}

func (p cPeer) Does(t Task) bool { return t == Bulk || (t == Read || t == Merge) && p.rows == 1 }

func (p cPeer) Run(ctx context.Context, o Order) (time.Duration, row.Tally, error) {
	binary, err := loop()
	if err != nil {
		return 0, row.Tally{}, err
	}
	return run(ctx, o, binary, strconv.Itoa(p.rows))
}

func compiler() string {
	if cc := os.Getenv("CC"); cc != "" {
		return cc
	}
	return "gcc"
}

// build compiles the loop into the user's cache, since SQLite takes most of a
// minute, and returns the program's path.
func build(ctx context.Context) (string, error) {
	module, err := answers(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/mattn/go-sqlite3")
	if err != nil {
		return "", fmt.Errorf("finding SQLite's source: %w", err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	// The module's folder ends in its version.
	id := sha256.Sum256(fmt.Append(nil, compiler(), cFlags, filepath.Base(module), string(loopSource)))
	dir := filepath.Join(cache, "galleybench")
	binary := filepath.Join(dir, fmt.Sprintf("loop-%x", id[:8]))
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	if _, err := os.Stat(binary); !errors.Is(err, fs.ErrNotExist) {
		return binary, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	temp, err := os.MkdirTemp(dir, "build")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(temp)
	source := filepath.Join(temp, "loop.c")
	if err := os.WriteFile(source, loopSource, 0o644); err != nil {
		return "", err
	}
	made := filepath.Join(temp, "loop")
	args := append([]string{}, cFlags...)
	args = append(args, "-I", module, "-o", made, source, filepath.Join(module, "sqlite3-binding.c"))
	if runtime.GOOS != "windows" {
		args = append(args, "-lm", "-lpthread", "-ldl")
	}
	if out, err := exec.CommandContext(ctx, compiler(), args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", compiler(), err, out)
	}
	// Another process that builds it at the same time builds the same.
	return binary, os.Rename(made, binary)
}
