//! The word of a rank that goes no further, which the others hear between two steps.

use crate::ranks::{rank, size, world};
use mpi::Tag;
use mpi::traits::{Communicator, Destination, Source};
use std::collections::BTreeSet;

/// No sum has this tag.
const WORD: Tag = 1;

/// Who has said it.
#[derive(Debug, Default)]
pub struct Halts {
    said: bool,
    heard: BTreeSet<usize>,
}

impl Halts {
    /// Whether this rank has said it.
    pub fn said(&self) -> bool {
        self.said
    }

    /// Says it to all others, once. A byte is sent at once, whether anybody listens yet or not.
    pub fn say(&mut self) {
        if std::mem::replace(&mut self.said, true) {
            return;
        }
        let (world, own) = (world(), rank());
        for other in (0..size()).filter(|&other| other != own) {
            world.process_at_rank(other as i32).send_with_tag(&[0_u8][..], WORD);
        }
    }

    /// Whether another one has said it by now.
    pub fn hear(&mut self) -> bool {
        let world = world();
        while let Some(status) = world.any_process().immediate_probe_with_tag(WORD) {
            self.take(status.source_rank() as usize);
        }
        !self.heard.is_empty()
    }

    /// Waits for the word of those who have said it, so that none is on its way when MPI ends.
    pub fn hear_all(&mut self, said: impl Iterator<Item = usize>) {
        let own = rank();
        said.filter(|&other| other != own).for_each(|other| self.take(other));
    }

    fn take(&mut self, other: usize) {
        if self.heard.insert(other) {
            let world = world();
            let from = world.process_at_rank(other as i32);
            from.receive_into_with_tag(&mut [0_u8][..], WORD);
        }
    }
}
