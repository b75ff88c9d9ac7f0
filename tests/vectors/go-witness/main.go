// Command go-witness opens a cosigned checkpoint with code that nobody of this project wrote: the log's signature with
// golang.org/x/mod/sumdb/note, and a witness's cosignature with github.com/transparency-dev/formats. It exits with
// 1 and says why when either is missing or wrong.
//
// usage: go-witness CHECKPOINT LOG-VKEY WITNESS-VKEY
package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
)

func check(path, logKey, witnessKey string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	log, err := note.NewVerifier(logKey)
	if err != nil {
		return "", err
	}
	witness, err := fnote.NewVerifierForCosignatureV1(witnessKey)
	if err != nil {
		return "", err
	}
	opened, err := note.Open(text, note.VerifierList(log, witness))
	if err != nil {
		return "", err
	}
	if len(opened.Sigs) != 2 || opened.Sigs[0].Name != log.Name() || opened.Sigs[1].Name != witness.Name() {
		return "", fmt.Errorf("signed by %d known keys, not by the log and the witness", len(opened.Sigs))
	}
	at, err := fnote.CoSigV1Timestamp(opened.Sigs[1])
	if err != nil {
		return "", err
	}
	lines := strings.Split(opened.Text, "\n")
	return fmt.Sprintf("ok %s size %s cosigned %s", lines[0], lines[1], at.UTC().Format(time.RFC3339)), nil
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: go-witness CHECKPOINT LOG-VKEY WITNESS-VKEY")
		os.Exit(2)
	}
	said, err := check(os.Args[1], os.Args[2], os.Args[3])
	if err != nil {
		fmt.Fprintf(os.Stderr, "FAIL %v\n", err)
		os.Exit(1)
	}
	fmt.Println(said)
}
