package api

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// An SDK would send none of these.
func TestRequestsThatMakeNoSense(t *testing.T) {
	c := newCloud(t)
	tests := []struct {
		name, target, body string
		want               []string
	}{
		{"JSON that is cut off", "ListTasks", `{"cluster": `, []string{`"__type":"SerializationException"`}},
		{"a text where a number belongs", "CreateService", `{"desiredCount": "many"}`, []string{`"__type":"SerializationException"`, "DesiredCount"}},
		{"more than any service takes", "CreateService", strings.Repeat(" ", largestRequest+1), []string{`"__type":"SerializationException"`, "too large"}},
		{"a service without a name", "CreateService", `{"taskDefinition": "app:1"}`, []string{`"__type":"InvalidParameterException"`, "serviceName can not be blank."}},
		{"a service without a task definition", "CreateService", `{"serviceName": "app"}`, []string{`"__type":"InvalidParameterException"`, "taskDefinition can not be blank."}},
		{"an update of no service", "UpdateService", `{}`, []string{`"__type":"InvalidParameterException"`, "service can not be blank."}},
		{"a time that is a text", "ListServiceDeployments", `{"createdAt": {"after": "now"}}`, []string{`"__type":"SerializationException"`}},
		{"a form that is none", "", "%zz", []string{"<Code>ValidationError</Code>"}},
		{"a port that is none", "", "Action=RegisterTargets&Targets.member.1.Id=10.0.0.4&Targets.member.1.Port=http", []string{"<Code>ValidationError</Code>", "port of target 10.0.0.4"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.url, strings.NewReader(test.body))
			if err != nil {
				t.Fatal(err)
			}
			if test.target != "" {
				request.Header.Set("X-Amz-Target", "AmazonEC2ContainerServiceV20141113."+test.target)
			}
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			answer, err := io.ReadAll(response.Body)
			if err != nil || response.StatusCode != http.StatusBadRequest {
				t.Errorf("it is answered with %s (%v)", response.Status, err)
			}
			for _, want := range test.want {
				if !strings.Contains(string(answer), want) {
					t.Errorf("%q is not in %s", want, answer)
				}
			}
		})
	}
}

// The AWS provider asks for what was created after it began.
func TestTimesAreKeptToTheMillisecond(t *testing.T) {
	for text, want := range map[string]int64{
		"1767225600":        1767225600000,
		"1767225600.029":    1767225600029,
		"1.767225600999E9":  1767225600999,
		"1767225600.999999": 1767225601000,
	} {
		var m moment
		if err := m.UnmarshalJSON([]byte(text)); err != nil || m.UnixMilli() != want {
			t.Errorf("%s is %d (%v), want %d", text, m.UnixMilli(), err, want)
		}
	}
}
