//! What a person or a program gets to see of the command line.

mod help;
mod output;

pub use help::commands;
pub use output::ready;
