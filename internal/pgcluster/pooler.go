package pgcluster

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

var errNoPooler = errors.New("pgbouncer is not installed; install Debian's package pgbouncer (apt-get install pgbouncer)")

// Pooler runs PgBouncer in front of the server of a connection string until the
// test ends, and returns the connection string that leads through it. mode is
// "session" or "transaction".
func Pooler(t testing.TB, server, mode string) string {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		program = "/usr/sbin/pgbouncer"
	}
	if _, err := os.Stat(program); err != nil {
		if os.Getenv("GALLEY_REQUIRE_POSTGRES") == "1" {
			t.Fatal(errNoPooler)
		}
		t.Skip(errNoPooler)
	}
	config, err := pgx.ParseConfig(server)
	if err != nil {
		t.Fatal(err)
	}
	account, err := unprivileged()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp(shortTemp(), "gpb")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := (tools{account: account}).own(dir); err != nil {
		t.Fatal(err)
	}
	upstream := fmt.Sprintf("* = host=%s port=%d user=%s", config.Host, config.Port, config.User)
	if config.Password != "" {
		upstream += " password=" + config.Password
	}
	settings := []string{
		"[databases]",
		upstream,
		"[pgbouncer]",
		"listen_addr =", // the socket is enough
		"listen_port = 6432",
		"unix_socket_dir = " + dir,
		"auth_type = any",
		"pool_mode = " + mode,
		// In transaction mode few connections are shared by many clients.
		"default_pool_size = " + map[string]string{"session": "90", "transaction": "10"}[mode],
		"max_client_conn = 500",
	}
	ini := filepath.Join(dir, "pgbouncer.ini")
	if err := os.WriteFile(ini, []byte(strings.Join(settings, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, ini)
	account.use(cmd)
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-read
		_ = cmd.Wait()
	})
	up := make(chan bool, 1)
	var lines strings.Builder
	go func() {
		defer close(read)
		defer close(up)
		for s := bufio.NewScanner(log); s.Scan(); {
			lines.WriteString(s.Text() + "\n")
			if strings.Contains(s.Text(), "process up") {
				up <- true
				_, _ = io.Copy(io.Discard, log)
				return
			}
		}
	}()
	if !<-up {
		t.Fatalf("pgbouncer does not start:\n%s", &lines)
	}
	return fmt.Sprintf("postgres://%s@/%s?host=%s&port=6432", url.PathEscape(config.User), url.PathEscape(config.Database), url.QueryEscape(dir))
}
