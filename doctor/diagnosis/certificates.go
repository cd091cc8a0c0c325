package diagnosis

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
)

// lookAtCertificates finds certificates of the stack that no listener can be
// made with, or that clients do not take.
func (x *examination) lookAtCertificates(ctx context.Context) error {
	if x.stack == nil {
		return nil
	}
	for _, arn := range x.stack.certificates() {
		output, err := x.acm.DescribeCertificate(ctx, &acm.DescribeCertificateInput{CertificateArn: &arn})
		if gone, ok := errors.AsType[*acmtypes.ResourceNotFoundException](err); ok {
			x.found.add(ResourceMissing, "certificate "+arn+": "+gone.ErrorMessage())
			continue
		}
		if err != nil {
			return fmt.Errorf("describing certificate %s: %w", arn, err)
		}
		x.lookAtCertificate(output.Certificate)
	}
	return nil
}

func (x *examination) lookAtCertificate(certificate *acmtypes.CertificateDetail) {
	if certificate.Status == acmtypes.CertificateStatusIssued {
		return
	}
	evidence := fmt.Sprintf("the certificate for %s is %s", aws.ToString(certificate.DomainName), certificate.Status)
	if certificate.FailureReason != "" {
		evidence += fmt.Sprintf(": %s", certificate.FailureReason)
	}
	x.found.add(CertificateNotValid, evidence)
	for _, validation := range certificate.DomainValidationOptions {
		if record := validation.ResourceRecord; record != nil && validation.ValidationStatus != acmtypes.DomainStatusSuccess {
			x.found.add(CertificateNotValid, fmt.Sprintf("ACM looks in DNS for the record %s %s %s", aws.ToString(record.Name), record.Type, aws.ToString(record.Value)))
		}
	}
}

// certificates returns the ARNs of the certificates that were made for the
// stack or that its listeners have.
func (s *Stack) certificates() []string {
	var arns []string
	for _, r := range s.ofType(certificateType) {
		arns = append(arns, text(r.Outputs, "arn"))
	}
	for _, r := range s.ofType(listenerType) {
		arns = append(arns, text(r.Outputs, "certificateArn"))
	}
	slices.Sort(arns)
	return slices.DeleteFunc(slices.Compact(arns), func(arn string) bool { return arn == "" })
}
