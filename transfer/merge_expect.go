package transfer

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/galley-db/galley/internal/ownkey"
	"github.com/galley-db/galley/store"
)

// expect reports what is missing of the batches and files that are expected.
func (m *merging) expect(ctx context.Context) error {
	if len(m.opts.Expect) == 0 {
		return nil
	}
	held, any, err := held(ctx, m.dst)
	if err != nil {
		return err
	}
	for b, err := range m.dst.Batches(ctx, store.BatchFilter{Prefix: ownkey.Merge.Prefix()}) {
		if err != nil {
			return err
		}
		if _, name, ok := parseProgress(b.Key); ok {
			any[name], any[strings.TrimSuffix(name, filepath.Ext(name))] = true, true
		}
	}
	missing := []Expected{}
	for _, e := range m.opts.Expect {
		there := held[e]
		if e.Table == "" {
			there = any[e.Key] || any[filepath.Base(e.Key)]
		}
		if !there {
			missing = append(missing, e)
		}
	}
	m.tally(func(r *MergeReport) { r.Missing = missing })
	return nil
}
