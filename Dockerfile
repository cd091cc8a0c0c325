# The app in service/, which is the build context:
#   docker build -f Dockerfile service

# Go compiles for the target from the machine's own processor, so an image for
# another one needs no emulation.
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
ARG TARGETOS
ARG TARGETARCH
ENV CGO_ENABLED=0 GOTOOLCHAIN=local GOOS=$TARGETOS GOARCH=$TARGETARCH GOFLAGS="-trimpath -buildvcs=false"
WORKDIR /src

# Dependencies, and the part of the standard library that every build compiles,
# stay cached while only the sources change.
COPY go.mod go.sum* ./
RUN go mod download && go build net/http log/slog encoding/json html

COPY . .
ARG VERSION=dev
RUN go build -ldflags "-s -w -X main.version=$VERSION" -o /service .

FROM scratch
COPY --from=build /service /service
USER 65532:65532
EXPOSE 5000
ENTRYPOINT ["/service"]
