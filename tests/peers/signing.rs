//! Signatures of bundles in both directions with the real cosign, and a session without a terminal.

use bundle_testing::internet::sigstore::{Forge, Form};
use bundle_testing::programs::Programs;
use bundle_testing::signing::{BY_IDENTITY, Bench};

const SLOTS: [&str; 3] = ["bundle.sigstore.json", "bundle.2.sigstore.json", "bundle.3.sigstore.json"];

#[test]
fn cosign_accepts_every_slot_that_tar_takes_out() {
    let programs = Programs::need(&["tar", "cosign"]);
    let bench = Bench::new();
    let folder = bench.tiny.stack.folder.path();
    let (_one, _two) = (bench.keys("one"), bench.keys("two"));
    bench.tiny.stack.write("sig.json", &bench.keyless(Form::BundleV2, Forge::default()).to_string());
    bench.sign(&["--key", "one.key"]).ok();
    bench.sign(&["--key", "two.key", "--add"]).ok();
    bench.sign(&["--attach", "sig.json", "--trusted-root", "root.json", "--add"]).ok();
    programs.run("tar", folder, &[&["-xf", "tiny.tar", "index.json"], &SLOTS[..]].concat()).ok();
    let verify = |slot: &str, by: &[&str]| {
        let flags = [&["verify-blob", "--bundle", slot], by, &["index.json"]].concat();
        programs.run("cosign", folder, &flags).code
    };
    let by_key = |key| ["--key", key, "--insecure-ignore-tlog"];
    assert_eq!(verify(SLOTS[0], &by_key("one.pub")), Some(0));
    assert_eq!(verify(SLOTS[1], &by_key("two.pub")), Some(0));
    assert_eq!(verify(SLOTS[1], &by_key("one.pub")), Some(1));
    assert_eq!(verify(SLOTS[2], &[&BY_IDENTITY[..], &["--trusted-root", "root.json"]].concat()), Some(0));
}

#[test]
fn what_cosign_signed_elsewhere_is_attached_and_accepted() {
    let programs = Programs::need(&["tar", "cosign"]);
    let bench = Bench::new();
    let folder = bench.tiny.stack.folder.path();
    let (_one, _two) = (bench.keys("one"), bench.keys("two"));
    programs.run("tar", folder, &["-xf", "tiny.tar", "index.json"]).ok();
    for name in ["one", "two"] {
        let (key, signature) = (format!("{name}.key"), format!("{name}.json"));
        let flags = ["sign-blob", "--yes", "--use-signing-config=false", "--tlog-upload=false"];
        let rest = ["--key", &key, "--bundle", &signature, "index.json"];
        programs.run("cosign", folder, &[&flags[..], &rest].concat()).ok();
    }
    bench.sign(&["--attach", "one.json", "--attach", "two.json"]).ok();
    bench.verify(&["--key", "one.pub", "--key", "two.pub", "--threshold", "2"]).ok();
}

#[test]
fn without_the_right_password_nothing_is_signed() {
    let bench = Bench::new();
    let _one = bench.keys("one");
    let before = bench.bytes();
    let programs = Programs::need(&["setsid"]);
    let sign = |password: Option<&str>| {
        let mut command = programs.command("setsid", bench.tiny.stack.folder.path());
        command.args(["--wait", bundle_testing::support::program(), "sign", "tiny.tar", "--key", "one.key"]);
        command.env_remove("COSIGN_PASSWORD").stdin(std::process::Stdio::null());
        command.envs(password.map(|password| ("COSIGN_PASSWORD", password)));
        bundle_testing::support::Ran::from(command.output().expect("the program runs"))
    };
    let wrong = bench.failed(&sign(Some("wrong")), 2, &[]);
    assert!(wrong.starts_with("error: the key `one.key` cannot be used\n  caused by: "), "{wrong}");
    assert!(!wrong.contains("\"wrong\""), "{wrong}");
    assert_eq!(
        bench.failed(&sign(None), 2, &[]),
        "error: no password for `one.key`: No such device or address (os error 6)\n\n\
         hint: set COSIGN_PASSWORD, or run this at a terminal\n"
    );
    assert!(bench.bytes() == before);
    assert_eq!(sign(Some(bundle_testing::support::PASSWORD)).code, Some(0));
}
