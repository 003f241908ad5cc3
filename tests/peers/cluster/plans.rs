//! Plan and deed agree: what `--plan` announces is what the API server's audit log shows of the install afterwards.

use std::collections::BTreeSet;

use serde_json::Value;

use super::installs::{Paperwork, programs};
use super::paper::PaperCluster;
use bundle_testing::cluster::audit::Request;
use bundle_testing::support::Ran;

/// A state that the cluster is brought into, and what the plan has to see there.
struct Prepared {
    name: &'static str,
    /// What is done to the cluster, as its administrator.
    by_hand: &'static [&'static [&'static str]],
    /// The bundle, and more arguments, of the install.
    install: &'static [&'static str],
    /// Lines that the plan must contain.
    seen: &'static [&'static str],
}

const SITE_PLUS: &str = "--site=plus.yaml";

/// Each starts from what the one before it left.
const STATES: &[Prepared] = &[
    Prepared {
        name: "an empty cluster",
        by_hand: &[],
        install: &["a.tar"],
        seen: &["create  namespace falco", "create  daemonset falco/falco"],
    },
    Prepared { name: "everything is there", by_hand: &[], install: &["a.tar"], seen: &["nothing to do"] },
    Prepared {
        name: "a later version",
        by_hand: &[],
        install: &["b.tar"],
        seen: &["homelab-security 2026.11.0 is installed", "delete  deployment falco/falcosidekick"],
    },
    Prepared { name: "the later version again", by_hand: &[], install: &["b.tar"], seen: &["nothing to do"] },
    Prepared {
        name: "an earlier version",
        by_hand: &[],
        install: &["a.tar"],
        seen: &["create  deployment falco/falcosidekick"],
    },
    Prepared {
        name: "objects are gone",
        by_hand: &[&["delete", "--namespace=falco", "service/k8s-metacollector", "configmap/falco"]],
        install: &["a.tar"],
        seen: &["create  service falco/k8s-metacollector", "create  configmap falco/falco"],
    },
    Prepared {
        name: "a workload is gone",
        by_hand: &[&["delete", "--namespace=falco", "daemonset/falco"]],
        install: &["a.tar"],
        seen: &["create  daemonset falco/falco"],
    },
    Prepared {
        name: "a definition is gone, and its objects with it",
        by_hand: &[&["delete", "crd", "clustercompliancereports.aquasecurity.github.io"]],
        install: &["a.tar"],
        seen: &["create  customresourcedefinition clustercompliancereports.aquasecurity.github.io"],
    },
    Prepared {
        name: "a label is gone",
        by_hand: &[&["label", "namespace", "sealed", "pod-security.kubernetes.io/enforce-"]],
        install: &["a.tar"],
        seen: &[
            "change  namespace sealed",
            "metadata.labels[pod-security.kubernetes.io/enforce]: added \"restricted\"",
        ],
    },
    Prepared {
        name: "others have added something",
        by_hand: &[
            &["label", "namespace", "falco", "team=theirs"],
            &["annotate", "--namespace=falco", "daemonset", "falco", "theirs=yes"],
            &["create", "--namespace=falco", "configmap", "theirs"],
        ],
        install: &["a.tar"],
        seen: &["nothing to do"],
    },
    Prepared {
        name: "another manager has changed a field, and the install is refused",
        by_hand: &[&[
            "label",
            "namespace",
            "sealed",
            "--overwrite",
            "pod-security.kubernetes.io/enforce=privileged",
        ]],
        install: &["a.tar"],
        seen: &["REFUSED namespace sealed", "conflict with \"kubectl-label\""],
    },
    Prepared {
        name: "the field is taken over by name",
        by_hand: &[],
        install: &["a.tar", "--force-conflicts"],
        seen: &["change  namespace sealed", "\"privileged\" -> \"restricted\""],
    },
    Prepared {
        name: "a user has added a key to a secret",
        by_hand: &[&[
            "patch",
            "--namespace=trivy-system",
            "secret",
            "trivy-operator",
            "--patch={\"stringData\": {\"planted\": \"c2VjcmV0\"}}",
        ]],
        install: &["a.tar"],
        seen: &["change  secret trivy-system/trivy-operator: field ownership only"],
    },
    Prepared {
        name: "a user has recreated an object",
        by_hand: &[
            &["delete", "--namespace=falco", "serviceaccount", "falco"],
            &["create", "--namespace=falco", "serviceaccount", "falco"],
        ],
        install: &["a.tar"],
        seen: &["change  serviceaccount falco/falco"],
    },
    Prepared {
        name: "the site has a namespace more",
        by_hand: &[],
        install: &["a.tar", SITE_PLUS],
        seen: &["create  namespace extra"],
    },
    Prepared {
        name: "the namespace leaves the site, and has a foreign object",
        by_hand: &[&["create", "--namespace=extra", "configmap", "theirs"]],
        install: &["a.tar"],
        seen: &["keep    namespace extra: it still contains foreign objects: configmap theirs"],
    },
    Prepared {
        name: "the namespace is named",
        by_hand: &[],
        install: &["a.tar", "--delete-with-contents=namespace/extra"],
        seen: &["delete  namespace extra"],
    },
    Prepared {
        name: "the inventory is gone",
        by_hand: &[&["delete", "--namespace=bundle-system", "configmap", "bundle-revision"]],
        install: &["a.tar"],
        seen: &["plan for homelab-security 2026.11.0; nothing is installed", "change  namespace falco"],
    },
    Prepared {
        name: "and what was adopted stays adopted",
        by_hand: &[],
        install: &["a.tar"],
        seen: &["nothing to do"],
    },
    Prepared {
        name: "a role says more than it should",
        by_hand: &[&[
            "patch",
            "clusterrole",
            "k8s-metacollector",
            "--type=json",
            "--patch=[{\"op\": \"add\", \"path\": \"/rules/-\", \"value\": {\"apiGroups\": [\"\"], \"resources\": [\"secrets\"], \"verbs\": [\"get\"]}}]",
        ]],
        install: &["a.tar", "--force-conflicts"],
        seen: &["change  clusterrole k8s-metacollector"],
    },
    Prepared {
        name: "a later version takes adopted objects less seriously",
        by_hand: &[],
        install: &["b.tar"],
        seen: &["release deployment falco/falcosidekick"],
    },
];

