//! Talos' own decoder reads every document, and each value is the one that the site means.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use bundle_testing::carried::{AUTHORITY, Carried, SiteText, Transport, altered};
use bundle_testing::programs::Programs;
use bundle_testing::support::Ran;

const MIRRORS: &str = "registry-mirrors.yaml";
const OLD_MIRRORS: &str = "registry-mirrors-before-1.12.yaml";
const PLAIN: SiteText =
    SiteText { platform: "talos", images: "mirror", prefix: "edge", quay: "", transport: Transport::Plain };

fn decode(programs: &Programs, nodes: &Path, name: &str, patch: bool) -> Ran {
    let file = nodes.join(name);
    let file = file.to_str().expect("a path");
    let arguments = if patch { vec!["patch", file] } else { vec![file] };
    programs.run("read-talos", nodes, &arguments)
}

/// Returns the values of the documents of a file; nothing where there is no such file.
fn values(programs: &Programs, nodes: &Path, name: &str, patch: bool) -> Option<Vec<Value>> {
    nodes.join(name).exists().then(|| {
        let read: Vec<Value> =
            serde_json::from_str(&decode(programs, nodes, name, patch).ok()).expect("JSON");
        for document in &read {
            assert_eq!(document["warnings"], json!([]), "{name}");
        }
        read.into_iter().map(|document| document["values"].clone()).collect()
    })
}

/// Returns the hosts whose images come from the registry, with the endpoint and whether that is a whole path.
fn meant(site: &SiteText) -> Vec<(&'static str, String, bool)> {
    let mirror = |host: &&'static str| match site.path_of(host) {
        path if path.is_empty() => (*host, site.url().to_owned(), false),
        path => (*host, format!("{}/v2/{path}", site.url()), true),
    };
    let mut all: Vec<_> = site.mirrored().iter().map(mirror).collect();
    if site.transport == Transport::Plain {
        all.push(("registry.lan:5000", site.url().to_owned(), false));
    }
    all
}

fn mirror((host, url, whole): &(&str, String, bool)) -> Value {
    let mut endpoint = json!({"url": url});
    if *whole {
        endpoint["overridePath"] = true.into();
    }
    let (kind, version) = ("RegistryMirrorConfig", "v1alpha1");
    json!({"apiVersion": version, "kind": kind, "name": host, "endpoints": [endpoint], "skipFallback": true})
}

fn old_mirror((_, url, whole): &(&str, String, bool)) -> Value {
    let mut mirror = json!({"endpoints": [url], "skipFallback": true});
    if *whole {
        mirror["overridePath"] = true.into();
    }
    mirror
}

#[test]
fn talos_understands_the_registry_as_the_site_means_it() {
    let programs = Programs::need(&["read-talos"]);
    let carried = Carried::new(&[]);
    let sites = SiteText::all("talos");
    assert_eq!(sites.len(), 24);
    for site in sites {
        let nodes = carried.render(&site).join("nodes");
        let mirrors = meant(&site);
        let any = !mirrors.is_empty();
        let expected = any.then(|| mirrors.iter().map(mirror).collect::<Vec<_>>());
        assert_eq!(values(&programs, &nodes, MIRRORS, false), expected, "{site:?}");
        let old = values(&programs, &nodes, OLD_MIRRORS, true);
        let old = old.map(|documents| documents[0]["machine"]["registries"].clone());
        let expected = json!({"mirrors": mirrors.iter().map(|one| (one.0.to_owned(), old_mirror(one))).collect::<serde_json::Map<_, _>>()});
        assert_eq!(old, any.then_some(expected), "{site:?}");
        let roots = values(&programs, &nodes, "trusted-roots.yaml", false);
        let own = site.transport == Transport::OwnAuthority;
        let expected = json!({
            "apiVersion": "v1alpha1", "kind": "TrustedRootsConfig", "name": "bundle-registry", "certificates": AUTHORITY,
        });
        assert_eq!(roots, own.then(|| vec![expected]), "{site:?}");
    }
}

#[test]
fn rules_for_images_say_what_a_node_can_check() {
    let programs = Programs::need(&["read-talos"]);
    let carried = Carried::new(&[]);
    let rules = |site: &SiteText, name: &str| {
        let nodes = carried.rendered(site).join("nodes");
        values(&programs, &nodes, name, false).expect("a file")[0]["rules"].clone()
    };
    let keyless = json!({"issuer": "https://issuer.test", "subject": "https://acme.test/app"});
    for (site, app, other) in [
        (PLAIN, "*docker.io/acme/app", "quay.io/acme/other"),
        (
            SiteText { images: "rewrite", ..PLAIN },
            "registry.lan:5000/edge/acme/app",
            "registry.lan:5000/edge/acme/other",
        ),
    ] {
        carried.render(&site);
        let unchecked = |image: &str| json!({"image": image, "skip": true});
        assert_eq!(rules(&site, "image-verification.yaml"), json!([unchecked(app), unchecked(other)]));
        let online = json!([{"image": app, "keyless": keyless}, unchecked(other)]);
        assert_eq!(rules(&site, "image-verification-online.yaml"), online);
    }
}

#[test]
fn pod_security_is_the_same_before_and_after_1_14() {
    let programs = Programs::need(&["read-talos"]);
    let carried = Carried::new(&[]);
    let nodes = carried.render(&PLAIN).join("nodes");
    let old = values(&programs, &nodes, "pod-security.yaml", true).expect("a file");
    let plugin = &old[0]["cluster"]["apiServer"]["admissionControl"][0];
    assert_eq!(plugin["name"], "PodSecurity");
    let exempt = &plugin["configuration"]["exemptions"]["namespaces"];
    assert_eq!(*exempt, json!(["kube-system", "falco"]), "the bundle has Falco and not the scanner");
    // This decoder is of Talos 1.13, which does not know the newer kind; what it configures is what the older one says.
    let refused = decode(&programs, &nodes, "pod-security-1.14.yaml", false);
    assert!(refused.stderr.contains("KubeAdmissionControlConfig"), "{refused:?}");
    let lines = |name: &str, indent: usize| {
        let text = fs::read_to_string(nodes.join(name)).expect("a file");
        let (_, rest) = text.split_once("configuration:\n").expect("a configuration");
        rest.lines().map(|line| line[indent..].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(lines("pod-security-1.14.yaml", 2), lines("pod-security.yaml", 10));
}

#[test]
fn a_misspelt_key_is_refused_by_talos() {
    let programs = Programs::need(&["read-talos"]);
    for (name, from, to, patch) in [
        (MIRRORS, "skipFallback", "skipFallbacks", false),
        (MIRRORS, "overridePath", "overridepath", false),
        (OLD_MIRRORS, "overridePath", "overridePaths", true),
        ("trusted-roots.yaml", "certificates:", "certificate:", false),
        ("image-verification.yaml", "skip: true", "skipped: true", false),
        ("image-verification-online.yaml", "subject:", "subjects:", false),
        ("pod-security.yaml", "admissionControl", "admissionControls", true),
    ] {
        let path = format!("talos/nodes/{name}");
        let carried = Carried::changed(&[], &[(&format!("platforms/{path}"), &altered(&path, from, to))]);
        let transport = if name == "trusted-roots.yaml" { Transport::OwnAuthority } else { Transport::Plain };
        let nodes = carried.render(&SiteText { transport, ..PLAIN }).join("nodes");
        let refused = decode(&programs, &nodes, name, patch);
        let word = to.trim_end_matches(": true").trim_end_matches(':');
        assert!(refused.code != Some(0) && refused.stderr.contains(word), "{name}: {refused:?}");
    }
}
