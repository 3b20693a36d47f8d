package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"sort"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	admissionv1beta1 "k8s.io/api/admission/v1beta1"
	apidiscoveryv2 "k8s.io/api/apidiscovery/v2"
	apidiscoveryv2beta1 "k8s.io/api/apidiscovery/v2beta1"
	imagepolicyv1alpha1 "k8s.io/api/imagepolicy/v1alpha1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/version"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	apiregistrationv1 "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	"k8s.io/kube-openapi/pkg/common"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"k8s.io/kubernetes/pkg/generated/openapi"
)

// A node is one named type of the file.
type node struct {
	name  string
	shape string // struct, any, string, or the expression of a named list
	goTyp reflect.Type
	gvks  []schema.GroupVersionKind
	enum  []string
	attrs []string
	tags  []string
	field []field
}

type field struct {
	name, expr string
	proto      int
	attrs      []string
	tags       []string
}

type graph struct {
	nodes   map[string]*node
	defs    map[string]common.OpenAPIDefinition
	sources *sources
}

// Types whose JSON form is a scalar of its own, and the word that stands for them.
var scalars = map[string]string{
	"k8s.io/apimachinery/pkg/apis/meta/v1.Time":          "time",
	"k8s.io/apimachinery/pkg/apis/meta/v1.MicroTime":     "microtime",
	"k8s.io/apimachinery/pkg/apis/meta/v1.Duration":      "duration",
	"k8s.io/apimachinery/pkg/apis/meta/v1.FieldsV1":      "fieldsv1",
	"k8s.io/apimachinery/pkg/api/resource.Quantity":      "quantity",
	"k8s.io/apimachinery/pkg/util/intstr.IntOrString":    "intorstring",
	"k8s.io/apimachinery/pkg/runtime.RawExtension":       "rawextension",
	"k8s.io/apimachinery/pkg/runtime.Unknown":            "rawextension",
	"k8s.io/apimachinery/pkg/apis/meta/v1.InternalEvent": "any",
}

// Every scheme whose kinds thole knows.
func allKinds() map[schema.GroupVersionKind]reflect.Type {
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		clientscheme.AddToScheme, admissionv1.AddToScheme, admissionv1beta1.AddToScheme,
		imagepolicyv1alpha1.AddToScheme, apiextensionsv1.AddToScheme, apiregistrationv1.AddToScheme,
		apidiscoveryv2.AddToScheme, apidiscoveryv2beta1.AddToScheme, metav1.AddMetaToScheme,
	} {
		check(add(s))
	}
	kinds := map[schema.GroupVersionKind]reflect.Type{}
	for gvk, t := range s.AllKnownTypes() {
		if gvk.Version != runtime.APIVersionInternal && t != reflect.TypeOf(metav1.InternalEvent{}) {
			kinds[gvk] = t
		}
	}
	return kinds
}

func newGraph() *graph {
	g := &graph{nodes: map[string]*node{}, sources: newSources()}
	g.defs = openapi.GetOpenAPIDefinitions(func(path string) spec.Ref { return spec.MustCreateRef(path) })
	published := publishedKinds()
	kinds := allKinds()
	for gvk, t := range kinds {
		n := g.named(t)
		if _, ok := published[n.name]; !ok {
			n.gvks = append(n.gvks, gvk)
		}
	}
	g.named(reflect.TypeOf(version.Info{}))
	for name, gvks := range published {
		if n, ok := g.nodes[name]; ok {
			n.gvks = gvks
		}
	}
	for _, n := range g.nodes {
		sort.Slice(n.gvks, func(i, j int) bool { return n.gvks[i].String() < n.gvks[j].String() })
	}
	return g
}

// The name that the published documents have for a type.
func modelName(t reflect.Type) string {
	if m, ok := reflect.New(t).Interface().(interface{ OpenAPIModelName() string }); ok {
		return m.OpenAPIModelName()
	}
	host, rest, _ := strings.Cut(t.PkgPath(), "/")
	parts := strings.Split(host, ".")
	slices.Reverse(parts)
	return strings.Join(parts, ".") + "." + strings.ReplaceAll(rest, "/", ".") + "." + t.Name()
}

