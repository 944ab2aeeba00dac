package lake

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
)

// commit adds the data files to the table together with the new state, once. Whatever
// error the catalog returns, the state in the table says whether the commit was made:
// the errors of a conflict and of a lost answer can be the same.
func (p *publisher) commit(ctx context.Context, before, next state, files *dataFiles) (*table.Table, error) {
	p.attempts = 0
	var done *table.Table
	var last error
	err := p.retrier.Do(ctx, func(ctx context.Context) error {
		t, err := p.catalog.LoadTable(ctx, p.name)
		if err != nil {
			return &commitError{errors.Join(last, err)}
		}
		now, err := readState(t.Properties(), p.src.fileID, p.src.schema.Name())
		if err != nil {
			return err
		}
		switch {
		case now.Token == next.Token:
			done = t
			return nil
		case !reflect.DeepEqual(now, before) && !p.opts.uncompared:
			return errOvertaken
		}
		if p.opts.before != nil {
			p.opts.before()
		}
		tx, err := p.stage(ctx, t, next, files)
		if errors.Is(err, ErrForeignFiles) {
			return err
		}
		if err == nil {
			p.attempts++
			done, err = tx.Commit(ctx)
		}
		if last = err; err != nil {
			return &commitError{err}
		}
		return nil
	}, retryableCommit)
	switch {
	case err == nil:
		return done, nil
	case p.attempts == 0: // no commit was tried: nothing can refer to the files
		return nil, errors.Join(err, files.abandon())
	case errors.Is(err, errOvertaken):
		return nil, err
	}
	return nil, fmt.Errorf("%w after %d attempts: %w; publish again to find out", ErrOutcomeUnknown, p.attempts, err)
}

// stage prepares an attempt, on the table as it was loaded.
func (p *publisher) stage(ctx context.Context, t *table.Table, next state, files *dataFiles) (*table.Transaction, error) {
	tx := t.NewTransaction()
	summary := iceberg.Properties{"galley.file": p.src.fileID, "galley.ledger": fmt.Sprint(next.Ledger)}
	options := []table.WriteOption{table.WithoutDuplicateCheck(), table.WithoutAutoNameMapping()}
	var old []iceberg.DataFile
	if p.opts.Republish {
		var err error
		if old, err = p.published(ctx, t); err != nil {
			return nil, err
		}
	}
	var err error
	switch {
	case len(old) > 0:
		err = tx.ReplaceDataFilesWithDataFiles(ctx, old, files.written, summary, options...)
	case len(files.written) > 0:
		err = tx.AddDataFiles(ctx, files.written, summary, options...)
	}
	if err != nil {
		return nil, err
	}
	properties, err := next.properties(p.src.fileID, p.src.schema.Name())
	if err != nil {
		return nil, err
	}
	if err := tx.SetProperties(properties); err != nil {
		return nil, err
	}
	// If the table has the property commit.retry.num-retries, iceberg-go repeats a
	// commit after a conflict by itself, on the snapshot that overtook it, unless the
	// snapshot is required: the rows would double before the state is compared.
	if !p.opts.unasserted {
		if err := tx.AssertRefSnapshotID(""); err != nil {
			return nil, err
		}
	}
	return tx, nil
}
