//! Image platforms, as a spec lists them under `targets`: `os/architecture[/variant]`.

use super::super::decode::closest;

/// Go's names of operating systems, which OCI takes over.
// See: OCI image-spec config.md, `os`; go.dev/doc/install/source#environment
const SYSTEMS: &[&str] = &[
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "illumos",
    "ios",
    "js",
    "linux",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "wasip1",
    "windows",
];
/// Go's names of architectures, which OCI takes over.
// See: OCI image-spec config.md, `architecture`; go.dev/doc/install/source#environment
const ARCHITECTURES: &[&str] = &[
    "386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le",
    "riscv64", "s390x", "wasm",
];
/// What `uname -m` and distributions call some of them.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("aarch64", "arm64"),
    ("armhf", "arm"),
    ("i386", "386"),
    ("i686", "386"),
    ("x64", "amd64"),
    ("x86", "386"),
    ("x86_64", "amd64"),
];

/// Checks a target; returns message and hint if no image can have it.
pub(super) fn check_target(target: &str) -> Result<(), (String, String)> {
    let parts: Vec<_> = target.split('/').collect();
    let ([system, architecture] | [system, architecture, _]) = parts[..] else { return Err(shape(target)) };
    let variant = parts.get(2).copied();
    if variant.is_some_and(|variant| !is_word(variant)) {
        return Err(shape(target));
    }
    if !SYSTEMS.contains(&system) {
        let meant = closest(system, SYSTEMS).map(|near| spelt(near, architecture, variant));
        return Err(unknown(target, "operating system", system, meant, SYSTEMS));
    }
    if !ARCHITECTURES.contains(&architecture) {
        let other = OTHER_NAMES.iter().find(|(name, _)| *name == architecture).map(|(_, known)| *known);
        let near = other.or_else(|| closest(architecture, ARCHITECTURES));
        let meant = near.map(|near| spelt(system, near, variant));
        return Err(unknown(target, "architecture", architecture, meant, ARCHITECTURES));
    }
    Ok(())
}

fn shape(target: &str) -> (String, String) {
    (format!("`{target}` is not a platform"), "write os/architecture: linux/amd64".to_owned())
}

fn unknown(target: &str, what: &str, found: &str, meant: Option<String>, known: &[&str]) -> (String, String) {
    let message = format!("`{target}` is not a platform: unknown {what} `{found}`");
    let hint = match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("write one of: {}", known.join(", ")),
    };
    (message, hint)
}

fn spelt(system: &str, architecture: &str, variant: Option<&str>) -> String {
    [system, architecture].into_iter().chain(variant).collect::<Vec<_>>().join("/")
}

fn is_word(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_platforms_are_accepted() {
        for target in ["linux/amd64", "linux/arm64", "linux/arm/v7", "windows/amd64", "linux/s390x"] {
            assert_eq!(check_target(target), Ok(()), "{target}");
        }
    }

    #[test]
    fn misspelt_platforms_are_refused_with_the_likely_one() {
        for (target, hint) in [
            ("linux/amd65", "did you mean `linux/amd64`?"),
            ("linus/arm64", "did you mean `linux/arm64`?"),
            ("linux/aarch64", "did you mean `linux/arm64`?"),
            ("linux/x86_64", "did you mean `linux/amd64`?"),
            ("Linux/amd64", "did you mean `linux/amd64`?"),
            ("linux/arm46/v8", "did you mean `linux/arm64/v8`?"),
            ("linux", "write os/architecture: linux/amd64"),
            ("linux/arm/v7/x", "write os/architecture: linux/amd64"),
            ("linux/arm/", "write os/architecture: linux/amd64"),
        ] {
            let (message, found) = check_target(target).expect_err(target);
            assert!(message.starts_with(&format!("`{target}` is not a platform")), "{message}");
            assert_eq!(found, hint, "{target}");
        }
        let (message, hint) = check_target("linux/zzz").expect_err("unknown");
        assert_eq!(message, "`linux/zzz` is not a platform: unknown architecture `zzz`");
        assert!(hint.starts_with("write one of: 386, amd64, "), "{hint}");
    }
}
