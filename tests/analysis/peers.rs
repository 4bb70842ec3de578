//! Searches that several processes make together. Here they are threads that tell each other what processes would.

use crate::helpers::{dense, patient, patient_in_a_box};
use crate::slice::{flat, square};
use std::ops::ControlFlow::{Break, Continue};
use std::ops::Range;
use std::sync::{Barrier, Mutex};
use switchnet::Error;
use switchnet::analysis::{
    BoxBudget, BoxRegions, Limit, Peers, Plane, Slice, SliceBudget, Window, regions_in_box,
    regions_in_box_among, slice, slice_among,
};
use switchnet::data::digits;
use switchnet::layer::Layer;
use switchnet::net::zoo::{Cnn, SwitchNet, mlp};

/// What all of a job have said, and where they wait for each other.
struct Job {
    said: Mutex<Vec<Vec<u64>>>,
    all: Barrier,
}

struct Process<'a> {
    number: usize,
    of: usize,
    job: &'a Job,
}

impl Peers for Process<'_> {
    fn share(&self, pieces: usize) -> Range<usize> {
        let from = |number: usize| number * pieces / self.of;
        from(self.number)..from(self.number + 1)
    }

    fn gathered(&self, own: Vec<u64>) -> Vec<u64> {
        self.job.said.lock().unwrap()[self.number] = own;
        self.job.all.wait();
        let all = self.job.said.lock().unwrap().concat();
        self.job.all.wait();
        all
    }
}

/// What each of so many processes finds.
fn each<R: Send>(of: usize, work: impl Fn(&Process<'_>) -> R + Sync) -> Vec<R> {
    let job = Job { said: Mutex::new(vec![Vec::new(); of]), all: Barrier::new(of) };
    std::thread::scope(|scope| {
        let begin = |number| {
            let (job, work) = (&job, &work);
            scope.spawn(move || work(&Process { number, of, job }))
        };
        let all: Vec<_> = (0..of).map(begin).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

/// One process, and any number of them.
fn slices(net: &dyn Layer<f64>, plane: &Plane, window: Window, budget: SliceBudget) -> Slice {
    let alone = slice(net, plane, window, budget, &mut |_| Continue(())).unwrap();
    for of in [1, 2, 3, 7] {
        let found = each(of, |process| {
            slice_among(process, net, plane, window, budget, &mut |_| Continue(())).unwrap()
        });
        assert!(found.iter().all(|found| *found == alone), "{of} processes");
    }
    alone
}

#[test]
fn several_processes_cut_a_plane_as_one_does() {
    let images = digits::<f64>().test;
    let [a, b, c] = [0, 1, 2].map(|row| images.inputs().row(row));
    let plane = Plane::through(a, b, c);
    let window = Window { u: [-0.5, 1.0], v: [-0.5, 1.0] };
    let dense = mlp(&[64], &[48, 48], 10, 1).build::<f64>().unwrap();
    let switch = SwitchNet { depth: 3, ..SwitchNet::default() };
    let switch = switch.spec(&[64], 10, 2).build::<f64>().unwrap();
    let pools = Cnn { filters: [2, 4], ..Cnn::default() };
    let pools = pools.spec(&[1, 8, 8], 10, 3).build::<f64>().unwrap();
    let nets: [&dyn Layer<f64>; 3] = [&dense, &switch, &pools];
    for net in nets {
        let all = slices(net, &plane, window, patient());
        assert!(all.complete && all.polygons.len() > 200, "{}", all.polygons.len());
        // Where a budget of memory is reached depends on what is shared among those that wait.
        let bytes = 200 * all.polygons.len();
        let some = slices(net, &plane, window, SliceBudget { bytes, ..patient() });
        assert_eq!(some.stopped_by, Some(Limit::Bytes));
        let polygons = all.polygons.len() / 2;
        slices(net, &plane, window, SliceBudget { polygons, ..patient() });
    }
}

fn boxes(net: &dyn Layer<f64>, budget: BoxBudget) -> BoxRegions {
    let (lower, upper) = (vec![-1.0; net.inputs()], vec![1.0; net.inputs()]);
    let alone = regions_in_box(net, &lower, &upper, budget, &mut |_| Continue(())).unwrap();
    for of in [1, 2, 3, 7] {
        let found = each(of, |process| {
            let watch = &mut |_| Continue(());
            regions_in_box_among(process, net, &lower, &upper, budget, watch).unwrap()
        });
        assert!(found.iter().all(|found| *found == alone), "{of} processes");
    }
    alone
}

#[test]
fn several_processes_cut_a_box_as_one_does() {
    for net in [dense(3, &[12, 12], 1), dense(4, &[8, 6], 2)] {
        let all = boxes(&net, patient_in_a_box());
        assert!(all.complete && all.regions.len() > 300, "{}", all.regions.len());
        let bytes = 60 * all.regions.len();
        let some = boxes(&net, BoxBudget { bytes, ..patient_in_a_box() });
        assert_eq!(some.stopped_by, Some(Limit::Bytes));
    }
}

/// A clock that is ahead, or Ctrl-C, of any one of them.
#[test]
fn one_that_stops_stops_all() {
    let net = mlp(&[2], &[32, 32], 3, 54).build::<f64>().unwrap();
    for who in 0..3 {
        let found = each(3, |process| {
            let mut steps = 0;
            let watch = &mut |_| {
                steps += 1;
                if steps > 1 && process.number == who { Break(()) } else { Continue(()) }
            };
            slice_among(process, &net, &flat(), square(4.0), patient(), watch).unwrap()
        });
        assert_eq!(found[0].stopped_by, Some(Limit::Interrupted), "{who}");
        assert!(found.iter().all(|other| *other == found[0]), "{who}");
        let found = each(3, |process| {
            let seconds = if process.number == who { 0.0 } else { f64::INFINITY };
            let budget = BoxBudget { seconds, ..BoxBudget::default() };
            let (lower, upper) = ([-4.0; 2], [4.0; 2]);
            let watch = &mut |_| Continue(());
            regions_in_box_among(process, &net, &lower, &upper, budget, watch).unwrap()
        });
        assert_eq!(found[0].stopped_by, Some(Limit::Seconds), "{who}");
        assert!(found.iter().all(|other| *other == found[0]), "{who}");
    }
}

/// Numbers that grow beyond all in one part of the box only: all processes say what one says.
#[test]
fn all_fail_as_one_does() {
    let large = switchnet::layer::Diagonal::new(Some(ndarray::array![1e160, 1e160]), None);
    let layers: Vec<crate::helpers::Boxed> = vec![
        Box::new(switchnet::layer::Switch::relu(2)),
        Box::new(large.clone()),
        Box::new(switchnet::layer::Switch::relu(2)),
        Box::new(large),
        Box::new(switchnet::layer::Switch::relu(2)),
    ];
    let net = crate::helpers::chain(layers);
    let (lower, upper) = ([-1.0; 2], [1.0; 2]);
    let budget = patient_in_a_box();
    let said = |found: Result<BoxRegions, Error>| found.unwrap_err().to_string();
    let alone = said(regions_in_box(&net, &lower, &upper, budget, &mut |_| Continue(())));
    for of in [1, 2, 3] {
        let found = each(of, |process| {
            let watch = &mut |_| Continue(());
            said(regions_in_box_among(process, &net, &lower, &upper, budget, watch))
        });
        assert!(found.iter().all(|other| *other == alone), "{of}: {found:?}, {alone}");
    }
}
