package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strconv"
	"strings"

	apidiscoveryv2 "k8s.io/api/apidiscovery/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/controlplane"
	"k8s.io/kubernetes/pkg/printers"
	printersinternal "k8s.io/kubernetes/pkg/printers/internalversion"
)

type resource struct {
	metav1.APIResource
	gv      schema.GroupVersion
	on      bool // Served unless a flag says otherwise.
	fields  []string
	columns []metav1.TableColumnDefinition
	storage schema.GroupVersionKind
	subs    []metav1.APIResource
	deleted bool // A deletion answers with the object, not with a Status.
}

func readGolden(path string, into any) {
	text, err := os.ReadFile(filepath.Join(moduleDir("k8s.io/kubernetes"), "api", path))
	check(err)
	check(json.Unmarshal(text, into))
}

// The group-version-kinds that the published documents name for a type.
func publishedKinds() map[string][]schema.GroupVersionKind {
	var doc struct {
		Definitions map[string]struct {
			Kinds []schema.GroupVersionKind `json:"x-kubernetes-group-version-kind"`
		}
	}
	readGolden("openapi-spec/swagger.json", &doc)
	kinds := map[string][]schema.GroupVersionKind{}
	for name, definition := range doc.Definitions {
		if len(definition.Kinds) != 0 {
			kinds[name] = definition.Kinds
		}
	}
	return kinds
}

// AllResources reads the discovery documents that upstream's own tests hold against its server.
// They list every version; those that the server's defaults leave out are marked.
func allResources() []*resource {
	var groups apidiscoveryv2.APIGroupDiscoveryList
	readGolden("discovery/aggregated_v2.json", &groups)
	versions := []schema.GroupVersion{{Version: "v1"}}
	for _, group := range groups.Items {
		for _, version := range group.Versions {
			versions = append(versions, schema.GroupVersion{Group: group.Name, Version: version.Version})
		}
	}
	served := controlplane.DefaultAPIResourceConfigSource()
	columns, labels, deleted := printerColumns(), fieldLabels(), answersDeleted()
	var all []*resource
	for _, gv := range versions {
		var list metav1.APIResourceList
		file := "discovery/api__v1.json"
		if gv.Group != "" {
			file = "discovery/apis__" + gv.Group + "__" + gv.Version + ".json"
		}
		readGolden(file, &list)
		index := map[string]*resource{}
		for _, r := range list.APIResources {
			if name, sub, ok := strings.Cut(r.Name, "/"); ok {
				r.Name = sub
				if index[name] == nil { // A subresource alone, as serviceaccounts/token never is.
					fail("%s/%s has no resource", name, sub)
				}
				index[name].subs = append(index[name].subs, r)
				continue
			}
			one := &resource{APIResource: r, gv: gv}
			// The groups with servers of their own behind the aggregator are always on.
			one.on = served.ResourceEnabled(gv.WithResource(r.Name)) || gv.Group == "apiextensions.k8s.io" || gv.Group == "apiregistration.k8s.io"
			one.columns = columns.of(gv.WithKind(r.Kind))
			one.fields = labels.of(gv.WithKind(r.Kind))
			one.storage = storageKind(gv, r)
			one.deleted = deleted[itemPath(gv, r)]
			index[r.Name] = one
			all = append(all, one)
		}
	}
	return all
}

func itemPath(gv schema.GroupVersion, r metav1.APIResource) string {
	path := "/apis/" + gv.Group + "/" + gv.Version
	if gv.Group == "" {
		path = "/api/" + gv.Version
	}
	if r.Namespaced {
		path += "/namespaces/{namespace}"
	}
	return path + "/" + r.Name + "/{name}"
}

// The paths where a deletion answers with the deleted object.
func answersDeleted() map[string]bool {
	var doc struct {
		Paths map[string]struct {
			Delete struct {
				Responses map[string]struct {
					Schema struct {
						Ref string `json:"$ref"`
					}
				}
			}
		}
	}
	readGolden("openapi-spec/swagger.json", &doc)
	answers := map[string]bool{}
	for path, item := range doc.Paths {
		ref := item.Delete.Responses["200"].Schema.Ref
		answers[path] = ref != "" && !strings.HasSuffix(ref, ".v1.Status")
	}
	return answers
}

