package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"fargate-stack/recovery/search"
	"fargate-stack/recovery/state"
)

// A recovery brings a stack's state up to what a deployment that was cut off
// has done.
type recovery struct {
	pulumi interface {
		export(context.Context) ([]byte, error)
		replace(ctx context.Context, state []byte) error
		refresh(ctx context.Context, urns []string) error
	}
	// find finds a resource with the settings of a provider.
	find func(ctx context.Context, provider, resource *state.Resource) ([]search.Found, error)
	out  io.Writer
}

// run can itself be cut off at any point and run again. That is why changes
// and deletions come first: putting in a new state makes Pulumi forget them.
func (r *recovery) run(ctx context.Context) error {
	s, err := r.export(ctx)
	if err != nil {
		return err
	}
	if changed := changed(s); len(changed) > 0 {
		if err := r.read(ctx, changed); err != nil {
			return err
		}
		for _, resource := range changed {
			fmt.Fprintf(r.out, "read anew: %s\n", resource)
		}
		if s, err = r.export(ctx); err != nil {
			return err
		}
	}
	if err := r.adopt(ctx, s); err != nil {
		return err
	}
	return r.read(ctx, s.Unread())
}

func (r *recovery) export(ctx context.Context) (*state.State, error) {
	exported, err := r.pulumi.export(ctx)
	if err != nil {
		return nil, err
	}
	return state.Parse(exported)
}

// changed are the resources that may be otherwise than the state says.
func changed(s *state.State) []*state.Resource {
	var resources []*state.Resource
	for _, operation := range s.Operations {
		unsure := operation.Type == state.Updating || operation.Type == state.Deleting
		if unsure && s.Has(operation.Resource.URN) {
			resources = append(resources, operation.Resource)
		}
	}
	return resources
}

// read has Pulumi read resources from AWS.
func (r *recovery) read(ctx context.Context, resources []*state.Resource) error {
	var urns []string
	for _, resource := range resources {
		urns = append(urns, resource.URN)
	}
	if len(urns) == 0 {
		return nil
	}
	slices.Sort(urns) // those of several attempts are the same
	return r.pulumi.refresh(ctx, slices.Compact(urns))
}

// adopt takes what was being created into the state.
//
// It edits the state, since `pulumi refresh --import-pending-creates` forgets
// what it should import (CLI 3.259.0).
func (r *recovery) adopt(ctx context.Context, s *state.State) error {
	var creations []*state.Resource
	for _, operation := range s.Operations {
		if operation.Type == state.Creating {
			creations = append(creations, operation.Resource)
		}
	}
	if len(creations) == 0 {
		return nil
	}
	var said strings.Builder
	for i, resource := range creations {
		if !resource.InCloud() {
			continue // it is made again with the next deployment
		}
		found, err := r.findUnowned(ctx, s, resource)
		if err != nil {
			return err
		}
		if err := checkUnambiguous(found, creations[i:]); err != nil {
			return err
		}
		switch {
		case len(found) == 0:
			fmt.Fprintf(&said, "was not created: %s\n", resource)
		case s.Adopt(resource, found[0].ImportID):
			fmt.Fprintf(&said, "adopted, to be deleted: %s, %s\n", resource, found[0].ImportID)
		default:
			fmt.Fprintf(&said, "adopted: %s, %s\n", resource, found[0].ImportID)
		}
	}
	edited, err := s.Encode()
	if err != nil {
		return err
	}
	if err := r.pulumi.replace(ctx, edited); err != nil {
		return err
	}
	_, err = io.WriteString(r.out, said.String())
	return err
}

// findUnowned finds what a resource could be, and the stack does not have yet.
func (r *recovery) findUnowned(ctx context.Context, s *state.State, resource *state.Resource) ([]search.Found, error) {
	provider, err := s.Provider(resource)
	if err != nil {
		return nil, err
	}
	found, err := r.find(ctx, provider, resource)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", resource, err)
	}
	return slices.DeleteFunc(found, func(f search.Found) bool {
		return s.Owns(resource.Type, f.ID) || s.Owns(resource.Type, f.ImportID)
	}), nil
}

// checkUnambiguous returns an error if more was found for the first of the
// creations than those of the same name can account for. There are several if
// several deployments were cut off.
func checkUnambiguous(found []search.Found, creations []*state.Resource) error {
	attempts := 0
	for _, resource := range creations {
		if resource.URN == creations[0].URN {
			attempts++
		}
	}
	if len(found) <= attempts {
		return nil
	}
	var ids []string
	for _, f := range found {
		ids = append(ids, f.ImportID)
	}
	return fmt.Errorf("%s could be any of %s; delete in AWS what does not belong to the stack, and run this again", creations[0], strings.Join(ids, ", "))
}
