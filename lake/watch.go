package lake

import (
	"context"
	"errors"
	"time"

	"github.com/apache/iceberg-go/catalog"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
)

// Watch publishes at once, and again whenever the time every has passed since the
// last publish began, until ctx ends: then it returns nil. Each publish takes all
// batches that were stored meanwhile in one commit, of which object storage takes 1
// or 2 a second.
//
// done is called after each publish, also after one that ctx has ended once tables of it
// were published, or perhaps were (ErrOutcomeUnknown). An error that a later publish may not have, such
// as one of the network, is only reported there; any other ends Watch, which returns
// it.
func Watch(ctx context.Context, from store.Backend, into catalog.Catalog, opts PublishOptions, every time.Duration, done func(*Report, error)) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		report, err := Publish(ctx, from, into, opts)
		if ctx.Err() != nil {
			if unknown := errors.Is(err, ErrOutcomeUnknown); unknown || len(report.Tables) > 0 {
				if !unknown {
					err = nil // that of ctx
				}
				done(report, err)
			}
			return nil
		}
		done(report, err)
		if err != nil && lasting(err) {
			return err
		}
		if err == nil {
			opts.Republish = false // which was for the first time
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// lasting reports whether an error would come again until someone does something.
func lasting(err error) bool {
	var changed *ChangedError
	var evolution *EvolutionError
	var value *schema.ValueError
	var stored *store.StoredError
	if errors.As(err, &changed) || errors.As(err, &evolution) || errors.As(err, &value) || errors.As(err, &stored) {
		return true
	}
	for _, target := range []error{ErrSource, ErrType, ErrPartition, ErrState, ErrForeignFiles, store.ErrClosed} {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}
