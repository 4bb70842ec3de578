//! What is drawn of nets and no parameter, as their kernels read it.

use crate::device::{Argument, Device};
use crate::layout::{WIDTH, place};
use crate::program::Program;
use crate::source::Moves;
use cudarc::driver::CudaSlice;
use std::ops::Range;
use switchnet::Result;

/// What is drawn and fixed of each net: where numbers of a row come from and go to, signs before the first transform and
/// behind switches.
#[derive(Debug)]
pub(crate) struct Drawn {
    table: CudaSlice<i32>,
    signs: CudaSlice<u32>,
    after: CudaSlice<u32>,
}

impl Drawn {
    pub(crate) fn new(device: &Device, programs: &[Program]) -> Result<Self> {
        let each =
            |words: fn(&Program) -> Vec<u32>| programs.iter().flat_map(words).collect::<Vec<_>>();
        Ok(Self {
            table: device.upload(&programs.iter().flat_map(table).collect::<Vec<_>>())?,
            signs: device.upload(&each(signs))?,
            after: device.upload(&each(signs_after))?,
        })
    }

    /// What is of some of the nets, which have the layers of `program`.
    pub(crate) fn of(
        &self,
        device: &Device,
        program: &Program,
        nets: Range<usize>,
    ) -> [Argument; 3] {
        let (first, count) = (nets.start, nets.len());
        let (table, after) = (table_len(program), program.sweeps.len() * 32);
        [
            device.part(&self.table, first * table, count * table),
            device.part(&self.signs, first * 32, count * 32),
            device.part(&self.after, first * after, count * after),
        ]
    }
}

/// Words of 32 bits each.
fn bits(all: impl Iterator<Item = bool>) -> Vec<u32> {
    let all: Vec<bool> = all.collect();
    let word =
        |word: &[bool]| word.iter().enumerate().fold(0, |sum, (i, &bit)| sum | u32::from(bit) << i);
    all.chunks(32).map(word).collect()
}

/// Bit i of word q is of number 32·i + q.
fn signs(program: &Program) -> Vec<u32> {
    bits((0..WIDTH).map(|bit| program.signs[bit % 32 * 32 + bit / 32]))
}

/// Of each sweep, in the order of its positions.
fn signs_after(program: &Program) -> Vec<u32> {
    let sweeps = program.sweeps.iter().enumerate();
    sweeps.flat_map(|(l, sweep)| bits((0..WIDTH).map(move |p| sweep.signs[place(l, p)]))).collect()
}

/// Of each number of a row the input that it is, or −1. Then, the other way round, where the numbers that each input
/// becomes are listed, and the list; as long for every net, as `TABLE` in the kernels says.
fn table(program: &Program) -> Vec<i32> {
    if Moves::of(program) != Moves::Table {
        return vec![0];
    }
    let mut all: Vec<i32> =
        program.from.iter().map(|from| from.map_or(-1, |from| from as i32)).collect();
    let mut back = vec![Vec::new(); program.inputs];
    for (e, from) in program.from.iter().enumerate() {
        if let Some(from) = from {
            back[*from].push(e as i32);
        }
    }
    let mut first = 0;
    for list in &back {
        all.push(first);
        first += list.len() as i32;
    }
    all.push(first);
    all.extend(back.concat());
    all.resize(table_len(program), -1);
    all
}

/// Numbers of the table of a net that a kernel may read.
fn table_len(program: &Program) -> usize {
    match Moves::of(program) {
        Moves::Table => 2 * WIDTH + program.inputs + 1,
        Moves::Pad | Moves::Tile => 0,
    }
}
