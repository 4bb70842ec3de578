//! Properties decided region by region: by hand, against the corners of a slice, and files that are refused.

use crate::helpers::{Boxed, chain, dense, patient_in_a_box};
use crate::slice::{flat, square, whole};
use ndarray::{Array1, array};
use std::ops::ControlFlow::{Break, Continue};
use switchnet::Matrix;
use switchnet::analysis::{
    BoxBudget, Condition, Limit, Property, PropertyCase, Verdict, Verification, verify,
};
use switchnet::layer::{Dense, GatedSwitch, Layer, Switch};

/// `|x|`.
fn absolute() -> impl Layer<f64> {
    chain(vec![
        Box::new(Dense::new(array![[1.0], [-1.0]], None)),
        Box::new(Switch::relu(2)),
        Box::new(Dense::new(array![[1.0, 1.0]], None)),
    ])
}

fn decide(net: &dyn Layer<f64>, property: &Property) -> Verification {
    let found = verify(net, property, patient_in_a_box(), &mut |_| Continue(())).unwrap();
    // A violation is one.
    if let Some(violation) = &found.violation {
        let case = &property.cases[violation.case];
        let x = Array1::from(violation.input.clone());
        let y = net.forward(x.insert_axis(ndarray::Axis(0))).row(0).to_vec();
        assert_eq!(y, violation.outputs);
        let bounds = case.lower.iter().zip(&case.upper).zip(&violation.input);
        assert!(bounds.into_iter().all(|((a, b), x)| a <= x && x <= b));
        let value = |c: &Condition| {
            c.weights.iter().map(|(k, weight)| weight * y[*k]).sum::<f64>() + c.constant
        };
        assert!(case.violated_if.iter().any(|list| list.iter().all(|c| value(c) >= 0.0)));
    }
    assert_eq!(found.violation.is_some(), found.verdict == Verdict::Violated);
    found
}

/// `weight·y_0 ≥ from` is a violation, in a box of so many inputs.
fn above(inputs: usize, size: f64, outputs: usize, from: f64) -> Property {
    let condition = Condition { weights: vec![(0, 1.0)], constant: -from };
    let (lower, upper) = (vec![-size; inputs], vec![size; inputs]);
    let cases = vec![PropertyCase { lower, upper, violated_if: vec![vec![condition]] }];
    Property { inputs, outputs, cases }
}

#[test]
fn what_holds_holds_and_what_does_not_has_an_input() {
    for (from, verdict) in [
        (1.5, Verdict::Holds),
        (1.0 + 1e-6, Verdict::Holds),
        (1.0 + 1e-13, Verdict::Undecided), // no more than rounding
        (1.0, Verdict::Violated),          // at the very ends
        (0.3, Verdict::Violated),
        (-1.0, Verdict::Violated),
    ] {
        let found = decide(&absolute(), &above(1, 1.0, 1, from));
        assert_eq!(found.verdict, verdict, "{from}");
    }
}

#[test]
fn a_file_means_what_it_says() {
    let start = "(declare-const X_0 Real) ; the input\n(declare-const Y_0 Real)\n";
    let within = "(assert (>= X_0 -1.0))\n(assert (<= X_0 +1e0))";
    for (asserted, verdict) in [
        ("(assert (>= Y_0 1.5))", Verdict::Holds),
        ("(assert (<= 0.5 Y_0))", Verdict::Violated),
        ("(assert (<= Y_0 -0.1))", Verdict::Holds),
        // A band that the net takes, and one above it.
        ("(assert (and (>= Y_0 0.2) (<= Y_0 0.3)))", Verdict::Violated),
        ("(assert (>= Y_0 1.2)) (assert (<= Y_0 1.3))", Verdict::Holds),
        ("(assert (or (>= Y_0 1.2) (<= Y_0 -0.1)))", Verdict::Holds),
        ("(assert (or (>= Y_0 1.2) (<= Y_0 0.1)))", Verdict::Violated),
        (
            "(assert (or (and (<= X_0 -0.9) (<= Y_0 0.8)) (and (>= X_0 0.5) (<= Y_0 0.4))))",
            Verdict::Holds,
        ),
        (
            "(assert (or (and (<= X_0 -0.9) (<= Y_0 0.95)) (and (>= X_0 2) (<= Y_0 9))))",
            Verdict::Violated,
        ),
        ("(assert (>= (- (* 2 Y_0) (+ 0.5 Y_0)) (* (- 1) (- 0.4))))", Verdict::Violated), // y ≥ 0.9
        ("(assert (>= (- (* 2 Y_0) (+ 0.7 Y_0)) (* (- 1) (- 0.4))))", Verdict::Holds),    // y ≥ 1.1
        // Nothing of the outputs in one case: every input of it.
        ("(assert (or (>= X_0 0.5) (>= Y_0 7)))", Verdict::Violated),
    ] {
        let text = format!("{start}{within}\n{asserted}\n");
        let property = Property::read_vnnlib(&text).unwrap_or_else(|e| panic!("{asserted}: {e}"));
        assert_eq!(decide(&absolute(), &property).verdict, verdict, "{asserted}");
    }
    // Cases of one box are one search; a case without inputs is none.
    let text =
        format!("{start}{within}(assert (or (>= Y_0 2) (>= Y_0 3) (and (>= X_0 2) (>= Y_0 0))))");
    let property = Property::read_vnnlib(&text).unwrap();
    assert_eq!((property.cases.len(), property.cases[0].violated_if.len()), (1, 2));
    assert_eq!(property.cases[0].upper, [1.0]);
}

