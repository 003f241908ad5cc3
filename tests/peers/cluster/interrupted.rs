//! Whatever is interrupted converges: the same command, given again, comes to the same state as if nothing had happened.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};

use super::installs::{Paperwork, programs};
use super::paper::PaperCluster;
use bundle_testing::cluster::audit::Request;
use bundle_testing::cluster::state::State;
use bundle_testing::internet::mixed;
use bundle_testing::support::{Ran, bundle_command};

const KILLED: usize = 30;
const RESTARTED: usize = 10;
/// More fake nodes would only be more of the same.
const NODES: usize = 3;

/// A round trip that ends where it began: nothing, a version, a later one with less in it, and back, twice, and nothing. An uninstall
/// takes long, as each of four namespaces takes five seconds to go, whatever is in it.
// See: https://github.com/kubernetes/kubernetes/blob/v1.34.4/pkg/controller/namespace/namespace_controller.go
const CYCLE: [&str; 6] = ["a.tar", "b.tar", "a.tar", "b.tar", "a.tar", "uninstall"];

/// One command of the round trip, and its result if nothing interrupts it.
struct Step {
    arguments: Vec<&'static str>,
    writes: usize,
    state: State,
}

/// A moment of a command: after so many writes, and then so many requests of any kind.
#[derive(Debug)]
struct Moment {
    writes: usize,
    more: usize,
}

impl Moment {
    /// Chooses one that surely comes: behind the last write but one there are two requests.
    fn choose(seed: u64, writes: usize) -> Self {
        let number = |salt: u64, below: usize| {
            usize::try_from(mixed(seed ^ salt) % below as u64).expect("it is small")
        };
        Self { writes: number(1, writes), more: 1 + number(2 << 32, 2) }
    }

    fn is_over(&self, requests: &[Request]) -> bool {
        let mut rest = requests.iter();
        (0..self.writes).all(|_| rest.any(Request::is_write)) && rest.len() >= self.more
    }
}

struct Ground<'a> {
    paper: &'a Paperwork,
    cluster: PaperCluster<'a>,
    steps: Vec<Step>,
}

impl<'a> Ground<'a> {
    /// Goes the round trip once, undisturbed.
    fn prepare(paper: &'a Paperwork, cluster: PaperCluster<'a>) -> Self {
        let mut ground = Self { paper, cluster, steps: Vec::new() };
        for name in CYCLE {
            let arguments = match name {
                "uninstall" => vec!["uninstall", "--kubeconfig", "admin.kubeconfig"],
                file => Paperwork::install(file),
            };
            drop(ground.cluster.audit.take());
            ground.paper.bundle(&arguments).ok();
            let writes = ground.cluster.audit.take().iter().filter(|request| request.is_write()).count();
            ground.steps.push(Step { arguments, writes, state: ground.state() });
        }
        ground
    }

    fn state(&self) -> State {
        State::of(|arguments| self.cluster.kubectl(arguments))
    }

    fn spawn(&self, step: &Step) -> Child {
        drop(self.cluster.audit.take());
        let mut command = bundle_command(self.paper.stack.folder.path(), &step.arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a process")
    }

    /// Waits for a moment of a command.
    fn await_moment(&self, child: &mut Child, moment: &Moment) {
        let ended = || child.try_wait().expect("a process").is_some();
        self.cluster.audit.until(|requests| moment.is_over(requests), ended);
    }

    /// Kills a command at a moment; returns how it ended.
    fn kill(&self, step: &Step, moment: &Moment) -> Output {
        let mut child = self.spawn(step);
        self.await_moment(&mut child, moment);
        child.kill().expect("a process");
        child.wait_with_output().expect("its end")
    }

    /// Kills the API server at a moment of a command, and starts it again; returns how the command ended.
    fn restart(&mut self, step: usize, moment: &Moment) -> Output {
        let mut child = self.spawn(&self.steps[step]);
        self.await_moment(&mut child, moment);
        self.cluster.restart();
        child.wait_with_output().expect("its end")
    }

    /// Gives a command again, and compares what comes of it; controllers may need a moment more.
    fn converges(&self, step: &Step, context: &str) {
        let again = self.paper.bundle(&step.arguments);
        assert_eq!(again.code, Some(0), "{context}: {again:?}");
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let differences = step.state.differences(&self.state());
            if differences.is_empty() {
                return;
            }
            assert!(Instant::now() < deadline, "{context}: {}", differences.join("\n"));
        }
    }
}

#[test]
fn what_is_killed_at_any_moment_comes_to_the_same_end() {
    let programs = programs();
    let paper = Paperwork::lay(&programs);
    let ground = Ground::prepare(&paper, PaperCluster::start(&programs, paper.stack.folder.path(), NODES));
    let (mut killed, mut round) = (0, 0);
    while killed < KILLED {
        let (began, step) = (Instant::now(), &ground.steps[round % CYCLE.len()]);
        let moment = Moment::choose(round as u64, step.writes);
        let context = format!(
            "{} killed in round {round} at {moment:?} of {}",
            CYCLE[round % CYCLE.len()],
            step.writes
        );
        let ended = ground.kill(step, &moment);
        killed += usize::from(ended.status.signal() == Some(9));
        round += 1;
        assert!(round - killed <= 4, "they end before they are killed: {:?}", Ran::from(ended));
        ground.converges(step, &context);
        eprintln!("cluster: {context}: {:.1} s", began.elapsed().as_secs_f32());
    }
}

#[test]
fn what_an_api_server_leaves_in_the_lurch_comes_to_the_same_end() {
    let programs = programs();
    let paper = Paperwork::lay(&programs);
    let mut ground =
        Ground::prepare(&paper, PaperCluster::start(&programs, paper.stack.folder.path(), NODES));
    for round in 0..RESTARTED {
        let (began, step) = (Instant::now(), round % CYCLE.len());
        let moment = Moment::choose(1000 + round as u64, ground.steps[step].writes);
        let context = format!("{} left in round {round} at {moment:?}", CYCLE[step]);
        let ended: Ran = ground.restart(step, &moment).into();
        // What it says when it gives up names a next step, and is no panic.
        assert!(ended.code == Some(0) || ended.stderr.contains("error: "), "{context}: {ended:?}");
        assert!(matches!(ended.code, Some(0..=2)), "{context}: {ended:?}");
        ground.converges(&ground.steps[step], &context);
        eprintln!("cluster: {context}, ended with {:?}: {:.1} s", ended.code, began.elapsed().as_secs_f32());
    }
}
