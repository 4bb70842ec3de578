//! The laboratory of [`switchnet`]: what trains nets and then looks into them.
//!
//! - [`experiment`]: trials with seeds and learning rates, and what is measured on them, as plain data
//! - [`numpy`]: arrays for NumPy
//! - [`report`]: tables, plots, pictures, the page
//! - [`speed`]: every goal of speed, measured beside what it is compared with

#![deny(unsafe_code)]

pub mod experiment;
pub mod numpy;
pub mod report;
pub mod speed;
