//! Every answer is the library's, to a part of 1e-12.

use crate::asked::{Answer, Known, ask, images, known, main_job, opened};
use ndarray::{Array1, Axis, array};
use serde_json::json;
use std::collections::BTreeMap;
use std::ops::ControlFlow::Continue;
use switchnet::analysis::{
    Exactness, Pattern, Plane, SliceBudget, Unit, Window, adversarial, boundary_distances,
    effective_map, hold, margin, neurons, ray, slice, switch_layers, switch_values,
};
use switchnet::data::{Dataset, Preparation, Scope, Split, Targets};
use switchnet::layer::{DenseConfig, Layer, ReluConfig, TanhConfig};
use switchnet::net::{Spec, predict, softmax, zoo};
use switchnet_page::Nets;

/// Numbers are these, up to a part of 1e-12 of the largest.
fn close(what: &str, found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let size = expected.iter().filter(|v| v.is_finite()).fold(1e-3, |a: f64, b| a.max(b.abs()));
    for (i, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!(a == b || (a - b).abs() <= 1e-12 * size, "{what}, number {i}: {a:e}, not {b:e}");
    }
}

/// An input as the net sees it.
fn seen(net: &Known, raw: &[f64]) -> Array1<f64> {
    let row = Array1::from(raw.to_vec()).insert_axis(Axis(0));
    net.preparation.inputs(row).unwrap().row(0).to_owned()
}

/// Nets of the main job; one with names and units of its own; and one that is smooth.
fn nets() -> Vec<Known> {
    let mut nets = main_job();
    let set = Dataset::<f32>::new(
        "prices",
        vec![3],
        array![[1.0, 200.0, -3.0], [2.0, 240.0, 4.0], [4.0, 100.0, 1.0], [0.5, 150.0, 0.0]],
        Targets::Values(array![[1000.0, 1.0], [3000.0, 5.0], [2500.0, 2.0], [1200.0, -1.0]]),
    )
    .unwrap();
    let split = Split { train: set.clone(), test: set };
    let (_, preparation) = Preparation::fit(split, Some(Scope::Feature)).unwrap();
    let spec = zoo::mlp(&[3], &[8, 8], 2, 1);
    nets.push(known("prices", &spec, preparation, "squared-error"));
    let layers = vec![
        DenseConfig::new(6).into(),
        TanhConfig {}.into(),
        DenseConfig::new(4).into(),
        ReluConfig {}.into(),
        DenseConfig::new(2).into(),
    ];
    let spec = Spec { input: vec![3], seed: 1, layers };
    nets.push(known("smooth", &spec, Preparation::default(), "squared-error"));
    nets
}

/// Inputs of a net: images, or rows of three numbers.
fn inputs(net: &Known) -> Vec<Vec<f64>> {
    match net.net.inputs() {
        64 => images(0..3),
        _ => vec![vec![1.5, 180.0, 0.5], vec![3.0, 120.0, -2.0], vec![0.25, 90.0, 2.0]],
    }
}

fn each(mut f: impl FnMut(&mut Nets, usize, &Known, Vec<Vec<f64>>)) {
    let known = nets();
    let mut nets = opened(&known);
    for (handle, net) in known.iter().enumerate() {
        f(&mut nets, handle, net, inputs(net));
    }
}

