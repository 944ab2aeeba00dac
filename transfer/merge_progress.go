package transfer

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/galley-db/galley/store"
)

// mergePrefix begins the keys under which a destination records how far a source
// was merged. Batches hides them.
const mergePrefix = "galley merge "

// mergeProgress is how far a table of a source was merged. Each step has two rows
// in the destination's ledger, in the transaction of the step's rows: a claim,
// which two merges at once cannot both write, and a record of what the step has
// reached.
type mergeProgress struct {
	Step     int    // that was reached, 0 for none
	Rows     int64  // without a key, merged so far; all rows of a table without a batch column
	Batches  int64  // of the source's ledger, merged so far
	Rejected int64  // rows of its quarantine without a key, merged so far
	Sum      uint64 // of the last of Rows, or of all in a table with a key
	Stamp    string // of the file, if it was merged whole
}

const progressForm = "%06d rows=%d batches=%d rejected=%d sum=%016x stamp=%s "

func claimKey(id string, step int) string { return fmt.Sprintf("%s%s %06d", mergePrefix, id, step) }

// entries are the two rows of the ledger for a step.
func (p mergeProgress) entries(id, name string, plain int64, at time.Time) []store.StoredBatch {
	if p.Stamp == "" {
		p.Stamp = "-"
	}
	key := fmt.Sprintf(mergePrefix+"%s "+progressForm, id, p.Step, p.Rows, p.Batches, p.Rejected, p.Sum, p.Stamp)
	return []store.StoredBatch{
		{Key: claimKey(id, p.Step), Rows: plain, At: at},
		{Key: key + strings.ToValidUTF8(strings.ReplaceAll(name, "\n", " "), "\uFFFD"), At: at},
	}
}

// parseProgress reads a record. It reports false for a claim.
func parseProgress(key string) (id string, p mergeProgress, name string, ok bool) {
	rest := strings.TrimPrefix(key, mergePrefix)
	id, rest, _ = strings.Cut(rest, " ")
	if _, err := fmt.Sscanf(rest, strings.TrimSuffix(progressForm, " "), &p.Step, &p.Rows, &p.Batches, &p.Rejected, &p.Sum, &p.Stamp); err != nil {
		return id, mergeProgress{}, "", false
	}
	if parts := strings.SplitN(rest, " ", 7); len(parts) == 7 {
		name = parts[6]
	}
	return id, p, name, true
}

// progress reads from the destination how far a table of a source was merged.
func (m *merging) progress(ctx context.Context, id, table string) (last mergeProgress, err error) {
	for b, err := range m.dst.Batches(ctx, store.BatchFilter{Table: table, Prefix: mergePrefix + id + " "}) {
		if err != nil {
			return last, err
		}
		if _, p, _, ok := parseProgress(b.Key); ok && p.Step > last.Step {
			last = p
		}
	}
	return last, nil
}
