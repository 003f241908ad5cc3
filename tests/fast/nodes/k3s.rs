//! The files of K3s' nodes, and the layers that K3s deploys by itself.

use std::fs;

use bundle_testing::carried::{AUTHORITY, Carried, SiteText, Transport};

#[test]
fn k3s_asks_no_other_registry_and_applies_layers_in_their_order() {
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
