package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/structpb"
)

// A translator translates between what the engine says and what the bridge
// says. It remembers the names of resources, since the bridge uses its own in
// what it logs.
type translator struct {
	engineURNs sync.Map
}

// A translation is what a request needs: the message to send on, how long it
// may take if there is a limit, what to do with the answer, and what the
// request creates if it may fail half way.
type translation struct {
	request  []byte
	timeout  time.Duration
	answer   func(response []byte) ([]byte, error)
	creation *creation
}

// failed returns what to tell the engine of an error of the bridge.
func (t translation) failed(ctx context.Context, bridge *grpc.ClientConn, err error) error {
	if t.timeout > 0 && status.Code(err) == codes.DeadlineExceeded {
		err = status.Errorf(codes.DeadlineExceeded, "not done after the custom timeout of %s", t.timeout)
	}
	if t.creation == nil {
		return err
	}
	return t.creation.keep(ctx, bridge, err)
}

// unchanged is the translation of what needs none.
func unchanged(request []byte) translation {
	return translation{request: request, answer: func(response []byte) ([]byte, error) { return response, nil }}
}

// request translates a request of the engine.
func (t *translator) request(method string, encoded []byte) (translation, error) {
	service := pulumirpc.File_pulumi_provider_proto.Services().ByName("ResourceProvider")
	descriptor := service.Methods().ByName(protoreflect.Name(method))
	if descriptor == nil {
		return unchanged(encoded), nil // the bridge knows it or refuses it
	}
	request, err := decode(descriptor.Input(), encoded)
	if err != nil {
		return translation{}, fmt.Errorf("reading a %s request: %w", method, err)
	}
	typ, properties, err := t.rename(request.ProtoReflect())
	if err != nil {
		return translation{}, err
	}
	check, ok := request.(*pulumirpc.CheckRequest)
	if err := refuse(check.GetNews(), properties); err != nil {
		return translation{}, fmt.Errorf("%s: %w", typ, err)
	}
	if err := convertMessage(request.ProtoReflect(), properties, toBridge); err != nil {
		return translation{}, fmt.Errorf("%s: %w", typ, err)
	}
	if ok {
		if err := setAutoname(check, autonames[typ]); err != nil {
			return translation{}, err
		}
	}
	encoded, err = proto.Marshal(request)
	return translation{
		request: encoded,
		timeout: timeoutOf(request),
		answer: func(response []byte) ([]byte, error) {
			return answer(descriptor, response, typ, properties)
		},
		creation: newCreation(request, typ, properties),
	}, err
}

// timeoutOf returns the custom timeout of a resource's option. The bridge
// doesn't look at it, so the request is ended here. That can only shorten
// what the provider itself allows.
func timeoutOf(request proto.Message) time.Duration {
	timed, ok := request.(interface{ GetTimeout() float64 })
	if !ok {
		return 0
	}
	return time.Duration(timed.GetTimeout() * float64(time.Second))
}

// answer translates the bridge's answer.
func answer(method protoreflect.MethodDescriptor, encoded []byte, typ string, properties []property) ([]byte, error) {
	if len(properties) == 0 && !deletedBeforeReplaced[typ] {
		return encoded, nil
	}
	response, err := decode(method.Output(), encoded)
	if err != nil {
		return nil, fmt.Errorf("reading a %s response: %w", method.Name(), err)
	}
	if err := convertMessage(response.ProtoReflect(), properties, toSDK); err != nil {
		return nil, fmt.Errorf("%s: %w", typ, err)
	}
	if diff, ok := response.(*pulumirpc.DiffResponse); ok {
		diff.DeleteBeforeReplace = diff.DeleteBeforeReplace || deletedBeforeReplaced[typ]
	}
	return proto.Marshal(response)
}

// rename replaces the names of types, resources and functions in a request.
// It returns the Terraform type that it is about, if it is about one, and
// which of its properties differ.
func (t *translator) rename(request protoreflect.Message) (typ string, properties []property, err error) {
	for name, lookUp := range map[protoreflect.Name]func(string) (string, string, []property, error){
		"urn": t.urn, "type": resourceType, "tok": function,
	} {
		field := request.Descriptor().Fields().ByName(name)
		if field == nil || !request.Has(field) {
			continue
		}
		var renamed string
		if renamed, typ, properties, err = lookUp(request.Get(field).String()); err != nil {
			return "", nil, err
		}
		request.Set(field, protoreflect.ValueOfString(renamed))
	}
	return typ, properties, nil
}

