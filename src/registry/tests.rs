//! What the client makes of a registry that says exactly what a test wants it to say.

mod login;
mod moved;
mod patience;
mod scripted;
mod secrets;
mod transfers;

use super::auth::Credentials;
use super::auth::login::Login;
use super::client::Client;
use super::client::access::Access;
use super::client::repository::Repository;
use super::endpoint::Endpoint;
use crate::digest::Digest;
use crate::spec::Registries;
use scripted::Scripted;

/// The text of the one blob.
const BLOB: &[u8] = b"0123456789";

/// Returns a client whose clock is a test's own, with logins by host.
fn client(logins: impl IntoIterator<Item = (String, Login)>) -> Client {
    Client::for_tests(Registries::default(), &Access::default(), Credentials::fixed(logins))
}

fn repository(client: &Client, registry: &Scripted) -> Repository {
    client.repository(Endpoint::new(&registry.address.to_string(), None, ""), "a/b", "reg/a/b")
}

/// Returns the repository `a/b` of a registry without logins.
fn anonymous(registry: &Scripted) -> Repository {
    let host = registry.address.to_string();
    repository(&client([(host, Login::Anonymous)]), registry)
}

fn blob() -> Digest {
    Digest::of(BLOB)
}
