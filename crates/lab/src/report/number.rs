//! Numbers as people read them.

use crate::experiment::MeanStd;

/// Stands where there is no number.
pub(super) const NONE: &str = "–";

/// `12,345`.
pub(super) fn count(n: usize) -> String {
    let digits = n.to_string();
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A count of things, one of them or several: `1 seed`, `1,200 rows`.
pub(super) fn counted(n: usize, one: &str, more: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { more })
}

/// With `digits` decimals.
pub(super) fn fixed(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return NONE.to_owned();
    }
    let text = format!("{value:.digits$}");
    // No sign before a number that is rounded to zero.
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|c| matches!(c, '0' | '.')) => rest.to_owned(),
        _ => text.replace('-', "−"),
    }
}

/// With three significant digits: `0.0123`, `1.23`, `12.3`, `12,345`, `1.2e-16`.
pub(super) fn short(value: f64) -> String {
    digits(value, 3)
}

/// With so many significant digits, three or more; a very small or very large number has one less.
pub(super) fn digits(value: f64, digits: usize) -> String {
    let size = value.abs();
    if !value.is_finite() {
        NONE.to_owned()
    } else if size == 0.0 {
        "0".to_owned()
    } else if !(1e-3..1e6).contains(&size) {
        format!("{value:.0$e}", digits - 2).replace('-', "−")
    } else if size >= 999.5 {
        let sign = if value < 0.0 { "−" } else { "" };
        format!("{sign}{}", count(size.round() as usize))
    } else {
        fixed(value, (digits as i32 - 1 - size.log10().floor() as i32).max(0) as usize)
    }
}

/// Seconds, to a hundredth where that matters.
pub(super) fn seconds(value: f64) -> String {
    if value.abs() < 99.5 { fixed(value, if value < 9.995 { 2 } else { 1 }) } else { short(value) }
}

/// An accuracy of 0 to 1 in percent: `97.22 ± 0.31`, or `97.22` of a single seed.
pub(super) fn percent(value: MeanStd, seeds: usize) -> String {
    let mean = fixed(100.0 * value.mean, 2);
    if seeds < 2 { mean } else { format!("{mean} ± {}", fixed(100.0 * value.deviation, 2)) }
}

/// Mean ± deviation, with three digits of the mean that say something.
pub(super) fn mean_std(value: MeanStd) -> String {
    let MeanStd { mean, deviation } = value;
    if mean >= 1000.0 {
        return format!("{} ± {}", count(mean.round() as usize), count(deviation.round() as usize));
    }
    let digits = if mean == 0.0 { 0.0 } else { 2.0 - mean.abs().log10().floor() };
    let digits = digits.clamp(0.0, 6.0) as usize;
    format!("{} ± {}", fixed(mean, digits), fixed(deviation, digits))
}

/// `1×8×8`.
pub(super) fn shape(sides: &[usize]) -> String {
    sides.iter().map(usize::to_string).collect::<Vec<_>>().join("×")
}
