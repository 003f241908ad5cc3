//! The crossing on a sealed node: real Kubernetes, the real Gatekeeper, no route out. One stage, one story.
//!
//! A stage takes ten seconds to come up and Gatekeeper twenty to install, so every fact is shown on the same stage, in
//! this order; each leaves the cluster fit for the next. `scripts/test stage` builds what this needs and runs it on one thread: a stage
//! fills the machine, and the next one waits for its end. `tests/stage/README.md` says what a stage is.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "tests stop at what they do not expect"
)]

mod audit;
mod bad_input;
mod crossing;
mod crowd;
mod enforce;
mod ground;
mod leaving;
mod live;
mod node;
mod parts;
mod pods;
mod readers;
mod releases;
mod sealed;
mod served;
mod sites;
mod status;
mod suites;
mod traffic;
mod versions;

use std::time::Instant;

use ground::{CROWD, Ground, HOMELAB, LUMEN};
use parts::Parts;
use versions::Versions;

/// Shows facts one after the other, and says of each how long it took.
macro_rules! show {
    ($ground:expr, $($module:ident::$fact:ident),+ $(,)?) => {$(
        let began = Instant::now();
        $module::$fact($ground);
        let (fact, seconds) = (stringify!($fact).replace('_', " "), began.elapsed().as_secs_f32());
        eprintln!("stage: {fact}: {seconds:.1} s");
    )+};
}

#[test]
fn the_shipped_bundle_crosses_to_a_sealed_node_and_leaves_it_as_it_was() {
    let parts = Parts::need();
    let began = Instant::now();
    let ground = Ground::prepare(&parts, &HOMELAB);
    eprintln!("stage: bundle and stage: {:.1} s", began.elapsed().as_secs_f32());
    show!(
        &ground,
        sealed::nothing_outside_is_reached,
        sealed::every_signature_is_verified_without_a_route,
        bad_input::an_incomplete_bundle_is_not_built_for_a_site,
        bad_input::an_incomplete_bundle_changes_nothing,
        bad_input::an_unreachable_cluster_is_reported_before_a_byte_is_pushed,
        crossing::the_bundle_is_installed,
        crossing::gatekeeper_refuses_the_latest_tag,
        crossing::a_tagged_pod_runs_in_the_restricted_namespace,
        pods::every_image_of_every_pod_came_out_of_the_bundle,
        crossing::a_second_install_sends_and_changes_nothing,
        crossing::a_constraint_that_is_gone_is_found_out_and_put_back,
        readers::crane_validates_everything_that_was_pushed,
        readers::containerd_imports_the_unchanged_bundle,
        leaving::uninstall_leaves_the_cluster_as_it_was,
        sites::the_homelab_installs_with_its_own_site,
        served::a_served_bundle_is_registry_enough,
        served::two_hosts_of_one_path_reach_the_node_apart,
        leaving::uninstall_leaves_the_cluster_as_it_was,
        leaving::nothing_is_left_of_the_stage,
    );
}

#[test]
fn status_names_what_is_not_as_installed_and_enforce_moves_policies() {
    let parts = Parts::need();
    let ground = Ground::prepare(&parts, &HOMELAB);
    show!(
        &ground,
        status::what_is_installed_is_as_installed,
        status::a_constraint_that_is_gone_is_named,
        status::a_policy_that_only_warns_is_named,
        status::a_namespace_that_is_less_strict_is_named,
        status::gatekeeper_that_is_scaled_away_is_named,
        status::a_webhook_that_nothing_reaches_is_named_and_is_not_installed,
        status::a_webhook_whose_service_leads_elsewhere_is_named,
        enforce::a_policy_is_moved_and_the_next_install_would_move_it_back,
        enforce::deny_is_refused_while_the_audit_finds_violations,
        enforce::the_choice_is_written_into_the_site_file,
    );
}

#[test]
fn connections_between_pods_show_whether_network_policies_are_enforced() {
    let parts = Parts::need();
    let ground = Ground::prepare(&parts, &HOMELAB);
    show!(
        &ground,
        live::the_bundle_is_installed,
        live::a_network_that_enforces_nothing_is_named,
        live::a_network_that_drops_or_rejects_passes,
        live::what_is_interrupted_leaves_no_pod,
    );
}

#[test]
fn versions_follow_each_other_and_what_fails_goes_back() {
    let parts = Parts::need();
    let began = Instant::now();
    let versions = Versions::begin(Ground::prepare(&parts, &releases::RELEASES));
    eprintln!("stage: bundles, stage and the first version: {:.1} s", began.elapsed().as_secs_f32());
    show!(
        &versions,
        versions::of_two_installs_at_once_the_second_says_who_is_at_it,
        versions::an_upgrade_changes_what_differs_and_nothing_else,
        versions::a_downgrade_comes_to_the_state_that_was,
        versions::an_upgrade_that_does_not_become_ready_goes_back,
        versions::an_upgrade_that_does_not_enforce_goes_back,
        versions::uninstall_leaves_the_cluster_as_it_was,
    );
}

#[test]
fn lumen_crosses_with_its_own_site_and_its_test_suites_pass() {
    let parts = Parts::need();
    let ground = Ground::prepare(&parts, &LUMEN);
    show!(
        &ground,
        sites::lumen_is_installed,
        suites::suite_1_gatekeeper_refuses_in_its_own_words,
        suites::suite_2_pod_security_refuses_in_its_own_words,
        suites::suite_4_a_compliant_pod_is_admitted,
        sites::uninstall_leaves_nothing_of_lumen,
    );
}

#[test]
fn a_thousand_nodes_are_waited_for_with_one_watch_and_little_memory() {
    let parts = Parts::need();
    let ground = Ground::prepare(&parts, &CROWD);
    show!(&ground, crowd::a_thousand_nodes_join, crowd::the_bundle_is_installed_on_all_of_them);
}
