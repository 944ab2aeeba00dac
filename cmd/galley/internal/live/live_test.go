package live

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/galley-db/galley/schema"
	"github.com/galley-db/galley/store"
	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

const (
	hostile = `<script>alert("t")</script>`
	evil    = `"><img src=x onerror=alert(1)>`
)

type reading struct {
	Subject string  `db:"subject,null"`
	Volume  float64 `db:"volume,check=volume >= 0"`
}

// stored is a database with a table of a hostile name, in which the batches
// named keys are stored, and one row is in quarantine.
func stored(t *testing.T, keys ...string) (*sqlite.DB, *table.Table[reading]) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "live.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	tab, err := table.Open(t.Context(), db, table.Options[reading]{Name: hostile, Quarantine: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		if _, err := tab.AppendOnce(t.Context(), key, []reading{{evil, 1}, {evil + "2", 2}, {"plain", -1}}); err != nil {
			t.Fatal(err)
		}
	}
	return db, tab
}

// serve serves a source on a free port of the loopback address, and returns the
// URL of its page.
func serve(t *testing.T, source Source, opts Options) string {
	t.Helper()
	if opts.Every == 0 {
		opts.Every = 10 * time.Millisecond
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	url, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- Serve(ctx, l, source, opts, func(u string) { url <- u }) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		http.DefaultClient.CloseIdleConnections()
	})
	return <-url
}

// get returns the status, the header and the body of an answer.
func get(t *testing.T, url string) (int, http.Header, string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(body)
}

// Hostile names of tables, keys and values are text on each page, and the pages load nothing from elsewhere.
func TestHostileTextIsText(t *testing.T) {
	db, _ := stored(t, evil+"key", "b2")
	url := serve(t, File(db), Options{Expect: []Key{{"", evil + "missing"}, {"", "b2"}}})
	for _, path := range []string{"", "table?name=%3Cscript%3Ealert(%22t%22)%3C%2Fscript%3E"} {
		status, header, page := get(t, url+path)
		if status != http.StatusOK {
			t.Fatalf("%q: %d %s", path, status, page)
		}
		if got := header.Get("Content-Security-Policy"); got != policy {
			t.Errorf("%q: policy %q", path, got)
		}
		if strings.Contains(page, "<img") || strings.Contains(page, `<script>`) || strings.Contains(page, "ZgotmplZ") {
			t.Errorf("%q: hostile text is markup:\n%s", path, page)
		}
		if !strings.Contains(page, "&lt;script&gt;") || !strings.Contains(page, "&lt;img src=x") {
			t.Errorf("%q lacks the names", path)
		}
		for _, outside := range regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
			if strings.Contains(outside[1], "//") || strings.HasPrefix(outside[1], "data:") {
				t.Errorf("%q loads %s", path, outside[1])
			}
		}
		if strings.Contains(page, " style=") || strings.Contains(page, " onclick=") {
			t.Errorf("%q has what the policy refuses", path)
		}
	}
}

