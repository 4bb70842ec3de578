//! The values that users can check themselves.

use switchnet::analysis::{Check, selfcheck};

#[test]
fn every_value_is_as_expected() {
    let checks = selfcheck();
    for check in &checks {
        assert!(check.ok(), "{check:?}");
        assert!(!check.name.is_empty() && !check.reason.is_empty(), "{check:?}");
        // What is called exact is compared exactly.
        let exact = ["nothing rounds", "a whole number"].contains(&check.reason.as_str());
        assert_eq!(check.tolerance == 0.0, exact, "{check:?}");
    }
    let mut names: Vec<_> = checks.iter().map(|check| &check.name).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), checks.len(), "two checks have one name");
}

#[test]
fn a_wrong_value_fails() {
    for check in selfcheck() {
        let off = 1.5 * check.tolerance + 1e-6;
        for expected in [check.found + off, check.found - off, f64::NAN] {
            let wrong = Check { expected, ..check.clone() };
            assert!(!wrong.ok(), "{wrong:?}");
        }
        assert!(!Check { found: f64::NAN, ..check.clone() }.ok(), "{check:?}");
    }
}
