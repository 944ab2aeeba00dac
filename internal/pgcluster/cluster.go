package pgcluster

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Cluster is a PostgreSQL server of a test's own. Its superuser is postgres,
// who needs no password, and has a database of that name.
type Cluster struct {
	dir     string // of the data, the socket and the log
	tools   tools
	watcher *watcher
}

// Start makes a server and runs it until the test ends.
func Start(t testing.TB) *Cluster {
	t.Helper()
	c, err := start()
	if err != nil {
		skip(t, err)
	}
	t.Cleanup(c.Remove)
	return c
}

// start makes a server and runs it.
func start() (_ *Cluster, err error) {
	tools, err := findTools()
	if err != nil {
		return nil, err
	}
	// A socket's path has room for about 100 bytes.
	dir, err := os.MkdirTemp(shortTemp(), "gpg")
	if err != nil {
		return nil, err
	}
	c := &Cluster{dir: dir, tools: tools}
	defer func() {
		if err != nil {
			c.Remove()
		}
	}()
	if err := c.watch(); err != nil {
		return nil, err
	}
	if err := tools.own(dir); err != nil {
		return nil, err
	}
	// The machine outlives the test, so that nothing need reach the disk: a
	// server that is killed finds what it wrote.
	err = tools.run(dir, "initdb", "-D", c.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
	if err != nil {
		return nil, err
	}
	return c, c.Run()
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

// Dir is the folder of the socket, as the parameter host has it.
func (c *Cluster) Dir() string { return c.dir }

// URL is the connection string of the database postgres.
func (c *Cluster) URL() string {
	return "postgres://postgres@/postgres?host=" + url.QueryEscape(c.dir)
}

// Run starts the server again after Stop.
func (c *Cluster) Run() error {
	options := []string{
		"-k", c.dir, "-p", "5432", "-c", "listen_addresses=''", "-c", "fsync=off", "-c", "full_page_writes=off",
		"-c", "max_connections=200", "-c", "shared_buffers=64MB", "-c", "max_prepared_transactions=0",
	}
	err := c.tools.run(c.dir, "pg_ctl", "-D", c.data(), "-l", filepath.Join(c.dir, "log"), "-w", "-t", "60",
		"-o", strings.Join(options, " "), "start")
	if err != nil {
		log, _ := os.ReadFile(filepath.Join(c.dir, "log"))
		err = fmt.Errorf("%w\n%s", err, log)
	}
	return err
}

// Stop stops the server: mode is "fast", which closes it in order, or
// "immediate", which is a crash.
func (c *Cluster) Stop(mode string) error {
	return c.tools.run(c.dir, "pg_ctl", "-D", c.data(), "-m", mode, "-w", "-t", "60", "stop")
}

// Demote makes the server a standby without a primary: it can be read.
func (c *Cluster) Demote() error {
	if err := c.Stop("fast"); err != nil {
		return err
	}
	signal := filepath.Join(c.data(), "standby.signal")
	if err := os.WriteFile(signal, nil, 0o600); err != nil {
		return err
	}
	if err := c.tools.own(signal); err != nil {
		return err
	}
	return c.Run()
}

// Promote makes a standby a primary.
func (c *Cluster) Promote() error {
	return c.tools.run(c.dir, "pg_ctl", "-D", c.data(), "-w", "-t", "60", "promote")
}

// Remove stops the server and removes all that it has.
func (c *Cluster) Remove() {
	_ = c.Stop("immediate") // it may be stopped
	_ = os.RemoveAll(c.dir)
	if c.watcher != nil {
		c.watcher.stop()
	}
}

// tools are PostgreSQL's programs and the user that they run as.
type tools struct {
	initdb, pgCtl string
	account       account
}

var errMissing = errors.New("no PostgreSQL is installed")

// binEnv is the variable that names the folder of the programs, for a version that
// the system does not have.
const binEnv = "GALLEY_POSTGRES_BIN"

// findTools looks for the programs in the folder that GALLEY_POSTGRES_BIN names, or
// for the newest ones of the system. A folder that is named and has none is not
// replaced by another version.
func findTools() (tools, error) {
	if dir := os.Getenv(binEnv); dir != "" {
		t := tools{initdb: filepath.Join(dir, "initdb"), pgCtl: filepath.Join(dir, "pg_ctl")}
		for _, program := range []string{t.initdb, t.pgCtl} {
			if _, err := exec.LookPath(program); err != nil {
				return tools{}, fmt.Errorf("%s=%s: %w", binEnv, dir, err)
			}
		}
		return t.withAccount()
	}
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // by version
	for i := len(dirs) - 1; i >= 0; i-- {
		t := tools{initdb: filepath.Join(dirs[i], "initdb"), pgCtl: filepath.Join(dirs[i], "pg_ctl")}
		if _, err := exec.LookPath(t.initdb); err == nil {
			return t.withAccount()
		}
	}
	initdb, err := exec.LookPath("initdb")
	if err != nil {
		return tools{}, errMissing
	}
	pgCtl, err := exec.LookPath("pg_ctl")
	if err != nil {
		return tools{}, errMissing
	}
	return tools{initdb: initdb, pgCtl: pgCtl}.withAccount()
}

func (t tools) withAccount() (tools, error) {
	var err error
	t.account, err = unprivileged()
	return t, err
}

// run runs initdb or pg_ctl within a folder that its user may enter.
func (t tools) run(dir, name string, args ...string) error {
	program := t.pgCtl
	if name == "initdb" {
		program = t.initdb
	}
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LC_ALL=C", "HOME="+dir)
	t.account.use(cmd)
	// The server inherits these: files, and no pipes, so no process waits for
	// the server to close them.
	out, err := os.CreateTemp("", "pgcluster")
	if err != nil {
		return err
	}
	defer os.Remove(out.Name())
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		text, _ := os.ReadFile(out.Name())
		return fmt.Errorf("%s: %w\n%s", name, err, bytes.TrimSpace(text))
	}
	return nil
}

// shortTemp is a folder for temporary files with a short path.
func shortTemp() string {
	if dir := os.TempDir(); len(dir) < 40 {
		return dir
	}
	return "/tmp"
}
