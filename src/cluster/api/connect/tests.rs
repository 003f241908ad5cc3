//! Kubeconfigs of every form, and a server that knows who may ask.

use crate::cluster::api::kubeconfig::PodAccess;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use axum::Router;
use axum::extract::Request;
use http::{StatusCode, header};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

const SECRET: &str = "s3cret";

/// A server that tells its version to those who bring the token.
async fn server() -> SocketAddr {
    let answer = |request: Request| async move {
        let token = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        match token == Some(&format!("Bearer {SECRET}")) {
            true => (StatusCode::OK, json!({"gitVersion": "v1.34.4"}).to_string()),
            false => (StatusCode::UNAUTHORIZED, json!({"message": "Unauthorized"}).to_string()),
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    address
}

fn config(server: SocketAddr, user: Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": format!("http://{server}")}}],
        "users": [{"name": "c", "user": user}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
    })
}

/// A user whose credentials a script makes; it is read by a shell, so that nothing is run that was just written.
fn plugin(folder: &Path, script: &str, interactive: &str) -> Value {
    let file = folder.join("plugin.sh");
    std::fs::write(&file, script).expect("written");
    json!({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "args": [file, format!("--password={SECRET}")],
        "env": [{"name": "PASSWORD", "value": SECRET}], "interactiveMode": interactive,
    }})
}

fn write(folder: &TempDir, name: &str, config: &Value) -> PathBuf {
    let file = folder.path().join(name);
    std::fs::write(&file, config.to_string()).expect("written");
    file
}

fn named(kubeconfigs: Vec<PathBuf>, context: Option<&str>) -> ConnectOptions {
    ConnectOptions { kubeconfigs, context: context.map(str::to_owned), pod: None }
}

async fn refusal(options: &ConnectOptions, folder: &TempDir) -> String {
    let error = Cluster::connect(options).await.err().expect("it must not work");
    let mut words = crate::report::chain(&error, "\n  caused by: ");
    assert!(!words.contains(SECRET) && !format!("{error:?}").contains(SECRET), "the error contains a secret");
    words.push_str(&format!("\nhint: {}", error.hint().unwrap_or_default()));
    words.replace(&folder.path().display().to_string(), "[folder]")
}

#[tokio::test]
async fn a_kubeconfig_that_is_not_there_is_named() {
    let error = Cluster::connect(&named(vec!["nowhere/config".into()], None)).await.err();
    let error = error.expect("no such file");
    assert_eq!(error.to_string(), "failed to read the kubeconfig `nowhere/config`");
    assert!(!error.is_refusal());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let server = listener.local_addr().expect("an address");
    drop(listener);
    let file = write(&folder, "config", &config(server, json!({})));
    let error = Cluster::connect(&named(vec!["absent".into(), file], None)).await.err();
    let expected = format!("failed to ask the API server at `http://{server}`");
    assert_eq!(error.expect("a closed port").to_string(), expected);
}

#[tokio::test]
async fn a_list_of_kubeconfigs_is_one_configuration() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut second = config(server().await, json!({"token": SECRET}));
    let first = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "both",
        "contexts": [{"name": "both", "context": {"cluster": "c", "user": "c"}}],
    });
    second["current-context"] = json!("nothing");
    let files = vec![write(&folder, "first", &first), "absent".into(), write(&folder, "second", &second)];
    for context in [None, Some("c")] {
        let cluster = Cluster::connect(&named(files.clone(), context)).await.expect("connected");
        assert_eq!(cluster.version(), "v1.34.4");
    }
    insta::assert_snapshot!(refusal(&named(files, Some("d")), &folder).await, @r"
    the kubeconfig `[folder]/first`, `absent`, `[folder]/second` has no context `d`
    hint: use an existing one with `--context NAME`: `both`, `c`
    ");
}

