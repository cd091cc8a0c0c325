package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"fargate-stack/recovery/search"
	"fargate-stack/recovery/state"
)

const (
	providerURN = "urn:pulumi:dev::shop::pulumi:providers:aws::default"
	groupURN    = "urn:pulumi:dev::shop::aws:lb/targetGroup:TargetGroup::web"
	roleURN     = "urn:pulumi:dev::shop::aws:iam/role:Role::web"
)

// A fakePulumi has a state, and keeps what is done to it.
type fakePulumi struct {
	t         *testing.T
	resources []map[string]any
	pending   []map[string]any
	done      []string
	failure   error // of the next refresh
}

// newFakePulumi has a stack with a provider and what is given.
func newFakePulumi(t *testing.T, resources ...map[string]any) *fakePulumi {
	provider := map[string]any{"urn": providerURN, "type": "pulumi:providers:aws", "id": "1", "custom": true, "inputs": map[string]any{"region": "eu-central-1"}}
	return &fakePulumi{t: t, resources: append([]map[string]any{provider}, resources...)}
}

// resource is one that the provider manages.
func resource(urn string, fields map[string]any) map[string]any {
	typ := strings.Split(urn, "::")[2]
	r := map[string]any{"urn": urn, "type": typ, "custom": true, "provider": providerURN + "::1", "inputs": map[string]any{}, "parent": "p", "dependencies": []any{"d"}}
	maps.Copy(r, fields)
	return r
}

// existing is one that is in the state.
func existing(urn, id string) map[string]any {
	return resource(urn, map[string]any{"id": id, "outputs": map[string]any{"arn": "arn:" + id}})
}

// cutOff adds an operation.
func (f *fakePulumi) cutOff(operation string, resource map[string]any) {
	f.pending = append(f.pending, map[string]any{"type": operation, "resource": resource})
}

func (f *fakePulumi) export(context.Context) ([]byte, error) {
	return json.Marshal(map[string]any{"version": 3, "deployment": map[string]any{
		"manifest": map[string]any{"magic": "m"}, "resources": f.resources, "pending_operations": f.pending,
	}})
}

func (f *fakePulumi) replace(_ context.Context, encoded []byte) error {
	var state struct {
		Version    int
		Deployment struct {
			Manifest  map[string]any
			Resources []map[string]any
			Pending   []any `json:"pending_operations"`
		}
	}
	if err := json.Unmarshal(encoded, &state); err != nil {
		f.t.Fatal(err)
	}
	if state.Version != 3 || state.Deployment.Manifest["magic"] != "m" || state.Deployment.Pending != nil {
		f.t.Errorf("the new state is %s", encoded)
	}
	f.resources, f.pending = state.Deployment.Resources, nil
	f.done = append(f.done, "replace")
	return nil
}

// refresh fills in what the provider says, and ends all operations but
// creations, as the CLI does.
func (f *fakePulumi) refresh(_ context.Context, urns []string) error {
	if f.failure != nil {
		defer func() { f.failure = nil }()
		return f.failure
	}
	for _, r := range f.resources {
		if slices.Contains(urns, r["urn"].(string)) {
			r["outputs"] = map[string]any{"read": true}
		}
	}
	f.pending = slices.DeleteFunc(f.pending, func(o map[string]any) bool { return o["type"] != state.Creating })
	f.done = append(f.done, fmt.Sprint("refresh ", urns))
	return nil
}

// inState tells what the state has, as name, id, and whether it is to be deleted.
func (f *fakePulumi) inState() []string {
	var told []string
	for _, r := range f.resources[1:] {
		line := fmt.Sprint(strings.Split(r["urn"].(string), "::")[2], " ", r["id"])
		if r["delete"] == true {
			line += " deleted"
		}
		told = append(told, line)
	}
	return told
}

// recover runs a recovery that finds the same for each type.
func (f *fakePulumi) recover(found map[string][]search.Found) (string, error) {
	f.t.Helper()
	var out strings.Builder
	r := &recovery{pulumi: f, out: &out, find: func(_ context.Context, provider, resource *state.Resource) ([]search.Found, error) {
		if provider.URN != providerURN {
			f.t.Errorf("asked the provider %s", provider.URN)
		}
		return slices.Clone(found[resource.Type]), nil
	}}
	err := r.run(f.t.Context())
	return out.String(), err
}

