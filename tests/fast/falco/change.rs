//! Puts a mistake back into what was rendered.

use serde_json::{Value, json};

use super::check::problems;
use super::rendered::Rendered;

impl Rendered {
    /// Changes a file of Falco's ConfigMap.
    fn change_file(&mut self, name: &str, change: impl FnOnce(&mut Value)) {
        let text = &mut self.object_mut("ConfigMap", "falco")["data"][name];
        let mut content: Value = serde_saphyr::from_str(text.as_str().expect("a text")).expect("YAML");
        change(&mut content);
        *text = json!(content.to_string()); // JSON is YAML
    }

    /// Changes `falco.yaml`.
    pub fn configured(mut self, change: impl FnOnce(&mut Value)) -> Self {
        self.change_file("falco.yaml", change);
        self
    }

    /// Changes the site's rules.
    pub fn ruled(mut self, change: impl FnOnce(&mut Value)) -> Self {
        self.change_file("falco_rules.local.yaml", change);
        self
    }

    /// Changes what a plugin is given at its start.
    pub fn plugin(self, name: &str, change: impl FnOnce(&mut Value)) -> Self {
        self.configured(|config| {
            let mut plugins = config["plugins"].as_array_mut().expect("plugins").iter_mut();
            change(&mut plugins.find(|plugin| plugin["name"] == name).expect("the plugin")["init_config"]);
        })
    }

    /// Changes the pod specification of a workload.
    pub fn pod(mut self, kind: &str, name: &str, change: impl FnOnce(&mut Value)) -> Self {
        change(&mut self.object_mut(kind, name)["spec"]["template"]["spec"]);
        self
    }

    /// Changes the one container of a workload.
    pub fn container(self, kind: &str, name: &str, change: impl FnOnce(&mut Value)) -> Self {
        self.pod(kind, name, |pod| change(&mut pod["containers"][0]))
    }

    /// Leaves objects out.
    pub fn without(mut self, kind: &str, name: &str) -> Self {
        let before = self.objects.len();
        self.objects.retain(|object| object["kind"] != kind || object["metadata"]["name"] != name);
        assert!(self.objects.len() < before, "no {kind} {name}");
        self
    }

    /// Changes the version of an image or artifact in the bundle.
    pub fn version(mut self, name: &str, version: &str) -> Self {
        assert!(self.versions.insert(name.to_owned(), version.to_owned()).is_some(), "no {name}");
        self
    }

    /// Asserts that exactly these problems are found.
    pub fn has(&self, expected: &[&str]) {
        assert_eq!(problems(self), expected);
    }
}
