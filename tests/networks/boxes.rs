//! Counts of regions that others published for nets that others trained, and properties that others decided. The folder is
//! in the environment variable `SWITCHNET_NETS`, as in `others.rs`.

use std::ops::ControlFlow::Continue;
use std::path::PathBuf;
use switchnet::analysis::{
    BoxBudget, BoxRegions, Plane, Property, SliceBudget, Verdict, Verification, Window,
    regions_in_box, slice, verify,
};
use switchnet::net::Net;

fn folder() -> PathBuf {
    std::env::var_os("SWITCHNET_NETS").expect("SWITCHNET_NETS names the folder of the nets").into()
}

fn net(name: &str) -> Net<f64> {
    let path = folder().join(format!("nets/{name}.onnx"));
    switchnet_onnx::read(path).unwrap().net::<f64>().unwrap()
}

/// A net, a box, and the counts layer by layer.
type Published = (&'static str, Vec<[f64; 2]>, &'static [usize]);

fn all(name: &str, bounds: &[[f64; 2]]) -> BoxRegions {
    let [lower, upper] = [0, 1].map(|side| bounds.iter().map(|b| b[side]).collect::<Vec<f64>>());
    let budget = BoxBudget { seconds: f64::INFINITY, ..BoxBudget::default() };
    let start = std::time::Instant::now();
    let found = regions_in_box(&net(name), &lower, &upper, budget, &mut |_| Continue(())).unwrap();
    println!(
        "{name}: {:?}, smallest radius {:.1e}, {} thin, {:.2} s",
        found.layers,
        found.smallest_radius.unwrap(),
        found.thin,
        start.elapsed().as_secs_f64()
    );
    assert!(found.complete);
    found
}

/// The box of property 4 of ACAS Xu with a heading of 3.1 to 3.14, in the units of the nets.
#[allow(clippy::approx_constant)] // a heading, and no number of the circle
fn approach() -> Vec<[f64; 2]> {
    let raw = [[1500.0, 1800.0], [-0.06, 0.06], [3.1, 3.14], [1000.0, 1200.0], [700.0, 800.0]];
    let turn = std::f64::consts::TAU;
    let (means, ranges) =
        ([19791.091, 0.0, 0.0, 650.0, 600.0], [60261.0, turn, turn, 1100.0, 1200.0]);
    let scaled = |i: usize| raw[i].map(|x: f64| (x - means[i]) / ranges[i]);
    (0..5).map(scaled).collect()
}

#[test]
#[ignore = "needs nets of other people: SWITCHNET_NETS"]
fn regions_are_as_many_as_others_found() {
    let nets: [Published; 8] = [
        ("acasxu_2_9", approach(), &[2, 3, 10, 16, 16, 16]),
        ("acasxu_5_7", approach(), &[3, 20, 33, 34, 34, 34]),
        ("acasxu_4_9", approach(), &[2, 30, 143, 286, 286, 286]),
        // With the sliver in the last layer that one of two published counts leaves out.
        ("acasxu_2_8", approach(), &[13, 38, 166, 273, 273, 421]),
        ("acasxu_1_5", approach(), &[9, 30, 108, 283, 760, 760]),
        ("fc1_2d", vec![[-1.0, 1.0]; 2], &[25, 43, 71]),
        ("fc1_2d", vec![[-10.0, 10.0]; 2], &[261, 1169, 1705]),
        ("lindex", vec![[0.0, 1.0]], &[40, 55, 87]),
    ];
    let found: Vec<_> = nets.iter().map(|(name, bounds, _)| all(name, bounds)).collect();
    for ((name, _, layers), found) in nets.iter().zip(&found) {
        assert_eq!(found.layers, *layers, "{name}");
        assert_eq!(found.thin, 0, "{name}");
    }
}

/// A net whose switches have many boundaries in common: where another tool in single precision counts slivers.
#[test]
#[ignore = "needs nets of other people: SWITCHNET_NETS"]
fn regions_are_as_many_as_a_slice_has() {
    let found = all("tll_n2_N8_0", &[[-2.0, 2.0]; 2]);
    let plane = Plane { origin: vec![0.0; 2], u: vec![1.0, 0.0], v: vec![0.0, 1.0] };
    let window = Window { u: [-2.0, 2.0], v: [-2.0, 2.0] };
    let budget = SliceBudget { seconds: f64::INFINITY, ..SliceBudget::default() };
    let slice = slice(&net("tll_n2_N8_0"), &plane, window, budget, &mut |_| Continue(())).unwrap();
    println!("slice: {} regions, {} polygons", slice.regions, slice.polygons.len());
    assert_eq!(found.regions.len(), slice.regions);
}

