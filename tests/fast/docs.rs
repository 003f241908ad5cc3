//! The manual says what the program does: the reference names every field and no other, and console blocks run.

mod accepted;
mod console;
mod environment;
mod exit_codes;
mod files;
mod help;
mod links;
mod outputs;
#[allow(dead_code, reason = "unit tests of the library include it, too, and use other parts")]
mod page;
mod produced;
mod transcript;
