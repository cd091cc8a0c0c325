package infra

import "fmt"

// readState lets a role read Pulumi's state of the stacks: which ones there are,
// and what they have. A preview takes no lock and writes nothing. Without a
// bucket the state is in Pulumi Cloud, which AWS has nothing to say about.
// https://www.pulumi.com/docs/iac/concepts/state-and-backends/#using-a-diy-backend
func (s *scope) readState() []statement {
	var statements []statement
	if s.stateBucket != "" {
		statements = append(statements,
			allow("ListState", []string{"s3:ListBucket"}, []string{s.stateARN()}, nil),
			allow("ReadState", []string{"s3:GetObject"}, []string{
				s.stateARN() + "/.pulumi/meta.yaml",
				s.stateARN() + fmt.Sprintf("/.pulumi/stacks/%s/%s.*", s.project, s.stack),
			}, nil))
	}
	if s.stateKeyARN != "" {
		statements = append(statements, allow("DecryptState", []string{"kms:Decrypt"}, []string{s.stateKeyARN}, nil))
	}
	return statements
}

// changeState lets a role write it too, with its history, backups and locks.
func (s *scope) changeState() []statement {
	statements := s.readState()
	if s.stateBucket != "" {
		statements = append(statements, allow("WriteState", []string{"s3:DeleteObject", "s3:GetObject", "s3:PutObject"}, []string{
			s.stateARN() + fmt.Sprintf("/.pulumi/stacks/%s/%s.*", s.project, s.stack),
			s.stateARN() + fmt.Sprintf("/.pulumi/history/%s/%s/*", s.project, s.stack),
			s.stateARN() + fmt.Sprintf("/.pulumi/backups/%s/%s/*", s.project, s.stack),
			s.stateARN() + fmt.Sprintf("/.pulumi/locks/organization/%s/%s/*", s.project, s.stack),
		}, nil))
	}
	if s.stateKeyARN != "" {
		statements = append(statements, allow("EncryptState", []string{"kms:Encrypt", "kms:GenerateDataKey"}, []string{s.stateKeyARN}, nil))
	}
	return statements
}

func (s *scope) stateARN() string { return s.account.bucketARN(s.stateBucket) }
