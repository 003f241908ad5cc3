//! The user and the time of a change, as the cluster records them.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use tokio::time::Instant;

use crate::cluster::api::client::Api;
use crate::cluster::objects::json::text;
use crate::report::printable;

const REVIEWS: &str = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
const LONGEST_NAME: usize = 200;

/// One run of a command that changes the cluster.
#[derive(Debug, Clone)]
pub struct Caller {
    started: Timestamp,
    since: Instant,
    token: String,
    ended: fn(&str) -> bool,
}

impl Caller {
    /// Takes the time in seconds since 1970, a token that no other run has, and a function that tells of such a token whether
    /// its run has certainly ended.
    #[must_use]
    pub fn starting(now: i64, token: String, ended: fn(&str) -> bool) -> Self {
        let started = Timestamp::from_second(now).unwrap_or(Timestamp::UNIX_EPOCH);
        Self { started, since: Instant::now(), token, ended }
    }

    /// Tells whether the run of an identity has certainly ended, as a killed run on this machine has.
    pub(in crate::cluster) fn has_ended(&self, identity: &str) -> bool {
        identity.rsplit_once('#').is_some_and(|(_, token)| (self.ended)(token))
    }

    /// Returns the time in RFC 3339, to the microsecond, as Leases have it.
    pub(in crate::cluster) fn now(&self) -> String {
        let passed = Duration::from_micros(self.since.elapsed().as_micros().try_into().unwrap_or(0));
        let now = self.started.checked_add(passed).unwrap_or(self.started);
        format!("{now:.6}")
    }

    /// Returns the time in RFC 3339, to the second.
    pub(in crate::cluster) fn now_in_seconds(&self) -> String {
        let now = self.now();
        format!("{}Z", now.split('.').next().unwrap_or_default())
    }

    /// Returns the identity of a user's run; several runs of one user have different ones.
    pub(in crate::cluster) fn identity(&self, user: &str) -> String {
        format!("{user}#{}", self.token)
    }
}

/// Asks the API server for the user's name; "unknown" if it does not answer.
// See: https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/self-subject-review-v1/
pub(in crate::cluster) async fn user(api: &Api) -> String {
    let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
    let answer = api.create(REVIEWS, &review).await.ok();
    let body = answer.filter(|answer| answer.is_success()).map(|answer| answer.body).unwrap_or_default();
    match printable(text(&body, "/status/userInfo/username"), LONGEST_NAME) {
        name if name.is_empty() => "unknown".to_owned(),
        name => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_the_api_server_reads_them() {
        let caller = Caller::starting(1_795_305_600, "7f".into(), |token| token == "8e");
        assert!(caller.now().starts_with("2026-11-22T00:00:0"), "{}", caller.now());
        assert_eq!(caller.now().len(), "2026-11-22T00:00:00.000000Z".len());
        assert_eq!(caller.now_in_seconds().len(), "2026-11-22T00:00:00Z".len());
        assert_eq!(caller.identity("admin"), "admin#7f");
        assert!(caller.has_ended("admin#8e") && !caller.has_ended("admin#7f") && !caller.has_ended("8e"));
        assert!(Caller::starting(i64::MAX, String::new(), |_| false).now().starts_with("1970-01-01T00:00:"));
    }
}
