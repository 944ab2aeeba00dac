// Monitoring stores batches and reports each of them to OpenTelemetry: metrics that
// Prometheus reads from /metrics, and a span for each batch on standard output.
// grafana.json is a dashboard of the metrics.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

// Volume is a row.
type Volume struct {
	Subject string  `db:"subject"`
	Region  string  `db:"region"`
	MM3     float64 `db:"mm3,check=mm3>=0"`
}

func main() {
	address := flag.String("listen", "127.0.0.1:9464", "serve /metrics at this address")
	path := flag.String("db", "monitoring.db", "the database file")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	l, err := net.Listen("tcp", *address)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Fprintf(os.Stderr, "serving http://%s/metrics until Ctrl-C\n", l.Addr())
	if err := run(ctx, *path, sqlite.Options{}, l, os.Stdout, pipeline); err != nil && ctx.Err() == nil {
		log.Fatal(err)
	}
}

// run sets up metrics and traces, opens the database with an Observer, and serves
// the metrics while work runs.
func run(ctx context.Context, path string, opts sqlite.Options, l net.Listener, spans io.Writer, work func(context.Context, *table.Table[Volume]) error) (err error) {
	registry := prometheus.NewRegistry()
	reader, err := exporter.New(exporter.WithRegisterer(registry))
	if err != nil {
		return err
	}
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	writer, err := stdouttrace.New(stdouttrace.WithWriter(spans))
	if err != nil {
		return err
	}
	tracers := sdktrace.NewTracerProvider(sdktrace.WithBatcher(writer))
	defer func() { // with a context that has not ended, so that the last spans are written
		end := context.WithoutCancel(ctx)
		err = errors.Join(err, tracers.Shutdown(end), meters.Shutdown(end))
	}()
	observer, err := NewObserver(meters.Meter("galley"), tracers.Tracer("galley"))
	if err != nil {
		return err
	}
	opts.Observer = observer
	db, err := sqlite.Open(ctx, path, opts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	volumes, err := table.Open(ctx, db, table.Options[Volume]{Name: "volumes"})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	err = work(ctx, volumes)
	if closed := server.Close(); err == nil {
		err = closed
	}
	if failed := <-served; !errors.Is(failed, http.ErrServerClosed) {
		err = errors.Join(err, failed)
	}
	return err
}

// pipeline stores a session a second, as a program that works on them would.
func pipeline(ctx context.Context, volumes *table.Table[Volume]) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for i := 1; ; i++ {
		subject := fmt.Sprintf("sub-%04d", i)
		rows := []Volume{{subject, "Left-Caudate", 3400 + float64(i%50)}, {subject, "Left-Putamen", 4700 + float64(i%70)}}
		if _, err := volumes.AppendOnce(ctx, subject, rows); err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
