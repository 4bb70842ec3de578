//! Slices: arrangements of lines counted by hand, and nets of every kind against sampling.

use crate::common::{every_net, random};
use crate::helpers::{is_continuous, patient, switch_values};
use ndarray::{Array1, ArrayView1, Axis, array};
use std::collections::HashSet;
use std::ops::ControlFlow::Continue;
use switchnet::Matrix;
use switchnet::analysis::{Pattern, Plane, Slice, Window, slice};
use switchnet::layer::{Conv2d, Dense, FixedTransform, Layer, MaxPool, Smooth, Switch};
use switchnet::net::{Graph, zoo::mlp};
use switchnet::random::generator;
use switchnet::transform::Hadamard;

type Boxed = Box<dyn Layer<f64>>;

fn chain(layers: Vec<Boxed>) -> Graph<f64> {
    Graph::chain(layers).unwrap()
}

fn relu(n: usize) -> Boxed {
    Box::new(Switch::relu(n))
}

/// The plane of a net with two inputs.
pub fn flat() -> Plane {
    Plane { origin: vec![0.0; 2], u: vec![1.0, 0.0], v: vec![0.0, 1.0] }
}

pub fn square(size: f64) -> Window {
    Window { u: [-size, size], v: [-size, size] }
}

/// A slice that must be complete, with its areas and its topology in order.
pub fn whole(net: &dyn Layer<f64>, plane: &Plane, window: Window) -> Slice {
    let slice = slice(net, plane, window, patient(), &mut |_| Continue(())).unwrap();
    assert!(slice.complete && slice.stopped_by.is_none());
    let size = (window.u[1] - window.u[0]) * (window.v[1] - window.v[0]);
    // Sums of thousands of areas, each rounded relative to the window.
    assert!(slice.area_error <= 1e-12 * size, "{:e}", slice.area_error);
    assert_eq!(slice.euler, 1);
    assert_eq!(slice.corners, slice.vertices.len(), "every vertex belongs to a polygon");
    assert!(slice.polygons.iter().all(|polygon| polygon.area > 0.0));
    slice
}

/// `relu(W x + b)` with one line for each (angle, offset), summed with different weights.
pub fn lines(lines: &[(f64, f64)]) -> Graph<f64> {
    let n = lines.len();
    let weight = Matrix::from_shape_fn((n, 2), |(i, j)| {
        let angle = lines[i].0;
        if j == 0 { angle.cos() } else { angle.sin() }
    });
    let bias = lines.iter().map(|line| line.1).collect();
    let sum = Matrix::from_shape_fn((1, n), |(_, i)| 1.0 + i as f64 / 8.0);
    chain(vec![Box::new(Dense::new(weight, Some(bias))), relu(n), Box::new(Dense::new(sum, None))])
}

pub fn spread(n: usize, offset: impl Fn(usize) -> f64) -> Vec<(f64, f64)> {
    (0..n).map(|i| (0.1 + std::f64::consts::PI * i as f64 / n as f64, offset(i))).collect()
}

#[test]
fn generic_lines_make_the_known_number_of_regions() {
    for (n, expected) in [(1, 2), (2, 4), (3, 7), (8, 37), (10, 56)] {
        // Offsets without symmetry; lines at angles π/10 apart meet within ±20.
        let net = lines(&spread(n, |i| ((i * i * 7 + 3 * i) % 11) as f64 / 11.0 + 0.01 * i as f64));
        let slice = whole(&net, &flat(), square(50.0));
        assert_eq!(slice.polygons.len(), expected, "{n} lines");
        assert_eq!((slice.regions, slice.pieces), (expected, expected));
        // V − E + F by its own formula: n(n−1)/2 crossings, 2n ends, 4 corners.
        assert_eq!(slice.corners, n * (n - 1) / 2 + 2 * n + 4);
    }
}

#[test]
fn lines_through_one_point_make_twice_as_many_regions() {
    for n in [1, 2, 3, 7, 16, 40] {
        let center = whole(&lines(&spread(n, |_| 0.0)), &flat(), square(3.0));
        assert_eq!((center.polygons.len(), center.regions), (2 * n, 2 * n), "{n}");
        // The same at a point that is no binary fraction, where every line is rounded its own way.
        let [x, y] = [0.3, -0.7];
        let through =
            spread(n, |_| 0.0).into_iter().map(|(a, _)| (a, -(x * a.cos() + y * a.sin())));
        let net = lines(&through.collect::<Vec<_>>());
        let slice = whole(&net, &flat(), square(3.0));
        assert_eq!((slice.polygons.len(), slice.pieces), (2 * n, 2 * n), "{n} lines off center");
    }
}

