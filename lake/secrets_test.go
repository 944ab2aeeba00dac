package lake_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/iceberg-go"

	"github.com/galley-db/galley/lake"
)

// All secrets of these tests have this word in them, and nothing else has.
const password = "pa55word"

// refusing is a server that refuses each request, and sends the credentials back.
func refusing(t *testing.T) (host string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"message": "not you: " + r.Header.Get("Authorization") + r.Header.Get("X-Amz-Security-Token"), "type": "ForbiddenException", "code": 403}})
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// TestErrorsHaveNoSecret: no error of a catalog or of a publish has a password, a secret
// key or a token in its text, whatever is wrong with the address or the server.
func TestErrorsHaveNoSecret(t *testing.T) {
	newS3(t)
	t.Setenv("AWS_SECRET_ACCESS_KEY", "key-"+password)
	t.Setenv("AWS_SESSION_TOKEN", "session-"+password)
	t.Setenv("ICEBERG_TOKEN", "bearer-"+password)
	host, dir := refusing(t), t.TempDir()
	db, tab := newFile(t)
	appendBatches(t, tab, 0, 1, 2)
	sqlite := "sqlite:" + filepath.Join(dir, "c.db")
	fails := func(name, warehouse string, properties iceberg.Properties) {
		t.Helper()
		cat, err := lake.OpenCatalog(t.Context(), name, warehouse, properties)
		if err == nil {
			var maintained error
			_, err = lake.Publish(t.Context(), db, cat, lake.PublishOptions{Retrier: fast(1)})
			_, maintained = lake.Maintain(t.Context(), cat, lake.MaintainOptions{Tables: []string{"scan"}})
			err = errors.Join(err, maintained, cat.Close())
		}
		if err == nil || strings.Contains(err.Error(), password) {
			t.Errorf("catalog %q, warehouse %q, properties %v: the error is %v", name, warehouse, properties, err)
		}
	}
	for _, address := range []string{"user:" + password + "@127.0.0.1:1/db", "user:" + password + "@127.0.0.1:port/db", "user:a/b" + password + "@127.0.0.1:1/db",
		"user:a%zz" + password + "@127.0.0.1:1/db", "user:a%20" + password + "@127.0.0.1:port/db", "user:a#b@c" + password + "@127.0.0.1:1/db", "user:" + password + "@" + host,
		"127.0.0.1:1/db?password=" + password, "127.0.0.1:port/db?user=u&password=" + password + "&sslmode=x"} {
		for _, scheme := range []string{"postgres://", "postgresql://", "postgress://", "mysql://", "rest:http://", "rest:ftp://", "http://"} {
			if strings.Contains(address, host) && (scheme == "postgres://" || scheme == "postgresql://") {
				continue // which does not speak that protocol, and waits
			}
			fails(scheme+address, dir, nil)
			fails(scheme+address, "", nil)
		}
		fails(sqlite, "s3://"+address, nil)
		fails(sqlite, "ftp://"+address, nil)
		fails(sqlite, "file://"+address, nil)
		fails("hadoop", "s3://"+address, nil)
		fails(sqlite, "s3://bucket/w", iceberg.Properties{"s3.endpoint": "http://" + address})
	}
	fails("postgres:host=127.0.0.1 port=x password='a "+password+"'", "", nil)
	fails("rest:http://"+host, "", nil)
	fails("rest:http://"+host, "s3://bucket", nil)
	fails(sqlite, "s3://other/w", nil)
	fails(sqlite, "s3://bucket/w", iceberg.Properties{"s3.endpoint": "http://" + host})
	fails(sqlite, "s3://bucket/w", iceberg.Properties{"s3.endpoint": "http://" + host, "s3.access-key-id": "k", "s3.secret-access-key": "x" + password, "s3.session-token": "y" + password})
	fails(sqlite, "s3://bucket/w", iceberg.Properties{"s3.proxy-uri": "http://user:" + password + "@127.0.0.1:port"})
}

// TestTablesHaveNoSecret: a publish to object storage leaves no secret in the catalog, in
// the metadata of the table or in the report.
func TestTablesHaveNoSecret(t *testing.T) {
	newS3(t)
	path := filepath.Join(t.TempDir(), "c.db")
	cat, err := lake.OpenCatalog(t.Context(), "sqlite:"+path, "s3://bucket/w",
		iceberg.Properties{"s3.access-key-id": "k", "s3.secret-access-key": "key-" + password, "s3.session-token": "session-" + password})
	must(t, err)
	db, tab := newFile(t)
	appendBatches(t, tab, 0, 1, 2)
	report, err := json.Marshal(publish(t, db, cat, lake.PublishOptions{}))
	must(t, err)
	metadata, err := json.Marshal(load(t, cat, "scan").Metadata())
	must(t, err)
	must(t, cat.Close())
	stored, err := os.ReadFile(path)
	must(t, err)
	for name, content := range map[string][]byte{"report": report, "metadata": metadata, "catalog": stored} {
		if len(content) == 0 || strings.Contains(string(content), password) {
			t.Errorf("the %s has a secret, or nothing: %.2000s", name, content)
		}
	}
}
