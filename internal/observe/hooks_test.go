package observe

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// events are what an Observer receives.
type events []store.BatchEvent

func (e *events) Batch(_ context.Context, b store.BatchEvent) { *e = append(*e, b) }
func (e *events) Checkpoint(store.CheckpointEvent)            {}

// rows are 2 rows without values.
type rows struct{}

func (rows) Len() int                      { return 2 }
func (rows) Bind(int, schema.Writer) error { return nil }

// attempt is an Insertion of one function.
type attempt func() (store.Result, error)

func (a attempt) Try(context.Context) (store.Result, error) { return a() }
func (a attempt) Close()                                    {}

func batch(t *testing.T) *store.Batch {
	t.Helper()
	s, err := schema.New("scan", []schema.Column{{Name: "volume", Type: schema.Float64}})
	if err != nil {
		t.Fatal(err)
	}
	return &store.Batch{Schema: s, Rows: rows{}, Key: "k"}
}

// A batch whose attempt or whose check ends in a panic, or ends the goroutine, is
// reported once, and not as stored.
func TestPanicIsNotReportedAsStored(t *testing.T) {
	for name, end := range map[string]func(){"panic": func() { panic("a row") }, "Goexit": runtime.Goexit} {
		for _, inBegin := range []bool{true, false} {
			var seen events
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				defer func() { _ = recover() }()
				in, err := Hooks{Observer: &seen}.Begin(batch(t), func(*store.Batch) (store.Insertion, error) {
					if inBegin {
						end()
					}
					return attempt(func() (store.Result, error) { end(); return store.Result{}, nil }), nil
				})
				if err != nil {
					t.Error(err)
				}
				defer in.Close()
				_, _ = in.Try(context.Background())
			}()
			<-ended
			if len(seen) != 1 || seen[0].Err == nil || seen[0].Result != (store.Result{}) || seen[0].Table != "scan" || seen[0].Key != "k" {
				t.Errorf("%s, in Begin %t: %+v, want one event with an error", name, inBegin, seen)
			}
		}
	}
}

// The log has no value of a row, whatever the error of a batch says of it.
func TestLogHasNoValues(t *testing.T) {
	const secret = "sub-0815"
	value := &schema.ValueError{Column: "volume", Value: secret, Err: schema.ErrNaN}
	for _, err := range []error{
		store.NewRowError("scan", 1, value),
		errors.Join(errors.New("the batch failed"), store.NewRowError("scan", 1, value)),
		value,
	} {
		var log strings.Builder
		h := Hooks{Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
		in, beginErr := h.Begin(batch(t), func(*store.Batch) (store.Insertion, error) {
			return attempt(func() (store.Result, error) { return store.Result{}, err }), nil
		})
		if beginErr != nil {
			t.Fatal(beginErr)
		}
		_, _ = in.Try(t.Context())
		in.Close()
		if text := log.String(); strings.Contains(text, secret) || strings.Count(text, "volume") != 2 || strings.Count(text, schema.ErrNaN.Error()) != 2 {
			t.Errorf("the log of %q:\n%s", err, text)
		}
	}
}

// waited is an attempt that waited for the write lock.
type waited struct {
	attempt
	wait time.Duration
}

func (w waited) Detail(e *store.BatchEvent) { e.Wait = w.wait }

// The log has a line for a wait that is longer than the limit, and for each checkpoint
// that failed, and none for what is as it should be.
func TestLogOfWaitsAndCheckpoints(t *testing.T) {
	var log strings.Builder
	h := Hooks{Logger: slog.New(slog.NewTextHandler(&log, nil))}
	stored := attempt(func() (store.Result, error) { return store.Result{Applied: true}, nil })
	for _, wait := range []time.Duration{LongWait - 1, LongWait} {
		in, err := h.Begin(batch(t), func(*store.Batch) (store.Insertion, error) { return waited{stored, wait}, nil })
		if err != nil {
			t.Fatal(err)
		}
		if _, err := in.Try(t.Context()); err != nil {
			t.Fatal(err)
		}
		in.Close()
	}
	h.Checkpoint(store.CheckpointEvent{WALBytes: 1})
	h.Checkpoint(store.CheckpointEvent{WALBytes: 2, Took: time.Second, Err: store.ErrDiskFull})
	want := []string{
		`level=WARN msg="galley: long wait for the write lock" table=scan key=k rows=2 attempts=1 wait=5s`,
		`level=WARN msg="galley: checkpoint failed" wal_bytes=2 took=1s error="` + store.ErrDiskFull.Error() + `"`,
	}
	var got []string
	for line := range strings.Lines(log.String()) {
		_, line, _ = strings.Cut(strings.TrimSuffix(line, "\n"), " ") // the time
		got = append(got, line)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// docs/monitoring.md lists each message of the log with its level, and no other.
func TestMessagesAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/monitoring.md")
	if err != nil {
		t.Fatal(err)
	}
	documented, written := map[string]bool{}, map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| ([A-Z]+) \\| `galley: ([^`]+)` \\|").FindAllStringSubmatch(string(page), -1) {
		documented[m[1]+" "+m[2]] = true
	}
	call := regexp.MustCompile(`\.(Debug|Info|Warn)\("([^"]+)"`)
	for _, folder := range []string{".", "../../store", "../../spool"} {
		err := filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, m := range call.FindAllStringSubmatch(string(text), -1) {
				written[strings.ToUpper(m[1])+" "+m[2]] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(written, documented); diff != "" || len(written) == 0 {
		t.Errorf("(-written +documented):\n%s", diff)
	}
}
