package browser

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/galley-db/galley/store/sqlite"
	"github.com/galley-db/galley/table"
)

type scan struct {
	Subject string    `db:"subject,key"`
	Site    string    `db:"site"`
	Volume  float64   `db:"volume"`
	Skewed  float64   `db:"skewed"`
	Age     *float64  `db:"age"`
	At      time.Time `db:"at"`
}

// hostile is a name that would run a script if it were markup.
const hostile = `<img src=x onerror="window.hit=1"><script>window.hit=1</script>`

// filled is a file with a table of this name, which the returned function adds a
// batch to.
func filled(t *testing.T, name string) (path string, add func(key string)) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "scans.db")
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	tab, err := table.Open(t.Context(), db, table.Options[scan]{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return path, func(key string) {
		t.Helper()
		rows := make([]scan, 300)
		for i := range rows {
			age := 20 + float64(i%60)
			rows[i] = scan{Subject: fmt.Sprintf("%s-%03d", key, i), Site: []string{hostile, "Oslo", "Turin"}[i%3], Volume: 4000 + 30*float64(i%17) - 5*age,
				Skewed: math.Pow(1.05, float64(i)), At: time.Unix(1_700_000_000+86_400*int64(i), 0)}
			if i%4 > 0 {
				rows[i].Age = &age
			}
		}
		rows[7].Volume = 9000
		if _, err := tab.AppendOnce(t.Context(), key, rows); err != nil {
			t.Fatal(err)
		}
	}
}

// watch runs galley watch --http on a file until the test ends, and returns the URL
// of its page.
func watch(t *testing.T, path string, args ...string) string {
	t.Helper()
	cmd := exec.Command(galley, append([]string{"watch", path, "--http", "127.0.0.1:0", "--every", "50ms"}, args...)...)
	errs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		var exit *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 130 {
			t.Errorf("galley watch ended with %v", err)
		}
	})
	line, err := bufio.NewReader(errs).ReadString('\n')
	if err != nil {
		t.Fatal(line, err)
	}
	return strings.TrimSuffix(strings.TrimPrefix(line, "serving "), " until Ctrl-C\n")
}

