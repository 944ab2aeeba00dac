package lake_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/catalog"
	icetable "github.com/apache/iceberg-go/table"
	"github.com/google/go-cmp/cmp"
	"github.com/ncruces/go-sqlite3"

	"github.com/galley-db/galley/backoff"
	"github.com/galley-db/galley/lake"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/table"
)

// fast retries without waiting long.
func fast(attempts int) backoff.Retrier {
	return backoff.Exponential{Initial: time.Millisecond, Max: 2 * time.Millisecond, MaxAttempts: attempts}
}

// plainSpoken is a catalog that reports each conflict as one, as a REST catalog does.
// Those in SQL do it only when the other commit comes within theirs. Its tables have
// the property that Spark's users set: iceberg-go then repeats such a commit by itself.
type plainSpoken struct{ catalog.Catalog }

func (c plainSpoken) LoadTable(ctx context.Context, name icetable.Identifier) (*icetable.Table, error) {
	t, err := c.Catalog.LoadTable(ctx, name)
	if err != nil {
		return nil, err
	}
	return icetable.New(t.Identifier(), t.Metadata(), t.MetadataLocation(), t.FS, c), nil
}

func (c plainSpoken) CommitTable(ctx context.Context, name icetable.Identifier, reqs []icetable.Requirement, updates []icetable.Update) (icetable.Metadata, string, error) {
	m, location, err := c.Catalog.CommitTable(ctx, name, reqs, updates)
	if err != nil {
		err = fmt.Errorf("%w: %w", icetable.ErrCommitFailed, err)
	}
	return m, location, err
}

// overtake publishes a file while another publish of it is about to commit.
func overtake(t *testing.T, wrap func(catalog.Catalog) catalog.Catalog, change func(lake.PublishOptions) lake.PublishOptions) map[string]int {
	t.Helper()
	opened, _ := openCatalog(t)
	cat := wrap(opened)
	db, tab := newFile(t)
	appendBatches(t, tab, 0, 1, 3)
	publish(t, db, cat, lake.PublishOptions{})
	if _, ok := cat.(plainSpoken); ok {
		tx := load(t, cat, "scan").NewTransaction()
		must(t, tx.SetProperties(iceberg.Properties{icetable.CommitNumRetriesKey: "2", icetable.CommitMinRetryWaitMsKey: "1"}))
		_, err := tx.Commit(t.Context())
		must(t, err)
	}
	appendBatches(t, tab, 1, 2, 3)
	overtaken := false
	opts := change(lake.PublishOptions{}.BeforeCommit(func() {
		if !overtaken {
			overtaken = true
			publish(t, db, cat, change(lake.PublishOptions{}))
		}
	}))
	publish(t, db, cat, opts)
	if !overtaken {
		t.Error("no commit was tried")
	}
	return counts(t, cat, "scan", "session")
}

// TestOvertakenPublishAddsNothing: two processes publish the same rows; the second to
// commit notices. The negative controls leave one guard out: without the comparison
// rows double on each catalog. Without the requirement they double where the table says
// that commits are repeated, because iceberg-go does so before the state is compared.
func TestOvertakenPublishAddsNothing(t *testing.T) {
	plain := func(c catalog.Catalog) catalog.Catalog { return plainSpoken{c} }
	same := func(c catalog.Catalog) catalog.Catalog { return c }
	guarded := func(o lake.PublishOptions) lake.PublishOptions { return o }
	once, doubled := wantBatches(0, 2, 3), map[string]int{"s000": 3, "s001": 6}
	for name, c := range map[string]struct {
		wrap   func(catalog.Catalog) catalog.Catalog
		change func(lake.PublishOptions) lake.PublishOptions
		want   map[string]int
	}{
		"SQL":                         {same, guarded, once},
		"as REST":                     {plain, guarded, once},
		"SQL without comparison":      {same, lake.PublishOptions.Uncompared, doubled},
		"as REST without comparison":  {plain, lake.PublishOptions.Uncompared, doubled},
		"as REST without requirement": {plain, lake.PublishOptions.Unasserted, doubled},
	} {
		if diff := cmp.Diff(c.want, overtake(t, c.wrap, c.change)); diff != "" {
			t.Errorf("%s: rows by batch (-want +got):\n%s", name, diff)
		}
	}
}

