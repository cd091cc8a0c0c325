package search

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"
)

type certificatesAPI interface {
	acm.ListCertificatesAPIClient
	ListTagsForCertificate(context.Context, *acm.ListTagsForCertificateInput, ...func(*acm.Options)) (*acm.ListTagsForCertificateOutput, error)
}

type certificateInputs struct {
	tagged
	DomainName string
}

// certificates finds one that is not issued yet too: it is when its DNS record
// is there.
func (a *Account) certificates(ctx context.Context, inputs certificateInputs) ([]Found, error) {
	certificates, err := all(ctx, acm.NewListCertificatesPaginator(a.acm, &acm.ListCertificatesInput{
		CertificateStatuses: []types.CertificateStatus{types.CertificateStatusPendingValidation, types.CertificateStatusIssued},
	}), func(page *acm.ListCertificatesOutput) []types.CertificateSummary { return page.CertificateSummaryList })
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, certificate := range certificates {
		if aws.ToString(certificate.DomainName) != inputs.DomainName {
			continue
		}
		listed, err := a.acm.ListTagsForCertificate(ctx, &acm.ListTagsForCertificateInput{CertificateArn: certificate.CertificateArn})
		if err != nil {
			return nil, err
		}
		tags := map[string]string{}
		for _, tag := range listed.Tags {
			tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
		}
		if inputs.areOn(tags) {
			found = append(found, byID(certificate.CertificateArn))
		}
	}
	return found, nil
}
