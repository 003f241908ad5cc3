//! One layer: its `layer.yaml`, its templates, and the run over all layers.

pub(super) mod bundle;
pub(super) mod context;
pub(super) mod functions;
pub(super) mod layer;
pub(super) mod run;
pub(super) mod sources;
pub(super) mod template;
