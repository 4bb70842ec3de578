//! The same step at each place of a loop, at many places at once so that it vectorizes.

use crate::kernel::{Loop, run};

/// What is done at each place of a loop. It must not read what it writes: places may be visited twice.
///
/// `take` must be `#[inline(always)]`, as everything below a [`Loop`].
pub(super) trait Step {
    /// Takes the `W` places from `at` on.
    fn take<const W: usize>(&mut self, at: usize);
}

/// Takes the places `0..count` in blocks of `WIDTH`, of which the last may overlap the one before;
/// one by one if there are fewer.
pub(super) fn each<const WIDTH: usize>(count: usize, step: impl Step) {
    run(Each::<_, WIDTH> { count, step });
}

struct Each<S, const WIDTH: usize> {
    count: usize,
    step: S,
}

impl<S: Step, const WIDTH: usize> Loop for Each<S, WIDTH> {
    type Output = ();

    #[inline(always)]
    fn run(mut self) {
        if self.count < WIDTH {
            for at in 0..self.count {
                self.step.take::<1>(at);
            }
        } else {
            for at in (0..self.count).step_by(WIDTH) {
                self.step.take::<WIDTH>(at.min(self.count - WIDTH));
            }
        }
    }
}

/// The `W` entries of `list` from `at` on. An array, so that the compiler knows the length.
#[inline(always)]
pub(super) fn block<T, const W: usize>(list: &[T], at: usize) -> &[T; W] {
    list[at..].first_chunk().expect("the step stays inside its lists")
}

/// The same, to write to.
#[inline(always)]
pub(super) fn block_mut<T, const W: usize>(list: &mut [T], at: usize) -> &mut [T; W] {
    list[at..].first_chunk_mut().expect("the step stays inside its lists")
}
