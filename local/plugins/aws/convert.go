package main

import (
	"fmt"
	"strconv"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"google.golang.org/protobuf/types/known/structpb"
)

// A direction is whose names and forms a value is converted to.
type direction bool

const (
	toBridge direction = true
	toSDK    direction = false
)

// names returns what a property is called before and after.
func (p property) names(to direction) (from, into string) {
	bridge := p.bridge
	if bridge == "" {
		bridge = p.sdk
	}
	if to == toBridge {
		return p.sdk, bridge
	}
	return bridge, p.sdk
}

// wraps tells whether a value of the form becomes the only one of a list.
func (f form) wraps(to direction) bool {
	return f == onlyOfList && to == toBridge || f == listOfOne && to == toSDK
}

// unwraps tells whether a value of the form is taken out of a list.
func (f form) unwraps(to direction) bool {
	return f == listOfOne && to == toBridge || f == onlyOfList && to == toSDK
}

// convertObject converts the properties of an object in place.
func convertObject(object *structpb.Struct, properties []property, to direction) error {
	for _, p := range properties {
		from, into := p.names(to)
		value, ok := object.GetFields()[from]
		if !ok {
			continue
		}
		converted, err := p.convert(value, to)
		if err != nil {
			return fmt.Errorf("%s: %w", from, err)
		}
		delete(object.Fields, from)
		object.Fields[into] = converted
	}
	return nil
}

// convert converts a value. What is not known yet is text that stands for it,
// and stays as it is.
func (p property) convert(value *structpb.Value, to direction) (*structpb.Value, error) {
	if p.form == listOfOne || p.form == onlyOfList {
		value = decodeText(value)
	}
	if _, null := value.GetKind().(*structpb.Value_NullValue); null {
		return p.nothing(to), nil
	}
	if object := value.GetStructValue(); isSecret(object) {
		plain, err := p.convert(object.Fields["value"], to)
		object.Fields["value"] = plain
		return value, err
	}
	switch {
	case p.form == numberAsText:
		return convertNumber(value, to)
	case p.form.unwraps(to) && value.GetListValue() != nil:
		only, err := onlyOf(value.GetListValue())
		if err != nil {
			return nil, err
		}
		return only, p.convertFields(only, to)
	case p.form.wraps(to) && value.GetStructValue() != nil:
		list := structpb.NewListValue(&structpb.ListValue{Values: []*structpb.Value{value}})
		return list, p.convertFields(value, to)
	}
	return value, p.convertFields(value, to)
}

// nothing returns what stands for no value: the bridge has empty lists, and
// finds its own state again only if it gets them back.
func (p property) nothing(to direction) *structpb.Value {
	if p.form == onlyOfList && to == toBridge {
		return structpb.NewListValue(&structpb.ListValue{})
	}
	return structpb.NewNullValue()
}

// convertFields converts what is in an object, or in the objects in a list.
func (p property) convertFields(value *structpb.Value, to direction) error {
	if object := value.GetStructValue(); isSecret(object) {
		return p.convertFields(object.Fields["value"], to)
	} else if object != nil {
		return convertObject(object, p.fields, to)
	}
	for _, element := range value.GetListValue().GetValues() {
		if err := p.convertFields(element, to); err != nil {
			return err
		}
	}
	return nil
}

// refuse finds a property among a resource's new inputs that is refused. In a
// resource's state it only is what AWS has answered.
func refuse(news *structpb.Struct, properties []property) error {
	for _, p := range properties {
		if p.form == refused && isSet(news, p.sdk) {
			return fmt.Errorf("%s is not relayed by this stand-in for pulumi-aws; use the resource that AWS has for it, or extend local/plugins/aws/properties.go", p.sdk)
		}
	}
	return nil
}

// decodeText returns the object or the list that a text holds: the SDK writes
// those of a provider's configuration as JSON.
func decodeText(value *structpb.Value) *structpb.Value {
	decoded := &structpb.Value{}
	if err := decoded.UnmarshalJSON([]byte(value.GetStringValue())); err != nil {
		return value
	}
	return decoded
}

func onlyOf(list *structpb.ListValue) (*structpb.Value, error) {
	switch len(list.Values) {
	case 0:
		return structpb.NewNullValue(), nil
	case 1:
		return list.Values[0], nil
	default:
		return nil, fmt.Errorf("takes one element, has %d", len(list.Values))
	}
}

func convertNumber(value *structpb.Value, to direction) (*structpb.Value, error) {
	switch kind := value.GetKind().(type) {
	case *structpb.Value_NumberValue:
		if to == toBridge {
			return structpb.NewStringValue(strconv.FormatFloat(kind.NumberValue, 'f', -1, 64)), nil
		}
	case *structpb.Value_StringValue:
		if number, err := strconv.ParseFloat(kind.StringValue, 64); err == nil && to == toSDK {
			return structpb.NewNumberValue(number), nil
		}
	}
	return value, nil
}

// isSecret tells whether an object is the wrapping of a secret.
func isSecret(object *structpb.Struct) bool {
	return object.GetFields()[resource.SigKey].GetStringValue() == resource.SecretSig
}

// convertPath converts a property path, as in "rules[0].filter.prefix". What
// is no path is returned as it is.
func convertPath(path string, properties []property, to direction) string {
	parsed, err := resource.ParsePropertyPath(path)
	if err != nil {
		return path
	}
	return convertSteps(parsed, properties, to).String()
}

func convertSteps(path resource.PropertyPath, properties []property, to direction) resource.PropertyPath {
	if len(path) == 0 {
		return nil
	}
	if _, index := path[0].(int); index || path[0] == "*" {
		return append(path[:1:1], convertSteps(path[1:], properties, to)...)
	}
	for _, p := range properties {
		from, into := p.names(to)
		if path[0] != from {
			continue
		}
		rest := convertSteps(path[1:], p.fields, to)
		switch {
		case p.form.wraps(to):
			return append(resource.PropertyPath{into, 0}, rest...)
		case p.form.unwraps(to) && len(rest) > 0:
			return append(resource.PropertyPath{into}, rest[1:]...)
		}
		return append(resource.PropertyPath{into}, rest...)
	}
	return path
}
