//! The program as a process: what it writes, what it says, how it fails.

#[cfg(unix)]
mod campaigns;
mod changed;
mod compare;
#[cfg(unix)]
mod ctrl_c;
#[cfg(feature = "cuda")]
mod cuda;
mod drawn;
mod errors;
mod files;
mod images;
mod inspect;
#[cfg(unix)]
mod interruption;
mod networks;
mod page;
mod place;
#[cfg(feature = "mpi")]
mod ranks;
mod shards;
mod streamed;
mod tables;
mod train;
mod verify;