// StorageKind finds the version that objects are stored in: discovery has a hash of it.
func storageKind(gv schema.GroupVersion, r metav1.APIResource) schema.GroupVersionKind {
	if r.StorageVersionHash == "" {
		return schema.GroupVersionKind{}
	}
	// The groups with servers of their own are not in the scheme.
	var candidates []schema.GroupVersionKind
	for _, version := range []string{gv.Version, "v1beta1"} {
		candidates = append(candidates, schema.GroupVersionKind{Group: gv.Group, Version: version, Kind: r.Kind})
	}
	for gvk := range legacyscheme.Scheme.AllKnownTypes() {
		if gvk.Kind == r.Kind {
			candidates = append(candidates, gvk)
		}
	}
	for _, gvk := range candidates {
		sum := sha256.Sum256([]byte(gvk.Group + "/" + gvk.Version + "/" + gvk.Kind))
		if base64.StdEncoding.EncodeToString(sum[:8]) == r.StorageVersionHash {
			return gvk
		}
	}
	fail("no version of %v %s has the hash %s", gv, r.Name, r.StorageVersionHash)
	return schema.GroupVersionKind{}
}

// Columns records the column definitions that upstream's printers register, by internal type.
type columns map[reflect.Type][]metav1.TableColumnDefinition

func (c columns) TableHandler(definitions []metav1.TableColumnDefinition, print any) error {
	c[reflect.TypeOf(print).In(0).Elem()] = definitions
	return nil
}

var _ printers.PrintHandler = columns{}

func printerColumns() columns {
	c := columns{}
	printersinternal.AddHandlers(c)
	return c
}

func (c columns) of(gvk schema.GroupVersionKind) []metav1.TableColumnDefinition {
	if gvk.Group == "apiregistration.k8s.io" && gvk.Kind == "APIService" {
		return []metav1.TableColumnDefinition{
			{Name: "Name", Type: "string", Format: "name"},
			{Name: "Service", Type: "string"},
			{Name: "Available", Type: "string"},
			{Name: "Age", Type: "string"},
		}
	}
	internal := schema.GroupVersion{Group: gvk.Group, Version: runtime.APIVersionInternal}.WithKind(gvk.Kind)
	if object, err := legacyscheme.Scheme.New(internal); err == nil {
		if definitions, ok := c[reflect.TypeOf(object).Elem()]; ok {
			return definitions
		}
	}
	return []metav1.TableColumnDefinition{ // rest.NewDefaultTableConvertor
		{Name: "Name", Type: "string", Format: "name"},
		{Name: "Created At", Type: "date"},
	}
}

// Labels are the words that upstream's conversion functions mention: those that a kind accepts as a
// field selector are among them, and the scheme says which.
type labels []string

func fieldLabels() labels {
	files, err := filepath.Glob(filepath.Join(moduleDir("k8s.io/kubernetes"), "pkg/apis/*/*/conversion.go"))
	check(err)
	seen := map[string]bool{"metadata.name": true, "metadata.namespace": true}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		check(err)
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if text, err := strconv.Unquote(lit.Value); err == nil && text != "" && !strings.ContainsAny(text, " %:/") {
					seen[text] = true
				}
			}
			return true
		})
	}
	var all labels
	for label := range seen {
		all = append(all, label)
	}
	sort.Strings(all)
	return all
}

func (l labels) of(gvk schema.GroupVersionKind) []string {
	var accepted []string
	for _, label := range l {
		// A kind that keeps an old name for a field answers with the new one; both are selectable.
		if _, _, err := legacyscheme.Scheme.ConvertFieldLabel(gvk, label, "1"); err == nil {
			accepted = append(accepted, label)
		}
	}
	return accepted
}