// Named adds the struct or other named type t, and all it refers to.
func (g *graph) named(t reflect.Type) *node {
	name := modelName(t)
	if n, ok := g.nodes[name]; ok {
		if n.goTyp != t {
			fail("%v and %v are both %s", n.goTyp, t, name)
		}
		return n
	}
	n := &node{name: name, goTyp: t, shape: "struct"}
	g.nodes[name] = n
	n.tags = g.sources.typeTags(t)
	if _, ok := reflect.PointerTo(t).MethodByName("UnmarshalJSON"); ok {
		n.shape = "any"
	}
	if _, ok := g.defs[name]; ok {
		n.attrs = append(n.attrs, "openapi")
	}
	if t.Kind() != reflect.Struct {
		n.shape = g.expr(t.Elem(), nil)
		n.shape = "[]" + n.shape
		return n
	}
	def := g.defs[name].Schema
	if v, ok := def.Extensions["x-kubernetes-map-type"]; ok {
		n.attrs = append(n.attrs, "maptype="+v.(string))
	}
	if v, ok := def.Extensions["x-kubernetes-unions"]; ok {
		n.attrs = append(n.attrs, "unions="+compact(v))
	}
	g.fields(n, t, &def, nil)
	return n
}

func (g *graph) fields(n *node, t reflect.Type, def *spec.Schema, parents []string) {
	for i := 0; i < t.NumField(); i++ {
		f := t.Field(i)
		tag, ok := f.Tag.Lookup("json")
		if !ok && f.Tag == "" && !f.Anonymous && n.shape != "any" {
			fail("%v.%s has no json tag", t, f.Name)
		}
		if tag == "-" && f.Tag.Get("protobuf") == "" {
			continue
		}
		words := strings.Split(tag, ",")
		proto := protoNumber(f.Tag.Get("protobuf"))
		if f.Anonymous && words[0] == "" {
			inner := parents
			if proto != 0 {
				inner = append(slices.Clone(parents), fmt.Sprint(proto))
			}
			if f.Type.Kind() != reflect.Struct {
				fail("%v.%s is inlined by pointer", t, f.Name)
			}
			first := len(n.field)
			g.fields(n, f.Type, def, inner)
			if proto == 0 { // TypeMeta: it is in JSON only.
				for k := first; k < len(n.field); k++ {
					n.field[k].proto = 0
				}
			}
			continue
		}
		name := words[0]
		if name == "" || name == "-" {
			name = f.Name
		}
		var property *spec.Schema
		if p, ok := def.Properties[name]; ok {
			property = &p
		}
		out := field{name: name, proto: proto, tags: g.sources.fieldTags(t, f.Name)}
		typ := f.Type
		if typ.Kind() == reflect.Pointer {
			out.expr, typ = "*", typ.Elem()
		}
		out.expr += g.expr(typ, property)
		if len(parents) != 0 && proto != 0 {
			out.attrs = append(out.attrs, "in="+strings.Join(parents, "."))
		}
		for _, word := range []string{"omitempty", "omitzero"} {
			if slices.Contains(words[1:], word) {
				out.attrs = append(out.attrs, word)
			}
		}
		if slices.Contains(words[1:], "string") {
			fail("%v.%s: ,string", t, f.Name)
		}
		if slices.Contains(def.Required, name) {
			out.attrs = append(out.attrs, "required")
		}
		if s := f.Tag.Get("patchStrategy"); s != "" {
			out.attrs = append(out.attrs, "patch="+s)
		}
		if s := f.Tag.Get("patchMergeKey"); s != "" {
			out.attrs = append(out.attrs, "key="+s)
		}
		if property != nil {
			out.attrs = append(out.attrs, g.propertyAttrs(f.Type, property, slices.Contains(words[1:], "omitempty"))...)
		}
		n.field = append(n.field, out)
	}
}

// What the published schema says of a field beyond what the Go type says.
func (g *graph) propertyAttrs(t reflect.Type, p *spec.Schema, omitEmpty bool) []string {
	var attrs []string
	if p.Default != nil && compact(p.Default) != compact(impliedDefault(t, omitEmpty)) {
		attrs = append(attrs, "default="+compact(p.Default))
	}
	for key := range p.Extensions {
		switch key {
		case "x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-map-type",
			"x-kubernetes-patch-strategy", "x-kubernetes-patch-merge-key":
		default:
			fail("unknown extension %s", key)
		}
	}
	if p.Minimum != nil || p.Maximum != nil || p.MaxLength != nil || p.Pattern != "" || p.Nullable {
		fail("a constraint in a published property of %v", t)
	}
	return attrs
}

