package main

import (
	"fmt"
	"io"
	"sort"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func writeFacts(w io.Writer) {
	g := newGraph()
	fmt.Fprintln(w, "thole-schema 1 v1.37.2")
	var names []string
	for name := range g.nodes {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool {
		pi, li := split(names[i])
		pj, lj := split(names[j])
		return pi < pj || pi == pj && li < lj
	})
	pkg := ""
	for _, name := range names {
		p, local := split(name)
		if p != pkg {
			pkg = p
			fmt.Fprintln(w, "package", pkg)
		}
		writeNode(w, pkg, local, g.nodes[name])
	}
	for _, r := range allResources() {
		writeResource(w, r)
	}
	fmt.Fprintln(w, "end")
}

func split(name string) (string, string) {
	dot := strings.LastIndexByte(name, '.')
	return name[:dot], name[dot+1:]
}

func writeNode(w io.Writer, pkg, local string, n *node) {
	words := append([]string{"type", local, shorten(n.shape, pkg)}, n.attrs...)
	if n.enum != nil {
		words = append(words, "enum="+strings.ReplaceAll(strings.Join(n.enum, "|"), " ", "%20"))
	}
	fmt.Fprintln(w, strings.Join(words, " "))
	for i := 0; i < len(n.gvks); i++ {
		fmt.Fprintln(w, "=", gvkText(n.gvks[i]))
	}
	for _, tag := range n.tags {
		fmt.Fprintln(w, "+", tag)
	}
	for _, f := range n.field {
		words := append([]string{"-", f.name, fmt.Sprint(f.proto), shorten(f.expr, pkg)}, f.attrs...)
		fmt.Fprintln(w, strings.Join(words, " "))
		for _, tag := range f.tags {
			fmt.Fprintln(w, "+", tag)
		}
	}
}

// Shorten leaves out the package of a type that stands in the same one.
func shorten(expr, pkg string) string {
	rest, prefix := expr, ""
	for {
		switch {
		case strings.HasPrefix(rest, "*"):
			prefix, rest = prefix+"*", rest[1:]
			continue
		case strings.HasPrefix(rest, "[]"):
			prefix, rest = prefix+"[]", rest[2:]
			continue
		case strings.HasPrefix(rest, "map[]"):
			prefix, rest = prefix+"map[]", rest[5:]
			continue
		}
		break
	}
	if p, local := splitSuffix(rest); p == pkg {
		return prefix + local
	}
	return prefix + rest
}

func splitSuffix(expr string) (string, string) {
	name, _, _ := strings.Cut(expr, "~")
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		return "", expr
	}
	return expr[:dot], expr[dot+1:]
}

func gvkText(gvk schema.GroupVersionKind) string {
	return gvk.Group + "/" + gvk.Version + " " + gvk.Kind
}

func writeResource(w io.Writer, r *resource) {
	words := []string{"resource", r.gv.Group + "/" + r.gv.Version, r.Name, orDash(r.SingularName), r.Kind}
	if r.Namespaced {
		words = append(words, "namespaced")
	}
	if !r.on {
		words = append(words, "off")
	}
	if r.deleted {
		words = append(words, "returnsdeleted")
	}
	if r.StorageVersionHash != "" {
		words = append(words, "storage="+r.storage.Group+"/"+r.storage.Version, "hash="+r.StorageVersionHash)
	}
	words = append(words, attr("short=", r.ShortNames)...)
	words = append(words, attr("categories=", r.Categories)...)
	words = append(words, "verbs="+strings.Join(r.Verbs, ","))
	if fields := strings.Join(r.fields, ","); fields != "metadata.name,metadata.namespace" {
		words = append(words, "fields="+fields)
	}
	fmt.Fprintln(w, strings.Join(words, " "))
	for _, s := range r.subs {
		writeSubresource(w, s, r.gv)
	}
	for _, c := range r.columns {
		writeColumn(w, c)
	}
}

func writeSubresource(w io.Writer, s metav1.APIResource, gv schema.GroupVersion) {
	group, version := s.Group, s.Version
	if version == "" {
		group, version = gv.Group, gv.Version
	}
	words := []string{"/", s.Name, group + "/" + version, s.Kind, "verbs=" + strings.Join(s.Verbs, ",")}
	fmt.Fprintln(w, strings.Join(words, " "))
}

func writeColumn(w io.Writer, c metav1.TableColumnDefinition) {
	fmt.Fprintln(w, "|", c.Type, orDash(c.Format), c.Priority, c.Name)
}

func attr(name string, values []string) []string {
	if len(values) == 0 {
		return nil
	}
	return []string{name + strings.Join(values, ",")}
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
