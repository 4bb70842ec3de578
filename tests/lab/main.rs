//! Experiments that are watched, stopped and resumed, and reports on results that are made up.
#![allow(missing_docs)]

mod charts;
mod corruption;
mod divergence;
mod executors;
mod experiment;
mod files;
mod made_up;
mod measured;
mod numpy;
mod page;
mod pictures;
mod pixels;
mod published;
mod rows;
mod shards;
mod tables;