#[test]
fn parallel_lines_and_lines_twice() {
    let parallel: Vec<_> = (0..9).map(|i| (0.3, 0.1 * f64::from(i) - 0.37)).collect();
    assert_eq!(whole(&lines(&parallel), &flat(), square(2.0)).polygons.len(), 10);
    let some = spread(5, |i| 0.1 * i as f64 - 0.2);
    // Each twice, and each from its other side, which has the same line.
    let other_side = some.iter().map(|(a, b)| (a + std::f64::consts::PI, -b));
    let thrice: Vec<_> = some.iter().copied().chain(some.clone()).chain(other_side).collect();
    let (once, thrice) =
        (whole(&lines(&some), &flat(), square(4.0)), whole(&lines(&thrice), &flat(), square(4.0)));
    assert_eq!(once.polygons.len(), thrice.polygons.len());
    assert_eq!(once.edges, thrice.edges);
}

#[test]
fn regions_and_pieces_are_counted_apart() {
    // relu(x) − relu(−x) = x on two regions; then a bend across both.
    let net = chain(vec![
        Box::new(Dense::new(array![[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]], Some(Array1::zeros(3)))),
        relu(3),
        Box::new(Dense::new(array![[1.0, -1.0, 1.0]], None)),
    ]);
    let slice = whole(&net, &flat(), square(1.0));
    assert_eq!((slice.polygons.len(), slice.regions, slice.pieces), (4, 4, 2));
}

#[test]
fn degenerate_planes_and_nets() {
    let no_switch = Dense::<f64>::random(2, 3, true, &mut generator(50, 0));
    assert_eq!(whole(&no_switch, &flat(), square(1.0)).polygons.len(), 1);
    let zero = chain(vec![Box::new(Dense::new(Matrix::zeros((3, 2)), None)), relu(3)]);
    assert_eq!(whole(&zero, &flat(), square(1.0)).polygons.len(), 1);
    // A line along the edge of the window, and one through two of its corners.
    let net = chain(vec![
        Box::new(Dense::new(array![[1.0, 0.0], [1.0, -1.0]], Some(array![-1.0, 0.0]))),
        relu(2),
    ]);
    assert_eq!(whole(&net, &flat(), square(1.0)).polygons.len(), 2);
    // Directions that are parallel, so that every boundary is.
    let plane = Plane { origin: vec![0.0], u: vec![1.0], v: vec![2.0] };
    let slice = whole(&chain(vec![relu(1)]), &plane, square(1.0));
    assert_eq!(slice.polygons.len(), 2);
    let ones = chain(vec![relu(4), Box::new(MaxPool::new([1, 2, 2], 1).unwrap())]);
    let plane = Plane { origin: vec![0.0; 4], u: vec![1.0; 4], v: vec![1.0, -1.0, 0.0, 0.0] };
    // relu of a + b, a − b, a, a.
    assert_eq!(whole(&ones, &plane, square(1.0)).polygons.len(), 6);
}

#[test]
fn a_max_pool_is_cut_where_the_largest_changes() {
    // max(a, b, −a − b, −10): three sectors.
    let weight = array![[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0], [0.0, 0.0]];
    let net = chain(vec![
        Box::new(Dense::new(weight.clone(), Some(array![0.0, 0.0, 0.0, -10.0]))),
        Box::new(MaxPool::new([1, 2, 2], 2).unwrap()),
    ]);
    let slice = whole(&net, &flat(), square(1.0));
    assert_eq!((slice.regions, slice.pieces), (3, 3));
    // The same three as classes: the borders are the three half lines between them.
    let net = Dense::new(weight, Some(array![0.0, 0.0, 0.0, -10.0]));
    let slice = whole(&net, &flat(), square(1.0));
    let mut lengths: Vec<_> = slice
        .borders
        .iter()
        .map(|b| (b.outputs, (b.from[0] - b.to[0]).hypot(b.from[1] - b.to[1])))
        .collect();
    lengths.sort_by_key(|(outputs, _)| *outputs);
    let expected = [([0, 1], 2.0_f64.sqrt()), ([0, 2], 1.25_f64.sqrt()), ([1, 2], 1.25_f64.sqrt())];
    assert_eq!(lengths.len(), 3);
    for (found, expected) in lengths.iter().zip(expected) {
        assert_eq!(found.0, expected.0);
        assert!((found.1 - expected.1).abs() <= 1e-15, "{found:?}"); // one square root
    }
}

