package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/galley-db/galley/cmd/galley/internal/doctor"
	"github.com/galley-db/galley/cmd/galley/internal/live"
	"github.com/galley-db/galley/cmd/galley/internal/sheet"
	"github.com/galley-db/galley/internal/holder"
	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store/sqlite"
)

func newWatch(a *app) *cobra.Command {
	var every time.Duration
	var times int
	var address, namespace, expect, by string
	cmd := &cobra.Command{
		Use:   "watch FILE [--every TIME] [--count N | --http ADDRESS [--schema NAME]] [--expect LIST [--by PATTERN]]",
		Short: "Show how a file grows while others write",
		Long: `Show repeatedly the rows and bytes that each table gains a second, the size of
the database and its WAL, how long the write lock was held, and the processes
that write and read. On a terminal watch redraws the screen; elsewhere it prints
one line a table each time. Ctrl-C ends it.

watch takes the highest row number for the number of rows, which is fast; a deleted
or replaced row still counts. The bytes are those of the values, estimated from the newest
100 rows. watch samples the write lock every few milliseconds (on Linux). The
share of time in which it was held, and the longest uninterrupted hold, are what
a writer waits for. A writer's own waiting time is in its Stats.

--expect shows how many batches of a list are stored, and estimates when all will be
stored. --by '^sub-..' groups the batches by the part of the key that the pattern
matches.

--http serves a live page for a browser instead, and prints its URL. The page shows
whether a process writes, how many batches of --expect are stored, the estimate, the
rate of each table, problems, and the processes that have the file open. The page of
a table shows its columns, compares them by group, over time and with one another,
and has its latest rows, batches and rejected rows. For a table of more than 20,000
rows it shows a sample, which is the same each time. /metrics has the figures for
Prometheus. /api/overview, /api/table?name=TABLE and /api/figures?name=TABLE have
them as JSON. With --http, FILE may also be a postgres:// URL or the folder of a
spool. The page cannot change anything. An ADDRESS without a host can be reached
only from this machine. If other hosts can reach ADDRESS, the URL holds a token, and
requests without the token are refused. The page is plain HTTP.`,
		Example: `  galley watch features.db
  galley watch features.db --http 127.0.0.1:8080 --expect sessions.txt`,
		Args: exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if every < 10*time.Millisecond || times < 0 {
				return wrong(cmd, "--every must be at least 10ms, and --count 0 or more")
			}
			page := cmd.Flags().Changed("http")
			switch {
			case !page && cmd.Flags().Changed("schema"):
				return wrong(cmd, "--schema is for the page of a postgres:// URL; give --http, too")
			case !page && onServer(args[0]):
				return wrong(cmd, "a server has a page only; give --http")
			case page && (cmd.Flags().Changed("count") || a.json):
				return wrong(cmd, "--http excludes --count and --json; the page has JSON under /api/overview")
			case cmd.Flags().Changed("by") && !cmd.Flags().Changed("expect"):
				return wrong(cmd, "--by groups the batches of --expect; give both")
			case page:
				return a.servePage(cmd, args[0], address, namespace, expect, by, every)
			}
			opts, err := expecting(cmd, args[0], expect, by)
			if err != nil {
				return err
			}
			opts.Every = every
			return reading(cmd.Context(), args[0], func(db *sqlite.DB) error {
				return a.watch(cmd.Context(), db, opts, times)
			})
		},
	}
	cmd.Flags().DurationVar(&every, "every", time.Second, "take a sample every `TIME`")
	cmd.Flags().IntVar(&times, "count", 0, "end after `N` samples (default never)")
	cmd.Flags().StringVar(&address, "http", "", "serve a live page at `ADDRESS`, such as 127.0.0.1:8080 (port 0 takes a free one)")
	cmd.Flags().StringVar(&namespace, "schema", "", "with --http and a postgres:// URL, the namespace `NAME` of the tables")
	cmd.Flags().StringVar(&expect, "expect", "", "show how many of the batches in the file `LIST` are stored, - for standard input")
	cmd.Flags().StringVar(&by, "by", "", "group the batches of --expect by the part of the key that the regular expression `PATTERN` matches (its first group, if it has one)")
	return cmd
}

// look is what is seen at one moment.
type look struct {
	At       time.Time        `json:"at"`
	Bytes    int64            `json:"bytes"`
	WALBytes int64            `json:"wal_bytes"`
	Rows     map[string]int64 `json:"rows"`
	Rates    map[string]int64 `json:"rows_per_second,omitempty"`
	Volume   map[string]int64 `json:"table_bytes_per_second,omitempty"` // of values
	Lock     *doctor.Held     `json:"write_lock,omitempty"`
	Growth   int64            `json:"bytes_per_second"`
	OpenIn   []string         `json:"open_in"`
	Expected *live.Progress   `json:"expected,omitempty"`

	course map[string][]float64 // rows a second of the looks before, of each table
	tables []string
	mean   map[string]float64 // bytes of a row
}