/// As many as another tool counts of the plane of distance and angle of two nets for collision avoidance.
#[test]
#[ignore = "needs nets of other people: SWITCHNET_NETS"]
#[allow(clippy::approx_constant)] // the range of an angle as those nets have it
fn slices_have_as_many_regions_as_others_found() {
    let pi = std::f64::consts::PI;
    // Distance and angle vary; heading −π, both speeds 500; each less its mean, over its range.
    let origin = vec![
        -19791.091 / 60261.0,
        0.0,
        -pi / 6.28318530718,
        (500.0 - 650.0) / 1100.0,
        (500.0 - 600.0) / 1200.0,
    ];
    let u = vec![1.0 / 60261.0, 0.0, 0.0, 0.0, 0.0];
    let plane = Plane { origin, u, v: vec![0.0, 1.0 / 6.28318530718, 0.0, 0.0, 0.0] };
    let window = Window { u: [0.0, 60760.0], v: [-pi, pi] };
    let budget = SliceBudget { seconds: f64::INFINITY, ..SliceBudget::default() };
    for (name, regions) in [("acasxu_1_1", 37_536), ("acasxu_2_9", 24_362)] {
        let found = slice(&net(name), &plane, window, budget, &mut |_| Continue(())).unwrap();
        assert!(found.complete && found.consistent, "{name}");
        assert_eq!(found.regions, regions, "{name}");
    }
}

fn decide(name: &str, property: &str, regions: usize) -> Verification {
    let path = folder().join(format!("specs/{property}.vnnlib"));
    let property = Property::read_vnnlib(&std::fs::read_to_string(path).unwrap()).unwrap();
    let budget = BoxBudget { seconds: f64::INFINITY, regions, ..BoxBudget::default() };
    let start = std::time::Instant::now();
    let found = verify(&net(name), &property, budget, &mut |_| Continue(())).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    println!("{name}: {:?}, {} regions, {seconds:.2} s", found.verdict, found.regions);
    found
}

#[test]
#[ignore = "needs nets of other people: SWITCHNET_NETS"]
fn properties_are_decided_as_others_decided_them() {
    for (name, property, verdict) in [
        ("test_nano", "test_nano", Verdict::Holds),
        ("acasxu_2_9", "acasxu_prop_4", Verdict::Holds),
        ("acasxu_5_7", "acasxu_prop_4", Verdict::Holds),
        ("acasxu_1_7", "acasxu_prop_4", Verdict::Violated),
        ("acasxu_1_7", "acasxu_prop_3", Verdict::Violated),
        ("acasxu_1_8", "acasxu_prop_4", Verdict::Violated),
        ("lindex", "nn4sys__lindex_1", Verdict::Holds),
        ("lindex", "nn4sys__lindex_200", Verdict::Holds),
        ("tll_n2_N8_0", "tllverifybench__property_N=8_0", Verdict::Violated),
        ("cartpole", "rl_benchmarks__cartpole_case_unsafe_0", Verdict::Holds),
        ("vdp", "reach_prob_density__vdp_0", Verdict::Holds),
        ("gcas", "reach_prob_density__gcas_1", Verdict::Violated),
    ] {
        let found = decide(name, property, 100_000);
        assert_eq!(found.verdict, verdict, "{name} and {property}: {found:?}");
        assert_eq!(found.violation.is_some(), verdict == Verdict::Violated);
    }
}

/// What is decided of the collision-avoidance nets is what verifiers decided: of properties 3 and 4, whose boxes are small.
#[test]
#[ignore = "needs nets of other people: SWITCHNET_NETS"]
fn verdicts_are_those_of_a_competition() {
    let table = folder().join("results/vnncomp2022_acasxu.csv");
    let table = std::fs::read_to_string(table).unwrap();
    let (mut decided, mut all) = (0, 0);
    for line in table.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let name = cells[0].replace("ACASXU_run2a_", "acasxu_").replace("_batch_2000.onnx", "");
        let there = folder().join(format!("nets/{name}.onnx")).exists();
        let Some(property) = cells[1].strip_suffix(".vnnlib") else { continue };
        if !there || !["prop_3", "prop_4"].contains(&property) {
            continue;
        }
        let verdict = decide(&name, &format!("acasxu_{property}"), 3000).verdict;
        let known = if cells[2] == "sat" { Verdict::Violated } else { Verdict::Holds };
        assert!(verdict == known || verdict == Verdict::Undecided, "{line}: {verdict:?}");
        decided += usize::from(verdict == known);
        all += 1;
    }
    println!("{decided} of {all} decided");
    assert!(all >= 20 && decided > all / 2, "{decided} of {all}");
}

/// All specifications there are can be read.
#[test]
#[ignore = "needs nets of other people: SWITCHNET_NETS"]
fn specifications_of_other_people_are_read() {
    let mut read = 0;
    for entry in std::fs::read_dir(folder().join("specs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "vnnlib") {
            let property = Property::read_vnnlib(&std::fs::read_to_string(&path).unwrap());
            let property = property.unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            println!("{}: {} cases", path.display(), property.cases.len());
            read += 1;
        }
    }
    assert!(read > 30, "{read}");
}
