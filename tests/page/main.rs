//! The live page: what its module answers, against the library; and the file.

mod answers;
mod asked;
mod damaged;
mod file;
mod module;
