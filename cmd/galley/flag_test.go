package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/galley-db/galley/export"
)

// What a flag does shows in what is written.
func TestExportFlags(t *testing.T) {
	path, dir := scanDB(t), t.TempDir()
	ok(t, "export", path, "scan", "-o", dir, "-f", "jsonl", "--where", "region = 'left'", "--count-distinct", "region")
	text, err := os.ReadFile(filepath.Join(dir, "scan.jsonl"))
	if err != nil || strings.Count(string(text), "\n") != 2 || strings.Contains(string(text), "right") {
		t.Errorf("--where: %s, %v", text, err)
	}
	m, err := export.ReadManifest(dir)
	if err != nil {
		t.Fatal(err)
	}
	if f := m.Files[0]; f.Distinct == nil || f.Distinct.Count != 1 {
		t.Errorf("--count-distinct region: %+v, want 1", f)
	}
	// By region alone, the rows of sub-02 take the place of those of sub-01.
	ok(t, "export", path, "scan", "-o", dir, "--where", "subject = 'sub-01'", "--key", "region")
	if r := ok(t, "export", path, "scan", "-o", dir, "--where", "subject = 'sub-02'", "--key", "region", "--merge"); !strings.Contains(r.out, "scan.parquet     2      0        2     0") {
		t.Errorf("--key:\n%s", r.out)
	}
	// A key that there is not is refused before the first file is written.
	empty := t.TempDir()
	if r := galley(t, "export", path, "scan", "-o", empty, "--key", "regoin", "--merge"); r.status == 0 || !strings.Contains(r.errors, "regoin") {
		t.Errorf("--key of no column: %+v", r)
	}
	if files, err := os.ReadDir(empty); len(files) > 0 || err != nil {
		t.Errorf("files after an error: %v, %v", files, err)
	}
}

func TestImportFlags(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new.db")
	a, b := file(t, "a.txt", "s;n\nx;1\ny;2\n"), file(t, "b.txt", "s;n\nz;3\n")
	if r := galley(t, "import", path, "t", a); r.status != exitFailed || !strings.Contains(r.errors, "a.txt") {
		t.Errorf("a file of no known kind: %+v", r)
	}
	r := ok(t, "import", path, "t", a, b, "-f", "csv", "--delimiter", ";", "-j", "2")
	if !strings.HasPrefix(r.out, "2 files stored, 0 skipped, 0 failed; 3 rows, 0 rejected") {
		t.Errorf("import: %+v", r)
	}
	if r := ok(t, "query", path, "SELECT s, n FROM t ORDER BY n", "-f", "csv"); r.out != "s,n\nx,1\ny,2\nz,3\n" {
		t.Errorf("rows: %s", r.out)
	}
	tabs := file(t, "c.txt", "s\tn\nw\t4\n")
	ok(t, "import", path, "t", tabs, "-f", "csv", "--delimiter", `\t`)
	if r := ok(t, "query", path, "SELECT count(*) AS n FROM t", "-f", "csv"); r.out != "n\n4\n" {
		t.Errorf("rows: %s", r.out)
	}
}

func TestOtherFlags(t *testing.T) {
	path := scanDB(t)
	if r := ok(t, "schema", path, "--postgres"); !strings.Contains(r.out, `"volume" double precision NOT NULL`) && !strings.Contains(r.out, `"volume" DOUBLE PRECISION NOT NULL`) {
		t.Errorf("--postgres:\n%s", r.out)
	}
	if r := ok(t, "doctor", path, "--quick"); strings.Contains(r.out, "integrity") || strings.Contains(r.out, "ledger") {
		t.Errorf("--quick read all of it:\n%s", r.out)
	}
	for _, mode := range []string{"passive", "restart", "truncate"} {
		if r := ok(t, "checkpoint", path, "--mode", mode); !strings.HasPrefix(r.out, "moved ") {
			t.Errorf("--mode %s: %+v", mode, r)
		}
	}
	other := filepath.Join(t.TempDir(), "other.db")
	if r := ok(t, "copy", path, other, "--tables", "scan", "--batch", "3"); !strings.Contains(r.out, "scan      4           4        2") {
		t.Errorf("--batch 3:\n%s", r.out)
	}
	for _, verb := range []string{"checkpoint", "vacuum"} {
		if r := galley(t, verb, path, "--wait", "1ns"); r.status != exitFailed || !strings.Contains(r.errors, "the "+verb+" did not finish within 1ns (--wait)") {
			t.Errorf("galley %s --wait 1ns: %+v", verb, r)
		}
	}
}

// A wrong name is answered with the one that was meant, and leaves nothing
// behind.
func TestDidYouMean(t *testing.T) {
	path, dir := scanDB(t), t.TempDir()
	made := filepath.Join(dir, "made")
	for _, args := range [][]string{
		{"head", path, "scna"}, {"profile", path, "scan2"}, {"batches", path, "Scan"}, {"schema", path, "scann"},
		{"export", path, "scans", "-o", made}, {"copy", path, made, "--tables", "scn"}, {"query", path, "SELECT * FROM scam"},
	} {
		if r := galley(t, args...); r.status != exitFailed || !strings.HasSuffix(r.errors, "; did you mean scan?\n") {
			t.Errorf("galley %s: %+v", strings.Join(args, " "), r)
		}
	}
	if r := galley(t, "query", path, "SELECT volum FROM scan"); !strings.HasSuffix(r.errors, "; did you mean volume?\n") {
		t.Errorf("a wrong column: %+v", r)
	}
	if r := galley(t, "head", path, "other"); strings.Contains(r.errors, "did you mean") || !strings.Contains(r.errors, "the file has scan") {
		t.Errorf("a name like none: %+v", r)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if r := galley(t, "status", path+"-not"); !strings.Contains(r.errors, "file "+path+"-not does not exist; check the path") {
		t.Errorf("no file: %+v", r)
	}
}

func TestLines(t *testing.T) {
	path := scanDB(t)
	r := ok(t, "watch", path, "--count", "2", "--every", "10ms")
	got := strings.Split(strings.TrimSuffix(r.out, "\n"), "\n")
	if len(got) != 2 || !strings.Contains(got[1], " scan 4 rows, 0 rows/s, 0 bytes/s, wal ") || strings.Contains(r.out, "\x1b") {
		t.Errorf("watch where there is no terminal:\n%s", r.out)
	}
	if diff := cmp.Diff("", r.errors); diff != "" {
		t.Errorf("standard error (-want +got):\n%s", diff)
	}
}