/// Nets of every kind with a plane through each.
pub fn nets() -> Vec<(String, Boxed, Plane)> {
    let mut nets: Vec<(String, Boxed)> =
        every_net::<f64>().into_iter().map(|(name, net)| (name, Box::new(net) as Boxed)).collect();
    let mut rng = generator(51, 0);
    let inner: Vec<Boxed> = vec![Box::new(Dense::random(8, 8, true, &mut rng)), relu(8)];
    let residual = chain(vec![
        Box::new(Graph::residual(inner).unwrap()),
        Box::new(Dense::random(8, 3, true, &mut rng)),
    ]);
    nets.push(("residual".into(), Box::new(residual)));
    let pooled = chain(vec![
        Box::new(Conv2d::random([1, 4, 4], 2, 3, 1, &mut rng).unwrap()),
        relu(32),
        Box::new(MaxPool::new([2, 4, 4], 2).unwrap()),
        Box::new(Dense::random(8, 4, true, &mut rng)),
    ]);
    nets.push(("conv, relu, max-pool".into(), Box::new(pooled)));
    // No bias: boundaries of all layers meet in one point.
    let layers = (0..3).flat_map(|_| -> Vec<Boxed> {
        vec![Box::new(FixedTransform::new(Hadamard::new(8).unwrap())), relu(8)]
    });
    nets.push(("Hadamard without bias".into(), Box::new(chain(layers.collect()))));
    nets.push((
        "MLP of two inputs".into(),
        Box::new(mlp(&[2], &[16, 16], 3, 52).build::<f64>().unwrap()),
    ));
    let mut all = Vec::new();
    for (seed, (name, net)) in nets.into_iter().enumerate() {
        if net.signature().regularity.is_piecewise_linear() {
            let x = random::<f64>(3, net.inputs(), 300 + seed as u64);
            let [origin, u, v] = [0, 1, 2].map(|row| x.row(row).to_vec());
            let origin =
                if name.ends_with("without bias") { vec![0.0; net.inputs()] } else { origin };
            all.push((name, net, Plane { origin, u, v }));
        }
    }
    all
}

pub fn row(x: Vec<f64>) -> Matrix<f64> {
    Array1::from(x).insert_axis(Axis(0))
}

#[test]
fn on_each_polygon_the_net_is_what_the_slice_says() {
    for (name, net, plane) in nets() {
        let net = net.as_ref();
        let slice = whole(net, &plane, square(1.0));
        assert!(slice.regions > 10, "{name}: {}", slice.regions);
        assert!(slice.pieces <= slice.polygons.len() && slice.regions <= slice.polygons.len());
        let size = slice
            .polygons
            .iter()
            .flat_map(|p| p.values.iter().chain(&p.along_u).chain(&p.along_v))
            .fold(1.0_f64, |size, v| size.max(v.abs()));
        // Every twentieth polygon, and its corners, which belong to its neighbors too.
        for polygon in slice.polygons.iter().step_by(1 + slice.polygons.len() / 400) {
            let open = signs(net, &plane, polygon.center);
            let open =
                open.iter().map(|layer| layer.iter().map(|&sign| sign > 0).collect()).collect();
            assert_eq!(Pattern { open, boundary: vec![] }.hash(), polygon.hash, "{name}");
            let corners = polygon.vertices.iter().map(|&i| slice.vertices[i as usize]);
            // Where a net jumps, the corners have the outputs of one of their polygons only.
            let corners = corners.filter(|_| is_continuous(&*net));
            for p in corners.chain([polygon.center]) {
                let y = net.forward(row(plane.point(p)));
                for (k, y) in y.iter().enumerate() {
                    // Sums of tens of terms of size `size` through a few layers.
                    let error = (y - polygon.output(k, p)).abs();
                    assert!(error <= 1e-12 * size, "{name}: {error:e}");
                }
            }
        }
    }
}

/// The signs of the switches of each layer, none for a value that is rounding alone: without bias, sums of
/// equal numbers cancel to such zeros on whole polygons.
fn signs(net: &dyn Layer<f64>, plane: &Plane, p: [f64; 2]) -> Vec<Vec<i8>> {
    let signs = |z: &Vec<f64>| {
        let largest = z.iter().filter(|z| z.is_finite()).fold(0.0_f64, |l, z| l.max(z.abs()));
        let rounding = 64.0 * f64::EPSILON * largest; // as much as the search allows
        z.iter().map(|z| if z.abs() <= rounding { 0 } else { z.signum() as i8 }).collect()
    };
    switch_values(net, row(plane.point(p))).iter().map(signs).collect()
}

#[test]
fn no_sample_finds_a_region_that_the_slice_has_not() {
    for (name, net, plane) in nets() {
        let slice = whole(net.as_ref(), &plane, square(1.0));
        let of = |p| signs(net.as_ref(), &plane, p);
        let known: HashSet<Vec<Vec<i8>>> = slice.polygons.iter().map(|p| of(p.center)).collect();
        let points = random::<f64>(3000, 2, 53);
        for p in points.rows() {
            assert!(known.contains(&of([p[0], p[1]])), "{name} at {p}");
        }
    }
}

