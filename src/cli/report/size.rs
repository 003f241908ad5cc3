//! Sizes for people.

const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];

/// Returns a number of bytes as people read it.
pub fn bytes(count: u64) -> String {
    let mut value = count as f64;
    let mut unit = None;
    for larger in UNITS {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = Some(larger);
    }
    unit.map_or_else(|| format!("{count} bytes"), |unit| format!("{value:.1} {unit}"))
}
