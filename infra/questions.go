package infra

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/config"
)

// questions are what the program asks AWS by itself: the provider has no answer
// to them.
type questions struct {
	follow         FollowRollout
	gitHubProvider FindGitHubProvider
}

// newQuestions returns questions that AWS is asked as the provider does.
func newQuestions(ctx context.Context, account *Account) (*questions, error) {
	settings, err := config.LoadDefaultConfig(ctx,
		config.WithRegion(account.Region), config.WithSharedConfigProfile(account.Profile))
	if err != nil {
		return nil, fmt.Errorf("finding out how to reach AWS: %w", err)
	}
	return &questions{follow: newFollowRollout(settings), gitHubProvider: newFindGitHubProvider(settings)}, nil
}
