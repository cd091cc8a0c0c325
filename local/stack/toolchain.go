package stack

import (
	"encoding/json"
	"os"
	"path/filepath"

	"fargate-stack/local/toolchain"
)

// recordToolchain keeps what the stack is deployed with.
func (s *Stack) recordToolchain() error {
	content, err := json.Marshal(s.options.Toolchain)
	if err != nil {
		return err
	}
	path := toolchainRecord(s.options.StateDirectory)
	if err := os.WriteFile(path+".new", content, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// RecordedToolchain returns what the stack was last deployed with. It is what
// reads and destroys the stack best, whatever the repository has become since.
// There is none if the stack was never made ready, or if the cache was removed.
func RecordedToolchain(stateDirectory string) (*toolchain.Toolchain, bool) {
	content, err := os.ReadFile(toolchainRecord(stateDirectory))
	if err != nil {
		return nil, false
	}
	var recorded toolchain.Toolchain
	if err := json.Unmarshal(content, &recorded); err != nil {
		return nil, false
	}
	_, err = os.Stat(recorded.Pulumi)
	return &recorded, err == nil
}

func toolchainRecord(stateDirectory string) string {
	return filepath.Join(directory(stateDirectory), "toolchain.json")
}
