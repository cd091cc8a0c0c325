package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func (a *account) place(out io.Writer) *place {
	return &place{buckets: a, keys: a, account: testAccount, partition: "aws", region: testRegion, bucket: testBucket, out: out}
}

// prepared returns an account in which the place is made.
func prepared(t *testing.T) *account {
	t.Helper()
	a := &account{}
	if _, err := a.place(io.Discard).prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.calls, a.made = 0, nil
	return a
}

// statements returns those of the bucket's policy.
func (b *bucket) statements(t *testing.T) []any {
	t.Helper()
	var policy map[string]any
	if err := json.Unmarshal([]byte(aws.ToString(b.policy)), &policy); err != nil {
		t.Fatal(err)
	}
	return statementsOf(policy)
}

func TestAPlaceIsVersionedEncryptedAndClosed(t *testing.T) {
	a := &account{}
	var said bytes.Buffer
	key, err := a.place(&said).prepare(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if key != *a.keys[0].Arn || a.aliases["alias/"+testBucket] != "key-1" || !slices.Contains(a.rotated, "key-1") {
		t.Errorf("keys are %v, aliases %v, rotated %v", a.keys, a.aliases, a.rotated)
	}
	b := a.bucket
	if b.region != testRegion || b.versioning != types.BucketVersioningStatusEnabled || !blocksAll(b.blocked) || encryptingKey(b.encryption) != key {
		t.Errorf("bucket is %+v", b)
	}
	if len(b.rules) != 1 || *b.rules[0].NoncurrentVersionExpiration.NoncurrentDays != oldVersionDays {
		t.Errorf("its lifecycle is %+v", b.rules)
	}
	document, err := json.Marshal(b.statements(t))
	want := `[{"Action":"s3:*","Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny","Principal":"*",` +
		`"Resource":["arn:aws:s3:::shop-state","arn:aws:s3:::shop-state/*"],"Sid":"RefuseWithoutTLS"}]`
	if err != nil || string(document) != want {
		t.Errorf("its policy is %s (%v), want %s", document, err, want)
	}
	if got := strings.Count(said.String(), "made "); got != len(a.made) {
		t.Errorf("it made %v and said:\n%s", a.made, &said)
	}
}

func TestASecondRunMakesNothing(t *testing.T) {
	a := prepared(t)
	var said bytes.Buffer
	if _, err := a.place(&said).prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(a.made) > 0 || said.Len() > 0 {
		t.Errorf("it made %v and said:\n%s", a.made, &said)
	}
}

func TestAnInterruptedRunIsCompletedByTheNextOne(t *testing.T) {
	whole := &account{}
	if _, err := whole.place(io.Discard).prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	for number := 1; number <= whole.calls; number++ {
		for _, late := range []bool{false, true} {
			t.Run(fmt.Sprintf("call %d, answer lost %v", number, late), func(t *testing.T) {
				a := &account{interrupted: number, late: late}
				if _, err := a.place(io.Discard).prepare(t.Context()); !errors.Is(err, errInterrupted) {
					t.Fatalf("the error is %v", err)
				}
				if _, err := a.place(io.Discard).prepare(t.Context()); err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(a.bucket, whole.bucket) || !reflect.DeepEqual(a.keys, whole.keys) ||
					!reflect.DeepEqual(a.aliases, whole.aliases) || !slices.Equal(a.rotated, whole.rotated) {
					t.Errorf("there is %+v, want %+v", a, whole)
				}
			})
		}
	}
}

func TestWhatABucketHasAlreadyStays(t *testing.T) {
	a := &account{bucket: &bucket{
		owner: testAccount, region: testRegion,
		encryption: encryptedWith(types.ServerSideEncryptionAes256, ""),
		policy:     aws.String(`{"Version":"2008-10-17","Statement":{"Sid":"Own","Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"s3:GetObject","Resource":"*"}}`),
		rules:      []types.LifecycleRule{{ID: aws.String("own")}},
	}}
	a.addKey("somebody's")
	if _, err := a.place(io.Discard).prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	statements := a.bucket.statements(t)
	if len(statements) != 2 || statements[0].(map[string]any)["Sid"] != "Own" || !strings.Contains(*a.bucket.policy, "2008-10-17") {
		t.Errorf("its policy is %s", *a.bucket.policy)
	}
	if len(a.bucket.rules) != 2 || *a.bucket.rules[0].ID != "own" {
		t.Errorf("its lifecycle is %+v", a.bucket.rules)
	}
	if len(a.keys) != 2 || slices.Contains(a.made, "CreateBucket") {
		t.Errorf("there are keys %v, and it made %v", a.keys, a.made)
	}
}

func TestWhatIsNoPlaceForAStateIsRefusedBeforeAnythingIsMade(t *testing.T) {
	everybody := types.Grant{Grantee: &types.Grantee{URI: aws.String("http://acs.amazonaws.com/groups/global/AllUsers")}}
	for name, test := range map[string]struct {
		bucket *bucket
		wants  []string
	}{
		"a bucket of another account":     {&bucket{owner: "210987654321", region: testRegion}, []string{"not account " + testAccount, "choose another bucket"}},
		"a bucket in another region":      {&bucket{owner: testAccount, region: "us-west-2"}, []string{"is in us-west-2, not in eu-central-1", "REGION=us-west-2"}},
		"a bucket with a public policy":   {&bucket{owner: testAccount, region: testRegion, policy: aws.String("{}"), public: true}, []string{"is public", "choose another bucket"}},
		"a bucket with a public grant":    {&bucket{owner: testAccount, region: testRegion, grants: []types.Grant{everybody}}, []string{"is public", "choose another bucket"}},
		"a bucket that can't be examined": {nil, []string{"looking for bucket shop-state", "interrupted"}},
	} {
		t.Run(name, func(t *testing.T) {
			a := &account{bucket: test.bucket}
			if test.bucket == nil {
				a.interrupted = 1
			}
			_, err := a.place(io.Discard).prepare(t.Context())
			if err == nil {
				t.Fatal("it is none")
			}
			for _, want := range test.wants {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not say %q: %v", want, err)
				}
			}
			if len(a.made) > 0 {
				t.Errorf("it made %v", a.made)
			}
		})
	}
}