func (t *translator) urn(name string) (string, string, []property, error) {
	parsed, err := urn.Parse(name)
	if err != nil {
		return "", "", nil, err
	}
	token, typ, properties, err := resourceType(string(parsed.Type()))
	if err != nil {
		return "", "", nil, err
	}
	parents := strings.TrimSuffix(strings.TrimSuffix(string(parsed.QualifiedType()), string(parsed.Type())), urn.TypeDelimiter)
	renamed := string(urn.New(parsed.Stack(), parsed.Project(), tokens.Type(parents), tokens.Type(token), parsed.Name()))
	t.engineURNs.Store(renamed, name)
	return renamed, typ, properties, nil
}

// log translates what the bridge has the engine log. The bridge logs an error
// and returns it too; the first is left for those who debug, since the engine
// takes a deployment that has logged an error for failed, although a program
// may well live with the error of a function.
func (t *translator) log(encoded []byte) ([]byte, error) {
	request := &pulumirpc.LogRequest{}
	if err := proto.Unmarshal(encoded, request); err != nil {
		return nil, fmt.Errorf("reading a Log request: %w", err)
	}
	if name, ok := t.engineURNs.Load(request.Urn); ok {
		request.Urn = name.(string)
	}
	if request.Severity == pulumirpc.LogSeverity_ERROR {
		request.Severity = pulumirpc.LogSeverity_DEBUG
	}
	return proto.Marshal(request)
}

// resourceType returns what the bridge calls a type of the SDK, and the
// Terraform resource.
func resourceType(token string) (string, string, []property, error) {
	if strings.HasPrefix(token, "pulumi:providers:") {
		return token, "", providerProperties, nil
	}
	typ, ok := resources[token]
	if !ok {
		return "", "", nil, fmt.Errorf("resource type %s is not in the table of this stand-in for pulumi-aws; add it to local/plugins/aws/types.go", token)
	}
	name := camel(typ)
	return "aws:index/" + name + ":" + upperFirst(name), typ, resourceProperties[typ], nil
}

// function returns what the bridge calls a function of the SDK, and the
// Terraform data source.
func function(token string) (string, string, []property, error) {
	source, ok := functions[token]
	if !ok {
		return "", "", nil, fmt.Errorf("function %s is not in the table of this stand-in for pulumi-aws; add it to local/plugins/aws/types.go", token)
	}
	name := "get" + upperFirst(camel(source))
	return "aws:index/" + name + ":" + name, source, functionProperties[source], nil
}

// camel returns a Terraform type's name as the bridge writes it: without the
// provider, in camel case.
func camel(typ string) string {
	words := strings.Split(strings.TrimPrefix(typ, "aws_"), "_")
	for i := range words[1:] {
		words[i+1] = upperFirst(words[i+1])
	}
	return strings.Join(words, "")
}

func upperFirst(s string) string {
	runes := []rune(s)
	runes[0] = unicode.ToUpper(runes[0])
	return string(runes)
}

func decode(descriptor protoreflect.MessageDescriptor, encoded []byte) (proto.Message, error) {
	typ, err := protoregistry.GlobalTypes.FindMessageByName(descriptor.FullName())
	if err != nil {
		return nil, err
	}
	message := typ.New().Interface()
	return message, proto.Unmarshal(encoded, message)
}

// pathFields are the fields of messages that hold property paths.
var pathFields = []protoreflect.Name{"ignoreChanges", "replaces", "stables", "diffs", "detailedDiff"}

// convertMessage converts the objects and the property paths in a message.
func convertMessage(message protoreflect.Message, properties []property, to direction) error {
	if len(properties) == 0 {
		return nil
	}
	var failed error
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if slices.Contains(pathFields, field.Name()) {
			convertPaths(field, value, properties, to)
		} else if object, ok := objectIn(field, value); ok {
			failed = convertObject(object, properties, to)
		}
		return failed == nil
	})
	return failed
}

func objectIn(field protoreflect.FieldDescriptor, value protoreflect.Value) (*structpb.Struct, bool) {
	if field.Kind() != protoreflect.MessageKind || field.IsList() || field.IsMap() {
		return nil, false
	}
	object, ok := value.Message().Interface().(*structpb.Struct)
	return object, ok
}

// convertPaths converts a list of paths, or a map by path.
func convertPaths(field protoreflect.FieldDescriptor, value protoreflect.Value, properties []property, to direction) {
	if field.IsList() {
		list := value.List()
		for i := range list.Len() {
			list.Set(i, protoreflect.ValueOfString(convertPath(list.Get(i).String(), properties, to)))
		}
		return
	}
	byPath := map[string]protoreflect.Value{}
	value.Map().Range(func(path protoreflect.MapKey, v protoreflect.Value) bool {
		byPath[path.String()] = v
		return true
	})
	for path := range byPath {
		value.Map().Clear(protoreflect.ValueOfString(path).MapKey())
	}
	for path, v := range byPath {
		value.Map().Set(protoreflect.ValueOfString(convertPath(path, properties, to)).MapKey(), v)
	}
}
