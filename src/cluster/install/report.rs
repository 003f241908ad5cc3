//! What an install did, by layer.

use crate::cluster::change::apply::{Applied, Outcome};
use crate::cluster::change::prepare::PreparedLayer;
use crate::cluster::change::remove::RemovalReport;
use crate::cluster::objects::id::ObjectId;
use crate::cluster::record::inventory::Revision;

/// What an install did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct ApplyReport {
    /// The layers, in order.
    pub layers: Vec<LayerReport>,
    /// The objects that only an earlier revision had.
    pub pruned: RemovalReport,
    /// The revision before; `None` if there was none.
    pub from: Option<Revision>,
    /// Whether anything of the install changed.
    pub written: bool,
}

/// What happened to the objects of a layer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LayerReport {
    /// The layer's name.
    pub name: String,
    /// Objects that are new.
    pub created: Vec<ObjectId>,
    /// Objects that changed.
    pub changed: Vec<ObjectId>,
    /// How many objects were up to date.
    pub unchanged: usize,
    /// Objects that existed before; they are kept on uninstall.
    pub adopted: Vec<ObjectId>,
    /// Objects that were skipped, because the cluster does not know their kind.
    pub left_out: Vec<String>,
}

impl ApplyReport {
    /// Returns how many objects were created.
    #[must_use]
    pub fn created(&self) -> usize {
        self.layers.iter().map(|layer| layer.created.len()).sum()
    }

    /// Returns how many objects were changed.
    #[must_use]
    pub fn changed(&self) -> usize {
        self.layers.iter().map(|layer| layer.changed.len()).sum()
    }

    /// Returns how many objects were up to date.
    #[must_use]
    pub fn unchanged(&self) -> usize {
        self.layers.iter().map(|layer| layer.unchanged).sum()
    }
}

impl LayerReport {
    /// Reports what became of the objects of a layer.
    pub(super) fn of(layer: &PreparedLayer<'_>, applied: &[Applied]) -> Self {
        let (name, left_out) = (layer.name.to_owned(), layer.left_out.clone());
        let mut report = Self { name, left_out, ..Default::default() };
        for (object, applied) in layer.objects.iter().zip(applied) {
            let id = object.id.clone();
            if !applied.created {
                report.adopted.push(id.clone());
            }
            match applied.outcome {
                Outcome::Created => report.created.push(id),
                Outcome::Changed => report.changed.push(id),
                Outcome::Unchanged => report.unchanged += 1,
            }
        }
        report
    }

    /// Reports a layer with every object up to date.
    pub(super) fn up_to_date(layer: &PreparedLayer<'_>) -> Self {
        let (name, left_out) = (layer.name.to_owned(), layer.left_out.clone());
        Self { name, left_out, unchanged: layer.objects.len(), ..Default::default() }
    }
}
