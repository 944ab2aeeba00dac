package export

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"unicode"
)

// pending is a file that is written beside the file that it will replace. A crash
// leaves the old file.
type pending struct {
	disk  disk
	file  diskFile
	out   *bufio.Writer
	sum   hash.Hash
	path  string // that it will have
	bytes int64
}

// begin makes an empty file beside path.
func begin(d disk, path string, perm fs.FileMode) (*pending, error) {
	f, err := d.create(filepath.Dir(path), pendingPrefix(path)+"*")
	if err != nil {
		return nil, err
	}
	if err := f.Chmod(perm); err != nil && runtime.GOOS != "windows" {
		_ = f.Close()
		_ = d.remove(f.Name())
		return nil, err
	}
	p := &pending{disk: d, file: f, sum: sha256.New(), path: path}
	p.out = bufio.NewWriterSize(io.MultiWriter(f, p.sum), 1<<18)
	return p, nil
}

func pendingPrefix(path string) string { return "." + filepath.Base(path) + ".new-" }

// sweep removes files that begin created and that were never published. They do no
// harm: a file that cannot be removed stays.
func sweep(d disk, path string) {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return
	}
	for _, e := range entries {
		digits, ours := strings.CutPrefix(e.Name(), pendingPrefix(path))
		if _, err := strconv.ParseUint(digits, 10, 64); ours && err == nil && e.Type().IsRegular() {
			_ = d.remove(filepath.Join(filepath.Dir(path), e.Name()))
		}
	}
}

func (p *pending) Write(b []byte) (int, error) {
	n, err := p.out.Write(b)
	p.bytes += int64(n)
	return n, err
}

// finish makes what was written durable, under its temporary name.
func (p *pending) finish() error {
	err := p.out.Flush()
	if err == nil {
		err = p.file.Sync()
	}
	if closeErr := p.file.Close(); err == nil {
		err = closeErr
	}
	return err
}

// publish gives the file its name, in one step.
func (p *pending) publish() error { return p.disk.rename(p.file.Name(), p.path) }

// discard removes the file, unless it was published.
func (p *pending) discard() {
	_ = p.file.Close()
	_ = p.disk.remove(p.file.Name())
}

func (p *pending) sha256() string { return hex.EncodeToString(p.sum.Sum(nil)) }

// fileName is the name of a table or column as part of a file's name: what
// could lead out of the folder, or does not go with every system, becomes
// %XX.
func fileName(name string) string {
	var b strings.Builder
	for i, r := range name {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '_', r == '-', r == '.' && i > 0:
			b.WriteRune(r)
		default:
			for _, c := range []byte(string(r)) {
				fmt.Fprintf(&b, "%%%02X", c)
			}
		}
	}
	return b.String()
}
