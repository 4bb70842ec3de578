//! Requests that are not what the page makes: each gets an answer, and none a panic.

use crate::asked::{Answer, ask, bytes, known, opened, request};
use rand::RngExt;
use serde_json::json;
use switchnet::data::Preparation;
use switchnet::net::zoo;
use switchnet::random::generator;
use switchnet_page::Nets;

fn small() -> (Nets, Vec<u8>) {
    let net =
        known("small", &zoo::mlp(&[4], &[6, 6], 3, 1), Preparation::default(), "cross-entropy");
    (opened(std::slice::from_ref(&net)), net.file)
}

/// One of every kind, as they should be.
fn requests(file: &[u8]) -> Vec<Vec<u8>> {
    let x =
        |count: usize| bytes(&(0..4 * count).map(|i| (i as f64 * 1.3).sin()).collect::<Vec<_>>());
    let frozen = json!([{ "layer": 0, "unit": 2, "open": true }]);
    vec![
        request(&json!({ "do": "open" }), file),
        request(&json!({ "do": "now", "net": 0, "frozen": frozen, "distances": true }), &x(1)),
        request(&json!({ "do": "neuron", "net": 0, "layer": 1, "unit": 3 }), &x(1)),
        request(&json!({ "do": "ray", "net": 0, "frozen": frozen }), &x(2)),
        request(
            &json!({ "do": "slice", "net": 0, "window": [0, 1, 0, 1], "limit": 50, "norms": true }),
            &x(3),
        ),
        request(&json!({ "do": "margin", "net": 0 }), &x(1)),
        request(&json!({ "do": "adversarial", "net": 0, "steps": 9 }), &x(1)),
        request(&json!({ "do": "close", "net": 1 }), &[]),
    ]
}

#[test]
fn every_damaged_request_gets_an_answer() {
    let (mut nets, file) = small();
    let requests = requests(&file);
    for request in &requests[..7] {
        let answer = Answer::read(nets.call(request, &mut |_, _| ()));
        assert_eq!(answer.error(), None);
    }
    let mut rng = generator(5, 0);
    let (mut refused, mut taken) = (0, 0);
    for round in 0..6000 {
        let mut spoiled = requests[round % requests.len()].clone();
        for _ in 0..rng.random_range(1..4) {
            if spoiled.is_empty() {
                break;
            }
            // Most of a file is numbers: more damage where the question is.
            let most = if rng.random() { spoiled.len() } else { spoiled.len().min(100) };
            let at = rng.random_range(0..most);
            match rng.random_range(0..5) {
                0 => spoiled[at] ^= 1 << rng.random_range(0..8),
                1 => spoiled[at] = rng.random(),
                2 => spoiled.truncate(at),
                3 => spoiled.insert(at, rng.random()),
                _ => drop(spoiled.remove(at)),
            }
        }
        let answer = Answer::read(nets.call(&spoiled, &mut |_, _| ()));
        match answer.error() {
            Some(line) => {
                assert!(!line.is_empty() && !line.contains('\n'), "{line:?}");
                refused += 1;
            }
            None => taken += 1,
        }
        if round % 500 == 0 {
            nets = opened(&[known(
                "small",
                &zoo::mlp(&[4], &[6, 6], 3, 1),
                Preparation::default(),
                "cross-entropy",
            )]);
        }
    }
    assert!(refused > 2000 && taken > 200, "{refused} refused, {taken} taken");
}

/// Numbers that nets overflow on, and places and sizes that are far from any.
#[test]
fn what_is_asked_for_too_much_is_refused_in_a_line() {
    let (mut nets, _) = small();
    let mut says = |question: serde_json::Value, inputs: &[&[f64]], part: &str| {
        let answer = ask(&mut nets, &question, inputs);
        let said =
            answer.error().unwrap_or_else(|| panic!("{question}: {}", answer.json)).to_owned();
        assert!(said.contains(part), "{question}: {said}");
    };
    let x: &[f64] = &[0.5, -1.0, 2.0, 0.25];
    let huge: &[f64] = &[1e308, 1e308, -1e308, 1e308];
    says(json!({ "do": "now", "net": 0 }), &[huge], "residual of the effective map");
    says(
        json!({ "do": "now", "net": 0 }),
        &[&[f64::NAN, 0.0, 0.0, 0.0]],
        "input 0: expected a finite",
    );
    says(json!({ "do": "now", "net": 0 }), &[&x[..3]], "bytes behind the question: expected 32");
    says(json!({ "do": "now", "net": 9 }), &[x], "net: expected one that was opened, found 9");
    says(json!({ "do": "now", "net": -1 }), &[x], "request: expected the JSON of a question");
    says(json!({ "do": "now", "nets": 0 }), &[x], "unknown field");
    says(json!({ "do": "dance", "net": 0 }), &[x], "do: expected open, now, neuron");
    says(json!({ "do": "neuron", "net": 0, "layer": 2 }), &[x], "switch layer: expected one of 2");
    says(json!({ "do": "neuron", "net": 0, "unit": 99 }), &[x], "expected one of 6, found 99");
    says(json!({ "do": "slice", "net": 0, "window": [1, 0, 0, 1] }), &[x, x, x], "window along u");
    says(json!({ "do": "ray", "net": 0 }), &[x, huge], "finite numbers");
    let frozen =
        json!([{ "layer": 0, "unit": 1, "open": true }, { "layer": 0, "unit": 1, "open": false }]);
    says(
        json!({ "do": "ray", "net": 0, "frozen": frozen }),
        &[x, x],
        "switch 1 of switch layer 0 twice",
    );
    let empty = Answer::read(nets.call(&[], &mut |_, _| ()));
    assert_eq!(empty.error(), Some("request: expected as many bytes as it says, found 0"));
    let long = Answer::read(nets.call(&[255, 255, 255, 255, 1], &mut |_, _| ()));
    assert_eq!(long.error(), Some("request: expected as many bytes as it says, found 5"));
}
