//! Ctrl-C at any moment: what was found is kept, and nothing is half done.

use crate::ctrl_c::{
    Moment, at_any_moment, caught, files, interrupted, nothing_is_half_done, whole,
};
use crate::place::{Place, QUICK, json};
use std::collections::BTreeSet;
use std::path::Path;

fn parameters(path: &Path) -> Vec<f32> {
    let net = switchnet::net::checkpoint::load::<f32>(path).unwrap().net;
    switchnet::layer::parameters::read(&net)
}

#[test]
fn a_stopped_training_goes_on_to_the_same_bits() {
    let place = Place::new();
    let arguments = "train --width 256 --epochs 60 --dropout 0.1 --batch 64";
    place.succeeds(&format!("{arguments} --out whole.safetensors"));
    let whole = parameters(&place.path("whole.safetensors"));
    let part = format!("{arguments} --out part/net.safetensors");
    // At its first step, and after its first epoch.
    for moment in [Moment::Said("training"), Moment::Files(1)] {
        caught(&place, &part, "part", moment);
        let file = place.path("part/net.safetensors");
        // Usable as it is …
        place.succeeds("evaluate part/net.safetensors");
        assert_ne!(parameters(&file), whole, "{moment:?}");
        // … not resumable with other settings …
        place.fails(
            "train --width 256 --epochs 61 --dropout 0.1 --batch 64 --out part/net.safetensors --resume",
            &["net.safetensors", "training"],
        );
        // … and with the same ones as if nothing had happened.
        place.succeeds(&format!("{part} --resume"));
        assert_eq!(parameters(&file), whole, "{moment:?}");
    }
}

/// There are hours of polygons in this plane; what the slice has when it is stopped is written.
#[test]
fn a_stopped_slice_is_written() {
    let place = Place::new();
    place.succeeds("train --epochs 1 --width 1024 --depth 8");
    let slice = "inspect out/net.safetensors --slice 3,5 --polygons 1000000000 --seconds 1000000 \
                 --memory-limit 1000000 --out part";
    for moment in [Moment::Said("slice through"), Moment::Twice("slice through")] {
        let outcome = interrupted(&place, slice, "part", moment);
        assert_eq!(outcome.code, Some(130), "{moment:?}: {}", outcome.err);
        nothing_is_half_done(&place, &outcome, "part", &BTreeSet::new(), slice);
        if matches!(moment, Moment::Said(_)) {
            let some = &json(&place.path("part/inspect-slice.json"))["answer"];
            assert_eq!(
                (&some["complete"], &some["stopped_by"]),
                (&false.into(), &"interrupted".into())
            );
            assert!(place.path("part/inspect-slice.npz").exists());
        }
    }
}

#[test]
fn a_stopped_comparison_goes_on() {
    let place = Place::new();
    place.succeeds("compare --epochs 6 --seeds 1 --out whole");
    let losses = |folder: &str| -> Vec<f64> {
        let results = json(&place.path(&format!("{folder}/results.json")));
        let nets = results["nets"].as_array().unwrap().clone();
        nets.iter().map(|net| net["runs"][0]["test_loss"].as_f64().unwrap()).collect()
    };
    for moment in [Moment::Said("training"), Moment::Files(1)] {
        caught(&place, "compare --epochs 6 --seeds 1", "out", moment);
        assert!(!place.path("out/report.html").exists());
        place.succeeds("compare --epochs 6 --seeds 1 --resume");
        assert_eq!(losses("out"), losses("whole"), "{moment:?}");
    }
}

#[test]
fn a_stopped_course_is_of_the_checkpoints_so_far() {
    let place = Place::new();
    place.succeeds("train --net switch --epochs 12 --validation 0 --keep-every 1");
    let files: Vec<String> = (0..=12).map(|n| format!("out/net-epoch{n:04}.safetensors")).collect();
    let trajectory = format!("trajectory {} --out part", files.join(" "));
    caught(&place, &trajectory, "part", Moment::Said("comparing"));
    let answer = &json(&place.path("part/trajectory.json"))["answer"];
    let points = answer["checkpoints"].as_array().unwrap();
    assert_eq!(answer["complete"], false);
    assert!((1..13).contains(&points.len()), "{}", points.len());
    whole(&place.path("part/trajectory.svg"));
}

