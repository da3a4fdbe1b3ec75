//! Sizes in words: `214 KB`, `2.1 MB`.

/// A size as people read it; 1 KB is 1024 bytes.
pub fn short(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    if bytes < 1024 {
        return format!("{bytes} bytes");
    }
    let mut unit = 0;
    // Tenths, so that 1.96 MB does not become "1.10 MB".
    let mut tenths = bytes.saturating_mul(10).div_ceil(1024);
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths = tenths.div_ceil(1024);
        unit += 1;
    }
    match unit {
        0 => format!("{} {}", tenths.div_ceil(10), UNITS[unit]),
        _ if tenths.is_multiple_of(10) => format!("{} {}", tenths / 10, UNITS[unit]),
        _ => format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit]),
    }
}

/// Megabytes without the unit, for `x of y MB`.
pub fn megabytes(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10).div_ceil(1 << 20);
    match tenths % 10 {
        0 => format!("{}", tenths / 10),
        rest => format!("{}.{rest}", tenths / 10),
    }
}
