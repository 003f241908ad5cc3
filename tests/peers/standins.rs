//! The stand-ins for upstream's files obey the policies of the stage's site, which denies: else nothing installs there on a machine that
//! cannot have the files themselves.

use std::fs;
use std::path::{Path, PathBuf};

use bundle_testing::programs::Programs;
use bundle_testing::support::{Stack, project};
use serde_json::Value;

/// Copies the objects of all layers of a rendered folder into one folder, for gator.
fn objects(rendered: &Path, to: &Path) -> Vec<PathBuf> {
    fs::create_dir(to).expect("a folder");
    let entries = |folder: &Path| -> Vec<PathBuf> {
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect()
    };
    let name = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    let layers = entries(rendered)
        .into_iter()
        .filter(|path| path.is_dir() && name(path).starts_with(|c: char| c.is_ascii_digit()));
    let files = layers.flat_map(|layer| entries(&layer).into_iter().map(move |file| (layer.clone(), file)));
    let objects = files.filter(|(_, file)| !file.ends_with("kustomization.yaml"));
    objects
        .map(|(layer, file)| {
            let copy = to.join(format!("{}-{}", name(&layer), name(&file)));
            fs::copy(file, &copy).expect("a copy");
            copy
        })
        .collect()
}

/// Returns what the constraints say about the objects of a folder.
fn denials(programs: &Programs, folder: &Path) -> Vec<String> {
    let ran = programs.run("gator", folder, &["test", "--output", "json", "--filename", "."]);
    let said: Value =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stderr));
    let line = |said: &Value| {
        let text =
            |pointer: &str| said.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let [constraint, object] = ["/constraint/metadata/name", "/violatingObject/metadata/name"].map(text);
        format!("{constraint}: {object}: {}", text("/msg"))
    };
    said.as_array().into_iter().flatten().map(line).collect()
}

#[test]
fn the_stand_ins_obey_the_policies_of_the_stage() {
    let programs = Programs::need(&["gator"]);
    let stack = Stack::homelab();
    stack.keys("mine");
    stack.build("b.tar", "mine");
    stack.write("site.yaml", &fs::read_to_string(project().join("tests/stage/site.yaml")).expect("a site"));
    stack.bundle(["render", "b.tar", "--key", "mine.pub", "--site", "site.yaml", "-o", "out"]).ok();
    let folder = stack.path("objects");
    let files = objects(&stack.path("out"), &folder);
    assert!(files.len() > 50, "{files:?}");
    assert_eq!(denials(&programs, &folder), Vec::<String>::new());

    let operator = files.iter().find(|path| path.to_string_lossy().contains("-deployment-trivy-operator"));
    let operator = operator.expect("Trivy Operator");
    let text = fs::read_to_string(operator).expect("an object");
    fs::write(operator, text.replacen("app.kubernetes.io/name", "app", 1)).expect("a file");
    assert_eq!(
        denials(&programs, &folder),
        [
            "require-labels: trivy-operator: Workload must have 'app.kubernetes.io/name' label: missing in metadata.labels"
        ]
    );
}
