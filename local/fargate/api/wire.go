package api

import (
	"encoding/json"
	"math"
	"net/http"
	"reflect"
	"time"
	"unicode"

	"fargate-stack/local/fargate/scheduler"
)

// jsonType is the content type of the AWS JSON 1.1 protocol.
// https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
const jsonType = "application/x-amz-json-1.1"

// decode reads a request into the type that the AWS SDK has for it. The names
// on the wire differ from those of the type only in their first letter's case,
// which encoding/json does not mind.
func decode[T any](body []byte) (*T, error) {
	input := new(T)
	if err := json.Unmarshal(body, input); err != nil {
		return nil, &scheduler.Error{Code: "SerializationException", Message: err.Error()}
	}
	return input, nil
}

// A moment is a time on the wire: seconds since 1970.
type moment struct{ time.Time }

// UnmarshalJSON reads a number.
func (m *moment) UnmarshalJSON(text []byte) error {
	var seconds float64
	if err := json.Unmarshal(text, &seconds); err != nil {
		return err
	}
	m.Time = time.UnixMilli(int64(math.Round(seconds * 1000)))
	return nil
}

func writeJSON(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(status)
	// The client has gone if this fails.
	_ = json.NewEncoder(w).Encode(answer)
}

// shape returns an answer of a type that the AWS SDK has for it with the names
// and the times of the wire. Of structures, only the members that are set are
// left.
func shape(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return shape(v.Elem())
	case reflect.Slice:
		items := make([]any, v.Len())
		for i := range items {
			items[i] = shape(v.Index(i))
		}
		return items
	case reflect.Struct:
		if t, ok := reflect.TypeAssert[time.Time](v); ok {
			return float64(t.UnixMilli()) / 1000
		}
		return members(v)
	default:
		return v.Interface()
	}
}

func members(v reflect.Value) map[string]any {
	shaped := map[string]any{}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() || field.Name == "ResultMetadata" || isUnset(v.Field(i)) {
			continue
		}
		name := []rune(field.Name)
		name[0] = unicode.ToLower(name[0])
		shaped[string(name)] = shape(v.Field(i))
	}
	return shaped
}

// isUnset tells whether a member is left out. Numbers and truth values that
// can be missing are pointers; the others always have a value.
func isUnset(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.String, reflect.Interface:
		return v.IsZero()
	default:
		return false
	}
}
