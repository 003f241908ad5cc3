//! The layers of Falco: what is shipped holds against what upstream's programs accept, and what once broke them is refused.
//!
//! Falco itself does not run here. `check` knows what it is told by upstream's sources: which keys there are, what a plugin's
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