/// The largest output on a square is at a corner of a polygon.
#[test]
fn bounds_that_are_tight_hold_and_any_below_do_not() {
    for seed in [3, 4, 5] {
        let readout: Boxed = Box::new(Dense::new(crate::helpers::random(2, 8, seed + 9), None));
        let net = chain(vec![Box::new(dense(2, &[10, 8], seed)), readout]);
        let slice = whole(&net, &flat(), square(1.5));
        let corners = slice.polygons.iter().flat_map(|polygon| {
            polygon.vertices.iter().map(|&v| polygon.output(0, slice.vertices[v as usize]))
        });
        let largest = corners.fold(f64::NEG_INFINITY, f64::max);
        let holds = decide(&net, &above(2, 1.5, 2, largest + 1e-6));
        assert_eq!((holds.verdict, holds.regions), (Verdict::Holds, slice.regions));
        let violated = decide(&net, &above(2, 1.5, 2, largest - 1e-6));
        assert_eq!(violated.verdict, Verdict::Violated);
        assert!(violated.violation.unwrap().outputs[0] >= largest - 1e-6);
    }
}

#[test]
fn what_is_left_out_leaves_it_undecided() {
    let net = dense(2, &[16, 16], 8);
    let property = above(2, 2.0, 16, 1e6);
    let with = |budget| verify(&net, &property, budget, &mut |_| Continue(())).unwrap();
    assert_eq!(with(patient_in_a_box()).verdict, Verdict::Holds);
    for (budget, limit) in [
        (BoxBudget { regions: 5, ..patient_in_a_box() }, Limit::Regions),
        (BoxBudget { seconds: 0.0, ..patient_in_a_box() }, Limit::Seconds),
        (BoxBudget { bytes: 1, ..patient_in_a_box() }, Limit::Bytes),
    ] {
        let found = with(budget);
        assert_eq!((found.verdict, found.stopped_by), (Verdict::Undecided, Some(limit)));
    }
    let stopped = verify(&net, &property, patient_in_a_box(), &mut |_| Break(())).unwrap();
    assert_eq!(
        (stopped.verdict, stopped.stopped_by),
        (Verdict::Undecided, Some(Limit::Interrupted))
    );
    // A part too thin to look at.
    let thin = Dense::new(Matrix::ones((2, 1)), Some(array![0.0, 1e-10]));
    let net = chain(vec![Box::new(thin), Box::new(Switch::relu(2))]);
    let found = decide(&net, &above(1, 1.0, 2, 10.0));
    assert_eq!((found.verdict, found.thin), (Verdict::Undecided, 1));
}

#[test]
fn a_property_of_another_net_is_refused() {
    let refused = |net: &dyn Layer<f64>, property: &Property| {
        let found = verify(net, property, patient_in_a_box(), &mut |_| Continue(()));
        found.unwrap_err().to_string()
    };
    let line = "property: expected 1 inputs and 1 outputs, found 2 inputs and 1 outputs";
    assert_eq!(refused(&absolute(), &above(2, 1.0, 1, 0.0)), line);
    let ones = || Array1::ones(2);
    let line = refused(&GatedSwitch::new(ones(), ones()), &above(4, 1.0, 4, 0.0));
    assert!(
        line.starts_with("net of a property: expected one that is continuous, found"),
        "{line}"
    );
    let mut other = above(1, 1.0, 1, 0.0);
    other.cases[0].violated_if[0][0].weights[0].0 = 1;
    let line = "output of a condition: expected 0 to 0, found 1";
    assert_eq!(refused(&absolute(), &other), line);
    let nan = above(1, 1.0, 1, f64::NAN);
    assert!(refused(&absolute(), &nan).starts_with("numbers of a condition: expected finite"));
}

