//! K3s' own library reads registries.yaml, and each value is the one that the site means.
//!
//! The library drops keys that it does not know without a word, so what it understood is compared, value by value.

use std::fs;

use serde_json::{Value, json};

use super::carried::{AUTHORITY, Carried, SiteText, Transport, altered};
use crate::peers::programs::Programs;

/// Returns what K3s has to make of the file, from the site alone.
fn meant(site: &SiteText) -> Value {
    let mut mirrors = json!({});
    for host in site.mirrored() {
        let path = site.path_of(host);
        let rewrite = if path.is_empty() { Value::Null } else { json!({"^(.*)$": format!("{path}/$1")}) };
        mirrors[host] = json!({"endpoint": [site.url()], "rewrite": rewrite});
    }
    if site.transport == Transport::Plain {
        mirrors["registry.lan:5000"] = json!({"endpoint": [site.url()], "rewrite": null});
    }
    let tls = json!({
        "ca_file": "/etc/rancher/k3s/registry-ca.crt", "cert_file": "", "key_file": "", "insecure_skip_verify": false,
    });
    let own = site.transport == Transport::OwnAuthority;
    let configs = if own { json!({"registry.lan:5000": {"auth": null, "tls": tls}}) } else { Value::Null };
    json!({"mirrors": mirrors, "configs": configs, "auths": null})
}

fn understood(programs: &Programs, carried: &Carried, site: &SiteText) -> Value {
    let file = carried.render(site).join("nodes/registries.yaml");
    let read = programs.run("read-k3s-registries", carried.folder.path(), &[file.to_str().expect("a path")]);
    serde_json::from_str(&read.ok()).expect("JSON")
}

#[test]
fn k3s_understands_the_registry_as_the_site_means_it() {
    let Some(programs) = Programs::find(&["read-k3s-registries"]) else { return };
    let carried = Carried::new(&[]);
    let sites = SiteText::all("k3s");
    assert_eq!(sites.len(), 24);
    for site in sites {
        assert_eq!(understood(&programs, &carried, &site), meant(&site), "{site:?}");
        let authority = carried.rendered(&site).join("nodes/registry-ca.crt");
        let expected = (site.transport == Transport::OwnAuthority).then(|| AUTHORITY.to_owned());
        assert_eq!(fs::read_to_string(authority).ok(), expected, "{site:?}");
    }
}

#[test]
fn a_misspelt_key_is_noticed_though_k3s_says_nothing() {
    let Some(programs) = Programs::find(&["read-k3s-registries"]) else { return };
    let site = SiteText {
        platform: "k3s",
        images: "mirror",
        prefix: "edge",
        quay: "",
        transport: Transport::OwnAuthority,
    };
    for (from, to) in [
        ("endpoint:", "endpoints:"),
        ("rewrite:", "rewrites:"),
        ("ca_file:", "ca-file:"),
        ("\nconfigs:", "\nconfig:"),
    ] {
        let text = altered("k3s/nodes/registries.yaml", from, to);
        let carried = Carried::changed(&[], &[("platforms/k3s/nodes/registries.yaml", &text)]);
        assert_ne!(understood(&programs, &carried, &site), meant(&site), "{to}");
    }
}

#[test]
fn k3s_asks_nobody_else_and_applies_layers_in_their_order() {
    let carried = Carried::new(&[]);
    let site =
        SiteText { platform: "k3s", images: "mirror", prefix: "", quay: "", transport: Transport::Plain };
    let folder = carried.render(&site);
    for role in ["server", "agent"] {
        let text = fs::read_to_string(folder.join(format!("nodes/config-{role}.yaml"))).expect("a file");
        let settings: Vec<_> =
            text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        assert_eq!(settings, ["disable-default-registry-endpoint: true"]);
    }
    let names = |folder: &str, parent: &std::path::Path| {
        let entries = fs::read_dir(parent.join(folder)).expect("a folder");
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names("auto-deploy", &folder), ["10-first.yaml", "20-second-optional.yaml", "20-second.yaml"]);
    let second = fs::read_to_string(folder.join("auto-deploy/20-second.yaml")).expect("a file");
    let (first, rest) = second.split_once("---\n").expect("two documents");
    assert!(first.contains("name: b-second") && rest.contains("name: a-second"), "{second}");
    // Without K3s' own files there is nothing that they could be compared with.
    let nodes = names("nodes", &folder);
    assert_eq!(
        nodes,
        ["README.md", "config-agent.yaml", "config-server.yaml", "install.sh", "registries.yaml"]
    );
    let talos = carried.render(&SiteText { platform: "talos", ..site });
    assert!(!talos.join("auto-deploy").exists());
}

#[test]
fn an_authority_that_is_none_is_refused_and_no_key_is_passed_on() {
    let carried = Carried::new(&[]);
    let site = SiteText {
        platform: "k3s",
        images: "mirror",
        prefix: "",
        quay: "",
        transport: Transport::OwnAuthority,
    };
    let key = "-----BEGIN PRIVATE KEY-----\ncGxhbnRlZA==\n-----END PRIVATE KEY-----\n";
    fs::write(carried.path("ca.pem"), key).expect("a file");
    let refused = carried.try_render(&site, "none", &[]);
    assert_eq!(refused.code, Some(2));
    let said = "error: `ca.pem` holds no certificate, and the site's registry names it as `ca`";
    assert_eq!(refused.stderr.lines().find(|line| line.starts_with("error")), Some(said));
    fs::write(carried.path("ca.pem"), format!("{key}{AUTHORITY}")).expect("a file");
    let authority = carried.render(&site).join("nodes/registry-ca.crt");
    assert_eq!(fs::read_to_string(authority).expect("a file"), AUTHORITY);
}
