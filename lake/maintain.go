package lake

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/catalog"
	"github.com/apache/iceberg-go/table"
	"github.com/apache/iceberg-go/table/compaction"
)

// MaintainOptions say what Maintain does. The zero value keeps the snapshots of 5
// days, removes the unreferenced files of more than 3 days, and compacts small files.
type MaintainOptions struct {
	// Tables are the names of the tables; nil for all of the namespace.
	Tables []string
	// Namespace is the Iceberg namespace. The default is "galley".
	Namespace string
	// Keep is for how long snapshots are kept. The default is 5 days. The current
	// one always is.
	Keep time.Duration
	// Orphans is the age above which a file that no snapshot refers to is removed.
	// The default is 3 days. A publish that takes longer than this loses its files:
	// never set it below the longest one.
	Orphans time.Duration
	// NoCompaction leaves small data files as they are.
	NoCompaction bool
}

// MaintainReport says what Maintain did to a table.
type MaintainReport struct {
	Table       string `json:"table"`
	FilesBefore int    `json:"files_compacted"` // data files that were merged
	FilesAfter  int    `json:"files_written"`   // into so many
	Snapshots   int    `json:"snapshots_expired"`
	Orphans     int    `json:"orphans_removed"`
	OrphanBytes int64  `json:"orphan_bytes"`
	Note        string `json:"note,omitempty"` // why files were not compacted
}

// Maintain merges the small data files of tables, expires old snapshots, and removes
// files that no snapshot refers to, as a publish leaves them when it is killed. Readers
// of the current snapshot are not disturbed.
//
// Only the files of a table into which one galley file publishes are merged: merged
// files do not say which rows came from which file, and a Republish needs that.
func Maintain(ctx context.Context, cat catalog.Catalog, opts MaintainOptions) (all []MaintainReport, err error) {
	defer func() { err = secretsFor(cat, nil).hide(err) }()
	namespace := table.Identifier(strings.Split(orDefault(opts.Namespace, "galley"), "."))
	names := opts.Tables
	if names == nil {
		for id, err := range cat.ListTables(ctx, namespace) {
			if err != nil {
				return nil, err
			}
			names = append(names, id[len(id)-1])
		}
	}
	for _, name := range names {
		id := append(append(table.Identifier{}, namespace...), name)
		r, err := maintain(ctx, cat, id, opts)
		if err != nil {
			return all, fmt.Errorf("maintain %s: %w", strings.Join(id, "."), err)
		}
		all = append(all, r)
	}
	return all, nil
}

func orDefault[V comparable](v, otherwise V) V {
	var zero V
	if v == zero {
		return otherwise
	}
	return v
}

func maintain(ctx context.Context, cat catalog.Catalog, id table.Identifier, opts MaintainOptions) (r MaintainReport, err error) {
	r.Table = strings.Join(id, ".")
	t, err := cat.LoadTable(ctx, id)
	if err != nil {
		return r, err
	}
	if !opts.NoCompaction && t.CurrentSnapshot() != nil {
		if t, err = compact(ctx, t, &r); err != nil {
			return r, err
		}
	}
	before := len(t.Metadata().Snapshots())
	tx := t.NewTransaction()
	if err := tx.ExpireSnapshots(table.WithOlderThan(orDefault(opts.Keep, 5*24*time.Hour)), table.WithRetainLast(1)); err != nil {
		return r, err
	}
	if t, err = tx.Commit(ctx); err != nil {
		return r, err
	}
	r.Snapshots = before - len(t.Metadata().Snapshots())
	removed, err := t.DeleteOrphanFiles(ctx, table.WithFilesOlderThan(orDefault(opts.Orphans, 3*24*time.Hour)))
	if err != nil {
		return r, err
	}
	r.Orphans, r.OrphanBytes = len(removed.DeletedFiles), removed.TotalSizeBytes
	return r, nil
}

// compact merges small data files, in one commit that also says whose rows they hold.
func compact(ctx context.Context, t *table.Table, r *MaintainReport) (*table.Table, error) {
	owner, others := "", 0
	for name := range t.Properties() {
		if rest, ok := strings.CutPrefix(name, ledgerPrefix); ok {
			id, _, _ := strings.Cut(rest, ".")
			if owner != "" && owner != id {
				others++
			}
			owner = id
		}
	}
	if owner == "" || others > 0 {
		r.Note = "files are not merged: more or fewer than one galley file publishes into the table"
		return t, nil
	}
	plan, err := compaction.Analyze(ctx, t, compaction.DefaultConfig())
	if err != nil {
		return t, err
	}
	var groups []table.CompactionTaskGroup
	for _, g := range plan.Groups {
		groups = append(groups, table.CompactionTaskGroup{PartitionKey: g.PartitionKey, Tasks: g.Tasks, TotalSizeBytes: g.TotalSizeBytes})
	}
	if len(groups) == 0 {
		return t, nil
	}
	tx := t.NewTransaction()
	done, err := tx.RewriteDataFiles(ctx, groups, table.RewriteDataFilesOptions{})
	if err != nil {
		return t, err
	}
	if err := tx.SetProperties(iceberg.Properties{compactedName: owner}); err != nil {
		return t, err
	}
	if err := tx.AssertRefSnapshotID(""); err != nil {
		return t, err
	}
	committed, err := tx.Commit(ctx)
	if errors.Is(err, table.ErrCommitFailed) {
		r.Note = "files are not merged: a publish came first; maintain again"
		return t, nil
	}
	if err != nil {
		return t, err
	}
	r.FilesBefore, r.FilesAfter = done.RemovedDataFiles, done.AddedDataFiles
	return committed, nil
}
