//! Verdicts on cells, as one process tells them to another.

use super::cell::{Functions, Place, Verdict, Whole};
use super::mesh::Line;
use crate::aligned::{self, Recycled};
use crate::analysis::pattern::settle::Watch;
use crate::analysis::region::words::{Heard, Words};
use std::sync::Arc;

/// Those of one chunk. Functions that several of them share are told once, so that they are shared there, too.
pub(super) fn say(verdicts: &[Verdict], words: &mut Words) {
    let mut shared: Vec<*const Functions> = Vec::new();
    words.count(verdicts.len());
    for verdict in verdicts {
        match verdict {
            Verdict::Whole(whole) => {
                words.word(0);
                words.numbers(&whole.center);
                words.numbers(&[whole.area]);
                words.word(whole.hash);
                words.all(&whole.values);
                whole.gradients.iter().for_each(|gradient| words.numbers(gradient));
            }
            Verdict::Cut { lines, part, place } => {
                words.word(1);
                words.count(lines.len());
                for line in lines {
                    words.numbers(&line.center);
                    words.numbers(&[line.value, line.gradient[0], line.gradient[1], line.noise]);
                }
                let Place { functions, row, before, decided, hash, watch } = place;
                [part, row, before, decided].into_iter().for_each(|&count| words.count(count));
                words.word(*hash);
                words.numbers(&[watch.seen()]);
                let one = Arc::as_ptr(functions);
                let known = shared.iter().position(|&other| other == one);
                words.count(known.unwrap_or(shared.len()));
                if known.is_none() {
                    shared.push(one);
                    say_functions(functions, words);
                }
            }
        }
    }
}

/// What was [said](say).
pub(super) fn hear(heard: &mut Heard<'_>) -> Vec<Verdict> {
    let mut shared: Vec<Arc<Functions>> = Vec::new();
    let count = heard.count();
    let verdict = |_| {
        if heard.word() == 0 {
            let (center, area, hash) = (heard.pair(), heard.number(), heard.word());
            let values = heard.all();
            let gradients = [(); 2].map(|()| heard.numbers(values.len()).collect());
            return Verdict::Whole(Whole { center, area, hash, values, gradients });
        }
        let count = heard.count();
        let line = |_| Line {
            center: heard.pair(),
            value: heard.number(),
            gradient: heard.pair(),
            noise: heard.number(),
        };
        let lines = (0..count).map(line).collect();
        let [part, row, before, decided] = [(); 4].map(|()| heard.count());
        let (hash, watch) = (heard.word(), Watch::new(heard.number()));
        let at = heard.count();
        if at == shared.len() {
            shared.push(Arc::new(hear_functions(heard)));
        }
        let functions = shared[at].clone();
        let place = Place { functions, row, before, decided, hash, watch };
        Verdict::Cut { lines, part, place }
    };
    (0..count).map(verdict).collect()
}

fn say_functions(functions: &Functions, words: &mut Words) {
    words.count(functions.centers.len());
    functions.centers.iter().for_each(|center| words.numbers(center));
    words.count(functions.of[0].ncols());
    for matrix in &functions.of {
        words.numbers(matrix.as_slice().expect("matrices of layers are row-major"));
    }
}

fn hear_functions(heard: &mut Heard<'_>) -> Functions {
    let rows = heard.count();
    let centers = (0..rows).map(|_| heard.pair()).collect();
    let columns = heard.count();
    let of = [(); 3].map(|()| {
        let numbers = heard.numbers(rows * columns);
        Recycled::from(aligned::matrix((rows, columns), |all| all.extend(numbers)))
    });
    Functions { centers, of }
}
