package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"sort"
	"strings"

	"k8s.io/kube-openapi/pkg/common"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"k8s.io/kubernetes/pkg/generated/openapi"
)

// ProseArchive has one line a description: the type, a tab, the field or nothing, a tab, the text
// with \n and \\ escaped. It is sorted, so that a reader may search it in place.
func proseArchive() []byte {
	defs := openapi.GetOpenAPIDefinitions(func(path string) spec.Ref { return spec.MustCreateRef(path) })
	var lines []string
	for name, def := range defs {
		lines = append(lines, proseLines(name, def)...)
	}
	sort.Strings(lines)
	var out bytes.Buffer
	zip, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	check(err)
	for _, line := range lines {
		fmt.Fprintln(zip, line)
	}
	check(zip.Close())
	return out.Bytes()
}

func proseLines(name string, def common.OpenAPIDefinition) []string {
	var lines []string
	if def.Schema.Description != "" {
		lines = append(lines, name+"\t\t"+escape(def.Schema.Description))
	}
	for property, s := range def.Schema.Properties {
		if s.Description != "" {
			lines = append(lines, name+"\t"+property+"\t"+escape(s.Description))
		}
	}
	return lines
}

// ColumnProse has one line a table column: group/version, resource, column and text, by tabs.
func columnProse() []byte {
	var out bytes.Buffer
	for _, r := range allResources() {
		for _, c := range r.columns {
			fmt.Fprintf(&out, "%s\n", strings.ReplaceAll(c.Description, "\n", " "))
		}
	}
	return out.Bytes()
}

func escape(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), "\n", `\n`)
}
