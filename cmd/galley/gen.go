package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/cmd/galley/internal/gen"
)

// errStale is returned by gen -check for a file that is not what would be
// generated.
var errStale = errors.New("the generated file is stale; run go generate, or the same command without -check")

// genFlags are the flags of gen.
type genFlags struct {
	dir, types, output   string
	from, table, pkgName string
	check, python        bool
}

const genLong = `  galley gen -type TYPES [-dir DIR] [-o FILE] [-check] [-python]
  galley gen -from FILE [-table NAME] [-type NAME] [-package NAME] [-o FILE] [-check] [-python]

With -type, gen reads the structs of a package and writes a file with their
columns, their tables as SQL, and binders without reflection for table.Options:

	//go:generate go tool galley gen -type Region,Scan

writes region_galley.go beside the struct. Name an instance of a generic type as
in Go: -type 'Pair[int]'.

With -from, gen reads a table in any SQLite file, or a sample of rows (.csv,
.tsv, .jsonl, .ndjson, .json), and writes a struct with tags.

With -python, either form writes a Python module whose read(path) returns a
pandas DataFrame of the table. Without -o, -from and -python write to standard
output.

With -check, gen writes nothing. If the file is stale, gen shows the difference
and fails.`

// newGen is the verb gen. It takes its flags with one dash, as the tools that
// the go:generate runs do, and with two.
func newGen() *cobra.Command {
	return &cobra.Command{
		Use:                "gen -type TYPES | -from FILE",
		Short:              "Generate binders from structs, structs from tables, and readers for pandas",
		Long:               genLong + "\n\nFlags:\n" + genDefaults(),
		DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := parseGen(args)
			if errors.Is(err, flag.ErrHelp) {
				return cmd.Help()
			}
			if err != nil {
				return &usageError{cmd.CommandPath(), err}
			}
			err = f.run(cmd.Context(), cmd.OutOrStdout())
			if _, ok := errors.AsType[*gen.SourceError](err); ok {
				fmt.Fprintln(cmd.ErrOrStderr(), err) // each line begins with the place, as a compiler's does
				return errReported
			}
			return err
		},
	}
}

// genDefaults is what the flags are for.
func genDefaults() string {
	var f genFlags
	var b strings.Builder
	set := f.set()
	set.SetOutput(&b)
	set.PrintDefaults()
	return strings.TrimRight(b.String(), "\n")
}

// set is the flags, which it writes to f.
func (f *genFlags) set() *flag.FlagSet {
	set := flag.NewFlagSet("gen", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.Usage = func() {}
	set.StringVar(&f.types, "type", "", "structs, separated by commas; with -from, the name of the struct to write")
	set.StringVar(&f.dir, "dir", "", "folder of the package (default the current one)")
	set.StringVar(&f.output, "o", "", "file to write")
	set.StringVar(&f.from, "from", "", "SQLite file, or sample of rows")
	set.StringVar(&f.table, "table", "", "table in the SQLite file (default its only table), or the table name for a sample")
	set.StringVar(&f.pkgName, "package", "", "package of the struct to write (default main)")
	set.BoolVar(&f.check, "check", false, "write nothing, and fail with a diff if the file is stale")
	set.BoolVar(&f.python, "python", false, "write a Python module that reads the table into pandas")
	return set
}

// parseGen reads the arguments behind the verb.
func parseGen(args []string) (f genFlags, err error) {
	set := f.set()
	if err := set.Parse(args); err != nil {
		return f, err
	}
	switch {
	case set.NArg() > 0:
		return f, fmt.Errorf("gen takes flags only: unexpected argument %q", set.Arg(0))
	case f.types == "" && f.from == "":
		return f, errors.New("gen needs -type or -from; see galley gen -help")
	case f.from == "" && (f.table != "" || f.pkgName != ""):
		return f, errors.New("-table and -package go with -from")
	case f.from != "" && f.dir != "":
		return f, errors.New("-dir goes with -type, not with -from")
	case f.python && f.pkgName != "":
		return f, errors.New("-package is for Go; it does not go with -python")
	case f.check && f.output == "" && (f.from != "" || f.python):
		return f, errors.New("-check needs -o, the file to compare with")
	}
	return f, nil
}

func (f genFlags) run(ctx context.Context, w io.Writer) error {
	file, err := f.generate(ctx)
	switch {
	case err != nil:
		return err
	case file.Path == "":
		_, err := w.Write(file.Text)
		return err
	case !f.check:
		return file.Write()
	}
	diff, err := file.Stale()
	if err != nil || diff == "" {
		return err
	}
	if _, err := io.WriteString(w, diff); err != nil {
		return err
	}
	return errStale // the diff names it
}

// directive is the place of the go:generate line that runs this, if one does
// (go help generate).
func directive() token.Position {
	line, err := strconv.Atoi(os.Getenv("GOLINE"))
	if err != nil {
		return token.Position{}
	}
	return token.Position{Filename: os.Getenv("GOFILE"), Line: line}
}

// generate makes the file; its path is "" for standard output.
func (f genFlags) generate(ctx context.Context) (gen.File, error) {
	binders := gen.Binders{Dir: f.dir, Types: f.types, Output: f.output, Directive: directive()}
	if f.from == "" && !f.python {
		return binders.Generate(ctx)
	}
	var table gen.Table
	var args []string
	if f.from == "" {
		tables, err := binders.Tables(ctx)
		if err != nil {
			return gen.File{}, err
		}
		if len(tables) != 1 {
			return gen.File{}, fmt.Errorf("a Python module reads one table, but -type names %d", len(tables))
		}
		table, args = tables[0], append(args, "-type", f.types)
	} else {
		var err error
		if table, err = gen.FromFile(ctx, f.from, f.table); err != nil {
			return gen.File{}, err
		}
		args = append(args, "-from", filepath.Base(f.from), "-table", table.Name)
		if f.types != "" {
			args = append(args, "-type", f.types)
		}
	}
	if f.python {
		text, err := table.Python(strings.Join(append(args, "-python"), " "))
		return gen.File{Path: f.output, Text: text}, err
	}
	if f.pkgName != "" {
		args = append(args, "-package", f.pkgName)
	}
	text, err := table.Struct(gen.Struct{Package: f.pkgName, Type: f.types, Args: strings.Join(args, " ")})
	return gen.File{Path: f.output, Text: text}, err
}
