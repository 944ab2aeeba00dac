package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// commandEnv makes this program run the command instead of the tests.
const commandEnv = "GALLEY_PUBLISH_COMMAND"

// TestMessagesHaveNoSecret: what the command and the libraries that it uses write to
// their output has no password, key or token, whatever is wrong.
func TestMessagesHaveNoSecret(t *testing.T) {
	const password = "pa55word"
	file, dir := newFile(t), t.TempDir()
	for _, c := range []struct{ catalog, warehouse, endpoint string }{
		{"postgres://user:" + password + "@127.0.0.1:1/db", dir, ""},
		{"postgres://user:" + password + "@127.0.0.1:1/db", "", ""},
		{"postgress://user:" + password + "@127.0.0.1:1/db", dir, ""},
		{"rest:http://user:" + password + "@127.0.0.1:1", "", ""},
		{"rest:http://user:" + password + "@127.0.0.1:port", "", ""},
		{"sqlite:" + filepath.Join(dir, "c.db"), "s3://user:" + password + "@bucket/w", ""},
		{"sqlite:" + filepath.Join(dir, "c.db"), "s3://bucket/w", "http://user:" + password + "@127.0.0.1:1"},
		{"sqlite:" + filepath.Join(dir, "c.db"), "s3://bucket/w", "http://user:" + password + "@127.0.0.1:port"},
	} {
		for _, first := range [][]string{{file}, {"maintain", "mean"}} {
			cmd := exec.CommandContext(t.Context(), os.Args[0], append(first, "--catalog", c.catalog, "--warehouse", c.warehouse)...)
			cmd.Env = append(os.Environ(), commandEnv+"=1", "AWS_ENDPOINT_URL="+c.endpoint, "AWS_ACCESS_KEY_ID=key", "AWS_SECRET_ACCESS_KEY=key-"+password,
				"AWS_SESSION_TOKEN=session-"+password, "ICEBERG_TOKEN=bearer-"+password, "AWS_REGION=us-east-1", "AWS_MAX_ATTEMPTS=1", "AWS_EC2_METADATA_DISABLED=true")
			out, err := cmd.CombinedOutput()
			if err == nil || len(out) == 0 || strings.Contains(string(out), password) {
				t.Errorf("%q with %+v: %v, output %q", first, c, err, out)
			}
		}
	}
}
