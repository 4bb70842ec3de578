//! The README shows the first example as it is.

use crate::root;
use std::fs;

#[test]
fn the_program_of_the_readme_is_the_example_quickstart() {
    let example = fs::read_to_string(root().join("examples/quickstart.rs")).unwrap();
    let code: Vec<&str> = example.lines().filter(|line| !line.starts_with("//!")).collect();
    let code = code.join("\n");
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let shown = readme.split("```rust\n").nth(1).expect("a program in the README");
    let shown = shown.split("```").next().expect("the text before the end of the program");
    assert_eq!(shown.trim(), code.trim(), "README.md and examples/quickstart.rs differ");
}