/// The answers about the map.
fn same_map(name: &str, answer: &Answer, net: &dyn Layer<f64>, of: &Known, raw: &[f64]) {
    let x = seen(of, raw);
    let map = effective_map(net, x.view());
    let exact = map.exactness == Exactness::Exact;
    assert_eq!((answer.ok("exact"), answer.ok("tangent")), (&json!(exact), &json!(!exact)));
    let all = |f: &dyn Fn(&switchnet::analysis::Neuron) -> f64| -> Vec<f64> {
        neurons(&map).iter().map(f).collect()
    };
    close(name, &answer.numbers("net_y"), &all(&|n| n.y));
    close(name, &answer.numbers("net_sums"), &all(&|n| n.sum));
    close(name, &answer.numbers("net_constants"), &all(&|n| n.c));
    close(name, &answer.numbers("noise_gain"), &all(&|n| n.norm));
    close(name, &answer.numbers("net_norms"), &all(&|n| n.norm));
    close(name, &answer.numbers("net_angles"), &all(&|n| n.angle()));
    close(name, &answer.numbers("net_input"), &x.to_vec());
    assert_eq!(answer.flags("pattern"), map.pattern.open.concat(), "{name}");
    assert_eq!(answer.ok("hash"), &json!(format!("{:016x}", map.pattern.hash())));
    close(name, &answer.numbers("values"), &switch_values(net, x.view()).concat());
    let residual = answer.ok("residual").as_f64().unwrap();
    assert!(residual < 1e-12 && (residual - map.residual.absolute).abs() < 1e-12, "{residual:e}");
    let class = predict(net, x.view().insert_axis(Axis(0)))[0];
    assert_eq!(answer.ok("class"), &json!(class));

    // In units of the file the same sums, row by row.
    let inputs = raw.len();
    let scale = |i| of.preparation.standardize.as_ref().map_or(1.0, |s| s.scale()[i]);
    let gain = |k| of.preparation.targets.as_ref().map_or(1.0, |t| t.scale()[k]);
    let rows = answer.numbers("rows");
    let own = map.a.indexed_iter().map(|((k, i), a)| a * gain(k) / scale(i));
    close(name, &rows, &own.collect::<Vec<_>>());
    let y = of.preparation.undo(map.y.clone().insert_axis(Axis(0))).row(0).to_vec();
    close(name, &answer.numbers("y"), &y);
    let sums: Vec<f64> =
        rows.chunks(inputs).map(|a| a.iter().zip(raw).map(|(a, x)| a * x).sum()).collect();
    close(name, &answer.numbers("sums"), &sums);
    let constants = answer.numbers("constants");
    let both: Vec<f64> = sums.iter().zip(&constants).map(|(sum, c)| sum + c).collect();
    // Sums as large as their parts, which cancel.
    let size = sums.iter().chain(&y).fold(1.0_f64, |a, b| a.max(b.abs()));
    let off = both.iter().zip(&y).fold(0.0_f64, |most, (a, b)| most.max((a - b).abs()));
    assert!(off < 1e-12 * size, "{name}: a·x + c = y within {off:e}");
    let norms: Vec<f64> =
        rows.chunks(inputs).map(|a| a.iter().map(|v| v * v).sum::<f64>().sqrt()).collect();
    close(name, &answer.numbers("norms"), &norms);
    let length = raw.iter().map(|v| v * v).sum::<f64>().sqrt();
    for ((angle, sum), norm) in answer.numbers("angles").iter().zip(&sums).zip(&norms) {
        assert!((angle.to_radians().cos() - sum / norm / length).abs() < 1e-12, "{name}");
    }
    for (i, norm) in answer.numbers("column_norms").iter().enumerate() {
        let column = rows.chunks(inputs).map(|a| a[i] * a[i]).sum::<f64>().sqrt();
        assert!((norm - column).abs() <= 1e-12 * column.max(1.0), "{name}");
    }
}

#[test]
fn the_map_now_is_that_of_the_library() {
    let mut seen_maps = 0;
    each(|nets, handle, net, inputs| {
        for raw in &inputs {
            let question = json!({ "do": "now", "net": handle, "distances": true });
            let answer = ask(nets, &question, &[raw]);
            same_map(&net.name, &answer, &net.net, net, raw);
            let x = seen(net, raw);
            match boundary_distances(&net.net, x.view()) {
                Ok(layers) => {
                    let all = layers.iter().flat_map(|layer| &layer.l2);
                    let all: Vec<f64> = all.map(|d| d.unwrap_or(f64::INFINITY)).collect();
                    close(&net.name, &answer.numbers("distances"), &all);
                }
                Err(_) => assert!(answer.ok("distances").is_null(), "a smooth net has none"),
            }
            if net.net.outputs() == 10 {
                let y = net.net.forward(x.insert_axis(Axis(0)));
                close(&net.name, &answer.numbers("probabilities"), &softmax(y).row(0).to_vec());
            } else {
                assert!(answer.ok("probabilities").is_null());
            }
            seen_maps += 1;
        }
    });
    assert_eq!(seen_maps, 27);
}

