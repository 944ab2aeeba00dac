package pgcluster

import (
	"io"
	"os/exec"
)

// watcher is a shell that waits for this process to end. A test that is killed,
// or that hangs until its time is up, runs no cleanup, and would leave its
// server behind.
type watcher struct {
	cmd *exec.Cmd
	in  io.Closer // which the system closes when the process ends
}

// It outlives the interrupt of a terminal, which is for the whole group of
// processes.
const watch = `trap '' INT TERM HUP
cat
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid" && while kill -0 "$pid"; do sleep 0.1; done
rm -rf "$1"`

func (c *Cluster) watch() error {
	cmd := exec.Command("sh", "-c", watch, "sh", c.dir)
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	c.watcher = &watcher{cmd, in}
	return nil
}

// stop has the watcher do its work now, and waits for it.
func (w *watcher) stop() {
	_ = w.in.Close()
	_ = w.cmd.Wait()
}
