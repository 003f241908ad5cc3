//! The paths of upstream's repositories in a registry of the airgap side.

use std::collections::BTreeMap;

use serde::Serialize;

use super::host::is_host;
use crate::reference::ImageRef;

/// The upstream hosts that have a path of their own in a registry: `quay.io: quay` puts `quay.io/a/b` at `quay/a/b`.
///
/// Repositories of any other host keep upstream's path. So two hosts with the same path can be kept apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct HostPaths(BTreeMap<String, String>);

/// A host cannot have this path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHostPath {
    /// References do not name the host so.
    #[error("`{host}` is not a host of references{}", .named.as_ref().map(|named| format!(": references name it `{named}`")).unwrap_or_default())]
    Host {
        /// What was found.
        host: String,
        /// How references name it, if that is known.
        named: Option<String>,
    },
    /// The path cannot stand before a repository.
    #[error("`{path}` cannot be a prefix of a repository's name")]
    Path {
        /// What was found.
        path: String,
    },
    /// The host has another path already.
    #[error("`{host}` has two paths: `{first}` and `{second}`")]
    Twice {
        /// The host.
        host: String,
        /// One path.
        first: String,
        /// The other.
        second: String,
    },
}

impl InvalidHostPath {
    /// Returns a next step that works.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Host { .. } => "write the host as the spec's references do: docker.io, quay.io",
            Self::Path { .. } => "write lower-case path parts without slashes at the ends: mirror/quay",
            Self::Twice { .. } => "keep one of the two",
        }
    }
}

impl HostPaths {
    /// Gives a host a path.
    ///
    /// # Errors
    /// When references would not name the host or the repositories so, or the host has another path.
    pub fn add(&mut self, host: &str, path: &str) -> Result<(), InvalidHostPath> {
        check_host(host)?;
        let placed = format!("{host}/{path}/name").parse::<ImageRef>();
        if !placed.is_ok_and(|placed| placed.repository() == format!("{path}/name")) {
            return Err(InvalidHostPath::Path { path: path.to_owned() });
        }
        match self.0.insert(host.to_owned(), path.to_owned()) {
            Some(first) if first != path => {
                Err(InvalidHostPath::Twice { host: host.to_owned(), first, second: path.to_owned() })
            }
            _ => Ok(()),
        }
    }

    /// Returns a host's path; empty if it has none of its own.
    #[must_use]
    pub fn of(&self, host: &str) -> &str {
        self.0.get(host).map_or("", String::as_str)
    }

    /// Returns the hosts that have a path of their own, in order.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Returns the path of an upstream repository: `quay.io/a/b` becomes `a/b`, or `quay/a/b`.
    #[must_use]
    pub fn place(&self, upstream: &str) -> String {
        let (host, repository) = upstream.split_once('/').unwrap_or(("", upstream));
        below(self.of(host), repository)
    }
}

/// Returns a path below another one, which may be empty.
#[must_use]
pub fn below(path: &str, rest: &str) -> String {
    match (path, rest) {
        ("", only) | (only, "") => only.to_owned(),
        _ => format!("{path}/{rest}"),
    }
}

fn check_host(host: &str) -> Result<(), InvalidHostPath> {
    let named = format!("{host}/a/b").parse::<ImageRef>().ok().filter(|_| is_host(host));
    match named {
        Some(named) if named.registry() == host => Ok(()),
        named => {
            let named = named.filter(|named| named.repository() == "a/b");
            let named = named.map(|named| named.registry().to_owned());
            Err(InvalidHostPath::Host { host: host.to_owned(), named })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_with_a_path_has_its_repositories_below_it() {
        let mut paths = HostPaths::default();
        paths.add("quay.io", "mirror/quay").unwrap();
        paths.add("registry.lan:5000", "lan").unwrap();
        for (upstream, expected) in [
            ("quay.io/a/b", "mirror/quay/a/b"),
            ("registry.lan:5000/a", "lan/a"),
            ("docker.io/library/nginx", "library/nginx"),
            ("quay.io.example/a", "a"),
        ] {
            assert_eq!(paths.place(upstream), expected);
        }
        assert_eq!((paths.of("quay.io"), paths.of("docker.io")), ("mirror/quay", ""));
    }

    #[test]
    fn what_no_reference_could_name_is_refused() {
        for (host, path, said) in [
            (
                "index.docker.io",
                "hub",
                "`index.docker.io` is not a host of references: references name it `docker.io`",
            ),
            ("quay", "q", "`quay` is not a host of references"),
            ("https://quay.io", "q", "`https://quay.io` is not a host of references"),
            ("quay.io/team", "q", "`quay.io/team` is not a host of references"),
            ("", "q", "`` is not a host of references"),
            ("quay.io", "", "`` cannot be a prefix of a repository's name"),
            ("quay.io", "/q", "`/q` cannot be a prefix of a repository's name"),
            ("quay.io", "q/", "`q/` cannot be a prefix of a repository's name"),
            ("quay.io", "Quay", "`Quay` cannot be a prefix of a repository's name"),
            ("quay.io", "../q", "`../q` cannot be a prefix of a repository's name"),
            ("quay.io", "q:1", "`q:1` cannot be a prefix of a repository's name"),
        ] {
            let refused = HostPaths::default().add(host, path).unwrap_err();
            assert_eq!(refused.to_string(), said);
        }
        let mut paths = HostPaths::default();
        paths.add("quay.io", "a").unwrap();
        paths.add("quay.io", "a").unwrap();
        let twice = paths.add("quay.io", "b").unwrap_err();
        assert_eq!(twice.to_string(), "`quay.io` has two paths: `a` and `b`");
    }
}
