//! An API server in memory, just deep enough to see what is asked of a real one. The real one is asked in the stage tests.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use http::{Method, Response, StatusCode};
use kube::Client;
use serde_json::{Value, json};

use crate::cluster::api::client::Api;
use crate::cluster::api::connect::Cluster;
use crate::cluster::objects::json::text;
use crate::cluster::objects::labels::FIELD_MANAGER;
use list::parameter;

mod list;
mod watch;

/// The state of the server; clones share it.
#[derive(Clone, Default)]
pub(in crate::cluster) struct Fake(Arc<Mutex<State>>);

#[derive(Default)]
pub(in crate::cluster) struct State {
    /// Objects by their path.
    pub(in crate::cluster) objects: BTreeMap<String, Value>,
    /// Requests that change something: `PATCH /api/v1/…`.
    pub(in crate::cluster) writes: Vec<String>,
    /// Every request, with its query.
    pub(in crate::cluster) asked: Vec<String>,
    /// The watches that are under way.
    pub(in crate::cluster) watchers: Vec<watch::Watcher>,
    /// Answers given instead: by method (`WATCH`, too) and path, a status and a body.
    pub(in crate::cluster) answers: BTreeMap<String, (u16, Value)>,
    /// What every answer to a dry run warns of.
    pub(in crate::cluster) warning: Option<String>,
    /// Objects whose deletion never ends.
    pub(in crate::cluster) held: Vec<String>,
    /// Objects that another client writes to whenever they are read.
    pub(in crate::cluster) alive: Vec<String>,
    /// The name of the user; `None` if this user may not ask for it.
    pub(in crate::cluster) user: Option<String>,
    /// What the nodes do with what is created.
    pub(in crate::cluster) kubelet: Option<fn(&mut Value)>,
    made: u64,
}

impl Fake {
    pub(in crate::cluster) fn cluster(&self) -> Cluster {
        let fake = self.clone();
        let answer = move |request: Request| {
            let fake = fake.clone();
            async move { fake.answer(request).await }
        };
        let client = Client::new(Router::new().fallback(answer), "default");
        Cluster { api: Api::new(client, "https://fake".into()), version: "v1.34.4".into() }
    }

    pub(in crate::cluster) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no test panics with it")
    }

    /// Puts a foreign object.
    pub(in crate::cluster) fn put(&self, path: &str, object: Value) {
        let mut state = self.state();
        let object = state.stamped(object, None);
        state.objects.insert(path.to_owned(), object);
    }

    async fn answer(&self, request: Request) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("a body in memory");
        let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let mut state = self.state();
        let (path, query) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
        state.asked.push(format!("{} {}", parts.method, parts.uri));
        let watched = (parameter(query, "watch") == "true").then(|| format!("WATCH {path}"));
        let refused = watched.as_ref().map(|watched| state.answers.get(watched).cloned());
        let (status, answer) = match refused {
            Some(None) => return state.watch(path),
            Some(Some(refused)) => refused,
            None if parts.method == Method::POST && query.contains("dryRun=All") => {
                state.answers.get(&format!("POST {path}")).cloned().unwrap_or((201, body))
            }
            None if query.contains("dryRun=All") => state.dry_run(path, &body),
            None => state.route(&parts.method, path, &body),
        };
        let answer = if answer["items"].is_array() { list::page(answer, query) } else { answer };
        let mut response = Response::builder().status(StatusCode::from_u16(status).expect("a status"));
        if let (&Method::POST, Some(warning)) = (&parts.method, &state.warning) {
            response = response.header("warning", format!("299 - \"{warning}\""));
        }
        response.body(Body::from(answer.to_string())).expect("a response")
    }
}

impl State {
    fn route(&mut self, method: &Method, path: &str, body: &Value) -> (u16, Value) {
        if let Some(answer) = self.answers.get(&format!("{method} {path}")) {
            return answer.clone();
        }
        // A review only asks.
        if *method != Method::GET && !path.ends_with("/selfsubjectreviews") {
            self.writes.push(format!("{method} {path}"));
        }
        match *method {
            Method::GET => self.read(path),
            Method::PATCH => self.apply(path, body),
            Method::PUT => self.replace(path, body),
            Method::DELETE => self.delete(path, body),
            _ if path.ends_with("/selfsubjectreviews") => self.review(),
            _ => self.create(path, body),
        }
    }

    fn read(&mut self, path: &str) -> (u16, Value) {
        let answer = self.get(path);
        if self.alive.iter().any(|alive| alive == path)
            && let Some(object) = self.objects.get_mut(path)
        {
            self.made += 1;
            object["metadata"]["resourceVersion"] = json!(self.made.to_string());
        }
        answer
    }

    fn review(&self) -> (u16, Value) {
        match &self.user {
            Some(user) => (201, json!({"status": {"userInfo": {"username": user}}})),
            None => status(403, "Forbidden", "selfsubjectreviews is forbidden"),
        }
    }

    fn create(&mut self, path: &str, body: &Value) -> (u16, Value) {
        let generated = format!("{}{}", text(body, "/metadata/generateName"), self.made);
        let name = Some(text(body, "/metadata/name")).filter(|name| !name.is_empty()).unwrap_or(&generated);
        let (path, name) = (format!("{path}/{name}"), json!(name));
        if self.objects.contains_key(&path) {
            return status(409, "AlreadyExists", "it exists");
        }
        let mut object = self.stamped(body.clone(), None);
        object["metadata"]["name"] = name;
        if let Some(kubelet) = self.kubelet {
            kubelet(&mut object);
        }
        self.objects.insert(path, object.clone());
        (201, object)
    }

