//! The laws of the library, by law and not by module, in one program: what is generic is compiled
//! once.

#[macro_use]
mod common;

mod adjoint;
mod architecture;
mod banks;
mod bounds;
mod checkpoint;
mod data_files;
mod datasets;
mod determinism;
mod effective_map;
mod files;
mod first_edition;
mod gradients;
mod images;
mod kinds;
mod memory;
mod numpy;
mod open_ends;
mod parameters;
mod parts;
mod plan;
mod positions;
mod specs;
mod streamed;
mod switches;
mod tables;
mod together;
mod training;
mod transform_laws;
mod weights;
mod windows;
mod writing;
