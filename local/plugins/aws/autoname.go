package main

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
)

// randomCharacters is how many of them pulumi-aws adds to a name.
const randomCharacters = 7

// setAutoname names a resource that was given no name: as before if it has
// one, else after its logical name and at random, or as the stack's own
// settings for such names say.
func setAutoname(request *pulumirpc.CheckRequest, name autoname) error {
	if name.property == "" || isSet(request.News, name.property) {
		return nil
	}
	value, err := name.value(request)
	if err != nil || value == "" {
		return err
	}
	if request.News == nil {
		request.News = &structpb.Struct{}
	}
	if request.News.Fields == nil {
		request.News.Fields = map[string]*structpb.Value{}
	}
	request.News.Fields[name.property] = structpb.NewStringValue(value)
	return nil
}

func (n autoname) value(request *pulumirpc.CheckRequest) (string, error) {
	if isSet(request.Olds, n.property) {
		return request.Olds.Fields[n.property].GetStringValue(), nil
	}
	settings := request.GetAutonaming()
	switch settings.GetMode() {
	case pulumirpc.CheckRequest_AutonamingOptions_DISABLE:
		return "", nil // the provider then says that the name is missing
	case pulumirpc.CheckRequest_AutonamingOptions_ENFORCE:
		return settings.ProposedName, nil
	}
	value, err := n.propose(request)
	if n.lowerCase {
		value = strings.ToLower(value)
	}
	return value, err
}

func (n autoname) propose(request *pulumirpc.CheckRequest) (string, error) {
	if settings := request.GetAutonaming(); settings != nil {
		if len(settings.ProposedName) > n.maxLength {
			return "", fmt.Errorf("the name %s is longer than %d characters", settings.ProposedName, n.maxLength)
		}
		return settings.ProposedName, nil
	}
	return resource.NewUniqueName(request.RandomSeed, request.Name+"-", randomCharacters, n.maxLength, nil)
}

func isSet(object *structpb.Struct, property string) bool {
	value, ok := object.GetFields()[property]
	_, null := value.GetKind().(*structpb.Value_NullValue)
	return ok && !null
}
