//! The times of a signature, and how they are written. Nothing here reads a clock.

/// When everything is signed that does not say otherwise: 2026-11-01T00:10:00Z.
pub const SIGNED: u64 = 1_793_491_800;
/// From when on authorities and logs are valid: 2020-01-01T00:00:00Z.
pub const START: u64 = 1_577_836_800;
/// Until when authorities are valid: 2040-01-01T00:00:00Z.
pub const END: u64 = 2_208_988_800;
/// How long a leaf certificate is valid, in seconds.
pub const LIFETIME: u64 = 600;

/// Returns `YYYYMMDDhhmmssZ`.
#[must_use]
pub fn compact(seconds: u64) -> String {
    let [year, month, day, hour, minute, second] = civil(seconds);
    format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z")
}

/// Returns `YYYY-MM-DDThh:mm:ssZ`.
#[must_use]
pub fn rfc3339(seconds: u64) -> String {
    let [year, month, day, hour, minute, second] = civil(seconds);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Takes seconds since 1970 apart.
fn civil(seconds: u64) -> [u64; 6] {
    let (mut days, rest) = (seconds / 86_400, seconds % 86_400);
    let mut year = 1970;
    while days >= days_of(year) {
        days -= days_of(year);
        year += 1;
    }
    let mut month = 1;
    for length in [31, days_of(year) - 337, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    [year, month, days + 1, rest / 3600, rest / 60 % 60, rest % 60]
}

fn days_of(year: u64) -> u64 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    365 + u64::from(leap)
}