#[test]
fn stopped_speed_is_of_the_rows_so_far() {
    let place = Place::new();
    let outcome = caught(&place, "speed --quick --out part", "part", Moment::Bytes(1));
    let report = json(&place.path("part/speed.json"));
    let rows = report["rows"].as_array().unwrap();
    let said = |line: &&str| line.starts_with("holds  ") || line.starts_with("SHORT  ");
    assert_eq!(outcome.out.lines().filter(said).count(), rows.len());
    assert_eq!((&report["complete"], rows.is_empty()), (&false.into(), false));
    let table = std::fs::read_to_string(place.path("part/speed.md")).unwrap();
    assert!(table.starts_with("Stopped before the end"), "{table}");
}

#[test]
fn a_training_is_stopped_at_any_moment() {
    let place = Place::new();
    at_any_moment(&place, "train --epochs 4 --keep-every 1 --out {}/net.safetensors", 6);
    at_any_moment(&place, "train --evolve 40 --width 64 --depth 1 --out {}/net.safetensors", 3);
    let endless = "train --evolve 1000000000000 --width 64 --depth 1 --out twice/net.safetensors";
    let outcome = interrupted(&place, endless, "twice", Moment::Twice("training"));
    assert_eq!(outcome.code, Some(130));
    nothing_is_half_done(&place, &outcome, "twice", &BTreeSet::new(), endless);
}

/// The files of one view are written together.
#[test]
fn views_are_stopped_at_any_moment() {
    let place = Place::new();
    place.succeeds(&format!("train {QUICK} --net switch"));
    let views = "inspect out/net.safetensors --index 7 --between 3,9 --ray 3 --slice 3,5 --optimum 2 \
                 --margin --spectrum --memory --neurons --switches --similarity --out {}";
    let outcomes = at_any_moment(&place, views, 10);
    let of = |folder: &str, view: &str| -> BTreeSet<String> {
        let view = format!("{folder}/inspect{view}");
        let is = |name: &String| {
            name.strip_prefix(&view).is_some_and(|rest| {
                rest.starts_with('.') || (view.len() > folder.len() + 8 && rest.starts_with('-'))
            })
        };
        let names = files(&place, folder).into_iter().filter(is);
        names.map(|name| name[folder.len()..].to_owned()).collect()
    };
    for (folder, _) in outcomes {
        for view in ["", "-between", "-ray", "-optimum", "-margin", "-spectrum", "-switches"] {
            let found = of(&folder, view);
            assert!(found.is_empty() || found == of("full", view), "{folder} {found:?}");
        }
    }
}

#[test]
fn a_comparison_is_stopped_at_any_moment() {
    let place = Place::new();
    place.write(
        "spirals.toml",
        "name = 'Spirals'\nseeds = [4, 5]\ndata = { source = 'spirals', points = 40 }\n\
         training = { epochs = 3 }\ngeometry = 3\n[[nets]]\nname = 'switch'\n\
         architecture = { net = 'switch', width = 16, depth = 2 }\n[[nets]]\nname = 'mlp'\n\
         architecture = { net = 'mlp', hidden = [8] }\n",
    );
    at_any_moment(&place, "compare spirals.toml --out {}", 8);
}

#[test]
fn looking_at_checkpoints_is_stopped_at_any_moment() {
    let place = Place::new();
    place.succeeds("train --epochs 1 --keep-every 1");
    let [a, b] = ["out/net-epoch0000.safetensors", "out/net-epoch0001.safetensors"];
    at_any_moment(&place, &format!("trajectory {a} {b} --out {{}}"), 4);
    at_any_moment(&place, "evaluate out/net.safetensors", 3);
    at_any_moment(&place, "summary out/net.safetensors", 2);
    at_any_moment(&place, "selfcheck", 2);
}