func (a *app) watch(ctx context.Context, db *sqlite.DB, opts live.Options, times int) error {
	tick := time.NewTicker(opts.Every)
	defer tick.Stop()
	lock := doctor.WatchLock(db.Path())
	defer lock.Close()
	var before *look
	for i := 0; times == 0 || i < times; i++ {
		now, err := lookAt(ctx, db)
		if err != nil {
			return err
		}
		if len(opts.Expect) > 0 {
			if now.Expected, err = live.Expected(ctx, live.File(db), opts); err != nil {
				return err
			}
		}
		now.Lock = lock.Held()
		now.since(before)
		if err := a.printLook(now, before == nil); err != nil {
			return err
		}
		before = now
		if times > 0 && i == times-1 {
			break
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func lookAt(ctx context.Context, db *sqlite.DB) (*look, error) {
	l := &look{At: time.Now(), Rows: map[string]int64{}, OpenIn: []string{}, mean: map[string]float64{}}
	tables, err := db.Tables(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range tables {
		there, err := sheet.WhileThere(ctx, db, t, func(t *schema.Schema) error { return l.table(ctx, db, t) })
		if err != nil {
			return nil, err
		}
		if there {
			l.tables = append(l.tables, t.Name())
		}
	}
	if l.Bytes, err = size(db.Path()); err != nil {
		return nil, err
	}
	l.WALBytes, _ = size(db.Path() + "-wal") // which a closed database has not
	holders, _, err := holder.Of(db.Path())
	for _, h := range holders {
		l.OpenIn = append(l.OpenIn, doctor.Describe(h))
	}
	return l, err
}

// table adds the figures of a table.
func (l *look) table(ctx context.Context, db *sqlite.DB, t *schema.Schema) error {
	n, err := one(ctx, db, "SELECT max("+sheet.RowNumber(t)+") FROM "+schema.SQLite().Quote(t.Name()))
	if err != nil {
		return err
	}
	mean, err := one(ctx, db, meanBytes(t))
	if err != nil {
		return err
	}
	l.Rows[t.Name()], _ = n.(int64)
	l.mean[t.Name()], _ = mean.(float64)
	return nil
}

// meanBytes asks for the bytes of the values in the newest rows of a table.
func meanBytes(t *schema.Schema) string {
	var sizes []string
	for _, c := range t.Columns() {
		name := schema.SQLite().Quote(c.Name)
		sizes = append(sizes, "CASE typeof("+name+") WHEN 'null' THEN 0 WHEN 'text' THEN octet_length("+name+") WHEN 'blob' THEN length("+name+") ELSE 8 END")
	}
	return "SELECT CAST(avg(n) AS REAL) FROM (SELECT " + strings.Join(sizes, " + ") + " AS n FROM " + schema.SQLite().Quote(t.Name()) + " ORDER BY " + sheet.RowNumber(t) + " DESC LIMIT 100)"
}

// sparkLooks are the looks whose rates are drawn.
const sparkLooks = 40

// since works out what a second brought.
func (l *look) since(before *look) {
	l.course = map[string][]float64{}
	if before == nil {
		return
	}
	seconds := max(l.At.Sub(before.At).Seconds(), 1e-3)
	l.Rates, l.Volume = map[string]int64{}, map[string]int64{}
	for name, n := range l.Rows {
		rate := float64(n-before.Rows[name]) / seconds
		l.Rates[name], l.Volume[name] = int64(rate), int64(max(rate, 0)*l.mean[name])
		l.course[name] = append(before.course[name], rate)
		l.course[name] = l.course[name][max(len(l.course[name])-sparkLooks, 0):]
	}
	l.Growth = int64(float64(l.Bytes+l.WALBytes-before.Bytes-before.WALBytes) / seconds)
}

func (a *app) printLook(l *look, first bool) error {
	if a.json {
		return json.NewEncoder(a.out).Encode(l)
	}
	if !a.out.terminal {
		for _, name := range l.tables {
			fmt.Fprintf(a.out, "%s %s %d rows, %d rows/s, %s/s, wal %s, %s\n", l.At.Format(time.RFC3339), sheet.Printable(name),
				l.Rows[name], l.Rates[name], doctor.Size(l.Volume[name]), doctor.Size(l.WALBytes), l.Lock)
		}
		if l.Expected != nil {
			fmt.Fprintf(a.out, "%s expected batches: %s\n", l.At.Format(time.RFC3339), progressWords(l.Expected, l.At))
		}
		return nil
	}
	var b strings.Builder
	b.WriteString("\x1b[H\x1b[2J")
	fmt.Fprintf(&b, "%s   database %s, wal %s, %s/s\n%s\n\n", clock(&l.At), doctor.Size(l.Bytes), doctor.Size(l.WALBytes), doctor.Size(l.Growth), l.Lock)
	t := sheet.NewTable(&b, sheet.Style{Bold: a.bold, Width: a.out.width()}, []string{"table", "rows", "rows/s", "bytes/s", "rows/s before"}, []bool{false, true, true, true, false})
	for _, name := range l.tables {
		rate, volume := "-", "-"
		if !first {
			rate, volume = fmt.Sprint(l.Rates[name]), doctor.Size(l.Volume[name])
		}
		if err := t.Add(sheet.Printable(name), fmt.Sprint(l.Rows[name]), rate, volume, sheet.Spark(l.course[name])); err != nil {
			return err
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	b.WriteString("\n")
	if p := l.Expected; p != nil {
		fmt.Fprintf(&b, "%s %s\n", meter(p.Percent()), progressWords(p, l.At))
		for _, g := range p.Groups {
			fmt.Fprintf(&b, "%s %s: %d of %d done, %d with rejected rows\n", meter(g.Percent()), sheet.Printable(g.Name), g.Done, g.Total, g.Rejected)
		}
		b.WriteString("\n")
	}
	for _, h := range l.OpenIn {
		b.WriteString(h + "\n")
	}
	_, err := fmt.Fprint(a.out, b.String())
	return err
}

// progressWords says how many of the expected batches are stored.
func progressWords(p *live.Progress, now time.Time) string {
	words := fmt.Sprintf("%d of %d done (%.1f %%), %d missing, %d with rejected rows", p.Done, p.Total, p.Percent(), p.Missing, p.Rejected)
	if left := p.Left(now); left != "" {
		words += "; " + left
	}
	return words
}

// meter draws a share of 100 as a bar.
func meter(percent float64) string {
	const width = 30
	full := min(max(int(percent*width/100), 0), width)
	return strings.Repeat("█", full) + strings.Repeat("░", width-full)
}
