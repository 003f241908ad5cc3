//! Clusters without a machine behind them: a real control plane whose nodes and pods are played by kwok.
//!
//! What an install writes, waits for and removes is the same here as on real nodes, and a cluster is up in seconds, so what has to
//! be shown many times is shown here. Nothing runs: no webhook answers, so Gatekeeper's layers stay away.

pub mod api_server;
mod installs;
mod interrupted;
mod paper;
mod plans;
mod preflight;
mod process;
