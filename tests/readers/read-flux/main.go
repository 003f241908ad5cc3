// Pulls an artifact as Flux' OCIRepository does, and prints the digest and the annotations it saw:
//
//	read-flux [--plain-http] oci://HOST/REPOSITORY[:TAG|@DIGEST] FOLDER
//
// Like source-controller without a layer selector it takes the first layer, whatever its media type, for a
// compressed tar, and leaves symbolic links out. The flag is the `insecure: true` of an OCIRepository; addresses of
// this machine and of private networks are asked over HTTP without it, too.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/fluxcd/pkg/oci"
	"github.com/google/go-containerregistry/pkg/crane"
)

func main() {
	plainHTTP := flag.Bool("plain-http", false, "speak HTTP without TLS")
	flag.Parse()
	if flag.NArg() != 2 {
		exitOn(fmt.Errorf("usage: read-flux [--plain-http] oci://HOST/REPOSITORY[:TAG|@DIGEST] FOLDER"))
	}
	url, err := oci.ParseArtifactURL(flag.Arg(0))
	exitOn(err)
	exitOn(os.MkdirAll(flag.Arg(1), 0o755))

	options := oci.DefaultOptions()
	if *plainHTTP {
		options = append(options, crane.Insecure)
	}
	// The default of an OCIRepository's `timeout`.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	seen, err := oci.NewClient(options).Pull(ctx, url, flag.Arg(1), oci.WithPullLayerType(oci.LayerTypeTarball))
	exitOn(err)
	exitOn(json.NewEncoder(os.Stdout).Encode(seen))
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "read-flux: %v\n", err)
		os.Exit(1)
	}
}
