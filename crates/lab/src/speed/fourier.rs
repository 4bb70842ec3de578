//! The Fourier family: against other crates, which are compiled with the feature `opponents` alone.

use super::transforms::{slice, waves};
use super::{Bench, Goal};
use realfft::RealFftPlanner;
use rustdct::DctPlanner;
use std::hint::black_box;
use switchnet::internal::aligned;
use switchnet::transform::{Dct, Hartley, Transform};

/// The Fourier family beside the crates that others use.
pub(super) fn measure(bench: &mut Bench<'_>) {
    for n in [256, 1024, 4096, 16384] {
        let rows = (65536 / n).max(1);
        let each = |time: f64| time / rows as f64;
        let real = RealFftPlanner::<f32>::new().plan_fft_forward(n);
        let (mut out, mut scratch) = (real.make_output_vec(), real.make_scratch_vec());
        let mut x = [waves::<f32>(rows, n), waves(rows, n), waves(rows, n)];
        let [x, y, z] = &mut x;
        let mut spectra = || {
            for row in black_box(slice(x)).chunks_exact_mut(n) {
                let done = real.process_with_scratch(row, black_box(&mut out), &mut scratch);
                done.expect("buffers of these lengths");
            }
        };
        let (hartley, cosine) = (Hartley::new(n).expect("> 0"), Dct::second(n).expect("> 0"));
        let times = bench.best(&mut [
            &mut || hartley.apply(black_box(slice(y))),
            &mut || cosine.apply(black_box(slice(z))),
            &mut spectra,
        ]);
        for (i, name) in ["Hartley", "DCT-II"].into_iter().enumerate() {
            let times = (each(times[i]), each(times[2]));
            bench.row(format!("{name} f32, n = {n}"), "realfft", times, Goal::AtMost(1.15));
        }
        let planned = DctPlanner::<f32>::new().plan_dct2(n);
        let mut scratch = vec![0.0; planned.get_scratch_len()];
        let mut zeros = aligned::zeros::<f32>(rows, n); // it is not orthonormal, and zeros do not grow
        let times = bench.best(&mut [&mut || cosine.apply(black_box(slice(z))), &mut || {
            for row in black_box(slice(&mut zeros)).chunks_exact_mut(n) {
                planned.process_dct2_with_scratch(row, &mut scratch);
            }
        }]);
        let times = (each(times[0]), each(times[1]));
        bench.row(format!("DCT-II f32, n = {n}"), "rustdct", times, Goal::AtLeast(1.5));
    }
}