func TestComponentsAndProvidersAreNotLookedFor(t *testing.T) {
	f := newFakePulumi(t)
	for urn, custom := range map[string]bool{
		"urn:pulumi:dev::shop::shop:index:Web::web":              false,
		"urn:pulumi:dev::shop::pulumi:providers:docker::default": true,
	} {
		f.cutOff(state.Creating, resource(urn, map[string]any{"custom": custom, "provider": ""}))
	}
	out, err := f.recover(nil)
	if err != nil || out != "" {
		t.Errorf("recovery said %q, %v", out, err)
	}
	expect(t, "state", f.inState(), nil)
	if len(f.pending) > 0 {
		t.Errorf("still pending: %v", f.pending)
	}
}

// groups is what AWS has of target groups, by id.
func groups(ids ...string) map[string][]search.Found {
	var found []search.Found
	for _, id := range ids {
		found = append(found, search.Found{ID: id, ImportID: id})
	}
	return map[string][]search.Found{"aws:lb/targetGroup:TargetGroup": found}
}

func expect(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n%s\nwant:\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestWhereNothingWasCutOffNothingIsDoneAndSaid(t *testing.T) {
	pulumi := newFakePulumi(t, existing(roleURN, "web"))
	pulumi.cutOff("reading", existing(roleURN, "web")) // changes nothing in the cloud
	said, err := pulumi.recover(nil)
	if err != nil || said != "" || len(pulumi.done) != 0 {
		t.Errorf("said %q, did %q (%v)", said, pulumi.done, err)
	}
}

func TestWhatWasBeingCreated(t *testing.T) {
	pending := resource(groupURN, nil)
	for name, test := range map[string]struct {
		existing []map[string]any
		attempts int
		found    map[string][]search.Found
		want     []string
		said     string
	}{
		"is adopted": {nil, 1, groups("tg-1"),
			[]string{"aws:lb/targetGroup:TargetGroup tg-1"},
			"adopted: aws:lb/targetGroup:TargetGroup web, tg-1\n"},
		"and never was is forgotten": {[]map[string]any{existing(roleURN, "web")}, 1, nil,
			[]string{"aws:iam/role:Role web"},
			"was not created: aws:lb/targetGroup:TargetGroup web\n"},
		"beside what the stack has is deleted": {[]map[string]any{existing(groupURN, "tg-1")}, 1, groups("tg-1", "tg-2"),
			[]string{"aws:lb/targetGroup:TargetGroup tg-1", "aws:lb/targetGroup:TargetGroup tg-2 deleted"},
			"adopted, to be deleted: aws:lb/targetGroup:TargetGroup web, tg-2\n"},
		"and is the stack's already, by its ARN, is left alone": {[]map[string]any{existing(groupURN, "tg-1")}, 1, groups("arn:tg-1"),
			[]string{"aws:lb/targetGroup:TargetGroup tg-1"},
			"was not created: aws:lb/targetGroup:TargetGroup web\n"},
		"by two attempts is one that stays and one that is deleted": {nil, 2, groups("tg-1", "tg-2"),
			[]string{"aws:lb/targetGroup:TargetGroup tg-1", "aws:lb/targetGroup:TargetGroup tg-2 deleted"},
			"adopted: aws:lb/targetGroup:TargetGroup web, tg-1\nadopted, to be deleted: aws:lb/targetGroup:TargetGroup web, tg-2\n"},
		"by the first of two attempts is adopted once": {nil, 2, groups("tg-1"),
			[]string{"aws:lb/targetGroup:TargetGroup tg-1"},
			"adopted: aws:lb/targetGroup:TargetGroup web, tg-1\nwas not created: aws:lb/targetGroup:TargetGroup web\n"},
		"for one that was deleted before takes its place": {
			[]map[string]any{resource(groupURN, map[string]any{"id": "tg-0", "pendingReplacement": true}), existing(roleURN, "web")}, 1, groups("tg-1"),
			[]string{"aws:lb/targetGroup:TargetGroup tg-1", "aws:iam/role:Role web"},
			"adopted: aws:lb/targetGroup:TargetGroup web, tg-1\n"},
		"beside one that is deleted anyway is adopted": {
			[]map[string]any{resource(groupURN, map[string]any{"id": "tg-0", "delete": true, "outputs": map[string]any{}})}, 1, groups("tg-1"),
			[]string{"aws:lb/targetGroup:TargetGroup tg-0 deleted", "aws:lb/targetGroup:TargetGroup tg-1"},
			"adopted: aws:lb/targetGroup:TargetGroup web, tg-1\n"},
	} {
		t.Run(name, func(t *testing.T) {
			pulumi := newFakePulumi(t, test.existing...)
			for range test.attempts {
				pulumi.cutOff(state.Creating, pending)
			}
			said, err := pulumi.recover(test.found)
			if err != nil {
				t.Fatal(err)
			}
			expect(t, "the state has", pulumi.inState(), test.want)
			if said != test.said {
				t.Errorf("it said %q, want %q", said, test.said)
			}
			if len(pulumi.pending) > 0 {
				t.Errorf("there are operations left: %v", pulumi.pending)
			}
		})
	}
}

func TestWhatIsAdoptedKeepsItsPlaceAndIsReadFromAWS(t *testing.T) {
	pulumi := newFakePulumi(t)
	pulumi.cutOff(state.Creating, resource(groupURN, map[string]any{"outputs": map[string]any{"half": "known"}, "unheardOf": 1.5}))
	if _, err := pulumi.recover(groups("tg-1")); err != nil {
		t.Fatal(err)
	}
	expect(t, "it did", pulumi.done, []string{"replace", "refresh [" + groupURN + "]"})
	got, err := json.Marshal(pulumi.resources[1])
	if err != nil {
		t.Fatal(err)
	}
	want := `{"custom":true,"dependencies":["d"],"id":"tg-1","inputs":{},"outputs":{"read":true},"parent":"p",` +
		`"provider":"` + providerURN + `::1","type":"aws:lb/targetGroup:TargetGroup","unheardOf":1.5,"urn":"` + groupURN + `"}`
	if string(got) != want {
		t.Errorf("the state has %s, want %s", got, want)
	}
}

func TestMoreThanTheAttemptsAccountForIsLeftToPeople(t *testing.T) {
	pulumi := newFakePulumi(t)
	pulumi.cutOff(state.Creating, resource(groupURN, nil))
	_, err := pulumi.recover(groups("tg-1", "tg-2"))
	if err == nil || !strings.Contains(err.Error(), "aws:lb/targetGroup:TargetGroup web could be any of tg-1, tg-2") {
		t.Errorf("got %v", err)
	}
	if len(pulumi.done) > 0 {
		t.Errorf("it did %v all the same", pulumi.done)
	}
}

func TestWhatWasBeingChangedOrDeletedIsReadFromAWS(t *testing.T) {
	pulumi := newFakePulumi(t, existing(roleURN, "web"), existing(groupURN, "tg-1"))
	pulumi.cutOff(state.Updating, existing(roleURN, "web"))
	pulumi.cutOff(state.Deleting, existing(groupURN, "tg-1"))
	pulumi.cutOff(state.Deleting, existing(groupURN+"-that-is-gone", "tg-2"))
	said, err := pulumi.recover(nil)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "it did", pulumi.done, []string{"refresh [" + roleURN + " " + groupURN + "]"})
	if want := "read anew: aws:iam/role:Role web\nread anew: aws:lb/targetGroup:TargetGroup web\n"; said != want {
		t.Errorf("it said %q, want %q", said, want)
	}
}

