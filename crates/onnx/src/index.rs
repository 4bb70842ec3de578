//! Which number goes where: the operators that only move numbers, as tables.

use crate::room::Room;
use switchnet::{Error, Result};

/// What an operator that moves numbers gives: a shape, and for each number of it the place of the number that it is in
/// what was read, or none for a constant.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Moves {
    pub shape: Vec<usize>,
    pub from: Vec<Option<usize>>,
}

/// From one step along each side to the next, the last side fastest.
pub(crate) fn strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for side in (1..shape.len()).rev() {
        strides[side - 1] = strides[side] * shape[side].max(1);
    }
    strides
}

impl Moves {
    /// The number at each place of `shape` is that at the sum of what `along` says of each side's coordinate.
    fn along(shape: Vec<usize>, along: &[Vec<Option<usize>>]) -> Self {
        let mut from = vec![Some(0)];
        // Side by side: the table so far, each entry followed by those of the next side.
        for side in along {
            let each = |start: &Option<usize>| {
                let start = *start;
                side.iter().map(move |step| Some(start? + (*step)?))
            };
            from = from.iter().flat_map(each).collect();
        }
        Self { shape, from }
    }

    /// The sides in another order: side `k` is side `order[k]` of what is read.
    pub(crate) fn transposed(shape: &[usize], order: &[usize], room: &mut Room) -> Result<Self> {
        room.take(shape)?;
        let mut seen = vec![false; shape.len()];
        let fits = order.len() == shape.len()
            && order
                .iter()
                .all(|&k| seen.get_mut(k).is_some_and(|seen| !std::mem::replace(seen, true)));
        if !fits {
            let expected = format_args!("an order of {} sides", shape.len());
            return Err(Error::new("attribute perm", expected, format_args!("{order:?}")));
        }
        let strides = strides(shape);
        let side = |&k: &usize| (0..shape[k]).map(|i| Some(i * strides[k])).collect();
        let along: Vec<_> = order.iter().map(side).collect();
        Ok(Self::along(order.iter().map(|&k| shape[k]).collect(), &along))
    }

    /// The places `places[k]` along each side `k`.
    pub(crate) fn picked(
        shape: &[usize],
        places: &[Vec<Option<usize>>],
        room: &mut Room,
    ) -> Result<Self> {
        let to: Vec<_> = places.iter().map(Vec::len).collect();
        room.take(&to)?;
        let strides = strides(shape);
        let scaled = |(places, stride): (&Vec<Option<usize>>, &usize)| {
            places.iter().map(|place| place.map(|place| place * stride)).collect()
        };
        let along: Vec<_> = places.iter().zip(&strides).map(scaled).collect();
        Ok(Self::along(to, &along))
    }

    /// The places `places` along one side, all of the others.
    pub(crate) fn on_side(
        shape: &[usize],
        side: usize,
        places: Vec<Option<usize>>,
        room: &mut Room,
    ) -> Result<Self> {
        room.take(shape)?;
        let mut all: Vec<Vec<_>> =
            shape.iter().map(|&side| (0..side).map(Some).collect()).collect();
        all[side] = places;
        Self::picked(shape, &all, room)
    }

    /// Numbers over and over, until they have the shape `to`; a refusal if no broadcast leads there.
    pub(crate) fn expanded(shape: &[usize], to: &[usize], room: &mut Room) -> Result<Self> {
        if broadcast(shape, to)? != to {
            let (expected, found) = (format_args!("{to:?}"), format_args!("{shape:?}"));
            return Err(Error::new("shape to broadcast", expected, found));
        }
        room.take(to)?;
        let strides = strides(shape);
        let new = to.len() - shape.len();
        let side = |(k, &length): (usize, &usize)| {
            let stride = k.checked_sub(new).filter(|&k| shape[k] > 1).map_or(0, |k| strides[k]);
            (0..length).map(|i| Some(i * stride)).collect()
        };
        let along: Vec<_> = to.iter().enumerate().map(side).collect();
        Ok(Self::along(to.to_vec(), &along))
    }

    /// Whether every number of `inputs` stays where it is.
    pub(crate) fn keeps(&self, inputs: usize) -> bool {
        self.from.len() == inputs && self.from.iter().enumerate().all(|(i, &from)| from == Some(i))
    }
}

/// The shape that two shapes have in common, as NumPy broadcasts.
pub(crate) fn broadcast(a: &[usize], b: &[usize]) -> Result<Vec<usize>> {
    let length = a.len().max(b.len());
    let side =
        |shape: &[usize], k: usize| (k + shape.len()).checked_sub(length).map_or(1, |k| shape[k]);
    let common = |k: usize| match (side(a, k), side(b, k)) {
        (a, b) if a == b => Some(a),
        (1, b) => Some(b),
        (a, 1) => Some(a),
        _ => None,
    };
    (0..length).map(common).collect::<Option<_>>().ok_or_else(|| {
        let expected = format_args!("one that broadcasts with {a:?}");
        Error::new("shape of the second value", expected, format_args!("{b:?}"))
    })
}

/// The side that `axis` is of `sides`; those below zero are counted from the end.
pub(crate) fn axis(axis: i64, sides: usize) -> Result<usize> {
    let from_start = if axis < 0 { axis.checked_add_unsigned(sides as u64) } else { Some(axis) };
    let found = from_start.and_then(|axis| usize::try_from(axis).ok()).filter(|&axis| axis < sides);
    found.ok_or_else(|| Error::new("axis", format_args!("one of {sides} sides"), axis))
}