#[test]
fn files_that_say_something_else_are_refused_by_their_lines() {
    let start = "(declare-const X_0 Real)\n(declare-const Y_0 Real)\n";
    for (text, line) in [
        ("(assert (>= X_0 0)", "line 3: expected a bracket that is closed, found none"),
        (")", "line 3: expected an open bracket, found )"),
        ("assert", "line 3: expected (assert …) or (declare-const …), found assert"),
        ("(check-sat)", "line 3: expected (assert …) or (declare-const …), found (check-sat …"),
        ("()", "line 3: expected a word behind a bracket, found )"),
        ("((assert))", "line 3: expected one of and, or, <=, >=, +, -, *, found (assert …"),
        ("(assert (= X_0 0))", "line 3: expected one of and, or, <=, >=, +, -, *, found (= …"),
        (
            "\n(assert (not (<= X_0 0)))",
            "line 4: expected one of and, or, <=, >=, +, -, *, found (not …",
        ),
        ("(assert (<= X_1 0))", "line 3: expected a declared variable or a number, found X_1"),
        ("(assert (<= X_00000000000000000000000000 0))", "bounds"),
        ("(assert (<= X_0 zero))", "line 3: expected a declared variable or a number, found zero"),
        ("(assert (<= X_0 1e999))", "line 3: expected a finite number, found 1e999"),
        ("(assert (<= X_0 1.2.3))", "line 3: expected a finite number, found 1.2.3"),
        ("(assert (<= 1 2))", "line 3: expected a variable in a comparison, found none"),
        ("(assert (<= X_0))", "line 3: expected two sides of a comparison, found 1"),
        ("(assert (<= X_0 1 2))", "line 3: expected two sides of a comparison, found 3"),
        (
            "(assert (<= (* X_0 Y_0) 2))",
            "line 3: expected a number times a variable, found a product",
        ),
        (
            "(assert)",
            "line 3: expected one comparison, (and …) or (or …) in an assert, found another",
        ),
        ("(assert (and))", "line 3: expected something inside, found (and)"),
        ("(assert (or X_0))", "line 3: expected comparisons, and, or, found another in (or …"),
        ("(assert (+ X_0 1))", "line 3: expected one comparison, (and …) or (or …) in an assert"),
        (
            "(declare-const X_2 Real)",
            "line 3: expected (declare-const X_0 Real), numbers ascending",
        ),
        (
            "(declare-const X_0 Real)",
            "line 3: expected (declare-const X_0 Real), numbers ascending",
        ),
        (
            "(declare-const Z_0 Real)",
            "line 3: expected (declare-const X_0 Real), numbers ascending",
        ),
        ("(declare-const X_1 Int)", "line 3: expected (declare-const X_0 Real), numbers ascending"),
        ("(assert (<= X_0 1))", "X_0: expected two bounds in every case, found -inf to 1"),
        (
            "(assert (<= X_0 Y_0))",
            "condition: expected one input, or outputs alone, found a condition on X_0, Y_0",
        ),
    ] {
        let found = Property::read_vnnlib(&format!("{start}{text}\n"));
        let found = found.err().map_or_else(|| "accepted".to_owned(), |e| e.to_string());
        assert!(found.starts_with(line) || found.contains(line), "{text}: {found}");
        assert!(!found.contains('\n'));
    }
    let none = Property::read_vnnlib("(declare-const X_0 Real)").unwrap_err().to_string();
    assert_eq!(
        none,
        "declared: expected inputs X_0, … and outputs Y_0, …, found 1 inputs and 0 outputs"
    );
}

/// Files that are made to be deep, wide, or many cases.
#[test]
fn hostile_files_are_refused_before_they_cost_anything() {
    let start = "(declare-const X_0 Real)(declare-const Y_0 Real)";
    let refused =
        |text: String| Property::read_vnnlib(&format!("{start}{text}")).unwrap_err().to_string();
    assert_eq!(
        refused("(a ".repeat(1 << 20)),
        "line 1: expected at most 64 open brackets, found one more"
    );
    let many = "conjunctions of all that is asserted: expected at most 10000 cases";
    let two = "(or (<= Y_0 0) (>= Y_0 1))";
    assert!(refused(format!("(assert {two})").repeat(20)).starts_with(many));
    assert!(refused(format!("(assert (and {}))", two.repeat(20))).starts_with(many));
    assert!(refused(format!("(assert (or {}))", "(<= Y_0 0)".repeat(20_000))).starts_with(many));
    // Two cases of very many conditions each.
    let wide = format!("(assert (and {two} {}))", "(<= Y_0 0)".repeat(600_000));
    assert!(refused(wide).starts_with(many));
    // A sum of very many terms is one of one variable.
    let sum = format!("(assert (<= (+ {}) 1))(assert (>= X_0 0))", "X_0 ".repeat(1 << 18));
    let property = Property::read_vnnlib(&format!("{start}{sum}")).unwrap();
    assert_eq!(property.cases[0].upper, [1.0 / f64::from(1 << 18)]);
}

