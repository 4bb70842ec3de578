//! A training step works in memory that it used before: in the steady state it asks the system for next
//! to nothing.

use ndarray::Array2;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;
use std::ops::ControlFlow;
use switchnet::data::{Dataset, Targets};
use switchnet::net::zoo::{Mlp, SwitchNet};
use switchnet::train::{Observer, Run, Training, fit};
use switchnet::{Result, net::Net};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The bytes allocated in each step.
struct Count<'a> {
    region: Region<'a, System>,
    bytes: Vec<usize>,
}

impl Observer<f32> for Count<'_> {
    fn step(&mut self, _run: &Run<f32>) -> Result<ControlFlow<()>> {
        self.bytes.push(self.region.change_and_reset().bytes_allocated);
        Ok(ControlFlow::Continue(()))
    }
}

/// Bytes allocated in the later steps of an epoch, on one thread, beside those of the first.
fn steps(mut net: Net<f32>) -> (usize, usize) {
    let x = Array2::from_shape_fn((1280, 64), |(i, j)| ((i * 64 + j) as f32).sin());
    let targets = Targets::Classes { labels: (0..1280).map(|i| i % 10).collect(), classes: 10 };
    let data = Dataset::new("waves", vec![64], x, targets).unwrap();
    let training = Training { epochs: 1, batch: 128, validation: 0.0, ..Training::default() };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let bytes = pool.install(|| {
        let mut count = Count { region: Region::new(ALLOCATOR), bytes: Vec::with_capacity(16) };
        fit(&mut net, &data, &training, &mut count).unwrap();
        count.bytes
    });
    assert_eq!(bytes.len(), 9, "the last step of an epoch is seen by the epoch");
    (bytes[0], *bytes[3..].iter().max().unwrap())
}

/// One test for all nets: what another test allocates at the same time would be counted too.
#[test]
fn a_step_uses_its_memory_again() {
    let net = SwitchNet { width: Some(1024), depth: 5, ..SwitchNet::default() };
    let (first, later) = steps(net.spec(&[64], 10, 1).build().unwrap());
    // One record of a chunk of 32 rows has 128 KiB. What is left are boxes, labels and the outputs.
    assert!(first > 600_000, "switch net: the first step makes the buffers, {first} bytes");
    assert!(later < 64_000, "switch net: a later step allocated {later} bytes");

    let net = Mlp { hidden: vec![512, 512], dropout: 0.0 };
    let (first, later) = steps(net.spec(&[64], 10, 1).build().unwrap());
    // Weights and gradients have 1.2 MB each; a thread packs matrices in memory that it keeps.
    assert!(first > 1_000_000, "dense net: the first step makes the buffers, {first} bytes");
    assert!(later < 300_000, "dense net: a later step allocated {later} bytes");
}
