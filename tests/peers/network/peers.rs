//! Who takes part: every pod that a flow names, a stranger in each namespace, and addresses outside.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use airgap_bundle::spec::Site;
use airgap_bundle::spec::site::SiteFlowEnd;

/// A namespace that no site lists.
const ELSEWHERE: &str = "elsewhere";

/// A pod, or a machine outside the cluster.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Peer {
    /// The pod's namespace; `None` outside.
    pub namespace: Option<String>,
    /// The pod's labels.
    pub labels: BTreeMap<String, String>,
    /// The address, where it is of account.
    pub address: String,
}

impl Peer {
    pub fn is_like(&self, other: &Self) -> bool {
        self.namespace == other.namespace && self.labels == other.labels
    }

    pub fn is_outside(&self) -> bool {
        self.namespace.is_none()
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{namespace}{:?}", self.labels),
            None => f.write_str(&self.address),
        }
    }
}

/// Returns a pod. Its address is in K3s' range for pods, where no site has machines.
pub fn pod(namespace: &str, labels: &[(&str, &str)]) -> Peer {
    let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Peer { namespace: Some(namespace.to_owned()), labels, address: "10.42.0.1".to_owned() }
}

/// Returns a machine outside.
pub fn outside(address: &str) -> Peer {
    Peer { namespace: None, labels: BTreeMap::new(), address: address.to_owned() }
}

/// Returns everyone who takes part in a site's matrix.
pub fn everyone(site: &Site) -> BTreeSet<Peer> {
    let network = &site.network;
    let ends = || network.flows.iter().flat_map(|flow| [&flow.from, &flow.to]);
    let named = ends().filter_map(|end| match end {
        SiteFlowEnd::Pods { namespace, pods } => Some((namespace.as_str(), pods)),
        SiteFlowEnd::Addresses { .. } => None,
    });
    let others = [
        (network.dns.namespace.as_str(), &network.dns.pods),
        (network.prometheus.namespace.as_str(), &network.prometheus.pods),
    ];
    let named: Vec<_> = named.chain(others).collect();
    let listed = site.namespaces.iter().map(|namespace| namespace.name.as_str());
    let namespaces: BTreeSet<_> =
        listed.chain(named.iter().map(|(name, _)| *name)).chain([ELSEWHERE]).collect();
    let namespaces: Vec<_> = namespaces.into_iter().filter(|name| *name != "*").collect();
    let mut everyone = BTreeSet::from([outside("203.0.113.9")]);
    for namespace in &namespaces {
        everyone.insert(pod(namespace, &[("app", "stranger")]));
        // The right labels in the wrong namespace must not help, so everyone's labels are tried everywhere.
        for (_, labels) in &named {
            let labels: Vec<_> = labels.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
            everyone.insert(pod(namespace, &labels));
        }
    }
    for end in ends() {
        if let SiteFlowEnd::Addresses { addresses } = end {
            everyone.extend(addresses.iter().filter_map(|range| Some(outside(range.split_once('/')?.0))));
        }
    }
    everyone
}