/// That must not be: `y ≥ least` on `[lower, upper]`.
fn at_least(lower: f64, upper: f64, least: f64) -> Property {
    let condition = Condition { weights: vec![(0, 1.0)], constant: -least };
    let case =
        PropertyCase { lower: vec![lower], upper: vec![upper], violated_if: vec![vec![condition]] };
    Property { inputs: 1, outputs: 1, cases: vec![case] }
}

fn affine(weight: ndarray::Array2<f64>, bias: &[f64]) -> Boxed {
    Box::new(Dense::new(weight, Some(Array1::from(bias.to_vec()))))
}

fn verdict(layers: Vec<Boxed>, property: &Property) -> Verdict {
    decide(&chain(layers), property).verdict
}

/// The middle of a box of three numbers is none of them, so the net is looked at beside it.
#[test]
fn a_small_box_far_from_zero_is_no_proof() {
    let steep = 2f64.powi(52);
    let mut property = at_least(1.0, 1.0 + 3.0 * f64::EPSILON, 0.0);
    // y(1) = 0, and 0 ≤ 0.25 is what must not be.
    property.cases[0].violated_if =
        vec![vec![Condition { weights: vec![(0, -1.0)], constant: 0.25 }]];
    let found = verdict(vec![affine(array![[steep]], &[-steep])], &property);
    assert_ne!(found, Verdict::Holds);
}

/// Squares of these weights are infinite, or zero.
#[test]
fn very_large_and_very_small_weights_have_boundaries() {
    for (first, second) in [(1e200, 1e-200), (1e-200, 1e200)] {
        let relu: Boxed = Box::new(Switch::relu(1));
        let layers = vec![affine(array![[first]], &[0.0]), relu, affine(array![[second]], &[0.0])];
        assert_eq!(verdict(layers, &at_least(-1.0, 1.0, 0.5)), Verdict::Violated, "{first}");
    }
}

/// Between two boundaries closer than any ball that is looked for, the net rises to 40.
#[test]
fn a_part_thinner_than_is_looked_for_is_no_proof() {
    let steep = 1e14;
    let layers = vec![
        affine(array![[1.0], [1.0], [1.0]], &[0.0, -4e-13, -8e-13]),
        Box::new(Switch::relu(3)),
        affine(array![[steep, -2.0 * steep, steep]], &[0.0]),
    ];
    assert_ne!(verdict(layers, &at_least(-1.0, 1.0, 5.0)), Verdict::Holds);
}

/// What cancels here rounds by more than the property is kept by.
#[test]
fn numbers_that_cancel_are_no_proof() {
    let layers =
        vec![affine(array![[3e11], [3e11]], &[0.1, 0.0]), affine(array![[1.0, -1.0]], &[0.0])];
    assert_ne!(verdict(layers, &at_least(-1.0, 1.0, 0.100001)), Verdict::Holds);
}

/// Infinite outputs are no counterexample.
#[test]
fn an_overflow_violates_nothing() {
    let layers = vec![affine(array![[1e200]], &[0.0]), affine(array![[1e200]], &[0.0])];
    assert_ne!(verdict(layers, &at_least(0.5, 1.0, 1.0)), Verdict::Violated);
}

/// Bounds that no input is within are not a property that holds.
#[test]
fn bounds_that_are_exchanged_are_refused() {
    let text = "(declare-const X_0 Real) (declare-const Y_0 Real)\n(assert (>= X_0 1))\n(assert (<= X_0 0))\n\
                (assert (>= Y_0 0))";
    let said = Property::read_vnnlib(text).unwrap_err().to_string();
    assert!(said.contains("an input within the bounds of one case"), "{said}");
}

/// Nothing is asked of the outputs there.
#[test]
fn a_property_without_conditions_is_refused() {
    let property = Property::read_vnnlib(
        "(declare-const X_0 Real) (declare-const Y_0 Real) (assert (>= X_0 -1)) (assert (<= X_0 1))",
    );
    let net = Switch::relu(1);
    let found = verify(&net, &property.unwrap(), BoxBudget::default(), &mut |_| Continue(()));
    let said = found.unwrap_err().to_string();
    assert!(said.starts_with("property: expected a condition of outputs, found none"), "{said}");
}
