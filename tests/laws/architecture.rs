//! The arrows of the house run downwards: a module names only what lies below it, also in another
//! crate of the workspace.
//!
//! The order is read off `use crate::` lines and paths. Comments do not count: a documentation link
//! may point upwards.

use std::fs;
use std::path::{Path, PathBuf};

/// The floors, lowest first. Modules of one floor do not see each other, except on the lowest.
const FLOORS: [&[&str]; 9] = [
    &["clock", "error", "scalar", "random", "files", "product", "kernel", "aligned", "style"],
    &["transform"],
    &["layer"],
    &["net", "data"],
    &["train", "analysis", "onnx"],
    &["internal"],
    &["experiment", "speed", "numpy", "cuda", "mpi"],
    &["report", "page"],
    &["cli", "python"],
];

/// The crates of the workspace: their sources, the name that others call them by, and the module that
/// all their files belong to, if they are one.
const CRATES: [(&str, &str, Option<&str>); 10] = [
    ("crates/kernels/src", "switchnet_kernels::", Some("kernel")),
    ("src", "switchnet::", None),
    ("crates/onnx/src", "switchnet_onnx::", Some("onnx")),
    ("crates/cuda/src", "switchnet_cuda::", Some("cuda")),
    ("crates/mpi/src", "switchnet_mpi::", Some("mpi")),
    ("crates/style/src", "switchnet_style::", Some("style")),
    ("crates/lab/src", "switchnet_lab::", None),
    ("crates/page/src", "switchnet_page::", Some("page")),
    ("crates/cli/src", "switchnet_cli::", Some("cli")),
    ("crates/python/src", "switchnet_python::", Some("python")),
];

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

/// What is wrong with `from` naming `to`, if anything.
fn objection(from: &str, to: &str) -> Option<String> {
    if from == to {
        return None;
    }
    let Some(above) = floor(from) else { return Some(format!("{from} has no floor")) };
    // A name that is re-exported at the root, such as `Error`, lies on the lowest floor.
    let below = floor(to).unwrap_or(0);
    let downwards = below < above || (above == 0 && below == 0);
    (!downwards).then(|| format!("{from} must not see {to}"))
}

/// The code of a file: without comments and without the contents of its strings.
fn code(source: &str) -> String {
    let mut code = String::new();
    for line in source.lines() {
        let mut quoted = false;
        let mut before = ' ';
        let mut characters = line.chars().peekable();
        while let Some(c) = characters.next() {
            match c {
                '\\' if quoted => drop(characters.next()),
                '"' if before != '\'' => quoted = !quoted,
                '/' if !quoted && characters.peek() == Some(&'/') => break,
                c if !quoted => code.push(c),
                _ => {}
            }
            before = c;
        }
        code.push('\n');
    }
    code
}

/// The modules that `code` names after `root` (`crate::` or the crate's own name), also in braces.
fn named(code: &str, root: &str) -> Vec<String> {
    let word = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let mut all = Vec::new();
    for (at, _) in code.match_indices(root) {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue; // the end of a longer name
        }
        let rest = &code[at + root.len()..];
        if !rest.starts_with('{') {
            all.push(word(rest));
            continue;
        }
        let (mut depth, mut start) = (0, 1);
        for (i, c) in rest.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 || (depth == 1 && c == ',') {
                all.push(word(&rest[start..i]));
                start = i + 1;
            }
            if depth == 0 {
                break;
            }
        }
    }
    all.retain(|name| !name.is_empty());
    all
}

/// All objections to a file of `module`.
fn objections(module: &str, source: &str) -> Vec<String> {
    let code = code(source);
    let one = CRATES.iter().find_map(|(.., one)| one.filter(|one| *one == module));
    let mut names = if one.is_some() { Vec::new() } else { named(&code, "crate::") };
    for (_, root, one) in CRATES {
        let there = named(&code, root);
        names.extend(there.into_iter().map(|name| one.map_or(name, str::to_owned)));
    }
    names.iter().filter_map(|to| objection(module, to)).collect()
}

/// Whether `code` names the crate `name`: as a path, or imported whole.
fn uses_crate(code: &str, name: &str) -> bool {
    let path = format!("{name}::");
    let inside = code.match_indices(&path).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
    });
    inside || code.contains(&format!("use {name};"))
}

struct Source {
    path: PathBuf,
    module: String,
    text: String,
}

/// The folder of the library.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are in it")
}

/// Every source file of every crate, with the module of the first floor that it belongs to.
fn sources() -> Vec<Source> {
    fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("the folder of a crate is there") {
            let path = entry.expect("an entry of a folder").path();
            if path.is_dir() {
                collect(&path, files);
            } else if path.extension().is_some_and(|e| e == "rs") {
                files.push(path);
            }
        }
    }
    let root = root();
    let mut sources = Vec::new();
    for (folder, _, one) in CRATES {
        let folder = root.join(folder);
        let mut files = Vec::new();
        collect(&folder, &mut files);
        files.sort();
        sources.extend(files.into_iter().map(|path| {
            let inside = path.strip_prefix(&folder).expect("a file of the folder");
            let first = inside.components().next().expect("a file name").as_os_str();
            let first = first.to_str().expect("plain names").trim_end_matches(".rs");
            let module = one.unwrap_or(first).to_owned();
            let text = fs::read_to_string(&path).expect("a text");
            Source {
                path: path.strip_prefix(root).expect("a file of ours").to_owned(),
                module,
                text,
            }
        }));
    }
    assert!(sources.len() > 100, "only {} files were found, so little is tested", sources.len());
    sources
}

