package main

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"fargate-stack/local/progress"
	"fargate-stack/local/settings"
	"fargate-stack/local/toolchain"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// TestPropertyNames compares the SDK with the bridge, type by type and
// property by property, and finds what properties.go should have.
func TestPropertyNames(t *testing.T) {
	prepareBridge(t)
	c := comparison{bridge: loadSchema(t), sdk: sdkFolder(t), structs: map[string]map[string]fields{}}
	for _, token := range slices.Sorted(maps.Keys(resources)) {
		t.Run(token, func(t *testing.T) { c.compareResource(t, token) })
	}
	for _, token := range slices.Sorted(maps.Keys(functions)) {
		t.Run(token, func(t *testing.T) { c.compareFunction(t, token) })
	}
	t.Run("provider", func(t *testing.T) {
		structs := c.structsOf(t, ".")
		c.compare(t, "provider", structs, structs["providerArgs"], c.bridge.Provider.InputProperties, providerProperties)
	})
}

// prepareBridge makes ready what the relay starts, as make up does.
func prepareBridge(t *testing.T) {
	t.Helper()
	cache, err := settings.Cache()
	if err != nil {
		t.Fatal(err)
	}
	repository, err := filepath.Abs(filepath.Join("..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	tools, err := toolchain.Prepare(t.Context(), toolchain.Options{Cache: cache, Repository: repository, Report: progress.New(t.Output())})
	if err != nil {
		t.Fatal(err)
	}
	for _, variable := range tools.Environment {
		if name, value, _ := strings.Cut(variable, "="); name == bridgeVariable || name == providerVariable {
			t.Setenv(name, value)
		}
	}
	if os.Getenv(bridgeVariable) == "" {
		t.Skip("the official plugin is used here, and no relay")
	}
}

type comparison struct {
	bridge  schema
	sdk     string
	structs map[string]map[string]fields
}

// A schema is what is used of the bridge's own.
type schema struct {
	Resources map[string]struct {
		Properties      map[string]typeSpec
		InputProperties map[string]typeSpec
	}
	Functions map[string]struct {
		Inputs, Outputs struct{ Properties map[string]typeSpec }
	}
	Types    map[string]struct{ Properties map[string]typeSpec }
	Provider struct{ InputProperties map[string]typeSpec }
}

type typeSpec struct {
	Type  string
	Ref   string `json:"$ref"`
	Items *typeSpec
}

// fields are the types of a struct's fields, by property.
type fields map[string]string

func loadSchema(t *testing.T) schema {
	t.Helper()
	bridge, err := startBridge(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bridge.stop)
	response, err := pulumirpc.NewResourceProviderClient(bridge.connection).GetSchema(t.Context(),
		&pulumirpc.GetSchemaRequest{SubpackageName: "aws", SubpackageVersion: "0.0.0"})
	if err != nil {
		t.Fatal(err)
	}
	var loaded schema
	if err := json.Unmarshal([]byte(response.Schema), &loaded); err != nil {
		t.Fatal(err)
	}
	return loaded
}

func (c *comparison) compareResource(t *testing.T, token string) {
	bridgeToken, typ, properties, err := resourceType(token)
	if err != nil {
		t.Fatal(err)
	}
	resource, ok := c.bridge.Resources[bridgeToken]
	if !ok {
		t.Fatalf("the bridge has no %s", bridgeToken)
	}
	module, name := moduleAndName(token)
	structs := c.structsOf(t, module)
	c.compare(t, name, structs, structs[lowerFirst(name)+"Args"], resource.InputProperties, properties)
	for output := range structs[name] {
		renamed := output
		for _, p := range properties {
			if p.sdk == output {
				_, renamed = p.names(toBridge)
			}
		}
		if _, ok := resource.Properties[renamed]; !ok {
			t.Errorf("%s has the output %s, the bridge's %s has no %s", name, output, typ, renamed)
		}
	}
}

func (c *comparison) compareFunction(t *testing.T, token string) {
	bridgeToken, _, properties, err := function(token)
	if err != nil {
		t.Fatal(err)
	}
	function, ok := c.bridge.Functions[bridgeToken]
	if !ok {
		t.Fatalf("the bridge has no %s", bridgeToken)
	}
	module, name := moduleAndName(token)
	structs := c.structsOf(t, module)
	// Where a resource has its name, the SDK looks up, not gets.
	for _, verb := range []string{"Get", "Lookup"} {
		title := verb + strings.TrimPrefix(name, "get")
		c.compare(t, title, structs, structs[title+"Args"], function.Inputs.Properties, properties)
		c.compare(t, title, structs, structs[title+"Result"], function.Outputs.Properties, properties)
	}
	if structs["Get"+strings.TrimPrefix(name, "get")+"Result"] == nil && structs["Lookup"+strings.TrimPrefix(name, "get")+"Result"] == nil {
		t.Errorf("found no result of %s in the SDK", name)
	}
}

// compare finds the fields of a struct of the SDK that the bridge writes in
// another way than properties say.
func (c *comparison) compare(t *testing.T, path string, structs map[string]fields, sdk fields, bridge map[string]typeSpec, properties []property) {
	for name, goType := range sdk {
		p := property{sdk: name}
		if i := slices.IndexFunc(properties, func(p property) bool { return p.sdk == name }); i >= 0 {
			p = properties[i]
		}
		if p.form == refused {
			continue
		}
		_, bridgeName := p.names(toBridge)
		spec, ok := bridge[bridgeName]
		if !ok {
			t.Errorf("%s.%s: the bridge has no %s", path, name, bridgeName)
			continue
		}
		if got := difference(goType, spec); got != p.form {
			t.Errorf("%s.%s: is %s in the SDK and %+v in the bridge, which is form %d, not %d", path, name, goType, spec, got, p.form)
		}
		inner := strings.TrimLeft(goType, "*[]")
		if strings.Contains(path+".", " "+inner+".") {
			continue // statements of wafv2 hold statements, of which Terraform allows less
		}
		c.compare(t, path+"."+name+" "+inner, structs, structs[inner], c.bridge.Types[refOf(spec)].Properties, p.fields)
	}
}

// difference returns the form that leads from a type of the SDK to one of the
// bridge.
func difference(goType string, spec typeSpec) form {
	isList, goList := spec.Type == "array", strings.HasPrefix(goType, "[]")
	switch {
	case goList && !isList:
		return listOfOne
	case isList && !goList:
		return onlyOfList
	case spec.Type == "string" && slices.Contains([]string{"int", "float64"}, strings.TrimLeft(goType, "*")):
		return numberAsText
	}
	return sameForm
}

func refOf(spec typeSpec) string {
	for spec.Items != nil {
		spec = *spec.Items
	}
	return strings.TrimPrefix(spec.Ref, "#/types/")
}

// moduleAndName splits aws:ecs/service:Service into ecs and Service.
func moduleAndName(token string) (module, name string) {
	parts := strings.Split(token, ":")
	module, _, _ = strings.Cut(parts[1], "/")
	if module == "index" {
		module = "."
	}
	return module, parts[2]
}

func lowerFirst(s string) string {
	return strings.ToLower(s[:1]) + s[1:]
}

// structsOf returns the structs of a package of the SDK.
func (c *comparison) structsOf(t *testing.T, module string) map[string]fields {
	t.Helper()
	if found, ok := c.structs[module]; ok {
		return found
	}
	files, err := filepath.Glob(filepath.Join(c.sdk, module, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no package %s in the SDK: %v", module, err)
	}
	found := map[string]fields{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(node ast.Node) bool {
			if spec, ok := node.(*ast.TypeSpec); ok {
				if structure, ok := spec.Type.(*ast.StructType); ok {
					found[spec.Name.Name] = fieldsOf(structure)
				}
			}
			return true
		})
	}
	c.structs[module] = found
	return found
}

func fieldsOf(structure *ast.StructType) fields {
	found := fields{}
	for _, field := range structure.Fields.List {
		if field.Tag == nil {
			continue
		}
		tag, _ := strconv.Unquote(field.Tag.Value)
		name, _, _ := strings.Cut(reflect.StructTag(tag).Get("pulumi"), ",")
		if name != "" {
			found[name] = typeName(field.Type)
		}
	}
	return found
}

// typeName writes a type as Go does, as far as lists, pointers and names go.
func typeName(expression ast.Expr) string {
	switch e := expression.(type) {
	case *ast.StarExpr:
		return "*" + typeName(e.X)
	case *ast.ArrayType:
		return "[]" + typeName(e.Elt)
	case *ast.Ident:
		return e.Name
	}
	return ""
}
