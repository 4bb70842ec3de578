//! Reading the switches of a linear map: their values where it was recorded, and how fast these change along a
//! direction. No other file of the analysis asks a map for them.
//!
//! On the region around `x` the value of each switch is affine in the input, so `z(x + t·d) = z(x) + t·ż`,
//! and the region ends where one of them is zero. This is all that rays, slices and margins are made of.
//! What is read here is as the arithmetic left it; [`settle`](super::settle) says which of it is rounding.
//!
//! A choice among candidates, as a max-pool makes for each window, is shown as a switch for each candidate: by how
//! much it exceeds the largest other one of its group. Positive for the winner, zero where two are equal.

use crate::aligned;
use crate::layer::{DecisionKind, Decisions, LinearMap};
use crate::scalar::{Matrix, Scalar};

/// The values of the switches, a matrix for each layer that has some, one row for each recorded row.
pub(in crate::analysis) fn values<T: Scalar>(map: &dyn LinearMap<T>) -> Vec<Matrix<T>> {
    let mut all = Vec::new();
    map.decisions(&mut |decisions| {
        all.push(match decisions.kind {
            DecisionKind::Sign => copy(decisions.values),
            DecisionKind::Choice { .. } => candidates(decisions, decisions.values, T::infinity()),
        });
    });
    all
}

/// Whether some of its switches are choices, but for those between two candidates: by how much one of these exceeds the
/// other is one function as long as the switches before do not flip, so it is as good as a sign.
pub(in crate::analysis) fn has_choices<T: Scalar>(map: &dyn LinearMap<T>) -> bool {
    let mut any = false;
    map.decisions(&mut |decisions| {
        if let DecisionKind::Choice { candidates, .. } = decisions.kind {
            any |= candidates.iter().any(|&count| count != 2);
        }
    });
    any
}

/// `J d` for each row `d` of `directions`, and the rates of the switches along them.
pub(in crate::analysis) fn rates<T: Scalar>(
    map: &dyn LinearMap<T>,
    directions: Matrix<T>,
) -> (Matrix<T>, Vec<Matrix<T>>) {
    let mut all = Vec::new();
    let pushed = each_rate(map, directions, |_, rates| all.push(copy(rates)));
    (pushed, all)
}

/// The same; the rates are shown with the number of their layer and not kept.
pub(in crate::analysis) fn each_rate<T: Scalar>(
    map: &dyn LinearMap<T>,
    directions: Matrix<T>,
    mut f: impl FnMut(usize, &Matrix<T>),
) -> Matrix<T> {
    let mut shown = 0;
    map.jvp(
        directions,
        Some(&mut |decisions| {
            match decisions.kind {
                DecisionKind::Sign => f(shown, decisions.rates),
                DecisionKind::Choice { .. } => {
                    f(shown, &candidates(decisions, decisions.rates, T::zero()));
                }
            }
            shown += 1;
        }),
    )
}

/// A number for each candidate of a choice: `leads` of the winner over its nearest rival, and what each other
/// candidate lags behind; `alone` where there is no rival.
fn candidates<T: Scalar>(decisions: Decisions<'_, T>, leads: &Matrix<T>, alone: T) -> Matrix<T> {
    let DecisionKind::Choice { candidates, winners } = decisions.kind else { unreachable!() };
    let recorded = decisions.values.nrows();
    let columns = candidates.iter().sum();
    aligned::matrix((leads.nrows(), columns), |all| {
        for (row, leads) in leads.rows().into_iter().enumerate() {
            let leads = leads.to_slice().expect("matrices of layers are row-major");
            let row = if recorded == 1 { 0 } else { row };
            let values =
                decisions.values.row(row).to_slice().expect("matrices of layers are row-major");
            let winners = &winners[row * candidates.len()..][..candidates.len()];
            let mut from = 0;
            for (&count, &winner) in candidates.iter().zip(winners) {
                let rivals = from..from + count - 1;
                let nearest =
                    rivals.clone().reduce(|a, b| if values[b] < values[a] { b } else { a });
                let (before, behind) = leads[rivals].split_at(winner);
                all.extend(before.iter().map(|&lead| -lead));
                all.push(nearest.map_or(alone, |i| leads[i]));
                all.extend(behind.iter().map(|&lead| -lead));
                from += count - 1;
            }
        }
    })
}

/// A copy, in memory that was used before if there is some.
fn copy<T: Scalar>(m: &Matrix<T>) -> Matrix<T> {
    aligned::rows(m.view(), 0..m.nrows())
}
