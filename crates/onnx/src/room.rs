//! How much may be made of a file: small files must not ask for large memory.

use switchnet::{Error, Result};

/// The numbers that constants, tables and parameters may still have, beside those that stand in the file.
#[derive(Debug)]
pub(crate) struct Room {
    all: usize,
    left: usize,
}

impl Room {
    /// That of a file of so many bytes: enough for images of a few hundred pixels a side in any file, and for a few
    /// dozen numbers made of each that a large file holds.
    pub(crate) fn of(bytes: usize) -> Self {
        let all = bytes.saturating_mul(16).saturating_add(1 << 22);
        Self { all, left: all }
    }

    /// Room for what another file of so many bytes holds.
    pub(crate) fn add(&mut self, bytes: usize) {
        let more = bytes.saturating_mul(16);
        self.all = self.all.saturating_add(more);
        self.left = self.left.saturating_add(more);
    }

    /// Refuses a value that only flows, if it is four times as large as all that may be made.
    pub(crate) fn fits(&self, shape: &[usize]) -> Result<()> {
        let most = self.all.saturating_mul(4);
        match count(shape).filter(|&count| count <= most) {
            Some(_) => Ok(()),
            None => {
                let expected = format_args!("at most {most} numbers for this file");
                Err(Error::new("shape of a value", expected, format_args!("{shape:?}")))
            }
        }
    }

    /// Takes room for a value of this shape.
    pub(crate) fn take(&mut self, shape: &[usize]) -> Result<()> {
        self.left = self.without(shape)?;
        Ok(())
    }

    /// What is left then.
    fn without(&self, shape: &[usize]) -> Result<usize> {
        match count(shape).and_then(|count| self.left.checked_sub(count)) {
            Some(left) => Ok(left),
            None => {
                let expected = format_args!("at most {} numbers in all for this file", self.all);
                let found =
                    format_args!("a shape of {shape:?} and {} before", self.all - self.left);
                Err(Error::new(
                    "constants, tables and parameters made of the file",
                    expected,
                    found,
                ))
            }
        }
    }
}

/// How many numbers there are. A side of zero counts as one, since it is walked along.
fn count(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1usize, |count, &side| count.checked_mul(side.max(1)))
}
