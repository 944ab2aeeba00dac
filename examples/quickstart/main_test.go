package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

func Example() {
	dir, err := os.MkdirTemp("", "quickstart")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	if err := run(context.Background(), filepath.Join(dir, "quickstart.db"), os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// applied: true
	// applied: false
	// sub-01 Left-Caudate 3360.5
	// sub-02 Left-Caudate 3412.1
	// sub-02 Left-Putamen 4789.5
}
