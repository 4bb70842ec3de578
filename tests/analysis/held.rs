//! Switches one by one: what they see, what they look at, and nets in which some are held.

use crate::common::*;
use crate::helpers::{Boxed, chain};
use ndarray::{Array1, Axis, array};
use switchnet::analysis::{Pattern, Unit, hold, switch_layers, switch_row, switch_values};
use switchnet::layer::{
    DecisionKind, Dense, Layer, LinearMap, MaxPool, MaxPoolConfig, Signature, Switch,
};
use switchnet::net::{Graph, Net};
use switchnet::{Matrix, Scalar};

fn unit(layer: usize, unit: usize) -> Unit {
    Unit { layer, unit }
}

/// Every net whose parts are drawn by this program, in both precisions.
fn nets<T: Scalar>() -> Vec<(String, Net<T>)> {
    let specs = specs_of_all_kinds().into_iter();
    specs
        .map(|(name, spec)| {
            let mut net = spec.build::<T>().unwrap();
            randomize(&mut net, 71);
            (name, net)
        })
        .collect()
}

/// The layers by their nodes are those that a pass through the joined net shows, in its order, and so are the values.
fn layers_and_values_are_those_of_the_pattern<T: Scalar>() {
    let mut layers_seen = 0;
    for (name, net) in nets::<T>() {
        let x = random::<T>(1, net.inputs(), 72);
        let pattern = Pattern::at(&net, x.row(0));
        let layers = switch_layers(net.graph());
        let counts: Vec<usize> = layers.iter().map(|layer| layer.switches).collect();
        assert_eq!(counts, pattern.open.iter().map(Vec::len).collect::<Vec<_>>(), "{name}");
        let open = |values: Vec<T>| values.into_iter().map(|z| z > T::zero()).collect::<Vec<_>>();
        let values = switch_values(&net, x.row(0));
        assert_eq!(values.into_iter().map(open).collect::<Vec<_>>(), pattern.open, "{name}");
        layers_seen += counts.len();
    }
    assert!(layers_seen > 60, "only {layers_seen} layers with switches were seen");
}

/// The row of a switch by one way, and by pushing every input through the whole net: for switches of the first and the
/// last place of each layer, in nets of every kind, pools and shared layers too.
fn a_row_is_the_gradient_of_its_switch<T: Scalar>() {
    let mut rows = 0;
    for (name, net) in nets::<T>() {
        let x = random::<T>(1, net.inputs(), 73);
        let (_, map) = net.linearize(x.clone());
        let mut gradients: Vec<Option<Matrix<T>>> = Vec::new();
        map.jvp(
            Matrix::eye(net.inputs()),
            Some(&mut |decisions| {
                // The gradients of candidates are told otherwise than those of leads.
                let sign = decisions.kind == DecisionKind::Sign;
                gradients.push(sign.then(|| decisions.rates.clone()));
            }),
        );
        let values = switch_values(&net, x.row(0));
        for (layer, gradients) in gradients.iter().enumerate() {
            let count = values[layer].len();
            for switch in [0, count / 2, count - 1] {
                let row = switch_row(net.graph(), x.row(0), unit(layer, switch)).unwrap();
                if row.value.double().is_infinite() {
                    assert_eq!(norm(&row.a), 0.0, "{name}: a window of one has no boundary");
                    continue;
                }
                let size = norm(&row.a) * norm(x.row(0)) + row.c.double().abs();
                let few = 1e3 * eps::<T>() * size.max(1.0);
                assert!(row.residual.absolute <= few, "{name}: {}", row.residual.absolute);
                // What is zero but for rounding is zero among the values.
                let value = values[layer][switch].double();
                assert!((row.value.double() - value).abs() <= few, "{name}: {value}");
                if let Some(gradients) = gradients {
                    let other = gradients.column(switch);
                    let off = norm(&(&row.a - &other));
                    assert!(off <= 1e3 * eps::<T>() * norm(&row.a).max(1.0), "{name}: {off}");
                }
                rows += 1;
            }
        }
    }
    assert!(rows > 180, "only {rows} rows were looked at");
}

