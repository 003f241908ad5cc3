// Reads machine configuration as Talos does, and prints the documents it found:
//
//	read-talos [patch] FILE
//
// With `patch` the file is what `talosctl patch machineconfig --patch @FILE` takes, and may hold the v1alpha1
// document only in part. A key that Talos does not know, or a document that is not valid, is Talos' own error.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/siderolabs/talos/pkg/machinery/config/config"
	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/config/configpatcher"
	"github.com/siderolabs/talos/pkg/machinery/config/encoder"
	"github.com/siderolabs/talos/pkg/machinery/config/types/v1alpha1"
	"github.com/siderolabs/talos/pkg/machinery/config/validation"
	"go.yaml.in/yaml/v4"
)

// A document as it was read; Name is empty where the kind has none.
type document struct {
	APIVersion string         `json:"apiVersion"`
	Kind       string         `json:"kind"`
	Name       string         `json:"name"`
	Values     map[string]any `json:"values"`
	Warnings   []string       `json:"warnings"`
}

// A machine with disks, which is what asks for most.
type metal struct{}

func (metal) String() string        { return "metal" }
func (metal) RequiresInstall() bool { return true }
func (metal) InContainer() bool     { return false }

func main() {
	arguments := os.Args[1:]
	patch := len(arguments) == 2 && arguments[0] == "patch"
	if !patch && len(arguments) != 1 {
		exitOn(fmt.Errorf("usage: read-talos [patch] FILE"))
	}
	text, err := os.ReadFile(arguments[len(arguments)-1])
	exitOn(err)
	found, err := load(text, patch)
	exitOn(err)

	read := make([]document, 0, len(found))
	for _, one := range found {
		known, err := describe(one, patch)
		exitOn(err)
		read = append(read, known)
	}
	exitOn(json.NewEncoder(os.Stdout).Encode(read))
}

func load(text []byte, patch bool) ([]config.Document, error) {
	if !patch {
		provider, err := configloader.NewFromBytes(text)
		if err != nil {
			return nil, err
		}
		return provider.Documents(), nil
	}
	loaded, err := configpatcher.LoadPatch(text)
	if err != nil {
		return nil, err
	}
	merged, ok := loaded.(configpatcher.StrategicMergePatch)
	if !ok {
		return nil, fmt.Errorf("got a JSON patch, expected documents")
	}
	return merged.Documents(), nil
}

func describe(one config.Document, patch bool) (document, error) {
	known := document{APIVersion: one.APIVersion(), Kind: one.Kind(), Warnings: []string{}}
	if named, ok := one.(config.NamedDocument); ok {
		known.Name = named.Name()
	}
	_, machine := one.(*v1alpha1.Config)
	if validator, ok := one.(config.Validator); ok && !(patch && machine) {
		warnings, err := validator.Validate(metal{}, validation.WithLocal())
		if err != nil {
			return known, fmt.Errorf("%s %s: %w", known.Kind, known.Name, err)
		}
		known.Warnings = append(known.Warnings, warnings...)
	}
	text, err := encoder.NewEncoder(one, encoder.WithComments(encoder.CommentsDisabled)).Encode()
	if err != nil {
		return known, err
	}
	return known, yaml.Unmarshal(text, &known.Values)
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "read-talos: %v\n", err)
		os.Exit(1)
	}
}