    fn replace(&mut self, path: &str, body: &Value) -> (u16, Value) {
        let Some(old) = self.objects.get(path).cloned() else { return status(404, "NotFound", "not found") };
        let version = |object: &Value| text(object, "/metadata/resourceVersion").to_owned();
        if version(&old) != version(body) {
            return status(409, "Conflict", "the object has been modified");
        }
        let mut object = self.stamped(body.clone(), None);
        object["metadata"]["uid"] = old["metadata"]["uid"].clone();
        self.objects.insert(path.to_owned(), object.clone());
        (200, object)
    }

    /// Answers as to the real request, with the version that is there, and keeps nothing.
    fn dry_run(&mut self, path: &str, body: &Value) -> (u16, Value) {
        if let Some(answer) = self.answers.get(&format!("PATCH {path}")) {
            return answer.clone();
        }
        let (old, made) = (self.objects.get(path).cloned(), self.made);
        let (status, mut answer) = self.apply(path, body);
        self.made = made;
        self.objects.remove(path);
        if let Some(old) = old {
            answer["metadata"]["resourceVersion"] = old["metadata"]["resourceVersion"].clone();
            self.objects.insert(path.to_owned(), old);
        }
        (status, answer)
    }

    fn get(&self, path: &str) -> (u16, Value) {
        if let Some(object) = self.objects.get(path) {
            return (200, object.clone());
        }
        if let Some(known) = discovery(path) {
            return (200, known);
        }
        let below = format!("{path}/");
        let items: Vec<_> =
            self.objects.iter().filter(|(one, _)| one.starts_with(&below)).map(|(_, it)| it).collect();
        let name = path.rsplit('/').next().unwrap_or_default();
        let empty = ["configmaps", "pods", "widgets", "events", "endpointslices", "secrets"];
        if items.is_empty() && !empty.contains(&name) {
            return status(404, "NotFound", "not found");
        }
        (200, json!({"items": items, "metadata": {}}))
    }

    fn apply(&mut self, path: &str, body: &Value) -> (u16, Value) {
        let Some(old) = self.objects.get(path).cloned() else {
            if body.pointer("/metadata/uid").is_some() {
                return status(409, "Conflict", "uid mismatch");
            }
            let object = self.stamped(body.clone(), Some(body));
            self.objects.insert(path.to_owned(), object.clone());
            return (201, object);
        };
        let applied = body.to_string();
        if text(&old, "/metadata/managedFields/0/fieldsV1") == applied {
            return (200, old);
        }
        let mut object = self.stamped(body.clone(), Some(body));
        object["metadata"]["uid"] = old["metadata"]["uid"].clone();
        self.objects.insert(path.to_owned(), object.clone());
        (200, object)
    }

    fn delete(&mut self, path: &str, options: &Value) -> (u16, Value) {
        let Some(object) = self.objects.get(path) else { return status(404, "NotFound", "not found") };
        if options.pointer("/preconditions/uid") != object.pointer("/metadata/uid") {
            return status(409, "Conflict", "Precondition failed: UID in precondition differs");
        }
        let version = options.pointer("/preconditions/resourceVersion");
        if version.is_some() && version != object.pointer("/metadata/resourceVersion") {
            return status(409, "Conflict", "Precondition failed: ResourceVersion in precondition differs");
        }
        if !self.held.iter().any(|held| held == path) {
            self.objects.remove(path);
        }
        (200, json!({"kind": "Status", "status": "Success"}))
    }

    fn stamped(&mut self, mut object: Value, applied: Option<&Value>) -> Value {
        self.made += 1;
        object["metadata"]["uid"] = json!(format!("uid-{}", self.made));
        object["metadata"]["resourceVersion"] = json!(self.made.to_string());
        if let Some(applied) = applied {
            object["metadata"]["managedFields"] =
                json!([{"manager": FIELD_MANAGER, "operation": "Apply", "fieldsV1": applied.to_string()}]);
        }
        object
    }
}

/// Returns an answer as the API server words its refusals.
pub(in crate::cluster) fn status(code: u16, reason: &str, message: &str) -> (u16, Value) {
    (code, json!({"kind": "Status", "code": code, "reason": reason, "message": message}))
}

fn discovery(path: &str) -> Option<Value> {
    let kinds: &[(&str, &str, bool)] = match path {
        "/api/v1" => &[
            ("namespaces", "Namespace", false),
            ("configmaps", "ConfigMap", true),
            ("persistentvolumeclaims", "PersistentVolumeClaim", true),
            ("pods", "Pod", true),
        ],
        "/apis/apps/v1" => &[("deployments", "Deployment", true)],
        "/apis/apiextensions.k8s.io/v1" => {
            &[("customresourcedefinitions", "CustomResourceDefinition", false)]
        }
        "/api" => {
            let maps = json!({"resource": "configmaps", "responseKind": {"kind": "ConfigMap"}, "scope": "Namespaced", "verbs": ["list", "create"]});
            return Some(
                json!({"items": [{"metadata": {}, "versions": [{"version": "v1", "resources": [maps]}]}]}),
            );
        }
        "/apis" => return Some(json!({"items": []})),
        _ => return None,
    };
    let one = |(name, kind, namespaced): &(&str, &str, bool)| json!({"name": name, "kind": kind, "namespaced": namespaced});
    Some(json!({"resources": kinds.iter().map(one).collect::<Vec<_>>()}))
}
