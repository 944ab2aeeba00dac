package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// engineModule is the module of the SQLite engine.
const engineModule = "github.com/ncruces/go-sqlite3"

// version is what --version prints behind the program's name: the module's
// version, the commit of a build from a clone, Go and the engine.
func version() string {
	text, engine := "(unknown version)", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		text = versionOf(info)
		for _, dep := range info.Deps {
			if dep.Path == engineModule {
				engine = ", go-sqlite3 " + dep.Version
			}
		}
	}
	return fmt.Sprintf("%s (%s %s/%s%s)", text, runtime.Version(), runtime.GOOS, runtime.GOARCH, engine)
}

// versionOf is the version of the main module, and the commit where the version
// does not name it.
func versionOf(info *debug.BuildInfo) string {
	text := info.Main.Version
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if text != "" && text != "(devel)" {
		return text
	}
	commit := settings["vcs.revision"]
	if commit == "" {
		return "(devel)"
	}
	text = "(devel) " + commit[:min(len(commit), 12)]
	if settings["vcs.modified"] == "true" {
		text += ", modified"
	}
	return text
}
