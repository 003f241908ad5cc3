//! Rules and dashboards are rendered for what the bundle has.

use bundle_testing::observability::{COMPONENTS, dashboards, rendered};
use serde_json::Value;

#[test]
fn dashboards_are_whole_and_tell_themselves_apart() {
    let dashboards = dashboards(&rendered(&COMPONENTS));
    let names: Vec<_> = dashboards.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "gatekeeper-overview.json",
            "gatekeeper-violations.json",
            "trivy-vulnerabilities.json",
            "trivy-image-scan.json"
        ]
    );
    for (name, dashboard) in &dashboards {
        assert_eq!(format!("{}.json", dashboard["uid"].as_str().expect("a text")), *name);
        let panels = dashboard["panels"].as_array().expect("panels");
        let mut ids: Vec<_> = panels.iter().map(|panel| panel["id"].as_u64().expect("a number")).collect();
        let mut places: Vec<_> = panels.iter().map(|panel| panel["gridPos"].to_string()).collect();
        ids.sort_unstable();
        ids.dedup();
        places.sort_unstable();
        places.dedup();
        assert_eq!(
            (ids.len(), places.len()),
            (panels.len(), panels.len()),
            "{name}: panels lie beside each other"
        );
        let right = |panel: &Value| panel["gridPos"]["x"].as_u64().zip(panel["gridPos"]["w"].as_u64());
        assert!(
            panels.iter().all(|panel| right(panel).is_some_and(|(x, width)| x + width <= 24)),
            "{name}: 24 columns"
        );
    }
}

#[test]
fn what_the_bundle_does_not_have_is_not_watched() {
    let names = |components: &[&str]| {
        let set = rendered(components);
        let objects = set.objects.layers.iter().flat_map(|layer| &layer.objects);
        let name = |value: &Value| {
            format!(
                "{}/{}",
                value["metadata"]["namespace"].as_str().expect("a namespace"),
                value["metadata"]["name"].as_str().expect("a name")
            )
        };
        objects.map(|object| name(&object.value)).collect::<Vec<_>>()
    };
    assert_eq!(names(&[]), Vec::<String>::new());
    assert_eq!(
        names(&["gatekeeper"]),
        [
            "gatekeeper-system/gatekeeper-metrics",
            "gatekeeper-system/gatekeeper",
            "gatekeeper-system/gatekeeper",
            "gatekeeper-system/dashboard-gatekeeper-overview",
            "gatekeeper-system/dashboard-gatekeeper-violations"
        ]
    );
    assert_eq!(names(&["falco"]), ["falco/falco", "falco/falco"]);
    assert_eq!(
        names(&["trivy-operator"]),
        [
            "trivy-system/trivy-operator",
            "trivy-system/trivy-operator",
            "trivy-system/dashboard-trivy-vulnerabilities",
            "trivy-system/dashboard-trivy-image-scan"
        ]
    );
}

#[test]
fn objects_of_the_prometheus_operator_are_left_out_where_it_is_not() {
    let set = rendered(&COMPONENTS);
    let optional =
        set.objects.layers.iter().flat_map(|layer| &layer.objects).filter(|object| object.optional);
    let kinds: Vec<_> = optional.map(|object| object.value["kind"].as_str().expect("a kind")).collect();
    let count = |kind: &str| kinds.iter().filter(|&&one| one == kind).count();
    assert_eq!((count("ServiceMonitor"), count("PrometheusRule"), kinds.len()), (5, 3, 8));
}