#[tokio::test]
async fn a_kubeconfig_without_a_current_context_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = write(&folder, "config", &json!({"apiVersion": "v1", "kind": "Config"}));
    insta::assert_snapshot!(refusal(&named(vec![file], None), &folder).await, @r"
    the kubeconfig `[folder]/config` has no current context
    hint: name another kubeconfig with `--kubeconfig FILE`
    ");
}

#[tokio::test]
async fn a_plugin_makes_the_credentials() {
    let folder = tempfile::tempdir().expect("a folder");
    let credential = json!({
        "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": SECRET},
    });
    for interactive in ["Never", "IfAvailable"] {
        let user = plugin(folder.path(), &format!("echo '{credential}'"), interactive);
        let file = write(&folder, "config", &config(server().await, user));
        let cluster = Cluster::connect(&named(vec![file], None)).await.expect("connected");
        assert_eq!(cluster.version(), "v1.34.4");
    }
}

#[tokio::test]
async fn a_plugin_that_fails_is_named_with_its_words_and_without_secrets() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = server().await;
    let mut told = Vec::new();
    for script in
        ["echo \"$PASSWORD\"; echo 'session expired' >&2; exit 3", "echo \"{token: $PASSWORD\"", "exit 1"]
    {
        let file = write(&folder, "config", &config(server, plugin(folder.path(), script, "Never")));
        told.push(refusal(&named(vec![file], None), &folder).await);
    }
    let absent = json!({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-plugin", "interactiveMode": "Never"}});
    let file = write(&folder, "config", &config(server, absent));
    told.push(refusal(&named(vec![file], None), &folder).await);
    insta::assert_snapshot!(told.join("\n"), @r"
    failed to get the credentials of the plugin `sh`: it ended with exit status: 3: session expired
    hint: check that `kubectl auth whoami` works with the same kubeconfig; if not, log in again or fix its `users` entry
    failed to get the credentials of the plugin `sh`: its output is not an ExecCredential
    hint: check that `kubectl auth whoami` works with the same kubeconfig; if not, log in again or fix its `users` entry
    failed to get the credentials of the plugin `sh`: it ended with exit status: 1
    hint: check that `kubectl auth whoami` works with the same kubeconfig; if not, log in again or fix its `users` entry
    failed to get the credentials of the plugin `no-such-plugin`: it cannot be started: No such file or directory (os error 2)
    hint: check that `kubectl auth whoami` works with the same kubeconfig; if not, log in again or fix its `users` entry
    ");
}

#[tokio::test]
async fn what_a_pod_is_given_is_used_where_there_is_no_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let pod = PodAccess { host: "2001:db8::1".into(), port: "6443".into(), folder: folder.path().to_owned() };
    let options = ConnectOptions { pod: Some(pod), ..ConnectOptions::default() };
    insta::assert_snapshot!(refusal(&options, &folder).await, @r#"
    failed to read the kubeconfig of the pod that this runs in
      caused by: failed to load certificate authority: failed to read file '"[folder]/ca.crt"': No such file or directory (os error 2)
    hint: name one with `--kubeconfig FILE`, and its context with `--context NAME`
    "#);
    let authority = crate::server::Tls::generate(&["pod".to_owned()], 1_800_000_000).expect("a certificate");
    std::fs::write(folder.path().join("ca.crt"), authority.certificate_pem()).expect("written");
    std::fs::write(folder.path().join("token"), SECRET).expect("written");
    let config = kubeconfig::load(&options).await.expect("readable");
    assert_eq!(config.cluster_url.to_string(), "https://[2001:db8::1]:6443/");
    assert_eq!(config.auth_info.token_file, Some(folder.path().join("token").display().to_string()));
    assert_eq!(config.root_cert.map(|certificates| certificates.len()), Some(1));
    let none = ConnectOptions::default();
    insta::assert_snapshot!(refusal(&none, &folder).await, @r"
    no kubeconfig found: `KUBECONFIG` is unset, `~/.kube/config` does not exist, and this is not a pod
    hint: name one with `--kubeconfig FILE`, and its context with `--context NAME`
    ");
}
