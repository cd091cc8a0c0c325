package infra

import (
	"maps"
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// stackTags are on everything that can carry tags: they tell whose it is and
// that changes made by hand will be undone.
func stackTags(project, stack string) pulumi.StringMap {
	return pulumi.StringMap{
		"Project":   pulumi.String(project),
		"Stack":     pulumi.String(stack),
		"ManagedBy": pulumi.String("pulumi"),
	}
}

// tagAll returns a transformation that adds tags to every resource whose
// arguments have them; a resource's own tags win. It is done here, and not by
// the provider's defaultTags, so that the default provider with all of its
// settings (profile, assumed role, endpoint) stays in use, and so that
// previews show the tags.
func tagAll(tags pulumi.StringMap) pulumi.ResourceTransformation {
	return func(args *pulumi.ResourceTransformationArgs) *pulumi.ResourceTransformationResult {
		field, ok := tagsOf(args.Props)
		if !ok {
			return nil
		}
		own, _ := reflect.TypeAssert[pulumi.StringMap](field)
		merged := pulumi.StringMap{}
		for _, set := range []pulumi.StringMap{tags, own} {
			maps.Copy(merged, set)
		}
		field.Set(reflect.ValueOf(merged))
		return &pulumi.ResourceTransformationResult{Props: args.Props, Opts: args.Opts}
	}
}

// tagsOf finds the field Tags in a resource's arguments. Its type tells AWS
// tags from anything else of that name.
func tagsOf(props pulumi.Input) (reflect.Value, bool) {
	v := reflect.ValueOf(props)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return reflect.Value{}, false
	}
	field := v.Elem().FieldByName("Tags")
	if !field.IsValid() || field.Type() != reflect.TypeFor[pulumi.StringMapInput]() {
		return reflect.Value{}, false
	}
	return field, true
}