func TestAKeyThatCannotBeUsedIsToldWithTheWayOut(t *testing.T) {
	a := prepared(t)
	a.keys[0].KeyState = kmstypes.KeyStatePendingDeletion
	_, err := a.place(io.Discard).prepare(t.Context())
	if err == nil || !strings.Contains(err.Error(), "key-1 is PendingDeletion") || !strings.Contains(err.Error(), "cancel-key-deletion") {
		t.Errorf("the error is %v", err)
	}
}

func TestABucketThatAnotherKeyEncryptsIsToldWithTheWayOut(t *testing.T) {
	a := prepared(t)
	a.bucket.encryption = encryptedWith(types.ServerSideEncryptionAwsKms, "another-key")
	_, err := a.place(io.Discard).prepare(t.Context())
	if err == nil || !strings.Contains(err.Error(), "it is with another-key") || !strings.Contains(err.Error(), "delete-bucket-encryption") {
		t.Errorf("the error is %v", err)
	}
}

func TestTheCLIIsToldWhereThePlaceIs(t *testing.T) {
	var said bytes.Buffer
	p := (&account{}).place(&said)
	if got := p.url(); got != "s3://shop-state?region=eu-central-1" {
		t.Errorf("the backend is %s", got)
	}
	p.explain("arn:of:the:key")
	for _, want := range []string{"--secrets-provider='awskms://alias/shop-state?region=eu-central-1'", "stateBucket shop-state", "stateKeyArn arn:of:the:key"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, &said)
		}
	}
}