/// By hand: two dense layers and ReLUs between, of which two are held.
fn a_held_switch_connects_whatever_it_sees<T: Scalar>() {
    let numbers = |rows, columns, seed| random::<T>(rows, columns, seed);
    let (a, b) = (numbers(6, 4, 1), numbers(3, 6, 2));
    let build = || {
        let layers: Vec<Box<dyn Layer<T>>> = vec![
            Box::new(Dense::new(a.clone(), None)),
            Box::new(Switch::relu(6)),
            Box::new(Dense::new(b.clone(), None)),
        ];
        Graph::chain(layers).unwrap()
    };
    let held = hold(build(), &[(unit(0, 2), true), (unit(0, 5), false)]).unwrap();
    for x in numbers(50, 4, 3).rows() {
        let mut z = a.dot(&x);
        for (i, z) in z.iter_mut().enumerate() {
            let connects = match i {
                2 => true,
                5 => false,
                _ => *z > T::zero(),
            };
            *z = if connects { *z } else { T::zero() };
        }
        let expected: Array1<T> = b.dot(&z);
        let found = held.forward(x.to_owned().insert_axis(Axis(0))).row(0).to_owned();
        let off = norm(&(&found - &expected));
        assert!(off <= 100.0 * eps::<T>() * norm(&expected).max(1.0), "{off}");
        // What they see is what they saw.
        assert_eq!(switch_values(&held, x), switch_values(&build(), x));
    }
    // Two slopes: the one of its side on both.
    let slopes = Switch::two_slope(array![2.0, 3.0].mapv(T::of), array![0.5, 0.25].mapv(T::of));
    let held = hold(Graph::chain(vec![Box::new(slopes)]).unwrap(), &[(unit(0, 0), false)]).unwrap();
    let y = held.forward(array![[1.0, 1.0], [-1.0, -1.0]].mapv(T::of));
    assert_eq!(y, array![[0.5, 3.0], [-0.5, -0.25]].mapv(T::of));
}

/// A layer that tells nobody what it is made of.
#[derive(Debug)]
struct Opaque(Switch<f64>);

impl Layer<f64> for Opaque {
    fn signature(&self) -> Signature {
        self.0.signature()
    }

    fn linearize(&self, x: Matrix<f64>) -> (Matrix<f64>, Box<dyn LinearMap<f64> + '_>) {
        self.0.linearize(x)
    }
}

in_both_precisions!(
    layers_and_values_are_those_of_the_pattern,
    a_row_is_the_gradient_of_its_switch,
    a_held_switch_connects_whatever_it_sees,
);

/// The one that is held flips no more: its boundary is still listed, and on both sides the map is the same.
#[test]
fn what_cannot_be_held_is_refused() {
    let net = || -> Graph<f64> {
        let pool = MaxPool::with([1, 1, 3], &MaxPoolConfig::new([1, 2])).unwrap();
        let pool: Boxed = Box::new(chain(vec![Box::new(pool)]));
        chain(vec![Box::new(Switch::relu(3)), pool])
    };
    assert_eq!(
        switch_layers(&net()).iter().map(|layer| layer.can_be_held).collect::<Vec<_>>(),
        [true, false]
    );
    let refused = |held: &[(Unit, bool)], parts: &[&str]| refused(hold(net(), held), parts);
    refused(
        &[(unit(1, 0), true)],
        &["switch layer 1", "a layer whose switches can be held, found max-pool"],
    );
    refused(&[(unit(2, 0), true)], &["switch layer: expected one of 2, found 2"]);
    refused(&[(unit(0, 3), true)], &["switch of switch layer 0: expected one of 3, found 3"]);
    let twice = [(unit(0, 1), true), (unit(0, 1), false)];
    refused(&twice, &["expected different ones, found switch 1 of switch layer 0 twice"]);
    crate::common::refused(
        switch_row(&net(), array![1.0, 2.0, 3.0].view(), unit(0, 9)),
        &["switch of switch layer 0: expected one of 3, found 9"],
    );
    crate::common::refused(
        net().replace(2, Box::new(Switch::relu(3))),
        &["node: expected one of 2, found 2"],
    );
    // A layer that does not say how: what it gives is not of this library.
    let own: Boxed = Box::new(Opaque(Switch::relu(3)));
    assert!(!switch_layers(&chain(vec![own])).iter().any(|layer| layer.can_be_held));
    let own: Boxed = Box::new(Opaque(Switch::relu(3)));
    crate::common::refused(
        hold(chain(vec![own]), &[(unit(0, 0), true)]),
        &["switch layer 0, to hold a switch of it", "can be held, found relu"],
    );
    crate::common::refused(net().replace(0, Box::new(Switch::relu(4))), &["input width"]);
}
