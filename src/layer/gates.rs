//! Which way switches go that pass a number on or stop it.

use crate::scalar::Scalar;

/// Whether each switch is open where what it sees is positive, and whether it is elsewhere: yes and no, unless it is held.
#[derive(Clone, Debug)]
pub(super) struct Gates {
    positive: Vec<bool>,
    elsewhere: Vec<bool>,
}

impl Gates {
    /// `n` switches that go by what they see.
    pub fn new(n: usize) -> Self {
        Self { positive: vec![true; n], elsewhere: vec![false; n] }
    }

    /// From now on switch `i` is open or closed, whatever it sees. One that is held already stays as it is.
    pub fn hold(&mut self, i: usize, open: bool) {
        match open {
            true => self.elsewhere[i] = self.positive[i],
            false => self.positive[i] = self.elsewhere[i],
        }
    }

    /// For each switch, whether it is open for a number that it sees.
    pub fn each<T: Scalar>(&self) -> impl Iterator<Item = impl Fn(T) -> bool> {
        let sides = self.positive.iter().zip(&self.elsewhere);
        // Without a branch, so that loops over rows stay vectors.
        sides.map(|(&positive, &elsewhere)| {
            move |z: T| {
                let above = z > T::zero();
                (above & positive) | (!above & elsewhere)
            }
        })
    }
}
