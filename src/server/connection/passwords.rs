//! Basic authentication against a file that `htpasswd -B` writes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::HeaderMap;
use tokio::sync::Semaphore;

use crate::digest::Digest;

/// How many passwords are compared at once: each takes tens of milliseconds of a processor, on purpose.
const AT_ONCE: usize = 1;
/// The length of a bcrypt hash, and what it starts with.
// See: crypt(5), "bcrypt"
const HASH_LENGTH: usize = 60;
const HASH_STARTS: [&str; 3] = ["$2a$", "$2b$", "$2y$"];

/// Who may ask, and what their passwords hash to.
pub struct Passwords {
    hashes: BTreeMap<String, String>,
    /// Digests of what was accepted: a client says its password with every request.
    accepted: Mutex<BTreeSet<Digest>>,
    turns: Semaphore,
}

/// The text is not a password file that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPasswords {
    /// A line is not a user and a bcrypt hash. The line itself is not repeated.
    #[error(
        "line {line} is not `USER:` and a bcrypt hash, which has {HASH_LENGTH} characters and starts with `$2y$`"
    )]
    Line {
        /// Which line, from 1.
        line: usize,
    },
    /// There is no line.
    #[error("it names no user")]
    Empty,
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Passwords of {} users", self.hashes.len())
    }
}

impl Passwords {
    /// Reads a password file. Empty lines and those that start with `#` are passed over.
    ///
    /// # Errors
    /// When a line is not a user and a bcrypt hash, or the file has no such line.
    // See: Apache httpd, "htpasswd"; docker-registry takes bcrypt alone, too
    pub fn parse(text: &str) -> Result<Self, InvalidPasswords> {
        let mut hashes = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (user, hash) = entry(line).ok_or(InvalidPasswords::Line { line: number + 1 })?;
            hashes.insert(user.to_owned(), hash.to_owned());
        }
        if hashes.is_empty() {
            return Err(InvalidPasswords::Empty);
        }
        Ok(Self { hashes, accepted: Mutex::default(), turns: Semaphore::new(AT_ONCE) })
    }

    /// Returns whether a request names a user and that user's password.
    pub(crate) async fn accept(&self, headers: &HeaderMap) -> bool {
        let Some((user, password)) = credentials(headers) else { return false };
        let (own, any) = (self.hashes.get(&user), self.hashes.values().next());
        // Who is not known waits as long as who is: the time does not tell one from the other.
        let (is_known, Some(hash)) = (own.is_some(), own.or(any).cloned()) else { return false };
        let said = Digest::of(format!("{user}:{password}").as_bytes());
        if self.accepted().contains(&said) {
            return true;
        }
        let Ok(_turn) = self.turns.acquire().await else { return false };
        // Who waited may have been accepted by then: a client opens several connections at once.
        if self.accepted().contains(&said) {
            return true;
        }
        let compare = tokio::task::spawn_blocking(move || bcrypt::verify(password, &hash).unwrap_or(false));
        let is_right = compare.await.unwrap_or(false) && is_known;
        if is_right {
            self.accepted().insert(said);
        }
        is_right
    }

    fn accepted(&self) -> std::sync::MutexGuard<'_, BTreeSet<Digest>> {
        self.accepted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn entry(line: &str) -> Option<(&str, &str)> {
    let (user, hash) = line.split_once(':').filter(|(user, _)| !user.is_empty())?;
    let is_hash = hash.len() == HASH_LENGTH && HASH_STARTS.iter().any(|start| hash.starts_with(start));
    is_hash.then_some((user, hash))
}

// See: RFC 7617
fn credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, encoded) = headers.get("authorization")?.to_str().ok()?.split_once(' ')?;
    let decoded =
        BASE64_STANDARD.decode(encoded.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let text = String::from_utf8(decoded).ok()?;
    text.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How a hash with the least work that bcrypt knows begins.
    const HASH: &str = "$2b$04$";

    #[test]
    fn a_line_that_is_no_bcrypt_hash_is_refused_and_not_repeated() {
        let good = format!("me:{HASH}{}", "x".repeat(53));
        assert!(Passwords::parse(&format!("# who\n\n{good}\n")).is_ok());
        for (text, expected) in [
            ("", InvalidPasswords::Empty),
            ("# a comment\n", InvalidPasswords::Empty),
            ("me:plaintext", InvalidPasswords::Line { line: 1 }),
            ("\nme:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", InvalidPasswords::Line { line: 2 }),
            (&good[2..], InvalidPasswords::Line { line: 1 }),
            (&format!("{good}x"), InvalidPasswords::Line { line: 1 }),
        ] {
            let found = Passwords::parse(text).expect_err("it is refused");
            assert_eq!(found, expected);
            assert!(!found.to_string().contains("plaintext"));
        }
    }

    #[tokio::test]
    async fn only_the_right_password_of_a_user_is_accepted() {
        let hash = bcrypt::hash_with_salt("secret", 4, [7; 16]).unwrap().to_string();
        let passwords = Passwords::parse(&format!("me:{hash}")).unwrap();
        let asked = async |header: &str| {
            let headers = HeaderMap::from_iter([(http::header::AUTHORIZATION, header.parse().unwrap())]);
            passwords.accept(&headers).await
        };
        let basic = |text: &str| format!("Basic {}", BASE64_STANDARD.encode(text));
        for (header, expected) in [
            (basic("me:secret"), true),
            (basic("me:secret").replace("Basic", "bASIC"), true),
            (basic("me:wrong"), false),
            (basic("me:"), false),
            (basic("you:secret"), false),
            (basic("me"), false),
            ("Basic ***".to_owned(), false),
            (format!("Bearer {}", BASE64_STANDARD.encode("me:secret")), false),
        ] {
            assert_eq!(asked(&header).await, expected, "{header}");
        }
        assert!(!passwords.accept(&HeaderMap::new()).await);
    }

    #[tokio::test]
    async fn who_waited_for_a_turn_is_not_compared_with_what_was_accepted_by_then() {
        let hash = bcrypt::hash_with_salt("another", 4, [7; 16]).unwrap().to_string();
        let passwords = Passwords::parse(&format!("me:{hash}")).unwrap();
        let said = format!("Basic {}", BASE64_STANDARD.encode("me:secret")).parse().unwrap();
        let headers = HeaderMap::from_iter([(http::header::AUTHORIZATION, said)]);
        let turn = passwords.turns.acquire().await.unwrap();
        let mut waiting = std::pin::pin!(passwords.accept(&headers));
        let at_once = std::future::poll_fn(|context| {
            std::task::Poll::Ready(waiting.as_mut().poll(context).is_pending())
        });
        assert!(at_once.await);
        passwords.accepted().insert(Digest::of(b"me:secret"));
        drop(turn);
        assert!(waiting.await);
    }
}
