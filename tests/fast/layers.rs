//! The house: a module imports from lower layers only, a room inside a module from lower rooms only, files never in circles.

mod code;
mod imports;
mod sources;

use std::fs;

use bundle_testing::support::project;
use sources::{MOST_FILES, Sources, circles};

/// The modules by layer, lowest first. `src/lib.rs` shows the same table.
const LAYERS: [&[&str]; 11] = [
    &["digest", "pem"],
    &["reference", "report", "oci"],
    &["spec", "store"],
    &["output", "server"],
    &["lock", "registry", "platform", "rendered"],
    &["resolve", "fetch", "render"],
    &["trust", "compose", "cluster"],
    &["archive"],
    &["ops"],
    &["cli"],
    &["main"],
];

/// The rooms inside modules, lowest first: a room imports from lower rooms only.
const ROOMS: &[(&str, &[&[&str]])] = &[
    (
        "cluster",
        &[
            &["objects"],
            &["api"],
            &["record", "readiness"],
            &["change"],
            &["install"],
            &["prove", "enforce", "preflight"],
            &["status"],
        ],
    ),
    (
        "registry",
        &[&["error", "place", "secret", "endpoint"], &["transport", "auth"], &["client"], &["push"]],
    ),
    ("server", &[&["content", "reply"], &["registry"], &["answer"], &["connection"]]),
    ("trust", &[&["verified", "keys"], &["sigstore"], &["image", "bundle"]]),
    (
        "render",
        &[
            &["yaml", "unresolved"],
            &["error"],
            &["objects"],
            &["images"],
            &["probes"],
            &["layers"],
            &["output"],
        ],
    ),
    (
        "ops",
        &[
            &["stopped"],
            &["error"],
            &["files", "bundle", "databases"],
            &["site", "judge"],
            &["connected", "airgap"],
            &["diff", "extract", "inspect", "keygen", "sign"],
        ],
    ),
    (
        "cli",
        &[
            &["environment", "signals"],
            &["failure"],
            &["report"],
            &["ui"],
            &["options"],
            &["manual"],
            &["command"],
        ],
    ),
];

fn sources() -> Sources {
    Sources::read(&project().join("src"))
}

fn layer(module: &str) -> usize {
    LAYERS
        .iter()
        .position(|layer| layer.contains(&module))
        .unwrap_or_else(|| panic!("`{module}` has no layer"))
}

#[test]
fn imports_go_one_way() {
    let sources = sources();
    let named = sources.named();
    assert!(named.len() > 100, "the test reads the sources");
    let is_up = |from: &str, to: &str| from != "lib" && layer(to) >= layer(from);
    let upward = named.iter().filter(|(file, to)| is_up(&file[0], to));
    let upward: Vec<_> = upward.map(|(file, to)| format!("{} imports `{to}`", file.join("/"))).collect();
    assert_eq!(upward, Vec::<String>::new());
}

#[test]
fn every_module_is_in_the_table_and_everything_in_the_table_is_a_module() {
    let sources = sources();
    let mut known: Vec<_> = LAYERS.iter().flat_map(|layer| layer.iter().copied()).chain(["lib"]).collect();
    let mut found: Vec<_> =
        sources.files.keys().filter(|file| file.len() == 1).map(|file| file[0].as_str()).collect();
    known.sort_unstable();
    found.sort_unstable();
    assert_eq!(known, found);
}

#[test]
fn files_import_each_other_in_no_circle_and_folders_are_small() {
    let sources = sources();
    let mut wrong = Vec::new();
    for module in LAYERS.iter().flat_map(|layer| layer.iter().copied()) {
        wrong.extend(faults(&sources, module));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn faults(sources: &Sources, module: &str) -> Vec<String> {
    let circles = circles(&sources.imports_within(module));
    let circles = circles.iter().map(|files| format!("{module}: a circle: {}", files.join(", ")));
    let is_inside = |folder: &str| folder == module || folder.starts_with(&format!("{module}/"));
    let full = sources.folders.iter().filter(|(folder, files)| is_inside(folder) && **files > MOST_FILES);
    let full = full.map(|(folder, files)| format!("src/{folder} has {files} files, more than {MOST_FILES}"));
    circles.chain(full).collect()
}

#[test]
fn rooms_import_from_lower_rooms_only() {
    let sources = sources();
    let mut wrong = Vec::new();
    for (module, floors) in ROOMS {
        let floor = |room: &str| floors.iter().position(|rooms| rooms.contains(&room));
        let files = sources.imports_within(module);
        for room in floors.iter().flat_map(|rooms| rooms.iter()) {
            if !files.keys().any(|file| file.get(1).is_some_and(|name| name == room)) {
                wrong.push(format!("{module}: there is no room `{room}`"));
            }
        }
        for (file, imported) in files {
            // The module's own file shows what is in its rooms, and is above all of them.
            let Some(room) = file.get(1) else { continue };
            let Some(own) = floor(room) else {
                wrong.push(format!("{}: `{room}` is no room of `{module}`", file.join("/")));
                continue;
            };
            let up = imported.iter().filter(|other| match other.get(1) {
                Some(other) if other == room => false,
                Some(other) => floor(other).is_none_or(|other| other >= own),
                None => true,
            });
            wrong.extend(up.map(|other| format!("{} imports {}", file.join("/"), other.join("/"))));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_command_line_reads_the_environment_and_writes() {
    let words = ["std :: env ::", "println !", "std :: io :: stdout", "std :: io :: stderr"];
    let mut found = Vec::new();
    for (file, code) in sources().product() {
        let text = code.product_text();
        if !["cli", "main"].contains(&file[0].as_str()) {
            found.extend(
                words
                    .iter()
                    .filter(|word| text.contains(**word))
                    .map(|word| format!("{}: {word}", file.join("/"))),
            );
        }
    }
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn main_is_short() {
    let main = fs::read_to_string(project().join("src/main.rs")).expect("main.rs");
    assert!(main.lines().count() <= 40);
}
