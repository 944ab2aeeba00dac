package table

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/galley-db/galley/store"
)

// errExit is the error of a batch whose goroutine was ended by T's code.
var errExit = errors.New("the goroutine was ended (runtime.Goexit) while rows were encoded")

// unwrittenError says that rows were not written because of those before them.
type unwrittenError struct{ err error }

func (e *unwrittenError) Error() string { return "a batch before them failed: " + e.err.Error() }
func (e *unwrittenError) Unwrap() error { return e.err }

// store stores rows, and starts the next flush if it is due. However it ends,
// it wakes its waiters.
func (w *batcher) store(rows buffer, first int64) {
	n := int64(rows.len())
	done, err := int64(0), errExit
	defer func() {
		if p := recover(); p != nil {
			// No caller could recover from a panic of T's own code
			// (MarshalText) on this goroutine.
			err = fmt.Errorf("panic while rows were encoded: %v", p)
		}
		spare := rows.emptied()
		var lost *WriteError
		defer func() { // when the lock is free again
			if lost != nil && w.opts.OnError != nil {
				w.opts.OnError(lost)
			}
		}()
		w.mu.Lock()
		defer w.mu.Unlock()
		if err != nil {
			lost = &WriteError{w.table.name(), first + done, int(n - done), err}
			w.errs.add(lost)
			if w.opts.Key != "" && w.broken == nil {
				w.broken = lost
			}
		}
		w.settled = first + n
		w.spare = spare
		close(w.busy)
		w.busy = nil
		if !w.closed && (w.full() || (w.due && w.rows.len() > 0)) {
			w.start()
		}
	}()
	result := w.before()
	if result == nil {
		result = w.insert(rows, first, &done)
	}
	err = result // only now: it has come to an end
}

// before returns the error after which nothing more may be stored.
func (w *batcher) before() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken != nil {
		return &unwrittenError{w.broken}
	}
	return nil
}

// maxMissing is how often a key may be there for a write and gone for the read
// after it.
const maxMissing = 10

// insert stores rows, the first of which has the number first. done counts
// those that are stored.
//
// With a Key, rows that an earlier run has stored are found by the number of
// the first row of its batch, whatever its batches were.
func (w *batcher) insert(rows buffer, first int64, done *int64) error {
	skip := func(n int64) {
		n = min(max(n, 0), int64(rows.len()))
		rows = rows.from(int(n))
		*done += n
	}
	missing := 0
	skip(w.known - first)
	for rows.len() > 0 {
		at := first + *done
		b := store.Batch{}
		if w.opts.Key != "" {
			b.Key = batchKey(w.opts.Key, at)
		}
		res, err := w.table.insertRows(w.ctx, b, rows.all())
		if err != nil {
			return offset(err, int(at))
		}
		if res.Applied {
			skip(int64(rows.len()))
			return nil
		}
		n := int64(0)
		err = w.table.retrier.Do(w.ctx, func(ctx context.Context) (err error) {
			n, err = w.table.given(ctx, b.Key, rows.len())
			return err
		}, w.table.backend.Retryable)
		switch {
		case errors.Is(err, store.ErrKey):
			return err
		case err != nil:
			return fmt.Errorf("%w: %q is stored, and its number of rows could not be read: %w", store.ErrCommitUnknown, b.Key, err)
		case n == 0: // another process may have forgotten it meanwhile
			if missing++; missing == maxMissing {
				return fmt.Errorf("table %q: %w: a write finds the key %q stored, and a read does not find it", w.table.name(), store.ErrKey, b.Key)
			}
		default:
			missing = 0
		}
		w.known = at + n
		skip(n)
	}
	return nil
}

// batchKey is the key of a Writer's batch whose first row has the number at.
func batchKey(key string, at int64) string { return fmt.Sprintf("%s/%0*d", key, numberDigits, at) }

// numberDigits are the digits of a row's number in a key.
const numberDigits = 9

// keyOfWriter returns the Key of the Writer that a batch with this key belongs
// to. A batch that another call stores under such a key would be taken for rows
// of the Writer. Numbers of more digits, such as times, are left to the caller: a
// Writer meets one only at that very row.
func keyOfWriter(batch string) (key string, ok bool) {
	slash := len(batch) - numberDigits - 1
	if slash < 0 || batch[slash] != '/' || strings.Trim(batch[slash+1:], "0123456789") != "" {
		return "", false
	}
	return batch[:slash], true
}

// notOfWriter returns ErrKey for the key of a Writer's batch.
func notOfWriter(batch string) error {
	key, ok := keyOfWriter(batch)
	if !ok {
		return nil
	}
	return fmt.Errorf("%w: %q ends like the keys of a Writer with Key %q, which would then skip its own rows; choose a key with another ending",
		store.ErrKey, batch, key)
}

// given returns the number of rows that the batch of a key had, including
// quarantined rows, and 0 if the batch no longer exists. The ledger does not
// say which rows are in quarantine. If some are, or may be, the batch must be
// the same again, with want rows.
func (c *core) given(ctx context.Context, key string, want int) (n int64, err error) {
	b, err := c.stored(ctx, key)
	if errors.Is(err, store.ErrNoBatch) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	aside, err := store.CountRejected(ctx, c.backend, store.RejectedFilter{Table: c.name(), Key: key})
	if err != nil {
		return 0, fmt.Errorf("quarantine of table %q: %w", c.name(), err)
	}
	if n = b.Rows + aside; n > 0 && aside == 0 && !c.quarantine {
		return n, nil
	}
	if n != int64(want) {
		return 0, fmt.Errorf("table %q: %w: %q was stored with %d rows, of which %d are in quarantine, and %d are given; a Writer continues after such a batch only if it gets the same rows again",
			c.name(), store.ErrKey, key, n, aside, want)
	}
	return n, nil
}