#[test]
fn on_a_border_two_outputs_are_the_largest_and_across_it_the_class_changes() {
    let mut seen = 0;
    for (name, net, plane) in nets() {
        let slice = whole(net.as_ref(), &plane, square(1.0));
        let outputs = |p: [f64; 2]| net.forward(row(plane.point(p))).row(0).to_owned();
        for b in slice.borders.iter().step_by(1 + slice.borders.len() / 50) {
            let y = outputs([(b.from[0] + b.to[0]) / 2.0, (b.from[1] + b.to[1]) / 2.0]);
            let largest = y.iter().copied().fold(f64::MIN, f64::max);
            for k in b.outputs {
                assert!(largest - y[k] <= 1e-11 * (1.0 + largest.abs()), "{name}: {b:?}");
            }
            seen += 1;
        }
        // A grid line changes class as often as it meets borders.
        let class = |y: Array1<f64>| (0..y.len()).fold(0, |a, b| if y[b] > y[a] { b } else { a });
        let classes: Vec<_> =
            (0..=500).map(|i| class(outputs([f64::from(i) / 250.0 - 1.0, 0.123]))).collect();
        let met = |b: &&switchnet::analysis::Border| (b.from[1] > 0.123) != (b.to[1] > 0.123);
        let changes = classes.windows(2).filter(|pair| pair[0] != pair[1]).count();
        let borders = slice.borders.iter().filter(met).count();
        // The grid may step over two borders at once, and cannot see one that is not there.
        assert!(
            changes <= borders && (borders - changes).is_multiple_of(2) || changes < borders,
            "{name}"
        );
    }
    assert!(seen > 50, "{seen}");
}

/// relu(z) and relu(−z) are equal where the switches flip: a border on the edge of two polygons, found once.
#[test]
fn a_border_on_a_boundary_is_found_once() {
    let both = Matrix::from_shape_vec((2, 2), vec![1.0, 0.0, -1.0, 0.0]).unwrap();
    let net = chain(vec![Box::new(Dense::new(both, None)), relu(2)]);
    let slice = whole(&net, &flat(), square(1.0));
    let [border] = &slice.borders[..] else { panic!("{:?}", slice.borders) };
    assert_eq!((border.outputs, border.from[0], border.to[0]), ([0, 1], 0.0, 0.0));
    assert_eq!((border.from[1] - border.to[1]).abs(), 2.0);
}

/// Weights that are no numbers have no regions to find.
#[test]
fn outputs_that_are_no_numbers_are_an_error() {
    let net = chain(vec![Box::new(Dense::new(Matrix::from_elem((1, 2), f64::NAN), None)), relu(1)]);
    let error = slice(&net, &flat(), square(1.0), patient(), &mut |_| Continue(()))
        .unwrap_err()
        .to_string();
    assert!(error.contains("expected finite numbers, found NaN"), "{error}");
    let ends = [Array1::from(vec![0.0, 0.0]), Array1::from(vec![1.0, 1.0])];
    let error = switchnet::analysis::ray(&net, ends[0].view(), ends[1].view()).unwrap_err();
    assert!(error.to_string().contains("expected finite numbers, found NaN"), "{error}");
}

#[test]
fn three_inputs_span_a_plane() {
    let [a, b, c] = [[1.0, 2.0, 3.0], [0.0, 2.0, 1.0], [5.0, 5.0, 5.0]];
    let [a, b, c] = [&a, &b, &c].map(ArrayView1::from);
    let plane = Plane::through(a, b, c);
    assert_eq!(plane.point([0.0, 0.0]), a.to_vec());
    assert_eq!(plane.point([1.0, 0.0]), b.to_vec());
    assert_eq!(plane.point([0.0, 1.0]), c.to_vec());
    let axes = Plane::axes(c, [2, 0]);
    assert_eq!(axes.point([1.0, -2.0]), [-2.0, 5.0, 1.0]);
}

#[test]
fn bad_input_is_an_error_that_says_so() {
    let said = |net: &dyn Layer<f64>, plane: &Plane, window: Window| {
        slice(net, plane, window, patient(), &mut |_| Continue(())).unwrap_err().to_string()
    };
    let net = relu(2);
    let net = net.as_ref();
    let short = Plane { u: vec![1.0], ..flat() };
    assert!(
        said(net, &short, square(1.0))
            .contains("direction u of a plane: expected 2 numbers, found 1")
    );
    let nan = Plane { origin: vec![f64::NAN, 0.0], ..flat() };
    assert!(said(net, &nan, square(1.0)).contains("origin of a plane: expected finite numbers"));
    assert!(said(net, &flat(), square(0.0)).contains("window along u"));
    assert!(said(net, &flat(), square(f64::INFINITY)).contains("window along u"));
    assert!(said(&Smooth::tanh(2), &flat(), square(1.0)).contains("piecewise linear"));
}
