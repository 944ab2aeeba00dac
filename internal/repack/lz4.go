package repack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/pierrec/lz4/v4"
)

// maxPage bounds the memory that a page may take, and that a damaged header can
// ask for.
const maxPage = 512 << 20

// lz4Block decompresses one LZ4 block.
func lz4Block(packed []byte, size int) ([]byte, error) {
	if size < 0 || size > maxPage {
		return nil, fmt.Errorf("a page of %d bytes", size)
	}
	if size == 0 {
		return nil, nil
	}
	plain := make([]byte, size)
	n, err := lz4.UncompressBlock(packed, plain)
	if err != nil {
		return nil, fmt.Errorf("LZ4: %w", err)
	}
	return plain[:n], nil
}

// lz4Hadoop decompresses what the deprecated codec LZ4 stands for: blocks with
// their sizes in front, as Hadoop has them; or a block, or a frame, as some
// other writers did.
func lz4Hadoop(packed []byte, size int) ([]byte, error) {
	if size < 0 || size > maxPage {
		return nil, fmt.Errorf("a page of %d bytes", size)
	}
	plain, err := blocks(packed, size)
	if err == nil {
		return plain, nil
	}
	if bytes.HasPrefix(packed, []byte{0x04, 0x22, 0x4d, 0x18}) {
		plain, err = io.ReadAll(io.LimitReader(lz4.NewReader(bytes.NewReader(packed)), int64(size)+1))
		return plain, err
	}
	return lz4Block(packed, size)
}

var errBlocks = errors.New("not in Hadoop's framing")

func blocks(packed []byte, size int) ([]byte, error) {
	plain := make([]byte, 0, size)
	for len(packed) > 0 {
		if len(packed) < 8 {
			return nil, errBlocks
		}
		whole, part := int64(binary.BigEndian.Uint32(packed)), int64(binary.BigEndian.Uint32(packed[4:]))
		packed = packed[8:]
		if part > int64(len(packed)) || whole > int64(size-len(plain)) {
			return nil, errBlocks
		}
		block, err := lz4Block(packed[:part], int(whole))
		if err != nil || int64(len(block)) != whole {
			return nil, errBlocks
		}
		plain, packed = append(plain, block...), packed[part:]
	}
	if len(plain) != size {
		return nil, errBlocks
	}
	return plain, nil
}
