package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
)

// Sources finds the +k8s: tags that stand in the comments of the API packages' types.
type sources struct {
	dirs map[string]string // By import path.
	tags map[string][]string
	read map[string]bool
}

// Tags that steer generators and say nothing about the API.
var generatorTags = []string{"deepcopy", "openapi-gen", "conversion", "prerelease-lifecycle", "protobuf",
	"defaulter", "validation-gen", "model", "enum-gen", "register", "supportsSubresource", "isSubresource",
	"openapi", "prerelease", "validation"}

func newSources() *sources {
	return &sources{dirs: map[string]string{}, tags: map[string][]string{}, read: map[string]bool{}}
}

// ModuleDir is where the pinned module lies on this machine.
func moduleDir(path string) string {
	out, err := exec.Command("go", "list", "-mod=mod", "-m", "-f", "{{.Dir}}", path).Output()
	check(err)
	return strings.TrimSpace(string(out))
}

func (s *sources) dir(pkg string) string {
	parts := strings.SplitN(pkg, "/", 3)
	module := strings.Join(parts[:2], "/")
	if parts[0] != "k8s.io" {
		return ""
	}
	if s.dirs[module] == "" {
		s.dirs[module] = moduleDir(module)
	}
	return filepath.Join(s.dirs[module], strings.TrimPrefix(pkg, module))
}

func (s *sources) typeTags(t reflect.Type) []string {
	s.load(t.PkgPath())
	return s.tags[t.PkgPath()+"."+t.Name()]
}

func (s *sources) fieldTags(t reflect.Type, field string) []string {
	s.load(t.PkgPath())
	return s.tags[t.PkgPath()+"."+t.Name()+"."+field]
}

func (s *sources) load(pkg string) {
	if s.read[pkg] {
		return
	}
	s.read[pkg] = true
	dir := s.dir(pkg)
	if dir == "" {
		return
	}
	entries, err := os.ReadDir(dir)
	check(err)
	for _, entry := range entries {
		name := entry.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") ||
			strings.HasPrefix(name, "zz_generated") || name == "generated.pb.go" {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, name), nil, parser.ParseComments)
		check(err)
		s.file(pkg, file)
	}
}

func (s *sources) file(pkg string, file *ast.File) {
	for _, decl := range file.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.TYPE {
			continue
		}
		for _, one := range gen.Specs {
			typ := one.(*ast.TypeSpec)
			key := pkg + "." + typ.Name.Name
			s.tags[key] = append(tagsOf(gen.Doc), tagsOf(typ.Doc)...)
			if body, ok := typ.Type.(*ast.StructType); ok {
				for _, f := range body.Fields.List {
					for _, name := range f.Names {
						s.tags[key+"."+name.Name] = tagsOf(f.Doc)
					}
				}
			}
		}
	}
}

func tagsOf(doc *ast.CommentGroup) []string {
	if doc == nil {
		return nil
	}
	var tags []string
	for _, line := range doc.List {
		for _, text := range strings.Split(line.Text, "\n") {
			text = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(text), "//"))
			rest, ok := strings.CutPrefix(text, "+k8s:")
			if !ok {
				continue
			}
			word := strings.FieldsFunc(rest, func(r rune) bool { return r == '=' || r == '(' || r == ':' })[0]
			generator := strings.HasSuffix(word, "-gen")
			for _, tag := range generatorTags {
				generator = generator || word == tag || strings.HasPrefix(word, tag+"-")
			}
			if !generator {
				tags = append(tags, rest)
			}
		}
	}
	return tags
}