// The table's page shows columns, rows, batches and the reasons of the quarantine.
func TestTablePage(t *testing.T) {
	db, _ := stored(t, "b1", "b2")
	url := serve(t, File(db), Options{})
	_, _, page := get(t, url+"table?name=%3Cscript%3Ealert(%22t%22)%3C%2Fscript%3E")
	for _, want := range []string{"From all rows.", "4 rows, 2 columns", "<h3>volume</h3>", "<td>b2</td><td class=\"n\">2</td>", "volume &gt;= 0"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	if status, _, _ := get(t, url+"table?name=no"); status != http.StatusNotFound {
		t.Errorf("a table that does not exist: %d", status)
	}
	var d Detail
	_, _, text := get(t, url+"api/table?name=%3Cscript%3Ealert(%22t%22)%3C%2Fscript%3E")
	if err := json.Unmarshal([]byte(text), &struct {
		*Detail
		Profile any `json:"profile"`
	}{Detail: &d}); err != nil {
		t.Fatal(err)
	}
	if len(d.Rejected) != 2 || len(d.Batches) != 2 || d.Batches[0].Key != "b2" || len(d.Latest) != 4 || d.Latest[3][0] != evil {
		t.Errorf("%+v", d)
	}
}

// A large table is described from a sample, and the page says of how many rows.
func TestSampleIsStated(t *testing.T) {
	db, tab := stored(t)
	rows := make([]reading, 3*exactRows)
	for i := range rows {
		rows[i].Volume = float64(i)
	}
	if err := tab.Append(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	d, err := File(db).Table(t.Context(), hostile)
	if err != nil {
		t.Fatal(err)
	}
	if d.Rows != int64(len(rows)) || d.Profile.Rows != sampleRows || d.Sample != "a sample of 5,000 rows" {
		t.Errorf("%d rows, a sample of %d: %q", d.Rows, d.Profile.Rows, d.Sample)
	}
	if d.Profile.Columns[1].Distinct < sampleRows*9/10 {
		t.Errorf("%+v", d.Profile.Columns[1])
	}
}

// nextEvent reads an event.
func nextEvent(t *testing.T, in *bufio.Reader) string {
	t.Helper()
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			var page string
			if err := json.Unmarshal([]byte(data), &page); err != nil {
				t.Fatal(err)
			}
			return page
		}
	}
}

// While a writer stores batches, a page receives them, and the expected ones
// turn from missing to done.
func TestEventsFollowAWriter(t *testing.T) {
	db, tab := stored(t)
	url := serve(t, File(db), Options{Expect: []Key{{"", "b0"}, {"", "b1"}, {hostile, "b2"}, {"other", "b2"}}})
	res, err := http.Get(url + "events")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	events := bufio.NewReader(res.Body)
	if page := nextEvent(t, events); !strings.Contains(page, "<b>0</b> of 4 done") {
		t.Fatalf("the first event:\n%s", page)
	}
	for i := range 3 {
		if _, err := tab.AppendOnce(t.Context(), fmt.Sprint("b", i), []reading{{"x", 1}}); err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf("<b>%d</b> of 4 done", i+1)
		for !strings.Contains(nextEvent(t, events), want) {
		}
	}
}

// The answers for programs have the same figures.
func TestMetricsAndAPI(t *testing.T) {
	db, _ := stored(t, "b1")
	url := serve(t, File(db), Options{Expect: []Key{{"", "b1"}, {"", "b2"}}})
	_, header, text := get(t, url+"metrics")
	if !strings.HasPrefix(header.Get("Content-Type"), "text/plain; version=0.0.4") {
		t.Errorf("type %q", header.Get("Content-Type"))
	}
	for _, want := range []string{
		"galley_up 1\n", `galley_table_rows{table="<script>alert(\"t\")</script>"} 2` + "\n", `galley_table_rejected_rows{table="<script>alert(\"t\")</script>"} 1`,
		"# TYPE galley_wal_bytes gauge\n", `galley_expected_batches{state="missing"} 1` + "\n", `galley_expected_batches{state="rejected"} 1` + "\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("metrics lack %s:\n%s", want, text)
		}
	}
	line := regexp.MustCompile(`^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+="([^"\\\n]|\\["\\n])*"\})? [-+0-9.e]+)$`)
	for l := range strings.Lines(text) {
		if !line.MatchString(strings.TrimSuffix(l, "\n")) {
			t.Errorf("not Prometheus' format: %q", l)
		}
	}
	var answer struct {
		Tables   []Table
		Expected Progress
		History  map[string][]Point
	}
	_, _, text = get(t, url+"api/overview")
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatal(err)
	}
	if len(answer.Tables) != 1 || answer.Tables[0].Rows != 2 || answer.Expected.Missing != 1 || len(answer.History[hostile]) == 0 {
		t.Errorf("%s", text)
	}
}