/// No crate is forgotten.
#[test]
fn every_crate_is_looked_at() {
    let folder = root().join("crates");
    for entry in fs::read_dir(folder).expect("the crates are there") {
        let name = entry.expect("an entry of a folder").file_name();
        let source = format!("crates/{}/src", name.display());
        assert!(CRATES.iter().any(|(folder, ..)| *folder == source), "{source} is not on the list");
    }
}

#[test]
fn arrows_run_downwards() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| source.module != "lib") {
        for objection in objections(&source.module, &source.text) {
            wrong.push(format!("{}: {objection}", source.path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_below_layers_knows_the_word_gradient() {
    let layer = floor("layer").expect("on the list");
    let below = |source: &&Source| floor(&source.module).is_some_and(|floor| floor < layer);
    for source in sources().iter().filter(below) {
        let text = source.text.to_lowercase();
        assert!(!text.contains("gradient"), "{}: gradient", source.path.display());
    }
}

#[test]
fn only_the_report_draws() {
    let report = floor("report").expect("on the list");
    for source in sources() {
        if floor(&source.module).is_some_and(|floor| floor >= report) {
            continue;
        }
        let code = code(&source.text);
        for name in ["plotters", "png", "base64"] {
            assert!(!uses_crate(&code, name), "{}: {name}", source.path.display());
        }
    }
}

/// The rooms of the analysis, lowest first: each sees those before it, and what lies beside them sees none.
#[test]
fn the_rooms_of_the_analysis_see_those_before_them() {
    const ROOMS: [&str; 4] = ["pattern", "map", "region", "dataset"];
    let mut seen = 0;
    for source in sources().iter().filter(|source| source.module == "analysis") {
        let inside = source.path.strip_prefix("src/analysis").expect("a file of the analysis");
        let place = inside.components().next().expect("a file name").as_os_str();
        if ["mod.rs", "selfcheck.rs"].iter().any(|above| place == *above) {
            continue; // the list of all of them, and what checks them
        }
        let own = ROOMS.iter().position(|room| place == *room);
        for room in &ROOMS[own.map_or(0, |own| own + 1)..] {
            let upwards = format!("analysis::{room}::");
            assert!(!code(&source.text).contains(&upwards), "{}: {room}", source.path.display());
        }
        seen += usize::from(own.is_some());
    }
    assert!(seen > 20, "only {seen} files of rooms were seen");
}

/// The loops can be used alone.
#[test]
fn the_kernels_depend_on_nothing() {
    let manifest = root().join("crates/kernels/Cargo.toml");
    let text = fs::read_to_string(manifest).expect("the crate is there");
    assert!(text.contains("[package]") && !text.contains("dependencies]"), "{text}");
}

/// Loops on the processor, the one file that asks a driver to run those on a GPU, and the one by which a page asks the
/// module that it has.
#[test]
fn only_the_kernels_are_unsafe() {
    let mut found = 0;
    for source in sources() {
        // An attribute that forbids or allows the word is not the thing.
        let code = code(&source.text).replace("unsafe_code", "").replace("unsafe_op", "");
        let has = code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|w| w == "unsafe");
        let files = ["crates/cuda/src/device.rs", "crates/page/src/exports.rs"];
        let allowed =
            source.module == "kernel" || files.iter().any(|file| source.path.ends_with(file));
        assert!(!has || allowed, "{}: unsafe", source.path.display());
        found += usize::from(has);
    }
    assert!(found > 0, "the kernels have unsafe code, which this test does not see");
}

#[test]
fn an_arrow_that_runs_up_is_found() {
    let wrong = |module: &str, line: &str| objections(module, line).len();
    for (module, line) in [
        ("transform", "use crate::layer::Layer;"),
        ("transform", "use crate::{scalar::Scalar, net::{Chain, Net}};"),
        ("layer", "    let net = crate::net::Graph::chain(layers);"),
        ("layer", "pub(crate) use crate::train::Loss;"),
        ("net", "use crate::data::Dataset;"),
        ("data", "use crate::net::Spec;"),
        ("train", "use crate::analysis::Pattern;"),
        ("analysis", "use crate::train::{Loss, fit};"),
        ("analysis", "use crate::experiment::Results;"),
        ("experiment", "use crate::report::page;"),
        ("report", "use switchnet_cli::run;"),
        ("train", "use switchnet_lab::experiment::Trial;"),
        ("experiment", "use switchnet_lab::{experiment::Trial, report};"),
        ("python", "use switchnet_cli::run;"),
        ("page", "use switchnet_lab::report;"),
        ("report", "use switchnet_page::page;"),
        ("error", "use crate::transform::Transform;"),
        ("onnx", "use switchnet::train::Loss;"),
        ("analysis", "use switchnet_onnx::read;"),
        ("attic", "use crate::scalar::Scalar;"),
    ] {
        assert_eq!(wrong(module, line), 1, "{module}: {line}");
    }
    for (module, line) in [
        ("layer", "use crate::transform::Transform; // not crate::net::Graph"),
        ("layer", "/// See [`Chain`](crate::net::Graph)."),
        ("layer", "use crate::layer::Layer;"),
        ("layer", "println!(\"crate::net\");"),
        ("train", "use crate::{data::Dataset, net::{chunk_rows, map_chunks}, Result};"),
        ("random", "use crate::scalar::Scalar;"),
        ("cli", "switchnet_cli::run(); crate::progress::Bar::new();"),
        ("cli", "use switchnet_lab::{experiment::Trial, report};"),
        ("experiment", "use crate::{analysis, train};"),
        ("layer", "use supercrate::net::Graph;"),
    ] {
        assert_eq!(wrong(module, line), 0, "{module}: {line}");
    }
    assert!(uses_crate("use png::Encoder;", "png") && uses_crate("use png;", "png"));
    assert!(uses_crate("let p = plotters::prelude::RED;", "plotters"));
    assert!(!uses_crate("let picture = png()?; crate::png::x; my_png::y", "png"));
}
