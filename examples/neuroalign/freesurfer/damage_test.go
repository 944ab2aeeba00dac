package freesurfer

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// edit changes the fields of each line that has any.
func edit(t *testing.T, text string, change func(fields []string) []string) string {
	t.Helper()
	var b strings.Builder
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); len(fields) > 1 {
			line = strings.Join(change(fields), " ") + "\n"
		}
		b.WriteString(line)
	}
	return b.String()
}

func reversed(s []string) []string {
	s = slices.Clone(s)
	slices.Reverse(s)
	return s
}

// replaced replaces old, which must be there.
func replaced(t *testing.T, text, old, by string) string {
	t.Helper()
	if !strings.Contains(text, old) {
		t.Fatalf("the file has no %q to damage", old)
	}
	return strings.Replace(text, old, by, 1)
}

// without drops the first line that begins so.
func without(t *testing.T, text, prefix string) string {
	t.Helper()
	before, rest, found := strings.Cut(text, "\n"+prefix)
	_, after, ended := strings.Cut(rest, "\n")
	if !found || !ended {
		t.Fatalf("the file has no line %q to drop", prefix)
	}
	return before + "\n" + after
}

// TestDamagedFilesAreNamed damages one file in one way. Each table that reads the damaged
// part fails with the file, the line and what was expected; each other table
// is read as before.
func TestDamagedFilesAreNamed(t *testing.T) {
	const thalamus = "  5  10      7195     6959.9  Left-Thalamus"
	type text = func(*testing.T, string) string
	swap := func(old, by string) text {
		return func(t *testing.T, s string) string { return replaced(t, s, old, by) }
	}
	tests := []struct {
		name   string
		file   string
		damage text
		fails  []string
		want   ParseError
	}{
		{"empty", "wmparc.stats", func(*testing.T, string) string { return "" }, []string{"aseg", "measures"},
			ParseError{Got: "an empty file", Want: "FreeSurfer statistics"}},
		{"row too short", "aseg.stats", swap(thalamus, "  5  10      7195     6959.9"), []string{"aseg"},
			ParseError{Line: 78, Got: "9 values", Want: "10, one for each column"}},
		{"row too long", "aseg.stats", swap(thalamus, thalamus+" Proper"), []string{"aseg"},
			ParseError{Line: 78, Got: "11 values", Want: "10, one for each column"}},
		{"cut short in a row", "aseg.stats", func(t *testing.T, s string) string {
			return s[:strings.Index(s, "6959.9")+3]
		}, []string{"aseg"},
			ParseError{Line: 78, Got: "the end of the file within a line", Want: "a whole line: the file looks cut short"}},
		{"cut short in the last number", "lh.aparc.stats", func(t *testing.T, s string) string {
			return strings.TrimRight(s, "\n")
		}, []string{"aparc"},
			ParseError{Line: 81, Got: "the end of the file within a line", Want: "a whole line: the file looks cut short"}},
		{"cut short in the header", "lh.aparc.stats", func(t *testing.T, s string) string {
			return s[:strings.Index(s, "# TableCol  3")]
		}, []string{"aparc", "measures"},
			ParseError{Line: 22, Got: "no '# ColHeaders' line up to here", Want: "one before the first row"}},
		{"no number", "aseg.stats", swap("6959.9", "6959,9"), []string{"aseg"},
			ParseError{Line: 78, Got: `"6959,9" in column Volume_mm3`, Want: "a finite number"}},
		{"not a number", "aseg.stats", swap("6959.9", "nan"), []string{"aseg"},
			ParseError{Line: 78, Got: `"nan" in column Volume_mm3`, Want: "a finite number"}},
		{"two bad values in a row", "aseg.stats", swap("7195     6959.9", "x     y"), []string{"aseg"},
			ParseError{Line: 78, Got: `"x" in column NVoxels`, Want: "a whole number, 0 or more"}},
		{"infinite", "aseg.stats", swap("6959.9", "inf"), []string{"aseg"},
			ParseError{Line: 78, Got: `"inf" in column Volume_mm3`, Want: "a finite number"}},
		{"count with a fraction", "lh.aparc.stats", swap("1405", "1405.5"), []string{"aparc"},
			ParseError{Line: 48, Got: `"1405.5" in column NumVert`, Want: "a whole number, 0 or more"}},
		{"negative count", "lh.aparc.stats", swap("1405", "-1405"), []string{"aparc"},
			ParseError{Line: 48, Got: `"-1405" in column NumVert`, Want: "a whole number, 0 or more"}},
		{"no ColHeaders", "lh.aparc.stats", func(t *testing.T, s string) string {
			return without(t, s, "# ColHeaders")
		}, []string{"aparc", "measures"},
			ParseError{Line: 47, Got: "no '# ColHeaders' line up to here", Want: "one before the first row"}},
		{"empty ColHeaders", "wmparc.stats", func(t *testing.T, s string) string {
			return replaced(t, s, "# ColHeaders  Index SegId NVoxels Volume_mm3 StructName normMean normStdDev normMin normMax normRange", "# ColHeaders")
		}, []string{"aseg", "measures"},
			ParseError{Line: 59, Got: "'# ColHeaders' without a name", Want: "the names of the columns"}},
		{"ColHeaders twice", "lh.aparc.stats", swap("# NTableCols 10\n", "# ColHeaders A\n"), []string{"aparc", "measures"},
			ParseError{Line: 47, Got: "a second '# ColHeaders' line", Want: "only that in line 16"}},
		{"a column twice", "lh.aparc.stats", swap("FoldInd CurvInd\nb", "FoldInd FoldInd\nb"), []string{"aparc", "measures"},
			ParseError{Line: 47, Got: "the column FoldInd twice", Want: "each column once"}},
		{"a column missing", "lh.aparc.stats", swap("NumVert SurfArea", "Vertices SurfArea"), []string{"aparc"},
			ParseError{Line: 47, Want: "a column NumVert too",
				Got: "the columns StructName Vertices SurfArea GrayVol ThickAvg ThickStd MeanCurv GausCurv FoldInd CurvInd"}},
		{"NTableCols disagrees", "lh.aparc.stats", swap("# NTableCols 10", "# NTableCols 9"), []string{"aparc", "measures"},
			ParseError{Line: 47, Got: "10 columns", Want: "9 as NTableCols says"}},
		{"NRows disagrees", "wmparc.stats", swap("# NRows 70", "# NRows 71"), []string{"aseg"},
			ParseError{Line: 57, Got: "NRows 71 above 70 rows", Want: "the same number"}},
		{"NRows is no number", "wmparc.stats", swap("# NRows 70", "# NRows many"), []string{"aseg", "measures"},
			ParseError{Line: 57, Got: `NRows "many"`, Want: "a whole number"}},
		{"no rows", "lh.aparc.stats", func(t *testing.T, s string) string {
			return s[:strings.Index(s, "bankssts")]
		}, []string{"aparc"},
			ParseError{Line: 47, Got: "no rows", Want: "at least one below '# ColHeaders'"}},
		{"a structure twice", "lh.aparc.stats", swap("\ncuneus ", "\nbankssts "), []string{"aparc"},
			ParseError{Line: 51, Got: "the structure bankssts again", Want: "only that in line 48"}},
		{"no text", "lh.aparc.stats", swap("cuneus ", "cune\xffs "), []string{"aparc"},
			ParseError{Line: 51, Got: "bytes that are no text", Want: "UTF-8 text"}},
		{"NUL", "lh.aparc.stats", swap("cuneus ", "cune\x00s "), []string{"aparc"},
			ParseError{Line: 51, Got: "bytes that are no text", Want: "UTF-8 text"}},
		{"endless line", "lh.aparc.stats", func(*testing.T, string) string {
			return "# Title\n" + strings.Repeat("x", longest+1)
		}, []string{"aparc", "measures"},
			ParseError{Line: 2, Got: "a line longer than 65536 bytes", Want: "a statistics file"}},
		{"measure without a unit", "wmparc.stats", swap("1259522.000000, mm^3", "1259522.000000,"), []string{"aseg", "measures"},
			ParseError{Line: 13, Got: "an empty part", Want: "# Measure STRUCTURE, FIELD, DESCRIPTION, VALUE, UNIT"}},
		{"measure too short", "wmparc.stats", swap("# Measure Mask, MaskVol, Mask Volume,", "# Measure Mask,"), []string{"aseg", "measures"},
			ParseError{Line: 13, Got: "3 parts", Want: "# Measure STRUCTURE, FIELD, DESCRIPTION, VALUE, UNIT"}},
		{"measure is no number", "wmparc.stats", swap("1259522.000000", "large"), []string{"aseg", "measures"},
			ParseError{Line: 13, Got: `"large" as the value of MaskVol`, Want: "a finite number"}},
		{"a measure twice", "wmparc.stats", swap("Mask, MaskVol,", "Mask, eTIV,"), []string{"aseg", "measures"},
			ParseError{Line: 14, Got: "the measure eTIV twice", Want: "each measure once"}},
		{"no measure", "lh.aparc.stats", func(t *testing.T, s string) string {
			return strings.ReplaceAll(s, "# Measure", "# Measured")
		}, []string{"measures"},
			ParseError{Line: 47, Got: "no '# Measure' line up to here", Want: "at least one above '# ColHeaders'"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			files := sample(t)
			files[test.file] = test.damage(t, files[test.file])
			s := sessionOf(files)
			_, aseg := s.Segments()
			_, aparc := s.Parcels()
			_, measures := s.Measures()
			test.want.File = "study/s/stats/" + test.file
			for table, err := range map[string]error{"aseg": aseg, "aparc": aparc, "measures": measures} {
				if !slices.Contains(test.fails, table) {
					if err != nil {
						t.Errorf("%s: %v, want no error: the damage is not in what it reads", table, err)
					}
					continue
				}
				var got *ParseError
				if !errors.As(err, &got) {
					t.Errorf("%s: error %v, want a *ParseError", table, err)
					continue
				}
				if diff := cmp.Diff(test.want, *got, cmpopts.EquateErrors()); diff != "" {
					t.Errorf("%s (-want +got):\n%s", table, diff)
				}
			}
		})
	}
}

func TestParseErrorText(t *testing.T) {
	tests := []struct {
		err  ParseError
		want string
	}{
		{ParseError{File: "f", Line: 3, Got: "x", Want: "y"}, "f:3: got x, want y"},
		{ParseError{File: "f", Want: "y", Err: fs.ErrPermission}, "f: want y: permission denied"},
		{ParseError{File: "f", Got: "x", Want: "y", Err: fs.ErrNotExist}, "f: got x, want y: file does not exist"},
	}
	for _, test := range tests {
		if got := test.err.Error(); got != test.want {
			t.Errorf("Error() = %q, want %q", got, test.want)
		}
	}
}