// The answers for programs have lists, not null, also for a file without tables and
// before the first read.
func TestAPIHasLists(t *testing.T) {
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "empty.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_, _, empty := get(t, serve(t, File(db), Options{})+"api/overview")
	missing := Spool{Dir: filepath.Join(t.TempDir(), "missing")}
	_, _, unread := get(t, serve(t, missing, Options{})+"api/overview")
	for _, text := range []string{empty, unread} {
		for _, want := range []string{`"tables":[]`, `"processes":[`, `"faults":[]`} {
			if !strings.Contains(text, want) {
				t.Errorf("no %s in %s", want, text)
			}
		}
	}
}

// Nothing but reading is possible, and no page of another name can read.
func TestPageOnlyReads(t *testing.T) {
	db, _ := stored(t, "b1")
	s := &Server{watch: &watcher{source: File(db), look: &Look{}}, details: &details{}, local: true}
	ask := func(method, path, host string) int {
		r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
		r.Host = host
		w := httptest.NewRecorder()
		s.handler().ServeHTTP(w, r)
		return w.Code
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS"} {
		if got := ask(method, "/", "127.0.0.1:1"); got != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", method, got)
		}
	}
	for host, want := range map[string]int{"127.0.0.1:80": 200, "localhost": 200, "[::1]:80": 200, "example.com": 403, "127.0.0.1.example.com:80": 403, "": 403} {
		if got := ask("GET", "/", host); got != want {
			t.Errorf("host %q: %d, want %d", host, got, want)
		}
	}
	s.local, s.token = false, "secret"
	for path, want := range map[string]int{"/secret/": 200, "/secret": 307, "/secret/metrics": 200, "/secret/live.js": 200, "/": 403, "/metrics": 403, "/secre/": 403, "/secrets/metrics": 403, "/secret/no": 404} {
		if got := ask("GET", path, "example.com"); got != want {
			t.Errorf("%s with a token: %d, want %d", path, got, want)
		}
	}
}

// The look after a fault has the fault, and what was read before.
func TestPageAfterAFault(t *testing.T) {
	db, tab := stored(t, "b1")
	w := &watcher{source: File(db), look: &Look{}, history: map[string]*series{}, changed: make(chan struct{}), opts: Options{KeyName: func(k string) string { return k }}}
	w.refresh(t.Context())
	if err := tab.Append(t.Context(), []reading{{"", 1}}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	w.refresh(t.Context())
	look, _ := w.now()
	if look.Error == "" || look.Activity() != "not readable" || len(look.Tables) != 1 {
		t.Errorf("%+v", look)
	}
}

// A file that has not changed is not read again.
func TestUnchangedIsNotRead(t *testing.T) {
	db, _ := stored(t, "b1")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	reader, err := sqlite.Open(t.Context(), db.Path(), sqlite.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	hourAgo := time.Now().Add(-time.Hour)
	for _, path := range []string{db.Path(), db.Path() + "-wal"} {
		if err := os.Chtimes(path, hourAgo, hourAgo); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	queries := 0
	d := &Database{name: "x", path: db.Path(), db: counted{reader, &queries}}
	first, err := d.Look(t.Context(), &Look{})
	if err != nil || queries == 0 {
		t.Fatal(queries, err)
	}
	before := queries
	second, err := d.Look(t.Context(), first)
	if err != nil || queries != before || len(second.Tables) != 1 || second.Tables[0].Rows != 2 {
		t.Errorf("%d queries after %d, %+v, %v", queries, before, second, err)
	}
	if err := os.Chtimes(db.Path(), time.Now(), time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Look(t.Context(), second); err != nil || queries == before {
		t.Errorf("a file that has changed is not read: %v", err)
	}
}

// counted counts the queries of a database.
type counted struct {
	store.Backend
	queries *int
}

func (c counted) Query(ctx context.Context, q store.Select, row func(schema.Reader) (bool, error)) error {
	*c.queries++
	return c.Backend.Query(ctx, q, row)
}
