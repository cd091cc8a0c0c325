package infra

import (
	"slices"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// protectionName is what Pulumi names when it refuses to destroy a protected
// stack. The program does not run then: there is no other way to say what to do.
const protectionName = "set-deletionProtection-to-false-and-run-pulumi-up"

// DeletionProtection keeps a stack from being destroyed. AWS has nothing of it:
// it is a resource that depends on all others, so that Pulumi deletes it first.
// Where it is protected, Pulumi refuses to, and to delete what it depends on:
// the stack stays whole, even if it is destroyed without a preview.
//
// A stack without protection has it too. Pulumi deletes no resource that was
// protected last time; it has to be there once without.
type DeletionProtection struct {
	pulumi.ResourceState
}

// NewDeletionProtection makes a [DeletionProtection] of resources, and of those
// that are known only later.
func NewDeletionProtection(ctx *pulumi.Context, on bool, resources []pulumi.Resource, others pulumi.ResourceArrayInput) (*DeletionProtection, error) {
	d := &DeletionProtection{}
	if err := ctx.RegisterComponentResource("fargate-stack:infra:DeletionProtection", protectionName, d,
		pulumi.DependsOn(resources), pulumi.DependsOnInputs(others), pulumi.Protect(on)); err != nil {
		return nil, err
	}
	return d, ctx.RegisterResourceOutputs(d, pulumi.Map{})
}

// A collection is of all resources that are registered from its beginning.
type collection struct {
	mutex     sync.Mutex
	resources []pulumi.Resource
}

// add is a transformation that changes nothing.
func (c *collection) add(args *pulumi.ResourceTransformationArgs) *pulumi.ResourceTransformationResult {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.resources = append(c.resources, args.Resource)
	return nil
}

// all returns what was registered so far.
func (c *collection) all() []pulumi.Resource {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return slices.Clone(c.resources)
}
