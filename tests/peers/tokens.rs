//! A token service of the tests' own, as distribution's token authentication asks for one: it gives clients with the password
//! the scopes that they ask for, and records them.
// See: distribution docs/spec/auth/token.md and jwt.md

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::DecodePrivateKey as _;
use serde_json::{Value, json};

use bundle_testing::support::Stack;

/// The name of the registry to the service.
pub const SERVICE: &str = "tests-registry";

/// The service, for as long as the runtime that it was started on.
pub struct Tokens {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    key: SigningKey,
    certificate: String,
    login: String,
    asked: Mutex<Vec<Vec<String>>>,
}

impl Tokens {
    /// Starts a service that signs with `NAME.key`, shows `NAME.pem` and wants a login, `USER:PASSWORD` in base64.
    pub fn start(stack: &Stack, folder: &Path, name: &str, login: &str) -> Self {
        let read = |end: &str| std::fs::read_to_string(folder.join(format!("{name}.{end}"))).expect("a file");
        let certificate = read("pem").lines().filter(|line| !line.starts_with('-')).collect();
        let key = SigningKey::from_pkcs8_pem(&read("key")).expect("a key");
        let shared = Arc::new(Shared { key, certificate, login: login.to_owned(), asked: Mutex::default() });
        let router = Router::new().fallback(answer).with_state(shared.clone());
        let address = stack.block_on(async {
            let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
            let address = listener.local_addr().expect("an address");
            tokio::spawn(async move { axum::serve(listener, router).await });
            address
        });
        Self { address, shared }
    }

    /// Returns the scopes of each request so far.
    pub fn asked(&self) -> Vec<Vec<String>> {
        self.shared.asked.lock().expect("the requests").clone()
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let header = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    if header != Some(&format!("Basic {}", shared.login)) {
        return (http::StatusCode::UNAUTHORIZED, "who are you?").into_response();
    }
    let url = format!("http://x{}", request.uri());
    let url = reqwest::Url::parse(&url).expect("an address");
    let scopes: Vec<_> =
        url.query_pairs().filter(|(name, _)| name == "scope").map(|(_, scope)| scope.into_owned()).collect();
    let token = shared.token(&scopes);
    shared.asked.lock().expect("the requests").push(scopes);
    json!({"token": token, "expires_in": 300}).to_string().into_response()
}

impl Shared {
    fn token(&self, scopes: &[String]) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_secs();
        let header = json!({"typ": "JWT", "alg": "ES256", "x5c": [self.certificate]});
        let claims = json!({
            "iss": "tests", "sub": "someone", "aud": SERVICE, "jti": now.to_string(),
            "iat": now, "nbf": now - 60, "exp": now + 300,
            "access": scopes.iter().map(|scope| access(scope)).collect::<Vec<_>>(),
        });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature: Signature = self.key.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }
}

fn access(scope: &str) -> Value {
    let words: Vec<_> = scope.split(':').collect();
    let [kind, name, actions] = words[..] else { panic!("`{scope}` is no scope") };
    json!({"type": kind, "name": name, "actions": actions.split(',').collect::<Vec<_>>()})
}

/// Returns a login as a header and a credential file have it.
pub fn login(user: &str, password: &str) -> String {
    STANDARD.encode(format!("{user}:{password}"))
}
