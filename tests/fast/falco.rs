//! The layers of Falco: what is shipped holds against what upstream's programs accept, and what once broke them is refused.
//!
//! Falco itself does not run here. `check` knows what upstream's sources say: which keys exist, what a plugin's
//! schema demands, which versions go together.

mod built;
mod change;
mod check;
mod journey;
mod mistakes;
mod rendered;
mod schemas;
mod shipped;
mod standins;