// TestOtherFilesComeBetween: commits of other files make a publish try again, with the
// data files that it has.
func TestOtherFilesComeBetween(t *testing.T) {
	cat, _ := openCatalog(t)
	other, otherTab := newFile(t)
	db, tab := newFile(t)
	appendBatches(t, tab, 0, 1, 3)
	between := 0
	done := publish(t, db, cat, lake.PublishOptions{Retrier: fast(9)}.BeforeCommit(func() {
		if between++; between <= 3 {
			must(t, otherTab.Append(t.Context(), scans(0, 1)))
			publish(t, other, cat, lake.PublishOptions{})
		}
	}))
	if done.Attempts != 4 || done.Files != 1 {
		t.Errorf("published %+v, want 4 attempts with 1 file", done)
	}
	want := wantBatches(0, 1, 3)
	want[""] = 3
	if diff := cmp.Diff(want, counts(t, cat, "scan", "session")); diff != "" {
		t.Errorf("rows by batch (-want +got):\n%s", diff)
	}
}

// TestOutcomeUnknown: a publish that gives up says so, and the next one completes it.
func TestOutcomeUnknown(t *testing.T) {
	cat, _ := openCatalog(t)
	db, tab := newFile(t)
	appendBatches(t, tab, 0, 1, 3)
	other, otherTab := newFile(t)
	_, err := lake.Publish(t.Context(), db, cat, lake.PublishOptions{Retrier: fast(2)}.BeforeCommit(func() {
		must(t, otherTab.Append(t.Context(), scans(0, 1)))
		publish(t, other, cat, lake.PublishOptions{})
	}))
	if !errors.Is(err, lake.ErrOutcomeUnknown) {
		t.Fatalf("%v, want ErrOutcomeUnknown", err)
	}
	publish(t, db, cat, lake.PublishOptions{})
	if got := counts(t, cat, "scan", "session")["s000"]; got != 3 {
		t.Errorf("%d rows of the batch, want 3", got)
	}
}

// TestFirstPublishBesideAWriter: rows that are stored while a table is published for the
// first time are published once, by this publish or by the next.
func TestFirstPublishBesideAWriter(t *testing.T) {
	cat, _ := openCatalog(t)
	db, tab := newFile(t)
	appendBatches(t, tab, 0, 2, 3)
	rounds := 0
	done := publish(t, db, cat, lake.PublishOptions{}.BeforeReading(func() {
		appendBatches(t, tab, 2+rounds, 3+rounds, 3)
		rounds++
	}))
	if rounds != 2 || done.Rows != 9 {
		t.Errorf("%d rounds, published %+v, want the rows that the second round found", rounds, done)
	}
	rounds = 0
	publish(t, db, cat, lake.PublishOptions{}.BeforeReading(func() {
		appendBatches(t, tab, 4, 5, 3)
		rounds++
	}))
	if rounds != 1 {
		t.Errorf("a later publish reads its rows %d times, want once: it ends at a row", rounds)
	}
	publish(t, db, cat, lake.PublishOptions{})
	if diff := cmp.Diff(wantBatches(0, 5, 3), counts(t, cat, "scan", "session")); diff != "" {
		t.Errorf("rows by batch (-want +got):\n%s", diff)
	}
}

// TestPublishRefusesNumberedKey: a first publish counts on rows that are stored later to
// have higher numbers. A table that was rebuilt by hand so its key is the number of the
// row is refused.
func TestPublishRefusesNumberedKey(t *testing.T) {
	cat, _ := openCatalog(t)
	db := openFile(t, filepath.Join(t.TempDir(), "features.db"))
	type visit struct {
		ID int64 `db:"id,key"`
	}
	tab, err := table.Open(t.Context(), db, table.Options[visit]{Name: "visit"})
	must(t, err)
	must(t, tab.Append(t.Context(), []visit{{1}, {100}}))
	c, err := sqlite3.Open(db.Path())
	must(t, err)
	must(t, errors.Join(c.Exec(`ALTER TABLE visit RENAME TO old; CREATE TABLE visit (id INTEGER PRIMARY KEY NOT NULL) STRICT;
		INSERT INTO visit SELECT * FROM old; DROP TABLE old`), c.Close()))
	var mismatch *store.MismatchError
	if _, err := lake.Publish(t.Context(), db, cat, lake.PublishOptions{}); !errors.As(err, &mismatch) {
		t.Errorf("%v, want a MismatchError", err)
	}
}
