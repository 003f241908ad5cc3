use crate::spec::{Addition, Compose, Spec};

const UNSIGNED: &str = "{unsigned: {reason: a test}}";

fn spec(compose: &str) -> String {
    format!(
        "apiVersion: bundle/v1alpha1\n\
         kind: Bundle\n\
         metadata: {{name: test, version: 1}}\n\
         targets: [linux/amd64]\n\
         components:\n\
         \x20 - name: first\n\
         \x20   compose:\n\
         \x20     - {compose}\n\
         \x20 - name: second\n\
         \x20   images: [{{ref: docker.io/a/base:1, verify: {UNSIGNED}}}]\n\
         \x20   artifacts: [{{ref: ghcr.io/a/plugin:2, verify: {UNSIGNED}}}, {{ref: ghcr.io/a/rules:3, verify: {UNSIGNED}}}]\n"
    )
}

fn faults(compose: &str) -> Vec<String> {
    let faults = Spec::parse(&spec(compose), "x.yaml").unwrap_err().faults;
    faults.iter().map(|fault| format!("{}; {}", fault.message, fault.hint)).collect()
}

#[test]
fn what_is_added_is_sorted_by_path_and_may_stand_in_any_component() {
    let text = "{image: 'bundle.local/both:1-2', base: docker.io/a/base:1, add: [{artifact: ghcr.io/a/rules:3, file: r.yaml, to: /etc/x/}, {artifact: ghcr.io/a/plugin:2, file: lib.so, to: /}]}";
    let spec = Spec::parse(&spec(text), "x.yaml").unwrap();
    let addition =
        |artifact: &str, path: &str| Addition { artifact: artifact.parse().unwrap(), path: path.to_owned() };
    let expected = Compose {
        image: "bundle.local/both:1-2".parse().unwrap(),
        base: "docker.io/a/base:1".parse().unwrap(),
        add: vec![addition("ghcr.io/a/rules:3", "/etc/x/r.yaml"), addition("ghcr.io/a/plugin:2", "/lib.so")],
    };
    assert_eq!(spec.compose().collect::<Vec<_>>(), [&expected]);
    assert_eq!(expected.add[0].file(), "r.yaml");
}

#[test]
fn what_cannot_be_made_is_a_fault() {
    let add = |more: &str| {
        format!(
            "{{image: 'bundle.local/x:1', base: docker.io/a/base:1, add: [{{artifact: ghcr.io/a/plugin:2, file: lib.so, to: /lib}}{more}]}}"
        )
    };
    let to = |to: &str| {
        format!(
            "{{image: 'bundle.local/x:1', base: docker.io/a/base:1, add: [{{artifact: ghcr.io/a/plugin:2, file: lib.so, to: '{to}'}}]}}"
        )
    };
    let no_folder = |to: &str| {
        format!(
            "`{to}` is no folder of an image; write it from the root on, without `..` and without special characters: /usr/share/falco/plugins/"
        )
    };
    let long = format!("/{}", "a".repeat(99));
    let rows = [
        (
            "{image: 'bundle.local/x:1', base: docker.io/a/base:2, add: [{artifact: docker.io/a/base:1, file: f, to: /}]}".to_owned(),
            vec![
                "`docker.io/a/base:2` is not among the `images` of this spec; add it there, with its policy; there are: docker.io/a/base:1".to_owned(),
                "`docker.io/a/base:1` is not among the `artifacts` of this spec; add it there, with its policy; there are: ghcr.io/a/plugin:2, ghcr.io/a/rules:3".to_owned(),
            ],
        ),
        (
            "{image: 'docker.io/a/x:1', base: docker.io/a/base:1, add: []}".to_owned(),
            vec![
                "`docker.io/a/x:1` is no name of an image that a bundle makes; write bundle.local/name:tag: bundle.local/x:1".to_owned(),
                "`add` is empty; name what is added, or use the base itself".to_owned(),
            ],
        ),
        (
            "{image: bundle.local/x, base: docker.io/a/base:1}".to_owned(),
            vec![
                "a composed image lacks `add`; add `add: [{artifact: …, file: …, to: …}]`".to_owned(),
                "`bundle.local/x` has neither a tag nor a digest; add one: `bundle.local/x:1.2.3`".to_owned(),
            ],
        ),
        (
            add(", {artifact: ghcr.io/a/rules:3, file: lib.so, to: /lib/}, {artifact: ghcr.io/a/rules:3, file: x, to: /lib/lib.so}"),
            vec![
                "`/lib/lib.so` is taken by another file; add each file once, to a path of its own".to_owned(),
                "`/lib/lib.so/x` is taken by another file; add each file once, to a path of its own".to_owned(),
            ],
        ),
        (to("usr/lib"), vec![no_folder("usr/lib")]),
        (to("/usr/../lib"), vec![no_folder("/usr/../lib")]),
        (to("/usr//lib"), vec![no_folder("/usr//lib")]),
        (to("/.wh.usr"), vec![no_folder("/.wh.usr")]),
        (to("/usr lib"), vec![no_folder("/usr lib")]),
        (to(&long), vec![format!("`{long}/lib.so` has 107 bytes; choose a folder so that it has at most 100")]),
    ];
    for (text, expected) in rows {
        assert_eq!(faults(&text), expected, "{text}");
    }
    let hidden = faults(
        "{image: 'bundle.local/x:1', base: docker.io/a/base:1, add: [{artifact: ghcr.io/a/plugin:2, file: .wh.lib, to: /}]}",
    );
    assert_eq!(
        hidden,
        [
            "`.wh.lib` cannot be part of a file's name; use letters, digits, `.`, `_` and `-`, at most 100, and no `.` in front"
        ]
    );
}
