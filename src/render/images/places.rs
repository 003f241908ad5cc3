//! Where images are written in Kubernetes objects: a table, and its one reader.

use super::map::PulledBy;
use super::naming::Naming;
use crate::render::error::Faults;
use crate::render::objects::object::Object;
use crate::render::objects::pointer::Pointer;

/// API group, kind, and the path of its pod specification.
pub(in crate::render) const POD_SPECS: &[(&str, &str, &str)] = &[
    ("", "Pod", "/spec"),
    ("", "PodTemplate", "/template/spec"),
    ("", "ReplicationController", "/spec/template/spec"),
    ("apps", "DaemonSet", "/spec/template/spec"),
    ("apps", "Deployment", "/spec/template/spec"),
    ("apps", "ReplicaSet", "/spec/template/spec"),
    ("apps", "StatefulSet", "/spec/template/spec"),
    ("batch", "CronJob", "/spec/jobTemplate/spec/template/spec"),
    ("batch", "Job", "/spec/template/spec"),
];

/// Where images are written in a pod specification.
const IMAGE_FIELDS: &[&str] = &[
    "/containers/*/image",
    "/initContainers/*/image",
    "/ephemeralContainers/*/image",
    "/volumes/*/image/reference",
];

/// Gives every image of an object's pods the name under which the cluster pulls it.
pub(in crate::render) fn name_images(object: &mut Object, naming: &mut Naming<'_>, faults: &mut Faults) {
    let (group, kind) = (object.group().to_owned(), object.kind().to_owned());
    for (_, _, pod) in POD_SPECS.iter().filter(|place| (place.0, place.1) == (group.as_str(), kind.as_str()))
    {
        for field in IMAGE_FIELDS {
            naming.name_at(object, &Pointer::of(&format!("{pod}{field}")), None, PulledBy::Nodes, faults);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::map::{Carried, ImageMap};
    use super::*;
    use crate::digest::Digest;
    use crate::render::error::RenderErrors;
    use crate::render::objects::object::Object;
    use crate::spec::ImageMode;
    use crate::spec::site::SiteRegistry;

    fn named(value: Value) -> Result<Value, RenderErrors> {
        let site = SiteRegistry {
            address: "r.lan".into(),
            images: ImageMode::Rewrite,
            plain_http: None,
            prefix: String::new(),
            ..SiteRegistry::default()
        };
        let carried = Carried {
            reference: "a/b:1".parse().unwrap(),
            digest: Digest::of(b""),
            kind: crate::spec::ItemKind::Image,
        };
        let images = ImageMap::new(&site, [carried]);
        let mut object = Object::new(value, "10-x/y.yaml").unwrap();
        let mut faults = Faults::default();
        name_images(&mut object, &mut Naming::new(&images), &mut faults);
        faults.or(object.value)
    }

    fn at(api_version: &str, kind: &str, pod: &str) -> Value {
        let spec = json!({
            "containers": [{"name": "c", "image": "a/b:1"}], "initContainers": [{"name": "i", "image": "a/b:1"}],
            "ephemeralContainers": [{"name": "e", "image": "a/b:1"}], "volumes": [{"image": {"reference": "a/b:1"}}],
        });
        let nested =
            pod.rsplit('/').filter(|key| !key.is_empty()).fold(spec, |inner, key| json!({key: inner}));
        let mut value = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "n"}});
        value.as_object_mut().unwrap().extend(nested.as_object().unwrap().clone());
        value
    }

    #[test]
    fn every_image_of_every_workload_is_named() {
        for (group, kind, pod) in POD_SPECS {
            let api_version = if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") };
            let text = named(at(&api_version, kind, pod)).unwrap().to_string();
            let full = format!("r.lan/a/b:1@{}", Digest::of(b""));
            assert_eq!((text.matches(&full).count(), text.matches("\"a/b:1\"").count()), (4, 0), "{kind}");
        }
    }

    #[test]
    fn other_kinds_are_left_alone() {
        let custom = at("example.org/v1", "Deployment", "/spec/template/spec");
        assert_eq!(named(custom.clone()), Ok(custom));
    }

    #[test]
    fn every_missing_image_is_reported_with_its_field() {
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "n", "namespace": "s"},
            "spec": {"containers": [{"image": "x:1"}, {"image": 5}], "initContainers": [{"image": "a/b:2"}]}});
        assert_eq!(
            named(pod).unwrap_err().to_string(),
            "Pod `s/n` in `10-x/y.yaml`, field `/spec/containers/0/image`: \
             the bundle does not carry `docker.io/library/x:1`\n\
             Pod `s/n` in `10-x/y.yaml`, field `/spec/containers/1/image`: expected an image reference, found `5`\n\
             Pod `s/n` in `10-x/y.yaml`, field `/spec/initContainers/0/image`: \
             the bundle does not carry `docker.io/a/b:2`, only `docker.io/a/b:1`"
        );
    }
}
