//! Names of nets as parts of file names.

use crate::experiment::Results;
use std::collections::HashSet;

/// No slug is longer, so that no file name is too long for a file system.
const LONGEST: usize = 48;

/// A name for each net that is fit for files: lower-case ASCII letters, digits and single dashes
/// between them, `net` where nothing is left of the name. Equal ones get `-2`, `-3` and so on.
pub fn slugs(results: &Results) -> Vec<String> {
    let mut taken = HashSet::new();
    let unique = |name: &str| {
        let plain = slug(name);
        let numbered = (2..).map(|i| format!("{plain}-{i}"));
        let free = std::iter::once(plain.clone()).chain(numbered).find(|s| !taken.contains(s));
        let slug = free.unwrap_or_else(|| unreachable!("numbers do not run out"));
        taken.insert(slug.clone());
        slug
    };
    results.nets.iter().map(|net| net.name.as_str()).map(unique).collect()
}

fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(LONGEST);
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "net".to_owned() } else { slug.to_owned() }
}