func list(t *testing.T, keys ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "list.txt")
	if err := os.WriteFile(path, []byte(strings.Join(keys, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// While a writer stores batches the page shows them, without being loaded again.
func TestPageFollowsAWriter(t *testing.T) {
	b := chromium(t)
	path, add := filled(t, "scan")
	add("a-1")
	url := watch(t, path, "--expect", list(t, "a-1", "a-2", "b-1"), "--by", "^.")
	b.open(url)
	b.until(`document.body.innerText.includes("1 of 3 done")`)
	value[bool](b, `window.same = true`)
	for i, key := range []string{"a-2", "b-1"} {
		add(key)
		b.until(fmt.Sprintf(`document.body.innerText.includes("%d of 3 done")`, i+2))
	}
	b.until(`document.querySelector("#tables tbody td").innerText === "900"`)
	if !value[bool](b, `window.same === true`) {
		t.Error("the page was loaded again")
	}
	b.until(`document.querySelectorAll(".groups tbody tr").length === 2`)
	b.quiet(url)
}

// Both themes and both widths show all pages without scrolling sideways.
func TestThemesAndWidths(t *testing.T) {
	b := chromium(t)
	path, add := filled(t, "scan")
	for _, key := range []string{"a-1", "a-2"} {
		add(key)
	}
	url := watch(t, path, "--expect", list(t, "a-1", "a-2", "b-1"))
	for page, query := range map[string]string{"overview": "", "table": "table?name=scan"} {
		colors := map[string]string{}
		for _, theme := range []string{"light", "dark"} {
			for _, width := range []int64{400, 1280} {
				b.screen(width, theme)
				b.open(url + query)
				if page == "overview" {
					b.until(`document.body.innerText.includes("2 of 3 done")`)
				}
				if wide := value[int64](b, `document.documentElement.scrollWidth`); wide > width {
					t.Errorf("%s at %d px is %d px wide", page, width, wide)
				}
				colors[theme] = value[string](b, `getComputedStyle(document.body).backgroundColor + getComputedStyle(document.body).color`)
				// What is larger than its part of the page must be in a region that scrolls
				// and that the keyboard reaches.
				if lost := value[string](b, `[...document.querySelectorAll("main *")].filter((e) => {
					const box = e.getBoundingClientRect();
					return box.width > 0 && box.right > innerWidth + 1 && !e.closest("[tabindex='0']") && !e.closest("[hidden]");
				}).map((e) => e.outerHTML.slice(0, 80)).join("\n")`); lost != "" {
					t.Errorf("%s at %d px is cut off:\n%s", page, width, lost)
				}
				b.picture(fmt.Sprintf("%s-%s-%d", page, theme, width))
			}
		}
		if colors["light"] == colors["dark"] {
			t.Errorf("%s has the same colors in both themes: %s", page, colors["light"])
		}
	}
	b.quiet(url)
}

// The keyboard reaches the table's link, and keeps the focus over updates; the head of
// a column sorts.
func TestKeyboard(t *testing.T) {
	b := chromium(t)
	path, add := filled(t, "scan")
	add("a-1")
	url := watch(t, path)
	b.open(url)
	press := func(key string, until string) {
		t.Helper()
		for range 40 {
			if value[bool](b, until) {
				return
			}
			b.do(chromedp.KeyEvent(key))
		}
		t.Fatalf("the keyboard does not reach %s", until)
	}
	press(kb.Tab, `document.activeElement.id === "to-0"`)
	add("a-2")
	b.until(`document.querySelector("#tables tbody td").innerText === "600"`)
	if focus := value[string](b, `document.activeElement.id`); focus != "to-0" {
		t.Errorf("an update moved the focus to %q", focus)
	}
	if shown := value[string](b, `getComputedStyle(document.activeElement).outlineStyle`); shown == "none" {
		t.Error("the focus is not shown")
	}
	if _, err := chromedp.RunResponse(b.ctx, chromedp.KeyEvent(kb.Enter)); err != nil {
		t.Fatal(err)
	}
	b.until(`document.querySelector("h1").innerText === "scan"`)
	press(kb.Tab, `document.activeElement.matches(".sortable th:nth-child(1) button")`)
	b.do(chromedp.KeyEvent(kb.Enter))
	names := `[...document.querySelectorAll(".sortable tbody th")].map((h) => h.innerText).join()`
	if got := value[string](b, names); got != "age,at,site,skewed,subject,volume" {
		t.Errorf("sorted by name: %s", got)
	}
	b.do(chromedp.KeyEvent(kb.Enter))
	if got := value[string](b, names); got != "volume,subject,skewed,site,at,age" {
		t.Errorf("sorted backwards: %s", got)
	}
	if got := value[string](b, `document.querySelector(".grid > .card h3").innerText`); got != "volume" {
		t.Errorf("the first card is that of %s", got)
	}
	b.quiet(url)
}

// Hostile names and values are text, and the policy of the page refuses scripts and
// requests that are not its own.
func TestHostileNamesAreText(t *testing.T) {
	b := chromium(t)
	path, add := filled(t, hostile)
	add(hostile)
	url := watch(t, path, "--expect", list(t, hostile, hostile+"2"))
	for _, link := range []string{"", "table"} {
		if b.open(url); link != "" {
			b.open(value[string](b, `document.getElementById("to-0").href`))
		}
		if shown := value[string](b, `document.body.innerText`); !strings.Contains(shown, hostile) {
			t.Errorf("%q: the name is not shown", link)
		}
		if value[bool](b, `"hit" in window || document.querySelector("main img, main script") !== null`) {
			t.Errorf("%q: the name is markup", link)
		}
	}
	b.quiet(url)
	if got := value[string](b, `new Promise((done) => {
		document.addEventListener("securitypolicyviolation", (e) => done(e.effectiveDirective));
		const s = document.createElement("script");
		s.textContent = "window.hit = 1";
		document.body.append(s);
	})`); got != "script-src-elem" || value[bool](b, `"hit" in window`) {
		t.Errorf("a script of another origin ran; refused by %q", got)
	}
	if got := value[string](b, `fetch("http://127.0.0.1:1/").then(() => "sent", () => "refused")`); got != "refused" {
		t.Errorf("a request to another server was %s", got)
	}
}

// A report opens from a file, and its only script runs under its policy.
func TestReportInABrowser(t *testing.T) {
	b := chromium(t)
	path, add := filled(t, "scan")
	add("a-1")
	page := filepath.Join(t.TempDir(), "report.html")
	if out, err := exec.Command(galley, "report", path, "-o", page).CombinedOutput(); err != nil {
		t.Fatal(err, string(bytes.TrimSpace(out)))
	}
	for _, width := range []int64{400, 1280} {
		b.screen(width, "light")
		b.open("file://" + page)
		if wide := value[int64](b, `document.documentElement.scrollWidth`); wide > width {
			t.Errorf("at %d px the report is %d px wide", width, wide)
		}
		b.picture(fmt.Sprintf("report-%d", width))
	}
	value[bool](b, `document.querySelector("section .sortable th:nth-child(1) button").click() || true`)
	if got := value[string](b, `document.querySelector("#table-0 .sortable th button").tagName`); got != "BUTTON" {
		t.Errorf("the report's script did not run: %q", got)
	}
	b.quiet("file://" + page)
}
