// Reads registries.yaml with the library that K3s reads it with, and prints what came of it:
//
//	read-k3s-registries FILE
//
// The library drops a key that it does not know without a word: only what is printed was understood.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/rancher/wharfie/pkg/registries"
)

func main() {
	if len(os.Args) != 2 {
		exitOn(fmt.Errorf("usage: read-k3s-registries FILE"))
	}
	// The library takes a file that does not exist for an empty one.
	_, err := os.Stat(os.Args[1])
	exitOn(err)
	read, err := registries.GetPrivateRegistries(os.Args[1])
	exitOn(err)
	exitOn(json.NewEncoder(os.Stdout).Encode(read.Registry))
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "read-k3s-registries: %v\n", err)
		os.Exit(1)
	}
}
