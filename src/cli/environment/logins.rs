//! The files in which Docker and Podman store logins.

use std::ffi::OsString;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use crate::registry::LoginFiles;

/// The inputs that decide where Docker and Podman store logins.
#[derive(Default)]
struct Places {
    registry_auth_file: Option<PathBuf>,
    docker_config: Option<PathBuf>,
    runtime: Option<PathBuf>,
    config: Option<PathBuf>,
    home: Option<PathBuf>,
    user: Option<u32>,
}

/// Returns the files that the environment points to.
pub(super) fn files(variable: impl Fn(&str) -> Option<OsString>) -> LoginFiles {
    let folder = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let places = Places {
        registry_auth_file: folder("REGISTRY_AUTH_FILE"),
        docker_config: folder("DOCKER_CONFIG"),
        runtime: folder("XDG_RUNTIME_DIR"),
        config: folder("XDG_CONFIG_HOME"),
        home: folder("HOME"),
        // See: proc(5): the folder belongs to the process's effective user
        user: std::fs::metadata("/proc/self").ok().map(|own| own.uid()),
    };
    places.files()
}

impl Places {
    /// Returns the named file, then Docker's, then Podman's: first the one that a reboot removes, then the permanent one.
    // See: https://docs.docker.com/reference/cli/docker/#environment-variables, podman-login(1), containers-auth.json(5)
    fn files(self) -> LoginFiles {
        let home = self.home;
        let below_home = |path: &str| home.as_ref().map(|home| home.join(path));
        let docker = self.docker_config.or_else(|| below_home(".docker"));
        let runtime = self.runtime.map(|folder| folder.join("containers"));
        let runtime = runtime.or_else(|| self.user.map(|user| format!("/run/containers/{user}").into()));
        let config = self.config.or_else(|| below_home(".config")).map(|folder| folder.join("containers"));
        let podman = [runtime, config].into_iter().flatten().map(|folder| folder.join("auth.json"));
        let usual = docker.map(|folder| folder.join("config.json")).into_iter().chain(podman).collect();
        LoginFiles { named: self.registry_auth_file, usual }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(names: &[(&str, &str)]) -> LoginFiles {
        let value =
            |name: &str| names.iter().find(|(other, _)| *other == name).map(|(_, value)| value.into());
        Places {
            registry_auth_file: value("REGISTRY_AUTH_FILE"),
            docker_config: value("DOCKER_CONFIG"),
            runtime: value("XDG_RUNTIME_DIR"),
            config: value("XDG_CONFIG_HOME"),
            home: value("HOME"),
            user: Some(7),
        }
        .files()
    }

    #[test]
    fn logins_are_read_from_the_files_that_docker_and_podman_write() {
        for (names, named, usual) in [
            (
                &[("HOME", "/home/me")][..],
                None,
                &[
                    "/home/me/.docker/config.json",
                    "/run/containers/7/auth.json",
                    "/home/me/.config/containers/auth.json",
                ][..],
            ),
            (
                &[
                    ("HOME", "/h"),
                    ("DOCKER_CONFIG", "/d"),
                    ("XDG_RUNTIME_DIR", "/r"),
                    ("XDG_CONFIG_HOME", "/c"),
                ],
                None,
                &["/d/config.json", "/r/containers/auth.json", "/c/containers/auth.json"],
            ),
            (&[("REGISTRY_AUTH_FILE", "/a.json")], Some("/a.json"), &["/run/containers/7/auth.json"]),
        ] {
            let usual = usual.iter().map(PathBuf::from).collect();
            assert_eq!(places(names), LoginFiles { named: named.map(PathBuf::from), usual });
        }
    }
}
