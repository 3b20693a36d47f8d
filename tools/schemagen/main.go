// Schemagen writes what thole knows about Kubernetes' built-in kinds: facts of the API packages of
// one pinned release (names, types, field numbers, list kinds, defaults, enums, resources, table
// columns, field selectors), in the text form that docs/design/schema.md describes.
//
//	schemagen -out FILE      (checked in as src/thole/schema/data/builtin.txt)
//
// The output depends on nothing but the modules of go.mod, so it is the same byte for byte.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
)

func main() {
	out := flag.String("out", "", "the file to write the facts to")
	flag.Parse()
	if *out == "" || flag.NArg() != 0 {
		flag.Usage()
		os.Exit(2)
	}
	var text bytes.Buffer
	writeFacts(&text)
	check(os.WriteFile(*out, text.Bytes(), 0o644))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "schemagen:", err)
		os.Exit(1)
	}
}

func fail(format string, args ...any) { check(fmt.Errorf(format, args...)) }