#[test]
fn what_was_opened_is_described() {
    let known = nets();
    let mut nets = Nets::default();
    for net in &known {
        let open = json!({ "do": "open" });
        let answer = crate::asked::request(&open, &net.file);
        let answer = Answer::read(nets.call(&answer, &mut |_, _| ()));
        let (inputs, outputs) = (net.net.inputs(), net.net.outputs());
        assert_eq!((answer.ok("inputs"), answer.ok("outputs")), (&json!(inputs), &json!(outputs)));
        assert_eq!(answer.ok("input_shape"), &json!(net.net.spec().input));
        let layers = answer.ok("layers").as_array().unwrap();
        let found: Vec<_> = layers.iter().map(|layer| layer["switches"].clone()).collect();
        let expected: Vec<_> =
            switch_layers(net.net.graph()).iter().map(|layer| json!(layer.switches)).collect();
        assert_eq!(found, expected, "{}", net.name);
        assert_eq!(answer.ok("piecewise_linear"), &json!(net.name != "smooth"));
        match (outputs, net.name.as_str()) {
            (10, _) => {
                assert_eq!(answer.ok("classes")[3], "3");
                let standardize = net.preparation.standardize.as_ref().unwrap();
                assert_eq!(answer.numbers("deviation"), standardize.scale());
                assert_eq!(answer.numbers("mean"), standardize.mean());
            }
            (_, "prices") => assert_eq!(answer.ok("task"), "values"),
            _ => assert!(answer.ok("mean").is_null() && answer.ok("classes").is_null()),
        }
    }
    // A net that is closed is gone, and the others stay.
    assert!(ask(&mut nets, &json!({ "do": "close", "net": 1 }), &[]).error().is_none());
    let asked = |net: usize| json!({ "do": "now", "net": net });
    let image = &images(0..1)[0];
    let gone = ask(&mut nets, &asked(1), &[image]);
    assert_eq!(gone.error(), Some("net: expected one that was opened, found 1"));
    assert!(ask(&mut nets, &asked(2), &[image]).error().is_none());
}

#[test]
fn a_switch_is_a_weighted_sum_of_the_raw_input() {
    each(|nets, handle, net, inputs| {
        for raw in &inputs {
            let x = seen(net, raw);
            let values = switch_values(&net.net, x.view());
            let distances = boundary_distances(&net.net, x.view()).ok();
            for (layer, values) in values.iter().enumerate() {
                let unit = values.len() / 2;
                let question =
                    json!({ "do": "neuron", "net": handle, "layer": layer, "unit": unit });
                let answer = ask(nets, &question, &[raw]);
                let value = answer.ok("value").as_f64().unwrap();
                close(&net.name, &[value], &[values[unit]]);
                let row = answer.numbers("row");
                let sum: f64 = row.iter().zip(raw).map(|(a, x)| a * x).sum();
                let constant = answer.ok("constant").as_f64().unwrap();
                let size = sum.abs().max(constant.abs()).max(1.0);
                assert!((sum + constant - value).abs() < 1e-12 * size, "{}", net.name);
                if let Some(distances) = &distances {
                    match distances[layer].l2[unit] {
                        Some(distance) => {
                            let found = answer.ok("distance").as_f64().unwrap();
                            close(&net.name, &[found], &[distance]);
                        }
                        // A window of a pool in which nothing leads to the boundary.
                        None => assert!(answer.ok("distance").is_null(), "{}", net.name),
                    }
                }
            }
        }
    });
}

#[test]
fn held_switches_are_those_of_the_library() {
    let mut shared = 0;
    each(|nets, handle, net, inputs| {
        let layers = switch_layers(net.net.graph());
        let can_be_held = || (0..layers.len()).filter(|&layer| layers[layer].can_be_held);
        let raw = &inputs[0];
        let now = Pattern::at(&net.net, seen(net, raw).view()).open;
        let (first, last) = (can_be_held().next(), can_be_held().next_back());
        let ends = [first, last].map(|layer| layer.expect("every net here has such a layer"));
        let held: BTreeMap<_, _> = ends
            .into_iter()
            .flat_map(|layer| [(layer, 0), (layer, now[layer].len() - 1)])
            .map(|(layer, unit)| ((layer, unit), !now[layer][unit]))
            .collect();
        let units = held.iter().map(|(&(layer, unit), &open)| (Unit { layer, unit }, open));
        let graph = hold(net.net.cast::<f64>().into_graph(), &units.collect::<Vec<_>>()).unwrap();
        shared += usize::from(layers[ends[0]].name.starts_with("positionwise"));
        let one = |(&(layer, unit), &open)| json!({ "layer": layer, "unit": unit, "open": open });
        let frozen: Vec<_> = held.iter().map(one).collect();
        // Twice, as the second answer comes from the net that was kept.
        for _ in 0..2 {
            let question = json!({ "do": "now", "net": handle, "frozen": frozen });
            let answer = ask(nets, &question, &[raw]);
            same_map(&net.name, &answer, &graph, net, raw);
        }
        let plain = ask(nets, &json!({ "do": "now", "net": handle }), &[raw]);
        same_map(&net.name, &plain, &net.net, net, raw);
        if let Some(fixed) = layers.iter().position(|layer| !layer.can_be_held) {
            let frozen = json!([{ "layer": fixed, "unit": 0, "open": true }]);
            let question = json!({ "do": "now", "net": handle, "frozen": frozen });
            let error = ask(nets, &question, &[raw]);
            assert!(error.error().unwrap().contains("whose switches can be held"), "{error:?}");
        }
    });
    assert!(shared > 0, "no net with shared layers was held");
}

