package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scraped runs work, and returns what Prometheus reads afterwards, and the spans.
func scraped(t *testing.T, work func(context.Context, *table.Table[Volume]) error) (metrics, spans string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err = run(t.Context(), filepath.Join(t.TempDir(), "test.db"), sqlite.Options{WALBytes: 1 << 20}, l, &out, func(ctx context.Context, volumes *table.Table[Volume]) error {
		if err := work(ctx, volumes); err != nil {
			return err
		}
		res, err := http.Get("http://" + l.Addr().String() + "/metrics")
		if err != nil {
			return err
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		metrics = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	http.DefaultClient.CloseIdleConnections()
	return metrics, out.String()
}

func batches(ctx context.Context, volumes *table.Table[Volume]) error {
	for i := range 3 {
		if _, err := volumes.AppendOnce(ctx, fmt.Sprint("sub-", i), []Volume{{"a", "b", 1}, {"a", "c", 2}}); err != nil {
			return err
		}
	}
	if _, err := volumes.AppendOnce(ctx, "sub-0", []Volume{{"a", "b", 1}}); err != nil {
		return err
	}
	if _, err := volumes.AppendOnce(ctx, "bad", []Volume{{"a", "b", -1}}); err == nil {
		return errors.New("a row that its CHECK refuses was stored")
	}
	return nil
}

// Each batch is counted once, by what became of it, and has a span with its key.
func TestEachBatchIsReported(t *testing.T) {
	metrics, spans := scraped(t, batches)
	for _, want := range []string{
		`galley_batches_total\{.*result="stored",table="volumes"\} 3`, `galley_batches_total\{.*result="stored before",table="volumes"\} 1`,
		`galley_batches_total\{.*result="row refused",table="volumes"\} 1`, `galley_rows_total\{.*table="volumes"\} 6`,
		`galley_batch_duration_seconds_count\{.*table="volumes"\} 5`,
	} {
		if !regexp.MustCompile(`(?m)^` + want + `$`).MatchString(metrics) {
			t.Errorf("metrics lack %s:\n%s", want, metrics)
		}
	}
	named, failed := 0, 0
	for line := range strings.Lines(spans) {
		var span struct {
			Name       string
			Status     struct{ Code, Description string }
			Attributes []struct {
				Key   string
				Value struct{ Value any }
			}
		}
		if err := json.Unmarshal([]byte(line), &span); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if span.Name != "galley batch" {
			continue
		}
		if named++; span.Status.Code == "Error" {
			failed++
			if span.Status.Description != "row refused" {
				t.Errorf("a span has an error's text, which may hold a value: %s", line)
			}
		}
		for _, a := range span.Attributes {
			if a.Key == "key" && a.Value.Value == "" {
				t.Errorf("a span without its key: %s", line)
			}
		}
	}
	if named != 5 || failed != 1 {
		t.Errorf("%d spans of batches, %d of them failed", named, failed)
	}
	if strings.Contains(metrics, "sub-0") {
		t.Error("a key is a label: each batch would be a time series")
	}
}

// Every metric that the dashboard and the alerts name exists.
func TestDashboardNamesMetricsThatExist(t *testing.T) {
	metrics, _ := scraped(t, func(ctx context.Context, volumes *table.Table[Volume]) error {
		if err := batches(ctx, volumes); err != nil {
			return err
		}
		for range 2 { // so many rows that a checkpoint runs
			if err := volumes.Append(ctx, make([]Volume, 100_000)); err != nil {
				return err
			}
		}
		return nil
	})
	name := regexp.MustCompile(`\bgalley_[a-z_]+`)
	for _, file := range []string{"grafana.json", "alerts.yml"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, ".json") && !json.Valid(text) {
			t.Fatalf("%s is not JSON", file)
		}
		found := name.FindAllString(string(text), -1)
		if len(found) < 4 {
			t.Errorf("%s names %d metrics", file, len(found))
		}
		for _, metric := range found {
			if !regexp.MustCompile(`(?m)^` + metric + `(\{.*\})? `).MatchString(metrics) {
				t.Errorf("%s names %s, which is not exported:\n%s", file, metric, metrics)
			}
		}
	}
}

// The name of a result comes from the type of the error, however it is wrapped.
func TestResults(t *testing.T) {
	for want, err := range map[string]error{
		"busy": store.ErrBusy, "disk full": store.ErrDiskFull, "not known": store.ErrCommitUnknown, "canceled": context.Canceled, "failed": io.ErrUnexpectedEOF,
	} {
		if got := resultOf(store.BatchEvent{Err: fmt.Errorf("wrapped: %w", err)}); got != want {
			t.Errorf("%v is %q, want %q", err, got, want)
		}
	}
}
