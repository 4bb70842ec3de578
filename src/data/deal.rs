//! How rows are dealt to parts: held out, folds.

use crate::error::{Error, Result};
use crate::random::{generator, shuffled};
use std::collections::BTreeMap;

/// The random stream of everything here, "hold" in ASCII.
pub(super) const HOLD_OUT: u64 = 0x686F_6C64;

/// The part of the rows that is held out to test on where there are no others to test on, and the seed of the draw.
pub(super) const TEST: (f64, u64) = (0.2, 0);

/// How the rows of a data set are dealt to parts.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Dealing {
    /// At random, of each class its share; where targets are values, any rows.
    #[default]
    ByClass,
    /// At random, but the rows of one group, such as those of one patient, stay together. The group of each row.
    Groups(Vec<usize>),
    /// As given: whether each row is held out, whatever part is asked for.
    Given(Vec<bool>),
}

impl Dealing {
    /// The same for the given rows.
    pub(super) fn select(&self, rows: &[usize]) -> Self {
        match self {
            Self::ByClass => Self::ByClass,
            Self::Groups(groups) => Self::Groups(rows.iter().map(|&row| groups[row]).collect()),
            Self::Given(held) => Self::Given(rows.iter().map(|&row| held[row]).collect()),
        }
    }

    /// For how many rows it is; none if for any number.
    pub(super) fn rows(&self) -> Option<usize> {
        match self {
            Self::ByClass => None,
            Self::Groups(groups) => Some(groups.len()),
            Self::Given(held) => Some(held.len()),
        }
    }

    /// Of `rows` rows, those that remain and a `fraction` that is held out.
    pub(super) fn hold_out(
        &self,
        rows: usize,
        labels: Option<&[usize]>,
        fraction: f64,
        seed: u64,
    ) -> Result<(Vec<usize>, Vec<usize>)> {
        if !(fraction > 0.0 && fraction < 1.0) {
            return Err(Error::new("fraction to hold out", "between 0 and 1", fraction));
        }
        let held = match self {
            Self::Given(held) => held.clone(),
            Self::ByClass => {
                let order = by_class(rows, labels, seed);
                // Evenly spaced positions: any run of k of them, so any class, holds k·fraction to within
                // one, and all n together hold n·fraction rounded.
                let before = |position: usize| (position as f64 * fraction + 0.5).floor();
                let mut held = vec![false; rows];
                for (position, &row) in order.iter().enumerate() {
                    held[row] = before(position + 1) > before(position);
                }
                held
            }
            Self::Groups(groups) => {
                let wanted = rows as f64 * fraction;
                let (mut held, mut count) = (vec![false; rows], 0);
                for group in shuffled_groups(groups, seed) {
                    // Where this brings the number of rows nearer to what is wanted.
                    if (count + group.len()) as f64 - wanted <= wanted - count as f64 {
                        group.iter().for_each(|&row| held[row] = true);
                        count += group.len();
                    }
                }
                held
            }
        };
        let (out, rest): (Vec<usize>, Vec<usize>) = (0..rows).partition(|&row| held[row]);
        if out.is_empty() || rest.is_empty() {
            let expected = format!("one that leaves rows in both parts of {rows}");
            return Err(Error::new("fraction to hold out", expected, fraction));
        }
        Ok((rest, out))
    }

    /// The rows in so many parts, each as near to the same size as can be; which are given as held out has no say.
    pub(super) fn folds(
        &self,
        rows: usize,
        labels: Option<&[usize]>,
        count: usize,
        seed: u64,
    ) -> Result<Vec<Vec<usize>>> {
        let groups = match self {
            Self::Groups(groups) => Some(shuffled_groups(groups, seed)),
            Self::ByClass | Self::Given(_) => None,
        };
        let (things, most) = match &groups {
            Some(groups) => ("groups", groups.len()),
            None => ("rows", rows),
        };
        if !(2..=most).contains(&count) {
            return Err(Error::new("folds", format!("2 to the {most} {things}"), count));
        }
        let mut folds = vec![Vec::new(); count];
        match groups {
            // The largest first, each to the smallest part so far.
            Some(mut groups) => {
                groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
                for group in groups {
                    let smallest = folds.iter_mut().min_by_key(|fold| fold.len());
                    smallest.expect("there are at least two").extend(group);
                }
            }
            None => {
                for (position, row) in by_class(rows, labels, seed).into_iter().enumerate() {
                    folds[position % count].push(row);
                }
            }
        }
        folds.iter_mut().for_each(|fold| fold.sort_unstable());
        Ok(folds)
    }
}

/// The rows in random order, one class after another if there are labels.
fn by_class(rows: usize, labels: Option<&[usize]>, seed: u64) -> Vec<usize> {
    let mut order = shuffled(rows, &mut generator(seed, HOLD_OUT));
    if let Some(labels) = labels {
        order.sort_by_key(|&row| labels[row]); // stable, so still random inside each class
    }
    order
}

/// The rows of each group, the groups in random order.
fn shuffled_groups(groups: &[usize], seed: u64) -> Vec<Vec<usize>> {
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (row, &group) in groups.iter().enumerate() {
        members.entry(group).or_default().push(row);
    }
    let members: Vec<Vec<usize>> = members.into_values().collect();
    let order = shuffled(members.len(), &mut generator(seed, HOLD_OUT));
    order.into_iter().map(|group| members[group].clone()).collect()
}
