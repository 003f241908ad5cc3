//! The figures of all runs, beside the bounds that must hold.

use std::path::Path;

use crate::Failure;
use crate::measure::{Figures, load};
use crate::set::Set;

const MIB: f64 = 1024.0 * 1024.0;
const PEAK_MIB: f64 = 64.0;

/// One line of the table.
struct Row {
    name: &'static str,
    /// The work that it is compared with.
    floor: Option<&'static str>,
    /// The largest ratio to the floor.
    bound: Option<f64>,
    /// What it should come to, in words.
    goal: &'static str,
    /// The largest multiple of S that may be written to files.
    written: f64,
    /// Whether a peak above the bound fails.
    judged: bool,
}

/// A build writes every byte once; nothing else writes anything, temporary files least of all.
const ROWS: [Row; 7] = [
    Row {
        name: "build",
        floor: Some("floor-build"),
        bound: Some(1.5),
        goal: "1.1 x",
        written: 1.02,
        judged: true,
    },
    Row {
        name: "build-key",
        floor: Some("floor-build"),
        bound: Some(1.5),
        goal: "1.1 x",
        written: 1.02,
        judged: false,
    },
    Row {
        name: "push",
        floor: Some("floor-push"),
        bound: Some(1.5),
        goal: "1.1 x",
        written: 0.01,
        judged: true,
    },
    Row {
        name: "push-again",
        floor: Some("floor-again"),
        bound: None,
        goal: "2 x",
        written: 0.01,
        judged: true,
    },
    Row { name: "lock", floor: None, bound: None, goal: "", written: 0.01, judged: true },
    Row { name: "inspect", floor: None, bound: None, goal: "50 ms", written: 0.01, judged: true },
    Row { name: "verify", floor: None, bound: None, goal: "", written: 0.01, judged: true },
];

/// Prints the table. `false`: a bound is not met.
pub fn print(results: &Path, folder: &Path) -> Result<bool, Failure> {
    let (runs, set) = (load(results)?, Set::load(folder)?);
    println!("{}\n", heading(&runs, &set));
    println!(
        "{:<12} {:>9} {:>9} {:>9}   {:<6} {:<6} {:>8} {:>8} {:>9}",
        "", "fastest s", "floor s", "ratio", "bound", "goal", "peak MiB", "read / S", "written/S"
    );
    let mut met = true;
    for row in &ROWS {
        let faults = row.print(&runs, set.bytes() as f64)?;
        met &= faults.is_empty();
    }
    println!(
        "\nPeaks: at most {PEAK_MIB} MiB. `build-key` opens the key first, and cosign's scrypt takes 64 MiB for that by itself:"
    );
    println!(
        "its peak is shown, not judged. Ratios: the fastest run over the floor's fastest, of runs that took turns."
    );
    Ok(met)
}

fn heading(runs: &[(String, Figures)], set: &Set) -> String {
    let layers: usize = set.images.iter().map(|image| image.blobs.len() - 1).sum();
    let images = set.images.len();
    let count = figures(runs, "build").count();
    let mib = set.bytes() as f64 / MIB;
    format!(
        "{images} images, {layers} layers with one base in all, S = {mib:.0} MiB; the fastest of {count} runs"
    )
}

fn figures<'a>(runs: &'a [(String, Figures)], name: &'a str) -> impl Iterator<Item = &'a Figures> {
    runs.iter().filter(move |run| run.0 == name).map(|run| &run.1)
}

fn fastest(runs: &[(String, Figures)], name: &str) -> Result<f64, Failure> {
    let seconds = figures(runs, name).map(|figures| figures.seconds);
    seconds.min_by(f64::total_cmp).ok_or_else(|| format!("no run of `{name}`").into())
}

impl Row {
    /// Prints the line and returns what is wrong with it.
    fn print(&self, runs: &[(String, Figures)], set_bytes: f64) -> Result<Vec<String>, Failure> {
        let seconds = fastest(runs, self.name)?;
        let floor = self.floor.map(|floor| fastest(runs, floor)).transpose()?;
        let most =
            |of: fn(&Figures) -> u64| figures(runs, self.name).map(of).max().unwrap_or_default() as f64;
        let peak = most(|figures| figures.peak_kib) / 1024.0;
        let read = most(|figures| figures.read) / set_bytes;
        let written = most(|figures| figures.dirtied) / set_bytes;
        let ratio = floor.map(|floor| seconds / floor);
        let faults = self.faults(ratio, peak, written);
        let optional =
            |value: Option<f64>, digits| value.map(|value| format!("{value:.digits$}")).unwrap_or_default();
        println!(
            "{:<12} {seconds:>9.3} {:>9} {:>9}   {:<6} {:<6} {peak:>8.1} {read:>8.2} {written:>9.2}   {}",
            self.name,
            optional(floor, 3),
            optional(ratio, 2),
            optional(self.bound, 1),
            self.goal,
            faults.join(", "),
        );
        Ok(faults)
    }

    fn faults(&self, ratio: Option<f64>, peak: f64, written: f64) -> Vec<String> {
        let slow = ratio.zip(self.bound).filter(|(ratio, bound)| ratio > bound);
        let slow = slow.map(|_| "TOO SLOW".to_owned());
        let large = (self.judged && peak > PEAK_MIB).then(|| "TOO MUCH MEMORY".to_owned());
        let wrote = (written > self.written).then(|| "WRITES TOO MUCH".to_owned());
        [slow, large, wrote].into_iter().flatten().collect()
    }
}
