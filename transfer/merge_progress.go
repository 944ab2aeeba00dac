package transfer

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/galley-db/galley/internal/ownkey"
	"github.com/galley-db/galley/store"
)

// mergeProgress is how far a table of a source was merged. Each step has two rows
// in the destination's ledger, in the transaction of the step's rows: a claim,
// which two merges at once cannot both write, and a record of what the step has
// reached.
type mergeProgress struct {
	Step     int    // that was reached, 0 for none
	Rows     int64  // without a key, merged so far; all rows of a table without a batch column
	Batches  int64  // of the source's ledger, merged so far
	Rejected int64  // rows of its quarantine without a key, merged so far
	Aside    uint64 // the sum of Rejected
	Sum      uint64 // of the last of Rows, or of all in a table with a key
	Stamp    string // of the file, if it was merged whole
}

const progressForm = "rows=%d batches=%d rejected=%d aside=%016x sum=%016x stamp=%s"

func claimKey(id string, step int) string { return ownkey.Merged(id, step, "") }

// entries are the two rows of the ledger for a step.
func (p mergeProgress) entries(id, name string, plain int64, at time.Time) []store.StoredBatch {
	if p.Stamp == "" {
		p.Stamp = "-"
	}
	reached := fmt.Sprintf(progressForm, p.Rows, p.Batches, p.Rejected, p.Aside, p.Sum, p.Stamp)
	return []store.StoredBatch{
		{Key: claimKey(id, p.Step), Rows: plain, At: at},
		{Key: ownkey.Merged(id, p.Step, reached+" "+strings.ToValidUTF8(name, "\uFFFD")), At: at},
	}
}

// parseProgress reads a record. It reports false for a claim, and for a key that is
// not galley's.
func parseProgress(key string) (p mergeProgress, name string, ok bool) {
	if ownkey.Of(key) != ownkey.Merge {
		return p, "", false
	}
	_, rest, _ := strings.Cut(strings.TrimPrefix(key, ownkey.Merge.Prefix()), " ")
	if _, err := fmt.Sscanf(rest, "%06d "+progressForm, &p.Step, &p.Rows, &p.Batches, &p.Rejected, &p.Aside, &p.Sum, &p.Stamp); err != nil {
		return mergeProgress{}, "", false
	}
	if parts := strings.SplitN(rest, " ", 8); len(parts) == 8 {
		name = parts[7]
	}
	return p, name, true
}

// progress reads from the destination how far a table of a source was merged.
func (m *merging) progress(ctx context.Context, id, table string) (last mergeProgress, err error) {
	for b, err := range m.dst.Batches(ctx, store.BatchFilter{Table: table, Prefix: ownkey.Merge.Prefix() + id + " "}) {
		if err != nil {
			return last, err
		}
		if p, _, ok := parseProgress(b.Key); ok && p.Step > last.Step {
			last = p
		}
	}
	return last, nil
}
