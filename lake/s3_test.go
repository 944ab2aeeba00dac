package lake_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/galley-db/galley/lake"
)

// s3Server is object storage in memory, behind a proxy that can make requests fail.
type s3Server struct {
	fake http.Handler

	mu       sync.Mutex
	requests []string
	fault    fault
	from, to int // the requests that fail, by their number; none if to is 0
}

// fault is a way to fail.
type fault string

const (
	errorAnswer fault = "error"       // the server answers 503, and does nothing
	cut         fault = "cut"         // the connection ends, and the server does nothing
	lostAnswer  fault = "lost answer" // the server does it, and the connection ends
)

func (s *s3Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	n := len(s.requests)
	s.requests = append(s.requests, fmt.Sprintf("%s %s?%s", r.Method, r.URL.Path, r.URL.RawQuery))
	failing, kind := n >= s.from && n < s.to, s.fault
	s.mu.Unlock()
	if !failing {
		s.fake.ServeHTTP(w, r)
		return
	}
	switch kind {
	case errorAnswer:
		http.Error(w, "Slow Down", http.StatusServiceUnavailable)
		return
	case lostAnswer:
		s.fake.ServeHTTP(httptest.NewRecorder(), r)
	}
	panic(http.ErrAbortHandler)
}

// fail makes some requests fail, counted from the next one.
func (s *s3Server) fail(kind fault, after, many int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests, s.fault, s.from, s.to = nil, kind, after, after+many
}

// heal ends the faults, and returns the requests since fail.
func (s *s3Server) heal() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.requests
	s.requests, s.from, s.to = nil, 0, 0
	return all
}

const secret = "secret-that-no-log-may-have"

// newS3 starts object storage, and sets the environment for it.
func newS3(t *testing.T) *s3Server {
	t.Helper()
	backend := s3mem.New()
	must(t, backend.CreateBucket("bucket"))
	s := &s3Server{fake: gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server()}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	for name, value := range map[string]string{"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": secret,
		"AWS_REGION": "us-east-1", "AWS_MAX_ATTEMPTS": "1", "AWS_EC2_METADATA_DISABLED": "true"} {
		t.Setenv(name, value)
	}
	return s
}

// TestObjectStorage: publishing to s3:// is as to a folder, with several parts a file.
func TestObjectStorage(t *testing.T) {
	newS3(t)
	cat := openCatalogAt(t, "sqlite:"+filepath.Join(t.TempDir(), "c.db"), "s3://bucket/some/prefix")
	db, tab := newFile(t)
	appendBatches(t, tab, 0, 3, 5)
	publish(t, db, cat, lake.PublishOptions{Partition: "subject"})
	if diff := cmp.Diff(wantBatches(0, 3, 5), counts(t, cat, "scan", "session")); diff != "" {
		t.Errorf("rows by batch (-want +got):\n%s", diff)
	}
	if location := load(t, cat, "scan").Location(); !strings.HasPrefix(location, "s3://bucket/some/prefix/") {
		t.Errorf("the table lies at %s", location)
	}
	_, err := lake.Maintain(t.Context(), cat, lake.MaintainOptions{})
	must(t, err)
}

// TestS3Faults: each request of a publish fails in turn, in three ways. No row is lost
// or doubled, and the files that are left over are removed by Maintain.
func TestS3Faults(t *testing.T) {
	s := newS3(t)
	cat := openCatalogAt(t, "sqlite:"+filepath.Join(t.TempDir(), "c.db"), "s3://bucket/w")
	db, tab := newFile(t)
	appendBatches(t, tab, 0, 1, 2)
	publish(t, db, cat, lake.PublishOptions{})
	batches, failed := 1, 0
	for _, kind := range []fault{errorAnswer, cut, lostAnswer} {
		for after := 0; ; after++ {
			appendBatches(t, tab, batches, batches+1, 2)
			batches++
			s.fail(kind, after, 2)
			_, err := lake.Publish(t.Context(), db, cat, lake.PublishOptions{Retrier: fast(2)})
			requests := s.heal()
			if err != nil {
				failed++
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error has the secret: %v", err)
				}
			}
			publish(t, db, cat, lake.PublishOptions{})
			if len(requests) <= after {
				if after < 5 {
					t.Errorf("a publish makes %d requests: %q", after, requests)
				}
				break
			}
		}
	}
	if failed == 0 {
		t.Error("no publish failed")
	}
	check := func() {
		t.Helper()
		if diff := cmp.Diff(wantBatches(0, batches, 2), counts(t, cat, "scan", "session")); diff != "" {
			t.Errorf("rows by batch (-want +got):\n%s", diff)
		}
	}
	check()
	all, err := lake.Maintain(t.Context(), cat, lake.MaintainOptions{NoCompaction: true, Orphans: time.Nanosecond})
	must(t, err)
	if all[0].Orphans == 0 {
		t.Error("the failed publishes left no file")
	}
	check()
	t.Logf("%d of %d publishes failed, and left %d files", failed, batches-1, all[0].Orphans)
}

// TestInterruptedUploadIsAborted: when the context ends during an upload, its parts are
// removed.
func TestInterruptedUploadIsAborted(t *testing.T) {
	s := newS3(t)
	cat := openCatalogAt(t, "sqlite:"+filepath.Join(t.TempDir(), "c.db"), "s3://bucket/w")
	db := openFile(t, filepath.Join(t.TempDir(), "noise.db"))
	noisy(t, db, 6)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s.fail(cut, 1<<30, 0)
	watched := s.fake
	s.fake = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("partNumber") == "2" {
			cancel()
		}
		watched.ServeHTTP(w, r)
	})
	_, err := lake.Publish(ctx, db, cat, lake.PublishOptions{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want the context's error", err)
	}
	var aborted bool
	for _, r := range s.heal() {
		aborted = aborted || strings.HasPrefix(r, "DELETE ") && strings.Contains(r, "uploadId=")
	}
	if !aborted {
		t.Error("the upload was not aborted")
	}
	s.fake = watched
	if done := publish(t, db, cat, lake.PublishOptions{}); done.Rows != 6 || done.Bytes < 6*noiseBytes {
		t.Errorf("published %+v, want 6 rows of %d bytes", done, noiseBytes)
	}
	records(t, load(t, cat, "noise"), checkNoise(t), "seed", "data")
}