#[test]
fn a_ray_is_that_of_the_library() {
    each(|nets, handle, net, inputs| {
        let (from, to) = (&inputs[0], &inputs[1]);
        let mut told = Vec::new();
        let question = json!({ "do": "ray", "net": handle });
        let tail = [crate::asked::bytes(from), crate::asked::bytes(to)].concat();
        let request = crate::asked::request(&question, &tail);
        let answer = Answer::read(nets.call(&request, &mut |done, _| told.push(done)));
        let found = ray(&net.net, seen(net, from).view(), seen(net, to).view());
        let Ok(found) = found else {
            assert!(answer.error().unwrap().contains("piecewise linear"), "{}", net.name);
            return;
        };
        assert!(told.is_sorted() && !told.is_empty());
        let mut t: Vec<f64> = found.segments.iter().map(|segment| segment.start).collect();
        t.push(1.0);
        close(&net.name, &answer.numbers("t"), &t);
        let outputs = answer.numbers("outputs");
        let own = |y: &[f64]| {
            let y = Array1::from(y.to_vec()).insert_axis(Axis(0));
            net.preparation.undo(y).row(0).to_vec()
        };
        for (segment, y) in found.segments.iter().zip(outputs.chunks(net.net.outputs())) {
            close(&net.name, y, &own(&segment.value));
        }
        let last = net.net.forward(seen(net, to).insert_axis(Axis(0))).row(0).to_vec();
        let end = &outputs[outputs.len() - last.len()..];
        close(&net.name, end, &own(&last));
        let flips: Vec<_> = found.breakpoints.iter().flat_map(|b| &b.flips).collect();
        let first = answer.places("first");
        let (layer, unit, opens) =
            (answer.places("layer"), answer.places("unit"), answer.flags("opens"));
        assert_eq!((first[0], first[first.len() - 1]), (0, flips.len()));
        for (i, breakpoint) in found.breakpoints.iter().enumerate() {
            assert_eq!(first[i + 1] - first[i], breakpoint.flips.len());
        }
        for (i, flip) in flips.iter().enumerate() {
            let found = (Unit { layer: layer[i], unit: unit[i] }, opens[i]);
            assert_eq!(found, (flip.unit, flip.opens), "{}", net.name);
        }
        let changes: Vec<f64> = found.crossings.iter().map(|crossing| crossing.t).collect();
        close(&net.name, &answer.numbers("changes"), &changes);
        let to: Vec<usize> = found.crossings.iter().map(|crossing| crossing.to).collect();
        assert_eq!(answer.places("change_to"), to);
        assert_eq!(answer.ok("regions"), &json!(found.regions));
    });
}

