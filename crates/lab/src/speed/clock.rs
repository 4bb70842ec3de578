//! Times that can be compared: several contenders, turn by turn, and the best of each.

use std::time::{Duration, Instant};

/// How long a single measurement should be: long beside the clock's own time, short beside the pauses
/// that other programs force.
const LEAST: Duration = Duration::from_micros(200);

/// The shortest time that each contender takes, in seconds a call. They take turns, so that whatever
/// the machine does besides hits all of them alike, until `patience` is over, and three times at least. Without
/// any patience nothing is measured.
/// The first call of a turn is not counted: it finds the cache full of what the others worked on.
pub(super) fn best(patience: Duration, contenders: &mut [&mut dyn FnMut()]) -> Vec<f64> {
    if patience.is_zero() {
        return vec![f64::NAN; contenders.len()];
    }
    let calls: Vec<u32> = contenders.iter_mut().map(|contender| calls(contender)).collect();
    let mut best = vec![f64::INFINITY; contenders.len()];
    let begun = Instant::now();
    let mut rounds = 0;
    while rounds < 3 || begun.elapsed() < patience {
        for ((contender, &calls), best) in contenders.iter_mut().zip(&calls).zip(&mut best) {
            contender();
            *best = best.min(seconds(contender, calls) / f64::from(calls));
        }
        rounds += 1;
    }
    best
}

/// How many calls one measurement takes. The first call warms up.
fn calls(contender: &mut dyn FnMut()) -> u32 {
    contender();
    let once = seconds(contender, 1).max(1e-9);
    (LEAST.as_secs_f64() / once).ceil().clamp(1.0, 1e6) as u32
}

fn seconds(contender: &mut dyn FnMut(), calls: u32) -> f64 {
    let begun = Instant::now();
    for _ in 0..calls {
        contender();
    }
    begun.elapsed().as_secs_f64()
}
