//! What `--help` shows below the options of a command.

/// Examples, exit codes and environment variables of a command.
pub struct Help {
    /// Command lines that work, without the prompt.
    pub examples: &'static [&'static str],
    /// What exit code 0 means.
    pub success: &'static str,
    /// What exit code 1 means, if the command uses it.
    pub refusal: Option<&'static str>,
    /// The environment variables that the command reads.
    pub variables: &'static [&'static [Variable]],
}

/// A variable, and what it does.
pub type Variable = (&'static str, &'static str);

/// The password of a private key.
pub const KEY: &[Variable] = &[("COSIGN_PASSWORD", "password of the private key; default: a prompt")];

/// How a cluster is found.
pub const CLUSTER: &[Variable] = &[("KUBECONFIG", "kubeconfig files; default: ~/.kube/config")];

/// How servers are reached.
pub const PROXIES: &[Variable] = &[
    ("HTTPS_PROXY, HTTP_PROXY", "proxies for HTTPS and HTTP"),
    ("NO_PROXY", "hosts that are reached without a proxy"),
];

/// The logins to registries.
pub const LOGINS: &[Variable] = &[
    ("REGISTRY_AUTH_FILE", "file with registry logins, read before all others"),
    ("DOCKER_CONFIG", "folder of Docker's config.json; default: ~/.docker"),
    ("XDG_RUNTIME_DIR, XDG_CONFIG_HOME", "folders of Podman's auth.json"),
];

/// The time in reproducible output.
pub const TIME: &[Variable] = &[("SOURCE_DATE_EPOCH", "creation time in GitOps artifacts; default: none")];

impl Help {
    /// Returns the examples: for `-h`.
    pub fn short(&self) -> String {
        let lines: Vec<_> = self.examples.iter().map(|example| format!("  {example}")).collect();
        format!("Examples:\n{}", lines.join("\n"))
    }

    /// Returns everything: for `--help`.
    pub fn long(&self) -> String {
        let exits = [Some((0, self.success)), self.refusal.map(|text| (1, text)), Some((2, UNKNOWN))];
        let exits: String =
            exits.iter().flatten().map(|(code, text)| format!("\n  {code}  {text}")).collect();
        format!("{}\n\nExit codes:{exits}{}", self.short(), self.environment())
    }

    fn environment(&self) -> String {
        let variables: Vec<_> = self.variables.iter().copied().flatten().collect();
        let width = variables.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        let lines: String =
            variables.iter().map(|(name, text)| format!("\n  {name:<width$}  {text}")).collect();
        if lines.is_empty() { lines } else { format!("\n\nEnvironment:{lines}") }
    }
}

/// What exit code 2 means for every command.
const UNKNOWN: &str = "could not tell: wrong usage, unreadable input, or no answer";
