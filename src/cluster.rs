//! The Kubernetes cluster: applies, waits, proves, keeps the inventory and takes away again.
