//! Long campaigns against the program: killed at any moment, with spoilt files, with arguments that nobody meant.
//!
//! ```text
//! SWITCHNET_KILLS=1000 cargo test --release -p switchnet-cli --test cli -- --ignored campaigns --nocapture
//! ```
//!
//! The variable is the number of kills; without it there are 50. There are a hundred times as many spoilt files and
//! four times as many lists of arguments. Moments and mutants are drawn from a seed, and no assertion depends on which
//! moment it was.

mod arguments;
mod corruption;
mod kills;

/// How long the campaigns are.
fn kills() -> usize {
    let given = std::env::var("SWITCHNET_KILLS");
    given.map_or(50, |text| text.parse().expect("SWITCHNET_KILLS is a number"))
}
