//! What a site leaves open, though nothing is wrong with it.

use super::{NamespaceNetwork, PodSecurity, Site, SiteFlow, SiteNamespace};

impl Site {
    /// Returns what its operator should know before anything is done: what is enforced less than it could be, and what
    /// has no effect.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let namespaces = self.namespaces.iter().flat_map(|namespace| {
            [pod_security(namespace), network(namespace)].into_iter().flatten().collect::<Vec<_>>()
        });
        let idle = self.network.flows.iter().filter(|flow| !self.is_of_use(flow));
        let idle = idle.map(|flow| {
            format!(
                "flow `{}` has no effect: it opens nothing in an isolated namespace of the site",
                flow.name
            )
        });
        namespaces.chain(self.api_server()).chain(idle).collect()
    }

    fn api_server(&self) -> Option<String> {
        let server = &self.network.api_server;
        server.addresses.is_empty().then(|| {
            format!(
                "`network.apiServer.addresses` is empty: pods that may reach the API server may reach port {} of any address",
                server.port
            )
        })
    }

    fn is_of_use(&self, flow: &SiteFlow) -> bool {
        let isolated =
            self.namespaces.iter().filter(|namespace| namespace.network == NamespaceNetwork::Isolated);
        isolated.map(|namespace| &namespace.name).any(|name| flow.leaves(name) || flow.enters(name))
    }
}

fn pod_security(namespace: &SiteNamespace) -> Option<String> {
    let name = &namespace.name;
    match namespace.pod_security {
        PodSecurity::Restricted => None,
        PodSecurity::Baseline => Some(format!(
            "namespace `{name}` enforces only `baseline`: its pods may run as root, and with more capabilities than they need"
        )),
        PodSecurity::Privileged => Some(format!(
            "namespace `{name}` enforces only `privileged`: its pods may do anything on their nodes"
        )),
    }
}

fn network(namespace: &SiteNamespace) -> Option<String> {
    let name = &namespace.name;
    (namespace.network == NamespaceNetwork::Open).then(|| {
        format!("namespace `{name}` has `network: open`: its pods may talk to anyone, and anyone to them")
    })
}