// The default that the generator of the published schemas gives a field without a marker.
func impliedDefault(t reflect.Type, omitEmpty bool) any {
	if _, ok := reflect.PointerTo(t).MethodByName("UnmarshalJSON"); ok {
		return nil
	}
	switch t.Kind() {
	case reflect.Struct:
		return map[string]any{}
	case reflect.String:
		if !omitEmpty {
			return ""
		}
	case reflect.Bool:
		if !omitEmpty {
			return false
		}
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface:
	default:
		if !omitEmpty {
			return 0
		}
	}
	return nil
}

// Expr is the type expression of t; p is the published schema of the place where it stands.
func (g *graph) expr(t reflect.Type, p *spec.Schema) string {
	if word, ok := scalars[t.PkgPath()+"."+t.Name()]; ok {
		return word
	}
	switch t.Kind() {
	case reflect.Pointer:
		return "*" + g.expr(t.Elem(), p)
	case reflect.Bool:
		return "bool"
	case reflect.Int, reflect.Int32, reflect.Uint32, reflect.Int8, reflect.Uint8, reflect.Int16, reflect.Uint16:
		return "int32"
	case reflect.Int64, reflect.Uint64:
		return "int64"
	case reflect.Float64, reflect.Float32:
		return "float"
	case reflect.Interface:
		return "any"
	case reflect.String:
		if p != nil && len(p.Enum) != 0 {
			return g.enum(t, p)
		}
		return "string"
	case reflect.Struct:
		expr := g.named(t).name
		if p != nil {
			if v, ok := p.Extensions["x-kubernetes-map-type"]; ok {
				expr += "~" + v.(string)
			}
		}
		return expr
	case reflect.Map:
		if t.Key().Kind() != reflect.String {
			fail("a map with keys of %v", t.Key())
		}
		var element *spec.Schema
		suffix := ""
		if p != nil {
			if p.AdditionalProperties != nil {
				element = p.AdditionalProperties.Schema
			}
			if v, ok := p.Extensions["x-kubernetes-map-type"]; ok {
				suffix = "~" + v.(string)
			}
		}
		return "map[]" + g.expr(t.Elem(), element) + suffix
	case reflect.Slice:
		return g.list(t, p)
	}
	fail("no expression for %v", t)
	return ""
}

func (g *graph) list(t reflect.Type, p *spec.Schema) string {
	if t.Elem().Kind() == reflect.Uint8 {
		if p != nil && p.Extensions["x-kubernetes-list-type"] != nil {
			return "bytes~" + p.Extensions["x-kubernetes-list-type"].(string)
		}
		return "bytes"
	}
	var element *spec.Schema
	suffix := ""
	if p != nil {
		if p.Items != nil {
			element = p.Items.Schema
		}
		if v, ok := p.Extensions["x-kubernetes-list-type"]; ok {
			suffix = "~" + v.(string)
		}
		if v, ok := p.Extensions["x-kubernetes-list-map-keys"]; ok {
			var keys []string
			for _, key := range v.([]any) {
				keys = append(keys, key.(string))
			}
			suffix += "(" + strings.Join(keys, ",") + ")"
		}
	}
	if _, ok := reflect.PointerTo(t).MethodByName("Marshal"); ok && t.Name() != "" {
		return g.named(t).name + suffix
	}
	return "[]" + g.expr(t.Elem(), element) + suffix
}

// A string type with a closed set of values becomes a named type of its own.
func (g *graph) enum(t reflect.Type, p *spec.Schema) string {
	var values []string
	for _, v := range p.Enum {
		values = append(values, v.(string))
	}
	sort.Strings(values)
	name := modelName(t)
	if t.PkgPath() == "" {
		fail("an enum without a type: %v", values)
	}
	n, ok := g.nodes[name]
	if !ok {
		n = &node{name: name, goTyp: t, shape: "string", enum: values, tags: g.sources.typeTags(t)}
		g.nodes[name] = n
	}
	if !slices.Equal(n.enum, values) {
		fail("%s has two sets of values: %v %v", name, n.enum, values)
	}
	return name
}

func protoNumber(tag string) int {
	parts := strings.Split(tag, ",")
	if len(parts) < 2 {
		return 0
	}
	var number int
	_, err := fmt.Sscan(parts[1], &number)
	check(err)
	return number
}

// Compact is JSON without a space in it, so that it stands as one word on a line.
func compact(v any) string {
	text, err := json.Marshal(v)
	check(err)
	return strings.ReplaceAll(string(text), " ", `\u0020`)
}
