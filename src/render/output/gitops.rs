//! The objects that make Flux and Argo CD apply a rendered set: to review, change if needed, and commit.
//!
//! The digest is pinned, so moving a tag does not change what is applied.

use serde_json::{Value, json};

use super::folder::Folder;
use crate::digest::Digest;
use crate::platform::NodeRegistry;
use crate::render::yaml::emit;
use crate::rendered::RenderedSet;

/// Where the controllers find the artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitopsSource<'a> {
    /// The registry, as pods reach it.
    pub registry: &'a NodeRegistry,
    /// The repository's path, with the registry's prefix before it.
    pub repository: &'a str,
    /// The tag, for people.
    pub tag: &'a str,
    /// What the artifact is.
    pub digest: Digest,
    /// The name that the objects get: the bundle's.
    pub name: &'a str,
}

impl RenderedSet {
    /// Returns the files for each tool: path and content.
    #[must_use]
    pub fn gitops(&self, source: &GitopsSource<'_>) -> Vec<(String, String)> {
        let files = [("flux", self.flux(source)), ("argocd", vec![argo_cd(source), argo_cd_access(source)])];
        let file = |(tool, objects): (&str, Vec<Value>)| {
            (format!("gitops/{tool}.yaml"), source.comment() + &documents(&objects))
        };
        files.map(file).into()
    }

    /// One Kustomization a layer, each after the one before: the kinds of the constraints exist only once their
    /// templates are applied, and Flux tries all objects of a Kustomization before it applies any.
    // See: fluxcd/source-controller and kustomize-controller, API reference
    fn flux(&self, source: &GitopsSource<'_>) -> Vec<Value> {
        let mut objects = vec![source.flux_repository()];
        let mut before: Option<String> = None;
        for folder in self.folders() {
            let name = format!("{}-{}", source.name, folder.name);
            let after: Vec<_> = before.iter().map(|name| json!({"name": name})).collect();
            objects.push(flux_layer(source, &folder, &name, &after));
            if !folder.optional {
                before = Some(name);
            }
        }
        objects
    }
}

fn flux_layer(source: &GitopsSource<'_>, folder: &Folder<'_>, name: &str, after: &[Value]) -> Value {
    json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": name, "namespace": "flux-system"},
        "spec": {
            "interval": "10m",
            "retryInterval": "30s",
            "timeout": format!("{}s", folder.layer.timeout.as_secs()),
            "path": format!("./{}", folder.name),
            "prune": true,
            "wait": true,
            // The kinds of optional objects may not be known; the layer can wait until they are.
            "suspend": folder.optional,
            "sourceRef": {"kind": "OCIRepository", "name": source.name},
            "dependsOn": after,
        },
    })
}

/// One Application for all layers. Argo CD tries again until the constraints' kinds exist.
// See: argo-cd docs/user-guide/oci.md, sync-options.md
fn argo_cd(source: &GitopsSource<'_>) -> Value {
    let options = ["ServerSideApply=true", "SkipDryRunOnMissingResource=true"];
    json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": source.name, "namespace": "argocd"},
        "spec": {
            "project": "default",
            "source": {"repoURL": source.url(), "targetRevision": source.digest.to_string(), "path": "."},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": "default"},
            "syncPolicy": {
                "automated": {"prune": true, "selfHeal": true},
                "syncOptions": options,
                "retry": {"limit": 10, "backoff": {"duration": "10s", "factor": 2, "maxDuration": "3m"}},
            },
        },
    })
}

/// How Argo CD reaches the registry; add a user name and password by hand if the registry needs them.
fn argo_cd_access(source: &GitopsSource<'_>) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": format!("{}-registry", source.name),
            "namespace": "argocd",
            "labels": {"argocd.argoproj.io/secret-type": "repository"},
        },
        "stringData": {
            "type": "oci",
            "url": source.url(),
            "insecureOCIForceHttp": source.registry.plain_http.to_string(),
        },
    })
}

impl GitopsSource<'_> {
    fn url(&self) -> String {
        format!("oci://{}/{}", self.registry.pod_address, self.repository)
    }

    fn flux_repository(&self) -> Value {
        let mut spec = json!({"interval": "10m", "url": self.url(), "ref": {"digest": self.digest}});
        if self.registry.plain_http {
            spec["insecure"] = true.into();
        }
        if self.registry.ca.is_some() {
            spec["certSecretRef"] = json!({"name": format!("{}-registry", self.name)});
        }
        json!({
            "apiVersion": "source.toolkit.fluxcd.io/v1",
            "kind": "OCIRepository",
            "metadata": {"name": self.name, "namespace": "flux-system"},
            "spec": spec,
        })
    }

    fn comment(&self) -> String {
        let Self { registry: NodeRegistry { address, ca, .. }, repository, tag, .. } = self;
        let mut text = format!(
            "# An example: names, namespaces and intervals are yours to choose. First the artifact has to be there:\n\
             #   bundle render FILE … -o oci://{address}/{repository}:{tag}\n\
             # with the same bundle, site and platform, which give this digest.\n"
        );
        if ca.is_some() {
            text += "# The registry's authority is one of your own. Flux reads it from the Secret that certSecretRef names (key ca.crt),\n\
                     # Argo CD from the ConfigMap argocd-tls-certs-cm.\n";
        }
        text
    }
}

fn documents(objects: &[Value]) -> String {
    let text = |object: &Value| emit(object).unwrap_or_else(|_| format!("{object}\n"));
    objects.iter().map(text).collect::<Vec<_>>().join("---\n")
}
