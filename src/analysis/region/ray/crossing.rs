//! Where the largest output changes along a ray.

use super::Segment;
use serde::Serialize;

/// A point of a ray where another output becomes the largest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Crossing {
    /// Where, 0 to 1.
    pub t: f64,
    /// The output that is largest before.
    pub from: usize,
    /// The output that is largest after.
    pub to: usize,
}

/// What rounding leaves of the difference of two outputs that are equal, as a part of the largest value and
/// slope.
const TIE: f64 = 1e-12;

/// The changes of the largest output. On a segment every output is a straight line, so the largest is their
/// upper envelope, which is walked from left to right: the next to lead is a steeper line, the one that meets
/// the present first, of several the steepest. Outputs that touch and do not cross change nothing.
pub(super) fn crossings(segments: &[Segment]) -> Vec<Crossing> {
    let mut all = Vec::new();
    let first = &segments[0];
    let ahead = |best: usize, j: usize| {
        let (a, b) = (first.value[best], first.value[j]);
        if b > a || (b == a && first.slope[j] > first.slope[best]) { j } else { best }
    };
    let Some(mut leader) = (0..first.value.len()).reduce(ahead) else { return all };
    for segment in segments {
        let (value, slope) = (&segment.value, &segment.slope);
        let size = value.iter().chain(slope).fold(0.0_f64, |size, v| size.max(v.abs()));
        let best = (0..value.len()).fold(leader, |a, b| if value[b] > value[a] { b } else { a });
        if value[best] - value[leader] > TIE * size {
            // Passed at the very end of the segment before, where rounding hid it.
            all.push(Crossing { t: segment.start, from: leader, to: best });
            leader = best;
        }
        let mut t = segment.start;
        loop {
            let y = |j: usize| value[j] + (t - segment.start) * slope[j];
            let mut next: Option<(f64, usize)> = None;
            for j in (0..value.len()).filter(|&j| slope[j] > slope[leader]) {
                let meet = t + (y(leader) - y(j)).max(0.0) / (slope[j] - slope[leader]);
                let sooner = |(first, other): (f64, usize)| {
                    meet < first || (meet == first && slope[j] > slope[other])
                };
                if next.is_none_or(sooner) {
                    next = Some((meet, j));
                }
            }
            match next {
                Some((meet, j)) if meet < segment.end => {
                    all.push(Crossing { t: meet, from: leader, to: j });
                    (t, leader) = (meet, j);
                }
                _ => break,
            }
        }
    }
    all
}
