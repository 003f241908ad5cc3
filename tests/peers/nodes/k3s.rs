//! K3s' own library reads registries.yaml, and each value is the one that the site means.
//!
//! The library drops keys that it does not know without a word, so what it understood is compared, value by value.

use std::fs;

use bundle_testing::carried::{AUTHORITY, Carried, SiteText, Transport, altered};
use bundle_testing::programs::Programs;
use serde_json::{Value, json};

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
    let programs = Programs::need(&["read-k3s-registries"]);
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
    let programs = Programs::need(&["read-k3s-registries"]);
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
