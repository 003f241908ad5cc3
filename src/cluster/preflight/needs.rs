//! The oldest Kubernetes that takes what is about to be sent.

use serde_json::Value;

use crate::cluster::objects::json::{list, text};
use crate::rendered::RenderedSet;

/// A minor version, and why no older one will do.
type Need = ((u64, u64), &'static str);

/// What every install asks of the API server: strict field validation (stable since 1.27), and the list of all kinds in one
/// answer (on since 1.27), by which `uninstall` finds the objects of others.
/// See: Kubernetes CHANGELOG-1.27, KEP-2885 and KEP-3352
const ALWAYS: Need = ((1, 27), "it brought strict field validation and aggregated discovery");
/// See: KEP-24
const APP_ARMOR: Need = ((1, 30), "it brought the AppArmor field of pods");
/// See: KEP-3488
const ADMISSION_POLICY: Need = ((1, 30), "it brought ValidatingAdmissionPolicy v1");

/// Returns the oldest version that will do, and why.
pub(super) fn least(set: &RenderedSet) -> Need {
    let objects =
        set.objects.layers.iter().flat_map(|layer| &layer.objects).filter(|object| !object.optional);
    objects
        .map(|object| of(&object.value))
        .fold(ALWAYS, |one, other| if other.0 > one.0 { other } else { one })
}

fn of(object: &Value) -> Need {
    match (text(object, "/apiVersion"), text(object, "/kind")) {
        ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy") => ADMISSION_POLICY,
        _ if names_app_armor(object) => APP_ARMOR,
        _ => ALWAYS,
    }
}

fn names_app_armor(object: &Value) -> bool {
    let spec = object.pointer("/spec/template/spec").unwrap_or(&Value::Null);
    let containers = list(spec, "/containers").iter().chain(list(spec, "/initContainers"));
    [spec].into_iter().chain(containers).any(|one| one.pointer("/securityContext/appArmorProfile").is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_kind_or_a_field_asks_for_the_version_that_brought_it() {
        let profile = json!({"appArmorProfile": {"type": "Unconfined"}});
        let pod = |spec: Value| json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "spec": {"template": {"spec": spec}}});
        for (object, expected) in [
            (json!({"apiVersion": "v1", "kind": "Namespace"}), ALWAYS),
            (pod(json!({"containers": [{"name": "a"}]})), ALWAYS),
            (pod(json!({"containers": [{"securityContext": profile}]})), APP_ARMOR),
            (pod(json!({"securityContext": profile})), APP_ARMOR),
            (
                json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy"}),
                ADMISSION_POLICY,
            ),
        ] {
            assert_eq!(of(&object), expected, "{object}");
        }
    }
}
