//! What must never be shown: a registry that repeats what it was sent would make an error tell it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const HIDDEN: &str = "[hidden]";

/// The secrets that went out with a request.
#[derive(Clone, Default)]
pub(crate) struct Secrets(Vec<String>);

impl Secrets {
    /// Takes a token or password.
    pub(crate) fn of(secret: &str) -> Self {
        Self(vec![secret.to_owned()])
    }

    /// Takes a user's password, which is sent in another form.
    pub(crate) fn of_basic(user: &str, password: &str) -> Self {
        Self(vec![STANDARD.encode(format!("{user}:{password}")), password.to_owned()])
    }

    /// Returns a text without them.
    pub(crate) fn hide(&self, text: &str) -> String {
        let secrets = self.0.iter().filter(|secret| !secret.is_empty());
        secrets.fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), HIDDEN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_hidden_in_each_of_its_forms() {
        let secrets = Secrets::of_basic("someone", "hunter2");
        assert_eq!(
            secrets.hide("got Basic c29tZW9uZTpodW50ZXIy (hunter2) of someone"),
            format!("got Basic {HIDDEN} ({HIDDEN}) of someone")
        );
        assert_eq!(Secrets::of("").hide("nothing"), "nothing");
    }
}
