//! Every relative link of the documents leads to something.

use crate::root;
use std::fs;
use std::path::{Path, PathBuf};

/// The documents: the README, those in `docs`, and the course.
fn documents() -> Vec<PathBuf> {
    fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                files.push(path);
            }
        }
    }
    let mut files = vec![root().join("README.md")];
    for folder in ["docs", "course"] {
        collect(&root().join(folder), &mut files);
    }
    files
}

/// A document without its program text, in which brackets mean something else.
fn prose(text: &str) -> String {
    let mut inside = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            inside = !inside;
        } else if !inside {
            // Every second part stands between backticks.
            lines.push(line.split('`').step_by(2).collect::<Vec<_>>().join(""));
        }
    }
    lines.join("\n")
}

/// What stands between the round brackets of `[text](target)`.
fn targets(text: &str) -> Vec<&str> {
    let after = |part: &'static str| text.match_indices(part).map(move |(at, _)| at + part.len());
    after("](").filter_map(|start| text[start..].split(')').next()).collect()
}

#[test]
fn relative_links_lead_to_files() {
    let (mut checked, mut broken) = (0, Vec::new());
    for document in documents() {
        let text = prose(&fs::read_to_string(&document).unwrap());
        for target in targets(&text) {
            // Elsewhere, or in the same document.
            if target.contains("://") || target.starts_with('#') {
                continue;
            }
            let file = target.split('#').next().expect("the first of the parts");
            if !document.parent().expect("a file").join(file).exists() {
                broken.push(format!("{}: {target}", document.display()));
            }
            checked += 1;
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(checked > 60, "only {checked} links were found, so nothing is tested");
}

/// A picture beside a program is one that its section shows, and its labels have room.
#[test]
fn every_picture_of_the_course_is_shown() {
    let mut pictures = 0;
    for document in documents().iter().filter(|file| file.starts_with(root().join("course"))) {
        let text = fs::read_to_string(document).unwrap();
        for entry in fs::read_dir(document.parent().expect("a file")).unwrap() {
            let name = entry.unwrap().file_name().into_string().expect("a plain name");
            if name.ends_with(".svg") {
                assert!(text.contains(&format!("]({name})")), "{}: {name}", document.display());
                let picture = fs::read_to_string(document.with_file_name(&name)).unwrap();
                assert!(
                    !picture.contains('…'),
                    "{}: {name} has a label cut short",
                    document.display()
                );
                pictures += 1;
            }
        }
    }
    assert!(pictures > 20, "only {pictures} pictures were found, so nothing is tested");
}

#[test]
fn links_are_found() {
    let text = "A [word](a.md#there) and ![a picture](b.svg), not `[x](y)`\n```\n[z](c)\n```\n";
    assert_eq!(targets(&prose(text)), ["a.md#there", "b.svg"]);
}