#[test]
fn a_slice_is_that_of_the_library() {
    each(|nets, handle, net, inputs| {
        let [a, b, c] = [&inputs[0], &inputs[1], &inputs[2]];
        let window = Window { u: [0.0, 0.05], v: [0.1, 0.15] };
        let question = json!({ "do": "slice", "net": handle, "window": [0.0, 0.05, 0.1, 0.15],
            "limit": 40, "norms": true });
        let answer = ask(nets, &question, &[a, b, c]);
        let [a, b, c] = [a, b, c].map(|raw| seen(net, raw));
        let plane = Plane::through(a.view(), b.view(), c.view());
        let budget = SliceBudget { polygons: 40, seconds: f64::INFINITY, bytes: 512 << 20 };
        let Ok(found) = slice(&net.net, &plane, window, budget, &mut |_| Continue(())) else {
            assert!(answer.error().unwrap().contains("piecewise linear"), "{}", net.name);
            return;
        };
        let name = &net.name;
        close(name, &answer.numbers("vertices"), found.vertices.as_flattened());
        let offsets = answer.places("offsets");
        let corners = answer.places("corners");
        let classes = answer.places("class");
        let patterns = answer.places("pattern");
        close(name, &answer.numbers("norm"), &found.norms(&net.net).unwrap());
        for (i, polygon) in found.polygons.iter().enumerate() {
            let own: Vec<usize> = polygon.vertices.iter().map(|&v| v as usize).collect();
            assert_eq!(corners[offsets[i]..offsets[i + 1]], own);
            let y = Array1::from(polygon.values.clone());
            let largest = y.iter().fold(f64::MIN, |a, &b| a.max(b));
            assert_eq!(y[classes[i]], largest, "{name}");
            for (j, other) in found.polygons[..i].iter().enumerate() {
                assert_eq!(patterns[i] == patterns[j], polygon.hash == other.hash, "{name}");
            }
        }
        let ends = found.borders.iter().flat_map(|border| [border.from, border.to].concat());
        close(name, &answer.numbers("boundary"), &ends.collect::<Vec<_>>());
        assert_eq!(answer.ok("complete"), &json!(found.complete));
        assert_eq!(answer.ok("polygons"), &json!(found.polygons.len()));
    });
}

/// The changes that the page applies do what is said of them.
#[test]
fn a_margin_is_that_of_the_library_and_its_changes_pass_it() {
    let (mut inside, mut switches) = (0, 0);
    each(|nets, handle, net, inputs| {
        for raw in &inputs {
            let answer = ask(nets, &json!({ "do": "margin", "net": handle }), &[raw]);
            let x = seen(net, raw);
            let Ok(found) = margin(&net.net, x.view()) else {
                assert!(answer.error().unwrap().contains("piecewise linear"), "{}", net.name);
                continue;
            };
            let nearest = found.nearest.l2.unwrap();
            let switch = answer.ok("switch");
            close(&net.name, &[switch["distance"].as_f64().unwrap()], &[nearest.distance]);
            let unit = nearest.unit;
            assert_eq!(
                (&switch["layer"], &switch["unit"]),
                (&json!(unit.layer), &json!(unit.unit))
            );
            let moved = |change: Vec<f64>| -> Vec<f64> {
                raw.iter().zip(change).map(|(x, d)| x + d).collect()
            };
            let there = seen(net, &moved(answer.numbers("switch_change")));
            let size = (&there - &x).mapv(|d| d * d).sum().sqrt();
            let least = 2e-9 * x.dot(&x).sqrt();
            assert!((size - nearest.distance).abs() <= 1e-5 * size + least, "{}", net.name);
            let [before, after] = [&x, &there].map(|x| Pattern::at(&net.net, x.view()));
            let flipped = |p: &Pattern| p.open[unit.layer][unit.unit];
            assert_ne!(flipped(&before), flipped(&after), "{}", net.name);
            switches += 1;

            let decision = found.decision.unwrap();
            let rival = decision.nearest.l2.unwrap();
            let other = answer.ok("other");
            assert_eq!(other["class"], json!(rival.class));
            close(&net.name, &[other["distance"].as_f64().unwrap()], &[rival.distance]);
            let there = seen(net, &moved(answer.numbers("other_change")));
            let flips = before.distance(&Pattern::at(&net.net, there.view()));
            assert_eq!(other["flips"], json!(flips), "{}", net.name);
            let class = predict(&net.net, there.view().insert_axis(Axis(0)))[0];
            assert_eq!(other["class_there"], json!(class), "{}", net.name);
            if flips == 0 {
                assert_eq!(class, rival.class, "{}: inside the region the map decides", net.name);
                inside += 1;
            }
            let walked =
                ask(nets, &json!({ "do": "adversarial", "net": handle, "steps": 20 }), &[raw]);
            match adversarial(&net.net, x.view(), 20).unwrap() {
                None => assert_eq!(walked.ok("found"), &json!(false)),
                Some(found) => {
                    close(&net.name, &[walked.ok("distance").as_f64().unwrap()], &[found.distance]);
                    let there = seen(net, &moved(walked.numbers("change")));
                    close(&net.name, &there.to_vec(), &found.x.to_vec());
                }
            }
        }
    });
    assert!(switches == 24 && inside > 0, "{switches} switches, {inside} inside their region");
}
