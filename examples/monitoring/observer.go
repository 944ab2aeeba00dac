package main

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/galley-db/galley/store"
)

// Observer turns the batches and checkpoints of a backend into metrics and spans of
// OpenTelemetry. It implements store.Observer.
//
// The key of a batch is an attribute of its span only: as a label of a metric it
// would give a time series for each batch.
type Observer struct {
	tracer trace.Tracer

	batches, rows, rejected, attempts, checkpoints metric.Int64Counter
	took, wait, hold                               metric.Float64Histogram
	group                                          metric.Int64Histogram
	wal                                            metric.Int64Gauge
}

// NewObserver creates the instruments.
func NewObserver(meter metric.Meter, tracer trace.Tracer) (*Observer, error) {
	o := &Observer{tracer: tracer}
	var errs [10]error
	seconds := metric.WithExplicitBucketBoundaries(0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30)
	o.batches, errs[0] = meter.Int64Counter("galley.batches", metric.WithDescription("Batches by table and result."))
	o.rows, errs[1] = meter.Int64Counter("galley.rows", metric.WithDescription("Rows inserted or changed."))
	o.rejected, errs[2] = meter.Int64Counter("galley.rejected_rows", metric.WithDescription("Rows put into quarantine."))
	o.attempts, errs[3] = meter.Int64Counter("galley.attempts", metric.WithDescription("Attempts to store batches, the first ones included."))
	o.checkpoints, errs[4] = meter.Int64Counter("galley.checkpoints", metric.WithDescription("Checkpoints by result."))
	o.took, errs[5] = meter.Float64Histogram("galley.batch.duration", metric.WithUnit("s"), metric.WithDescription("Time from the call to its return."), seconds)
	o.wait, errs[6] = meter.Float64Histogram("galley.batch.wait", metric.WithUnit("s"), metric.WithDescription("Time until the write lock was held."), seconds)
	o.hold, errs[7] = meter.Float64Histogram("galley.batch.hold", metric.WithUnit("s"), metric.WithDescription("Time for which the write lock was held for the batch's group."), seconds)
	o.group, errs[8] = meter.Int64Histogram("galley.group.batches", metric.WithDescription("Batches in a transaction."), metric.WithExplicitBucketBoundaries(1, 2, 4, 8, 16, 32, 64, 128))
	o.wal, errs[9] = meter.Int64Gauge("galley.wal.size", metric.WithUnit("By"), metric.WithDescription("Size of the write-ahead log after the last checkpoint."))
	return o, errors.Join(errs[:]...)
}

// Batch implements store.Observer.
func (o *Observer) Batch(ctx context.Context, e store.BatchEvent) {
	table := attribute.String("table", e.Table)
	result := resultOf(e)
	// A batch may be reported after its context has ended; the figures still count.
	ctx = context.WithoutCancel(ctx)
	on, by := metric.WithAttributes(table), metric.WithAttributes(table, attribute.String("result", result))
	o.batches.Add(ctx, 1, by)
	o.attempts.Add(ctx, int64(e.Attempts), on)
	o.took.Record(ctx, e.Took.Seconds(), on)
	if e.Err == nil {
		o.rows.Add(ctx, e.Result.Inserted+e.Result.Changed, on)
		o.rejected.Add(ctx, e.Result.Rejected, on)
	}
	if e.Group > 0 {
		o.wait.Record(ctx, e.Wait.Seconds(), on)
		o.hold.Record(ctx, e.Hold.Seconds(), on)
		o.group.Record(ctx, int64(e.Group), on)
	}
	_, span := o.tracer.Start(ctx, "galley batch", trace.WithTimestamp(e.Began), trace.WithAttributes(table,
		attribute.String("key", e.Key), attribute.Int("rows", e.Rows), attribute.String("result", result), attribute.Int("attempts", e.Attempts),
		attribute.Float64("wait_seconds", e.Wait.Seconds()), attribute.Float64("hold_seconds", e.Hold.Seconds())))
	if e.Err != nil {
		span.SetStatus(codes.Error, result) // the error's text may have a value of a row
	}
	span.End(trace.WithTimestamp(e.Began.Add(e.Took)))
}

// Checkpoint implements store.Observer.
func (o *Observer) Checkpoint(e store.CheckpointEvent) {
	result := "done"
	if e.Err != nil {
		result = "failed"
	}
	o.checkpoints.Add(context.Background(), 1, metric.WithAttributes(attribute.String("result", result)))
	o.wal.Record(context.Background(), e.WALBytes)
	_, span := o.tracer.Start(context.Background(), "galley checkpoint", trace.WithTimestamp(time.Now().Add(-e.Took)))
	if e.Err != nil {
		span.SetStatus(codes.Error, e.Err.Error())
	}
	span.End()
}

// resultOf names what became of a batch. The set of names is small, as each is a
// time series.
func resultOf(e store.BatchEvent) string {
	var row *store.RowError
	switch {
	case e.Err == nil && e.Result.Applied:
		return "stored"
	case e.Err == nil:
		return "stored before"
	case errors.As(e.Err, &row):
		return "row refused"
	case errors.Is(e.Err, store.ErrCommitUnknown):
		return "not known"
	case errors.Is(e.Err, store.ErrDiskFull):
		return "disk full"
	case errors.Is(e.Err, store.ErrBusy):
		return "busy"
	case errors.Is(e.Err, context.Canceled), errors.Is(e.Err, context.DeadlineExceeded):
		return "canceled"
	}
	return "failed"
}
