package lake

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/apache/iceberg-go"
	icebergio "github.com/apache/iceberg-go/io"
	icebergs3 "github.com/apache/iceberg-go/io/gocloud/s3"
	"github.com/apache/iceberg-go/table"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/galley-db/galley/internal/durable"
)

// storage creates data files. Its properties are those of the catalog: s3.endpoint,
// s3.region and others. Without them, files on object storage are written by
// iceberg-go, with the credentials that the catalog gives it.
type storage struct {
	properties iceberg.Properties

	once   sync.Once
	client *s3.Client
	err    error
}

func (s *storage) create(ctx context.Context, t *table.Table, path string) (sink, error) {
	scheme, rest, ok := strings.Cut(path, "://")
	switch {
	case !ok:
		return createLocal(path)
	case scheme == "file":
		return createLocal(strings.TrimPrefix(rest, "localhost"))
	case (scheme == "s3" || scheme == "s3a" || scheme == "s3n") && s.properties != nil:
		s.once.Do(func() { s.client, s.err = newS3Client(ctx, s.properties) })
		if s.err != nil {
			return nil, s.err
		}
		bucket, key, _ := strings.Cut(rest, "/")
		return &s3File{ctx: ctx, client: s.client, bucket: bucket, key: key}, nil
	}
	own, cancel := context.WithCancel(ctx)
	fs, err := t.FS(own)
	if err != nil {
		cancel()
		return nil, err
	}
	w, ok := fs.(icebergio.WriteFileIO)
	if !ok {
		cancel()
		return nil, fmt.Errorf("%w: %s cannot be written", ErrCatalog, path)
	}
	f, err := w.Create(path)
	if err != nil {
		cancel()
		return nil, err
	}
	return &otherFile{f, cancel}, nil
}

// localFile is a file in a folder.
type localFile struct{ *durable.Growing }

func createLocal(path string) (sink, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, err
	}
	return localFile{&durable.Growing{File: f}}, nil
}

// Close syncs the file and its folder: the catalog's commit must not outlive them.
func (f localFile) Close() error {
	if err := f.Sync(); err != nil {
		return errors.Join(err, f.Abort())
	}
	if err := f.Growing.Close(); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(f.Name()))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

func (f localFile) Abort() error {
	return errors.Join(f.Growing.Close(), os.Remove(f.Name()))
}

// otherFile is a file that iceberg-go writes.
type otherFile struct {
	icebergio.FileWriter
	cancel context.CancelFunc
}

func (f *otherFile) Close() error {
	defer f.cancel()
	return f.FileWriter.Close()
}

// Abort cancels the upload, after which Close does not complete it.
func (f *otherFile) Abort() error {
	f.cancel()
	_ = f.FileWriter.Close()
	return nil
}

// newS3Client returns a client with credentials as the tools of AWS find them,
// unless the properties have some.
func newS3Client(ctx context.Context, properties iceberg.Properties) (*s3.Client, error) {
	config, err := icebergs3.ParseAWSConfig(ctx, properties)
	if err != nil {
		return nil, fmt.Errorf("S3: %w", err)
	}
	return s3.NewFromConfig(*config, func(o *s3.Options) {
		if endpoint := properties[icebergio.S3EndpointURL]; endpoint != "" {
			o.BaseEndpoint = aws.String(endpoint)
			o.UsePathStyle = !properties.GetBool(icebergio.S3ForceVirtualAddressing, false)
		}
		o.DisableLogOutputChecksumValidationSkipped = true
	}), nil
}
