// Resolves and extracts an artifact as Argo CD's repo-server does, and prints the digest it came to:
//
//	read-argocd [--plain-http] oci://HOST/REPOSITORY REVISION FOLDER
//
// REVISION is an Application's `targetRevision`: a tag, a digest or a version constraint. Nothing in FOLDER is
// written over; a symbolic link of the artifact arrives as Argo CD leaves it, with an absolute target.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

	utilio "github.com/argoproj/argo-cd/v3/util/io"
	"github.com/argoproj/argo-cd/v3/util/oci"
)

// What repo-server allows by default: its --oci-layer-media-types and --oci-manifest-max-extracted-size.
var mediaTypes = []string{
	"application/vnd.oci.image.layer.v1.tar",
	"application/vnd.oci.image.layer.v1.tar+gzip",
	"application/vnd.cncf.helm.chart.content.v1.tar+gzip",
}

const largestExtracted = 1_000_000_000

func main() {
	plainHTTP := flag.Bool("plain-http", false, "speak HTTP without TLS")
	flag.Parse()
	if flag.NArg() != 3 {
		exitOn(fmt.Errorf("usage: read-argocd [--plain-http] oci://HOST/REPOSITORY REVISION FOLDER"))
	}
	digest, err := read(flag.Arg(0), flag.Arg(1), flag.Arg(2), *plainHTTP)
	exitOn(err)
	exitOn(json.NewEncoder(os.Stdout).Encode(map[string]string{"digest": digest}))
}

func read(url, revision, folder string, plainHTTP bool) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cache, err := os.MkdirTemp("", "read-argocd-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(cache)

	client, err := oci.NewClient(url, oci.Creds{InsecureHTTPOnly: plainHTTP}, "", "", mediaTypes,
		oci.WithImagePaths(utilio.NewRandomizedTempPaths(cache)), oci.WithManifestMaxExtractedSize(largestExtracted))
	if err != nil {
		return "", err
	}
	digest, err := client.ResolveRevision(ctx, revision, true)
	if err != nil {
		return "", err
	}
	extracted, closer, err := client.Extract(ctx, digest)
	if err != nil {
		return "", err
	}
	defer utilio.Close(closer)
	return digest, os.CopyFS(folder, os.DirFS(extracted))
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "read-argocd: %v\n", err)
		os.Exit(1)
	}
}
