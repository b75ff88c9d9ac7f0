// Command go-ledger reads a log that was written to a folder and checks it with golang.org/x/mod/sumdb, code
// that nobody of this project wrote: the signature of every checkpoint, the inclusion of every leaf, the
// consistency of all checkpoints, and each .tlog-proof file. It exits with 1 and names what failed.
//
// The folder holds vkey, checkpoint, tile/ (C2SP tlog-tiles), checkpoints/<size>, proofs/<index>.tlog-proof
// with entries/<index>, and consistency/<old>-<new> (one base64 hash a line).
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8
const width = 1 << height

// A folder serves the tiles of a log; Go names them with a height and calls bundles level -1, C2SP does not.
type folder string

func (f folder) Height() int { return height }

func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	all := make([][]byte, len(tiles))
	for i, tile := range tiles {
		data, err := f.read(tile)
		if err != nil {
			return nil, err
		}
		all[i] = data
	}
	return all, nil
}

func (f folder) read(tile tlog.Tile) ([]byte, error) {
	path := strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", height))
	path = strings.Replace(path, "data/", "entries/", 1)
	data, err := os.ReadFile(filepath.Join(string(f), "tile", path))
	if !errors.Is(err, os.ErrNotExist) || tile.W == width {
		return data, err
	}
	full, err := f.read(tlog.Tile{H: height, L: tile.L, N: tile.N, W: width})
	if err != nil || tile.L < 0 {
		return full, err
	}
	return full[:tile.W*tlog.HashSize], nil
}

func openCheckpoint(text []byte, verifiers note.Verifiers, origin string) (tlog.Tree, error) {
	opened, err := note.Open(text, verifiers)
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != origin {
		return tlog.Tree{}, fmt.Errorf("not a checkpoint of %s", origin)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

// Every leaf, hashed from its entry, is proven against the signed root with hashes out of authenticated tiles.
func checkLeaves(f folder, tree tlog.Tree) error {
	hashes := tlog.TileHashReader(tree, f)
	for n := int64(0); n*width < tree.N; n++ {
		w := int64(width)
		if tree.N-n*width < w {
			w = tree.N - n*width
		}
		bundle, err := f.read(tlog.Tile{H: height, L: -1, N: n, W: int(w)})
		if err != nil {
			return err
		}
		for i := int64(0); i < w; i++ {
			if len(bundle) < 2 {
				return fmt.Errorf("bundle %d ends early", n)
			}
			size := int(binary.BigEndian.Uint16(bundle))
			if len(bundle) < 2+size {
				return fmt.Errorf("bundle %d ends early", n)
			}
			entry := bundle[2 : 2+size]
			bundle = bundle[2+size:]
			index := n*width + i
			proof, err := tlog.ProveRecord(tree.N, index, hashes)
			if err != nil {
				return err
			}
			if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
				return fmt.Errorf("entry %d: %w", index, err)
			}
		}
	}
	return nil
}

// Each older checkpoint is a beginning of the newest, by hashes that Go takes out of the tiles itself.
func checkHistory(f folder, tree tlog.Tree, older []tlog.Tree) error {
	hashes := tlog.TileHashReader(tree, f)
	for _, old := range older {
		if old.N == 0 {
			continue
		}
		proof, err := tlog.ProveTree(tree.N, old.N, hashes)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash); err != nil {
			return fmt.Errorf("%d to %d: %w", old.N, tree.N, err)
		}
	}
	return nil
}

func parseHashes(text string) ([]tlog.Hash, error) {
	var hashes []tlog.Hash
	for _, line := range strings.Fields(text) {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

// The consistency proofs that the log itself gives out.
func checkConsistency(f folder, trees map[int64]tlog.Tree) error {
	paths, err := filepath.Glob(filepath.Join(string(f), "consistency", "*-*"))
	if err != nil {
		return err
	}
	for _, path := range paths {
		var from, to int64
		if _, err := fmt.Sscanf(filepath.Base(path), "%d-%d", &from, &to); err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		hashes, err := parseHashes(string(text))
		if err != nil {
			return err
		}
		old, new := trees[from], trees[to]
		if err := tlog.CheckTree(hashes, new.N, new.Hash, old.N, old.Hash); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(path), err)
		}
	}
	return nil
}

func checkProof(f folder, path string, verifiers note.Verifiers, origin string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	head, checkpoint, found := bytes.Cut(text, []byte("\n\n"))
	lines := strings.SplitN(string(head), "\n", 3)
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "index ") {
		return errors.New("no tlog-proof@v1")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	if err != nil {
		return err
	}
	var hashes []tlog.Hash
	if len(lines) == 3 {
		if hashes, err = parseHashes(lines[2]); err != nil {
			return err
		}
	}
	tree, err := openCheckpoint(checkpoint, verifiers, origin)
	if err != nil {
		return err
	}
	entry, err := os.ReadFile(filepath.Join(string(f), "entries", strconv.FormatInt(index, 10)))
	if err != nil {
		return err
	}
	return tlog.CheckRecord(hashes, tree.N, tree.Hash, index, tlog.RecordHash(entry))
}

func check(f folder) (string, error) {
	vkey, err := os.ReadFile(filepath.Join(string(f), "vkey"))
	if err != nil {
		return "vkey", err
	}
	verifier, err := note.NewVerifier(strings.TrimSpace(string(vkey)))
	if err != nil {
		return "vkey", err
	}
	verifiers := note.VerifierList(verifier)
	origin := verifier.Name()

	text, err := os.ReadFile(filepath.Join(string(f), "checkpoint"))
	if err != nil {
		return "checkpoint", err
	}
	tree, err := openCheckpoint(text, verifiers, origin)
	if err != nil {
		return "checkpoint", err
	}
	paths, err := filepath.Glob(filepath.Join(string(f), "checkpoints", "*"))
	if err != nil {
		return "checkpoints", err
	}
	trees := map[int64]tlog.Tree{tree.N: tree}
	var older []tlog.Tree
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return "checkpoints", err
		}
		old, err := openCheckpoint(text, verifiers, origin)
		if err != nil {
			return "checkpoint " + filepath.Base(path), err
		}
		trees[old.N] = old
		older = append(older, old)
	}
	if err := checkLeaves(f, tree); err != nil {
		return "leaves", err
	}
	if err := checkHistory(f, tree, older); err != nil {
		return "history", err
	}
	if err := checkConsistency(f, trees); err != nil {
		return "consistency", err
	}
	proofs, err := filepath.Glob(filepath.Join(string(f), "proofs", "*.tlog-proof"))
	if err != nil {
		return "proofs", err
	}
	sort.Strings(proofs)
	for _, path := range proofs {
		if err := checkProof(f, path, verifiers, origin); err != nil {
			return "proof " + filepath.Base(path), err
		}
	}
	fmt.Printf("ok size %d root %s checkpoints %d proofs %d\n", tree.N,
		base64.StdEncoding.EncodeToString(tree.Hash[:]), len(older), len(proofs))
	return "", nil
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go-ledger FOLDER")
		os.Exit(2)
	}
	if what, err := check(folder(os.Args[1])); err != nil {
		fmt.Fprintf(os.Stderr, "FAIL %s: %v\n", what, err)
		os.Exit(1)
	}
}
