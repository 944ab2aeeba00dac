package live

import (
	"fmt"
	"io"
	"net/http"
	"strings"
)

// metrics writes the last look in Prometheus' text format
// (https://prometheus.io/docs/instrumenting/exposition_formats/).
func (s *Server) metrics(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	look, _ := s.watch.now()
	writeMetrics(w, look)
}

func writeMetrics(w io.Writer, l *Look) {
	gauge := func(name, help string, value any) {
		describe(w, name, help)
		fmt.Fprintf(w, "%s %v\n", name, value)
	}
	up := 1
	if l.Error != "" {
		up = 0
	}
	gauge("galley_up", "1 if the database could be read.", up)
	if l.FreeBytes != nil {
		gauge("galley_free_bytes", "Free bytes of the file system.", *l.FreeBytes)
	}
	if !l.remote {
		gauge("galley_database_bytes", "Size of the database file.", l.Bytes)
		gauge("galley_wal_bytes", "Size of the write-ahead log.", l.WALBytes)
		gauge("galley_processes", "Other processes that have the database open.", len(l.Processes))
		held := int64(0)
		for _, p := range l.Processes {
			held = max(held, p.Behind)
		}
		gauge("galley_wal_held_bytes", "Bytes that the oldest snapshot of a reader keeps in the write-ahead log.", held)
	}
	gauge("galley_look_seconds", "Time that the last look took.", l.Took.Seconds())
	perTable := func(name, help string, value func(Table) any) {
		describe(w, name, help)
		for _, t := range l.Tables {
			if v := value(t); v != nil {
				fmt.Fprintf(w, "%s{table=\"%s\"} %v\n", name, metricLabel.Replace(t.Name), v)
			}
		}
	}
	perTable("galley_table_rows", "Rows of the table; in a file the highest row number.", func(t Table) any { return t.Rows })
	perTable("galley_table_batches", "Batches that were stored with a key.", func(t Table) any { return t.Batches })
	perTable("galley_table_rejected_rows", "Rows in quarantine.", func(t Table) any { return t.Rejected })
	perTable("galley_table_waiting_batches", "Batches that wait in a spool.", func(t Table) any { return t.Waiting })
	perTable("galley_table_last_batch_timestamp_seconds", "When the newest batch was stored.", func(t Table) any {
		if t.Last == nil {
			return nil
		}
		return fmt.Sprintf("%.3f", float64(t.Last.UnixMilli())/1000)
	})
	if p := l.Expected; p != nil {
		name := "galley_expected_batches"
		describe(w, name, "Batches of the list of --expect by state.")
		fmt.Fprintf(w, "%s{state=\"done\"} %d\n", name, p.Done)
		fmt.Fprintf(w, "%s{state=\"missing\"} %d\n", name, p.Missing)
		fmt.Fprintf(w, "%s{state=\"rejected\"} %d\n", name, p.Rejected)
	}
}

func describe(w io.Writer, name, help string) {
	fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name)
}

var metricLabel = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
