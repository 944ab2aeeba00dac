package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/ncruces/go-sqlite3"
	"go.uber.org/goleak"

	"github.com/galley-db/galley/internal/pgcluster"
	"github.com/galley-db/galley/internal/testtime"
)

// stageVar makes the test binary be the program, with a stage at which
// something happens to it: see [staged].
const stageVar = "NEUROALIGN_STAGE"

func TestMain(m *testing.M) {
	stage := os.Getenv(stageVar)
	if stage == "" {
		goleak.VerifyTestMain(testtime.Tests{M: pgcluster.Tests{M: m}})
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, &staged{ctx: ctx, stage: stage}))
}

// staged is standard error. At a line of progress it does what the stage says:
//
//	kill N      kills the process at line N
//	meet        waits at line 1 until standard input ends
//	interrupt   sends Ctrl-C at line 1, and waits for its effect
type staged struct {
	ctx   context.Context
	stage string
	lines int
}

func (s *staged) Write(p []byte) (int, error) {
	n, err := os.Stderr.Write(p)
	s.lines += bytes.Count(p, []byte("\n"))
	self, findErr := os.FindProcess(os.Getpid())
	if findErr != nil {
		return n, findErr
	}
	switch {
	case s.stage == "kill "+strconv.Itoa(s.lines):
		if err := self.Kill(); err != nil {
			return n, err
		}
		select {} // till the end comes
	case s.stage == "meet" && s.lines == 1:
		_, err = io.Copy(io.Discard, os.Stdin)
	case s.stage == "interrupt" && s.lines == 1:
		err = self.Signal(os.Interrupt)
		<-s.ctx.Done()
	}
	return n, err
}

// result is what a run printed and returned.
type result struct {
	status         int
	stdout, stderr string
}

// try runs the program in this process.
func try(ctx context.Context, args ...string) result {
	var stdout, stderr bytes.Buffer
	status := run(ctx, args, &stdout, &stderr)
	return result{status, stdout.String(), stderr.String()}
}

