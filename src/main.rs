//! The `bundle` program: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    airgap_bundle::cli::main(std::env::args_os(), &airgap_bundle::cli::Environment::of_process())
}
