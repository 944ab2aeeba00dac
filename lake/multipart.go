package lake

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// partBytes is the size of a part of an upload. S3 takes 10,000 parts.
const partBytes = 16 << 20

// abortWait is how long the end of an upload may take after its context has ended.
const abortWait = 10 * time.Second

// s3File is an object that is uploaded as it is written: one part is sent while the
// next is filled. The object is visible when it is complete.
type s3File struct {
	ctx         context.Context
	client      *s3.Client
	bucket, key string

	filling []byte
	spare   []byte
	size    int64
	upload  *string
	parts   []types.CompletedPart
	sent    chan error // nil while no part is under way
}

func (f *s3File) Write(p []byte) (n int, err error) {
	for n < len(p) {
		if f.filling == nil {
			f.filling = make([]byte, 0, partBytes)
		}
		room := min(len(p)-n, partBytes-len(f.filling))
		f.filling = append(f.filling, p[n:n+room]...)
		n += room
		if len(f.filling) == partBytes {
			if err := f.send(); err != nil {
				return n, err
			}
		}
	}
	f.size += int64(n)
	return n, nil
}

// send starts the upload of the part that is full, after the one before.
func (f *s3File) send() error {
	if f.upload == nil {
		out, err := f.client.CreateMultipartUpload(f.ctx, &s3.CreateMultipartUploadInput{Bucket: &f.bucket, Key: &f.key})
		if err != nil {
			return err
		}
		f.upload = out.UploadId
	}
	if err := f.wait(); err != nil {
		return err
	}
	part, number := f.filling, int32(len(f.parts)+1)
	f.filling, f.spare = f.spare[:0], part
	f.parts = append(f.parts, types.CompletedPart{PartNumber: aws.Int32(number)})
	done := &f.parts[number-1]
	sent := make(chan error, 1)
	f.sent = sent
	go func() {
		out, err := f.client.UploadPart(f.ctx, &s3.UploadPartInput{Bucket: &f.bucket, Key: &f.key, UploadId: f.upload,
			PartNumber: aws.Int32(number), Body: bytes.NewReader(part)})
		if err == nil {
			done.ETag = out.ETag
		}
		sent <- err
	}()
	return nil
}

// wait waits for the part under way.
func (f *s3File) wait() error {
	if f.sent == nil {
		return nil
	}
	err := <-f.sent
	f.sent = nil
	return err
}

// Close completes the object.
func (f *s3File) Close() error {
	if f.upload == nil {
		_, err := f.client.PutObject(f.ctx, &s3.PutObjectInput{Bucket: &f.bucket, Key: &f.key, Body: bytes.NewReader(f.filling)})
		return err
	}
	var err error
	if len(f.filling) > 0 {
		err = f.send()
	}
	if err == nil {
		err = f.wait()
	}
	if err == nil {
		_, err = f.client.CompleteMultipartUpload(f.ctx, &s3.CompleteMultipartUploadInput{Bucket: &f.bucket, Key: &f.key,
			UploadId: f.upload, MultipartUpload: &types.CompletedMultipartUpload{Parts: f.parts}})
	}
	if err == nil || f.complete() {
		return nil
	}
	return errors.Join(err, f.Abort())
}

// complete reports whether the whole object exists, although the answer was
// lost.
func (f *s3File) complete() bool {
	out, err := f.client.HeadObject(f.ctx, &s3.HeadObjectInput{Bucket: &f.bucket, Key: &f.key})
	return err == nil && out.ContentLength != nil && *out.ContentLength == f.size
}

// Abort ends the upload, also when the context has ended: its parts would be kept,
// and paid for, otherwise.
func (f *s3File) Abort() error {
	_ = f.wait()
	if f.upload == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(f.ctx), abortWait)
	defer cancel()
	_, err := f.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &f.bucket, Key: &f.key, UploadId: f.upload})
	return err
}