// To put in a new state makes Pulumi forget all operations.
func TestWhatWasBeingChangedIsReadBeforeTheStateIsReplaced(t *testing.T) {
	pulumi := newFakePulumi(t, existing(roleURN, "web"))
	pulumi.cutOff(state.Creating, resource(groupURN, nil))
	pulumi.cutOff(state.Updating, existing(roleURN, "web"))
	if _, err := pulumi.recover(groups("tg-1")); err != nil {
		t.Fatal(err)
	}
	expect(t, "it did", pulumi.done, []string{"refresh [" + roleURN + "]", "replace", "refresh [" + groupURN + "]"})
}

func TestARecoveryThatWasCutOffIsGoneOnWith(t *testing.T) {
	pulumi := newFakePulumi(t)
	pulumi.cutOff(state.Creating, resource(groupURN, nil))
	killed := errors.New("signal: killed")
	pulumi.failure = killed
	if _, err := pulumi.recover(groups("tg-1")); !errors.Is(err, killed) {
		t.Fatalf("got %v", err)
	}
	if _, err := pulumi.recover(nil); err != nil {
		t.Fatal(err)
	}
	expect(t, "it did", pulumi.done, []string{"replace", "refresh [" + groupURN + "]"})
}

func TestAResourceWhoseProviderIsGoneIsLeftToPeople(t *testing.T) {
	pulumi := newFakePulumi(t)
	pulumi.cutOff(state.Creating, resource(groupURN, map[string]any{"provider": providerURN + "::2"}))
	_, err := pulumi.recover(groups("tg-1"))
	if err == nil || !strings.Contains(err.Error(), "pulumi refresh --clear-pending-creates") {
		t.Errorf("got %v", err)
	}
}
