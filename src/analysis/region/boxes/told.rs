//! What was found of parts of a box, as one process tells it to another.

use super::cell::{Cell, Functions, Judged, Whole};
use super::polytope::Polytope;
use super::simplex::Basis;
use crate::analysis::pattern::settle::Watch;
use crate::analysis::region::words::{Heard, Words};
use crate::error::{Error, Result};
use std::sync::Arc;

/// What was found of these cells, or why nothing.
pub(super) fn say(cells: &[Cell], found: &Result<Vec<Judged>>, words: &mut Words) {
    let judged = match found {
        Ok(judged) => judged,
        Err(error) => {
            words.word(1);
            return say_error(error, words);
        }
    };
    words.word(0);
    for (cell, judged) in cells.iter().zip(judged) {
        let Judged { waiting, whole, layers, thin, touching, passes } = judged;
        // Functions that several of them share are told once, and those of the cell not at all.
        let mut shared: Vec<*const Functions> = cell.layer.iter().map(Arc::as_ptr).collect();
        words.count(waiting.len());
        for Cell { polytope, depth, open, watch, layer, next } in waiting {
            say_polytope(polytope, words);
            words.list(open.iter().copied());
            words.numbers(&[watch.seen()]);
            [*depth, *next].into_iter().for_each(|count| words.count(count));
            words.count(usize::from(layer.is_some()));
            let Some(layer) = layer else { continue };
            let one = Arc::as_ptr(layer);
            let known = shared.iter().position(|&other| other == one);
            words.count(known.unwrap_or(shared.len()));
            if known.is_none() {
                shared.push(one);
                words.all(&layer.rows);
                words.count(layer.inputs);
                words.all(&layer.noise);
            }
        }
        words.count(whole.len());
        for Whole { polytope, open } in whole {
            say_polytope(polytope, words);
            words.list(open.iter().copied());
        }
        words.list(layers.iter().map(|&count| count as u64));
        [*thin, *touching, *passes].into_iter().for_each(|count| words.count(count));
    }
}

/// What was [said](say) of these cells.
pub(super) fn hear(cells: &[Cell], heard: &mut Heard<'_>) -> Result<Vec<Judged>> {
    if heard.word() == 1 {
        return Err(hear_error(heard));
    }
    let judged = |cell: &Cell| {
        let mut shared: Vec<Arc<Functions>> = cell.layer.iter().cloned().collect();
        let count = heard.count();
        let one = |_| {
            let (polytope, open) = (hear_polytope(heard), heard.list().to_vec());
            let (watch, depth, next) = (Watch::new(heard.number()), heard.count(), heard.count());
            let layer = (heard.count() == 1).then(|| {
                let at = heard.count();
                if at == shared.len() {
                    let (rows, inputs, noise) = (heard.all(), heard.count(), heard.all());
                    shared.push(Arc::new(Functions { rows, inputs, noise }));
                }
                shared[at].clone()
            });
            Cell { polytope, depth, open, watch, layer, next }
        };
        let waiting = (0..count).map(one).collect();
        let count = heard.count();
        let one = |_| Whole { polytope: hear_polytope(heard), open: heard.list().to_vec() };
        let whole = (0..count).map(one).collect();
        let layers = heard.list().iter().map(|&count| count as usize).collect();
        let [thin, touching, passes] = [(); 3].map(|()| heard.count());
        Judged { waiting, whole, layers, thin, touching, passes }
    };
    Ok(cells.iter().map(judged).collect())
}

fn say_polytope(polytope: &Polytope, words: &mut Words) {
    let Polytope { rows, basis, center, radius } = polytope;
    words.all(rows);
    words.all(center);
    words.numbers(&[*radius]);
    words.count(usize::from(basis.is_some()));
    if let Some(basis) = basis {
        words.list(basis.rows.iter().map(|&row| row.into()));
        words.all(&basis.inverse);
    }
}

fn hear_polytope(heard: &mut Heard<'_>) -> Polytope {
    let (rows, center, radius) = (heard.all(), heard.all(), heard.number());
    let basis = (heard.count() == 1).then(|| Basis {
        rows: heard.list().iter().map(|&row| row as u32).collect(),
        inverse: heard.all(),
    });
    Polytope { rows, basis, center, radius }
}

/// An error by its words, so that all end with the same line. Cells are refused for their numbers alone.
fn say_error(error: &Error, words: &mut Words) {
    let Error::Invalid { what, expected, found } = error else {
        unreachable!("a cell is refused for a value: {error}")
    };
    for part in [what, expected, found] {
        words.list(part.bytes().map(u64::from));
    }
}

fn hear_error(heard: &mut Heard<'_>) -> Error {
    let [what, expected, found] = [(); 3].map(|()| {
        let bytes: Vec<u8> = heard.list().iter().map(|&byte| byte as u8).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    });
    Error::Invalid { what, expected, found }
}
