package toolchain

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/zclconf/go-cty/cty"
)

// mirrors returns the folders where Terraform looks for providers, or keeps
// them, in the order in which they are searched, and those for optional
// software.
// https://developer.hashicorp.com/terraform/cli/config/config-file
func mirrors() []string {
	folders := filepath.SplitList(os.Getenv("TF_PLUGIN_CACHE_DIR"))
	folders = append(folders, configuredMirrors(terraformConfiguration())...)
	if home, err := os.UserHomeDir(); err == nil {
		folders = append(folders,
			filepath.Join(home, ".terraform.d", "plugins"),
			filepath.Join(home, ".terraform.d", "plugin-cache"))
	}
	for _, data := range dataFolders() {
		folders = append(folders, filepath.Join(data, "terraform", "plugins"))
	}
	optional, err := filepath.Glob(filepath.Join(optionalSoftware, "*"))
	if err != nil {
		return folders
	}
	return append(folders, optional...)
}

// optionalSoftware is where packages from outside of a distribution go.
var optionalSoftware = "/opt"

// terraformConfiguration returns the path of the configuration of Terraform's
// command line.
func terraformConfiguration() string {
	if path := os.Getenv("TF_CLI_CONFIG_FILE"); path != "" {
		return path
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".terraformrc")
}

// configuredMirrors returns the folders that the configuration names. A
// configuration that is missing or wrong has none: Terraform, not this, tells
// its owner what is wrong.
func configuredMirrors(path string) []string {
	file, _ := hclparse.NewParser().ParseHCLFile(path)
	if file == nil {
		return nil
	}
	root, _, _ := file.Body.PartialContent(&hcl.BodySchema{
		Attributes: []hcl.AttributeSchema{{Name: "plugin_cache_dir"}},
		Blocks:     []hcl.BlockHeaderSchema{{Type: "provider_installation"}},
	})
	folders := text(root.Attributes["plugin_cache_dir"])
	for _, installation := range root.Blocks {
		methods, _, _ := installation.Body.PartialContent(&hcl.BodySchema{
			Blocks: []hcl.BlockHeaderSchema{{Type: "filesystem_mirror"}},
		})
		for _, mirror := range methods.Blocks {
			content, _, _ := mirror.Body.PartialContent(&hcl.BodySchema{
				Attributes: []hcl.AttributeSchema{{Name: "path"}},
			})
			folders = append(folders, text(content.Attributes["path"])...)
		}
	}
	return folders
}

// text returns the text of an attribute, with the environment's variables
// filled in, and nothing if it has none.
func text(attribute *hcl.Attribute) []string {
	if attribute == nil {
		return nil
	}
	value, problems := attribute.Expr.Value(nil)
	if problems.HasErrors() || value.IsNull() || value.Type() != cty.String {
		return nil
	}
	return []string{os.ExpandEnv(value.AsString())}
}

// dataFolders returns the folders for data of the XDG base directory
// specification, the user's own first.
func dataFolders() []string {
	own := os.Getenv("XDG_DATA_HOME")
	if home, err := os.UserHomeDir(); own == "" && err == nil {
		own = filepath.Join(home, ".local", "share")
	}
	shared := os.Getenv("XDG_DATA_DIRS")
	if strings.TrimSpace(shared) == "" {
		shared = "/usr/local/share:/usr/share"
	}
	return append([]string{own}, filepath.SplitList(shared)...)
}