// counts finds "N new, N skipped, N failed" of the sessions or tasks, and the
// number of rows, in a summary.
func (r result) counts(t *testing.T) (sessions, tasks [3]int, rows int) {
	t.Helper()
	var n [7]int
	m := regexp.MustCompile(`(?s)sessions +(\d+) new, (\d+) skipped, (\d+) failed\n` +
		` *tasks +(\d+) new, (\d+) skipped, (\d+) failed\n *rows +(\d+) new`).FindStringSubmatch(r.stdout)
	if m == nil {
		t.Fatalf("no summary in %q; standard error: %q", r.stdout, r.stderr)
	}
	for i := range n {
		var err error
		if n[i], err = strconv.Atoi(m[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	return [3]int(n[:3]), [3]int(n[3:6]), n[6]
}

// expect checks a run's status and counts.
func (r result) expect(t *testing.T, status int, sessions, tasks [3]int, rows int) {
	t.Helper()
	type counts struct {
		Status          int
		Sessions, Tasks [3]int // new, skipped, failed
		Rows            int
	}
	got := counts{Status: r.status}
	got.Sessions, got.Tasks, got.Rows = r.counts(t)
	if diff := cmp.Diff(counts{status, sessions, tasks, rows}, got); diff != "" {
		t.Errorf("counts (-want +got):\n%s\nstandard error: %s", diff, r.stderr)
	}
}

// outDir is a folder for -out. The file in it is checked at the end of the
// test.
func outDir(t *testing.T) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	t.Cleanup(func() {
		if _, err := os.Stat(filepath.Join(out, "features.db")); errors.Is(err, fs.ErrNotExist) {
			return
		}
		if got := rowsOf(t, out, "PRAGMA integrity_check"); !slices.Equal(got, []string{"ok|"}) {
			t.Errorf("PRAGMA integrity_check: %q", got)
		}
	})
	return out
}

// rowsOf gives the rows of a query, sorted, each as one string.
func rowsOf(t *testing.T, out, query string) []string {
	t.Helper()
	db, err := sqlite3.Open(filepath.Join(out, "features.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	stmt, _, err := db.Prepare(query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer stmt.Close()
	var rows []string
	for stmt.Step() {
		var b strings.Builder
		for i := range stmt.ColumnCount() {
			b.WriteString(stmt.ColumnText(i) + "|")
		}
		rows = append(rows, b.String())
	}
	if err := stmt.Err(); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	slices.Sort(rows)
	return rows
}

// contents gives all rows of all tables.
func contents(t *testing.T, out string) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, table := range []string{"aseg", "aparc", "measures"} {
		all[table] = rowsOf(t, out, "SELECT * FROM "+table)
	}
	return all
}

// clean gives what one run leaves that nothing happens to.
func clean(t *testing.T, args ...string) map[string][]string {
	t.Helper()
	out := outDir(t)
	if r := try(t.Context(), append(args, "-out", out)...); r.status != exitDone {
		t.Fatalf("a clean run: status %d: %s", r.status, r.stderr)
	}
	return contents(t, out)
}

// same checks that out holds the rows that want holds.
func same(t *testing.T, want map[string][]string, out string) {
	t.Helper()
	got := contents(t, out)
	for table := range want {
		if len(want[table]) != len(got[table]) {
			t.Errorf("%s has %d rows, want the %d of a clean run", table, len(got[table]), len(want[table]))
		} else if diff := cmp.Diff(want[table], got[table]); diff != "" {
			t.Errorf("%s differs from that of a clean run (-want +got):\n%s", table, diff)
		}
	}
}

func TestBundledStudyIsStoredOnce(t *testing.T) {
	out := outDir(t)
	first := try(t.Context(), "-j", "8", "-out", out)
	first.expect(t, exitDone, [3]int{1, 0, 0}, [3]int{3, 0, 0}, 437)

	got := map[string][]string{}
	for _, query := range []string{
		"SELECT subject, session, atlas, count(*), sum(n_voxels), round(sum(volume_mm3), 1) FROM aseg GROUP BY 1, 2, 3",
		"SELECT subject, session, hemi, atlas, count(*), sum(num_vert), round(sum(gray_vol)) FROM aparc GROUP BY 1, 2, 3, 4",
		"SELECT source, value, unit FROM measures WHERE field = 'eTIV'",
		"SELECT name FROM pragma_table_info('aseg')",
		"SELECT name FROM pragma_table_info('aparc')",
		"SELECT name FROM pragma_table_info('measures')",
	} {
		got[query] = rowsOf(t, out, query)
	}
	sorted := func(columns string) []string {
		names := strings.Fields(columns)
		for i, name := range names {
			names[i] = name + "|"
		}
		slices.Sort(names)
		return names
	}
	want := map[string][]string{
		"SELECT subject, session, atlas, count(*), sum(n_voxels), round(sum(volume_mm3), 1) FROM aseg GROUP BY 1, 2, 3": {
			"sub-01|-|aseg|45|205562|206092.9|", "sub-01|-|wmparc|70|407125|409488.2|",
		},
		"SELECT subject, session, hemi, atlas, count(*), sum(num_vert), round(sum(gray_vol)) FROM aparc GROUP BY 1, 2, 3, 4": {
			"sub-01|-|lh|aparc.DKTatlas|31|111776|209639.0|", "sub-01|-|lh|aparc.a2009s|74|111776|209640.0|", "sub-01|-|lh|aparc|34|111776|209640.0|",
			"sub-01|-|rh|aparc.DKTatlas|31|111201|209518.0|", "sub-01|-|rh|aparc.a2009s|74|111201|209516.0|", "sub-01|-|rh|aparc|34|111201|209516.0|",
		},
		"SELECT source, value, unit FROM measures WHERE field = 'eTIV'": {
			"aseg.stats|1243990.209735|mm^3|", "wmparc.stats|1243990.209735|mm^3|",
		},
		"SELECT name FROM pragma_table_info('aseg')":     sorted("subject session atlas seg_id struct_name n_voxels volume_mm3 norm_mean norm_std_dev norm_min norm_max norm_range task"),
		"SELECT name FROM pragma_table_info('aparc')":    sorted("subject session hemi atlas struct_name num_vert surf_area gray_vol thick_avg thick_std mean_curv gaus_curv fold_ind curv_ind task"),
		"SELECT name FROM pragma_table_info('measures')": sorted("subject session source field value unit task"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}

	before := contents(t, out)
	try(t.Context(), "-j", "8", "-out", out).expect(t, exitDone, [3]int{0, 1, 0}, [3]int{0, 3, 0}, 0)
	same(t, before, out)
}

func TestReplicatedStudyIsStoredOnce(t *testing.T) {
	testtime.Seconds(t)
	out := outDir(t)
	r := try(t.Context(), "-replicate", "20", "-j", "8", "-out", out)
	r.expect(t, exitDone, [3]int{20, 0, 0}, [3]int{60, 0, 0}, 20*437)
	if want := "20 synthetic subjects, made from sub-01/- by changes of up to 5 %: not real data\n"; !strings.HasPrefix(r.stdout, want) {
		t.Errorf("output %q, want it to begin with %q", r.stdout, want)
	}
	same(t, clean(t, "-replicate", "20", "-j", "1"), out)
	// More of them: those that already exist are the same.
	try(t.Context(), "-replicate", "25", "-j", "3", "-out", out).
		expect(t, exitDone, [3]int{5, 20, 0}, [3]int{15, 60, 0}, 5*437)
	same(t, clean(t, "-replicate", "25", "-j", "8"), out)
	// The real subject beside them.
	try(t.Context(), "-out", out).expect(t, exitDone, [3]int{1, 0, 0}, [3]int{3, 0, 0}, 437)
	got := rowsOf(t, out, "SELECT session, count(*) FROM measures GROUP BY 1")
	if diff := cmp.Diff([]string{"-|44|", fmt.Sprintf("synthetic|%d|", 25*44)}, got); diff != "" {
		t.Errorf("measures by session (-want +got):\n%s", diff)
	}
}
