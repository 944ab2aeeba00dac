package report

import (
	"bufio"
	"encoding/json"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// Document is what is written as JSON: the results and what they hang on.
type Document struct {
	Date     time.Time         `json:"date"`
	Go       string            `json:"go"`
	System   string            `json:"system"`
	CPU      string            `json:"cpu,omitempty"`
	CPUs     int               `json:"cpus"`
	Settings map[string]any    `json:"settings"`
	Modules  map[string]string `json:"modules"` // versions of all modules built in
	Peers    map[string]string `json:"peers"`   // how each is used
	Results  []Result          `json:"results"`
}

// NewDocument describes this program and machine.
func NewDocument(results []Result) Document {
	d := Document{
		Date:    time.Now().UTC().Truncate(time.Second),
		Go:      runtime.Version(),
		System:  runtime.GOOS + "/" + runtime.GOARCH,
		CPU:     cpu(),
		CPUs:    runtime.NumCPU(),
		Modules: make(map[string]string),
		Results: results,
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			d.Modules[m.Path] = m.Version
		}
	}
	return d
}

// Write writes the document to a file, replacing it.
func (d Document) Write(path string) error {
	out, err := json.MarshalIndent(d, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(out, '\n'), 0o644)
}

// cpu is the processor's name, if /proc has it.
func cpu() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