#[test]
fn what_is_announced_is_what_is_done_in_twenty_states() {
    let programs = programs();
    let paper = Paperwork::lay(&programs);
    let site = std::fs::read_to_string(paper.stack.path("site.yaml")).expect("a site");
    let plus = site.replace("namespaces:\n", "namespaces:\n  - {name: extra, podSecurity: restricted}\n");
    assert_ne!(plus, site, "the site's namespaces are written in another way");
    paper.stack.write("plus.yaml", &plus);
    let cluster = PaperCluster::start(&programs, paper.stack.folder.path(), 2);
    assert!(STATES.len() >= 20);
    for state in STATES {
        for command in state.by_hand {
            cluster.kubectl(command).ok();
        }
        state.holds(&paper, &cluster);
    }
}

impl Prepared {
    fn holds(&self, paper: &Paperwork, cluster: &PaperCluster<'_>) {
        let name = self.name;
        drop(cluster.audit.take());
        let plan = self.run(paper, &["--plan", "--format", "json"]);
        let text = self.run(paper, &["--plan"]).stdout;
        for line in self.seen {
            assert!(text.contains(line), "{name}: `{line}` is not in\n{text}");
        }
        assert_eq!(changes(&cluster.audit.take()), BTreeSet::new(), "{name}: the plan writes");
        let plan: Value = serde_json::from_str(&plan.stdout).unwrap_or_else(|_| panic!("{name}: {plan:?}"));
        let plan = &plan["result"];
        let announced = announced(plan);
        let installed = self.run(paper, &["--format", "json"]);
        let done = changes(&cluster.audit.take());
        if text.contains("REFUSED") {
            assert_eq!((installed.code, done), (Some(1), BTreeSet::new()), "{name}: {installed:?}");
            return;
        }
        assert_eq!(installed.code, Some(0), "{name}: {installed:?}");
        assert_eq!(done, announced, "{name}");
        assert_eq!(plan["empty"] == true, announced.is_empty() && plan["records"] == false, "{name}");
    }

    fn run(&self, paper: &Paperwork, more: &[&str]) -> Ran {
        let (file, own) = self.install.split_first().expect("a bundle");
        let mut arguments = Paperwork::install(file);
        if own.contains(&SITE_PLUS) {
            arguments.retain(|argument| !["--site", "site.yaml"].contains(argument));
        }
        paper.bundle(&[&arguments[..], own, more].concat())
    }
}

/// Returns what was changed, but for what an install writes down about itself.
fn changes(requests: &[Request]) -> BTreeSet<String> {
    let writes = requests.iter().filter(|request| request.is_write() && !request.is_bookkeeping());
    writes.map(|request| request.line().split('?').next().unwrap_or_default().to_owned()).collect()
}

/// Returns the requests that a plan amounts to.
fn announced(plan: &Value) -> BTreeSet<String> {
    let entries = |list: &str| plan[list].as_array().cloned().unwrap_or_default();
    let request = |entry: &Value| {
        let verb = match entry["action"].as_str().expect("an action") {
            "create" | "change" | "release" => "patch",
            "delete" => "delete",
            "keep" | "forget" | "refused" => return None,
            other => panic!("`{other}`: {entry}"),
        };
        Some(format!("{verb} {}", path(&entry["object"])))
    };
    entries("objects").iter().chain(&entries("prune")).filter_map(request).collect()
}

/// Returns where the API server keeps an object.
fn path(object: &Value) -> String {
    let text = |field: &str| object[field].as_str().unwrap_or_default().to_owned();
    let version = text("apiVersion");
    let root = if version.contains('/') { "apis" } else { "api" };
    let namespace = match text("namespace") {
        none if none.is_empty() => none,
        name => format!("/namespaces/{name}"),
    };
    format!("/{root}/{version}{namespace}/{}/{}", text("resource"), text("name"))
}
