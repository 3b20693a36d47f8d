// Prose writes the descriptions of fields and types, which explain and OpenAPI documents show, as
// gzipped lines: the type's name, a tab, the field's name or nothing, a tab, the text. It reads the
// published document in the pinned module and needs nothing but Go and the module proxy.
//
//	prose FILE
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
)

const (
	module = "k8s.io/kubernetes@v1.37.2"
	sum    = "h1:A2VDEiObzkYqFTKhSsn0ZEb0RlLEXpHWj93gi2HqEwE="
)

type schema struct {
	Description string
	Properties  map[string]schema
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: prose FILE")
		os.Exit(2)
	}
	text, err := os.ReadFile(filepath.Join(moduleDir(), "api/openapi-spec/swagger.json"))
	check(err)
	var doc struct{ Definitions map[string]schema }
	check(json.Unmarshal(text, &doc))
	var lines []string
	add := func(name, field, text string) {
		if text != "" {
			lines = append(lines, name+"\t"+field+"\t"+escape(text))
		}
	}
	for name, definition := range doc.Definitions {
		add(name, "", definition.Description)
		for field, property := range definition.Properties {
			add(name, field, property.Description)
		}
	}
	sort.Strings(lines)
	var out bytes.Buffer
	zip, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	check(err)
	for _, line := range lines {
		fmt.Fprintln(zip, line)
	}
	check(zip.Close())
	check(os.WriteFile(os.Args[1], out.Bytes(), 0o644))
}

// ModuleDir downloads the module unless it is there, and holds it against the pinned checksum.
func moduleDir() string {
	out, err := exec.Command("go", "mod", "download", "-json", module).Output()
	check(err)
	var got struct{ Dir, Sum string }
	check(json.Unmarshal(out, &got))
	if got.Sum != sum {
		check(fmt.Errorf("%s has checksum %s, not %s", module, got.Sum, sum))
	}
	return got.Dir
}

func escape(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), "\n", `\n`)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "prose:", err)
		os.Exit(1)
	}
}
