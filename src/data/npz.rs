//! `.npz` archives: ZIP files of `.npy` files.
//!
//! At the end of the file lies a directory, which says of each member where it begins, how many bytes it takes there and
//! how many it has. All of these are claims and compared with the file before a member is read, and its
//! size with the shape in its header before it is unfolded.

use super::array::Array;
use super::npy;
use crate::error::{Error, Result};
use crate::scalar::Scalar;
use flate2::Crc;
use flate2::read::DeflateDecoder;
use ndarray::ArrayD;
use std::fmt::Display;
use std::io::Read;
use std::path::Path;

/// What every ZIP file that is not empty begins with.
pub(super) const MAGIC: &[u8] = b"PK\x03\x04";

/// Deflated bytes become at most so many times as many.
const LARGEST_RATIO: usize = 1032;

/// The arrays of a `.npz` archive, as `numpy.savez` and `numpy.savez_compressed` write it.
#[derive(Clone, Debug)]
pub struct Npz {
    bytes: Vec<u8>,
    members: Vec<Member>,
}

#[derive(Clone, Debug)]
struct Member {
    name: String,
    deflated: bool,
    /// Where its own header begins.
    start: usize,
    packed: usize,
    size: usize,
    checksum: u32,
}

impl Npz {
    /// Reads the archive at `path`, less than 4 GiB large.
    ///
    /// # Errors
    /// If the file cannot be read, or is no such archive or an incomplete one.
    pub fn open(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|error| Error::io(path, error))?;
        let members = directory(&bytes).map_err(|error| error.at(path.display()))?;
        Ok(Self { bytes, members })
    }

    /// The names of the arrays, in the order of the archive.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|member| member.name.as_str())
    }

    /// The numbers of an array, as [`read_npy`](super::read_npy) gives them.
    ///
    /// # Errors
    /// Those of [`read_npy`](super::read_npy), and if there is no array of that name or its bytes are damaged.
    pub fn numbers<T: Scalar>(&self, name: &str) -> Result<ArrayD<T>> {
        self.array(name)?.numbers().map_err(|error| error.at(name))
    }

    /// An array of numbers or texts.
    pub(super) fn array(&self, name: &str) -> Result<Array> {
        let Some(member) = self.members.iter().find(|member| member.name == name) else {
            let names: Vec<_> = self.names().collect();
            return Err(Error::new("array", format!("one of {}", names.join(", ")), name));
        };
        let mut contents = self.contents(member).map_err(|error| error.at(name))?;
        let array = npy::read(&mut contents, Some(member.size)).map_err(|error| error.at(name))?;
        match contents.crc.sum() {
            sum if sum == member.checksum => Ok(array),
            sum => {
                let expected = format!("{:08x}", member.checksum);
                Err(Error::new("checksum", expected, format!("{sum:08x}")).at(name))
            }
        }
    }

    /// The unpacked bytes of a member, no more than the directory claims.
    fn contents<'a>(&'a self, member: &Member) -> Result<Contents<'a>> {
        let rest = self.bytes.get(member.start..).unwrap_or_default();
        let header = rest.strip_prefix(MAGIC).and_then(|_| rest.split_at_checked(30));
        let (header, rest) = header.ok_or_else(|| refuse("a member where one is said", "none"))?;
        let skip = usize::from(two(header, 26)) + usize::from(two(header, 28));
        let packed = rest.get(skip..).and_then(|rest| rest.get(..member.packed));
        let packed = packed.ok_or_else(|| {
            let found = rest.len().saturating_sub(skip);
            refuse(format_args!("{} bytes of a member", member.packed), found)
        })?;
        let most =
            if member.deflated { packed.len().saturating_mul(LARGEST_RATIO) } else { packed.len() };
        if member.size > most {
            let expected = format_args!("at most {most} bytes in {} packed ones", packed.len());
            return Err(refuse(expected, member.size));
        }
        let file: Box<dyn Read + 'a> = match member.deflated {
            true => Box::new(DeflateDecoder::new(packed)),
            false => Box::new(packed),
        };
        Ok(Contents { file: file.take(member.size as u64), crc: Crc::new() })
    }
}

/// Bytes whose checksum is taken while they are read.
struct Contents<'a> {
    file: std::io::Take<Box<dyn Read + 'a>>,
    crc: Crc,
}

impl Read for Contents<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.crc.update(&buffer[..count]);
        Ok(count)
    }
}

fn refuse(expected: impl Display, found: impl Display) -> Error {
    Error::new("archive of arrays (.npz)", expected, found)
}

/// The `.npy` members of an archive.
fn directory(bytes: &[u8]) -> Result<Vec<Member>> {
    // The last record is 22 bytes and a comment of at most 65,535.
    let tail = bytes.len().saturating_sub(22 + 0xFFFF);
    let end = bytes[tail..].windows(22).rposition(|end| end.starts_with(b"PK\x05\x06"));
    let end =
        end.ok_or_else(|| refuse("a directory at the end", "none, as if the file were cut off"))?;
    let end = &bytes[tail + end..];
    let (count, start) = (two(end, 10), four(end, 16));
    if count == u16::MAX || start == u32::MAX {
        return Err(refuse("less than 4 GiB and 65535 members", "more"));
    }
    let mut rest = bytes.get(start as usize..).unwrap_or_default();
    let mut members = Vec::new();
    for _ in 0..count {
        let cut = || refuse(format_args!("a directory of {count} members"), members.len());
        let header = rest.strip_prefix(b"PK\x01\x02").and_then(|_| rest.split_at_checked(46));
        let (header, behind) = header.ok_or_else(cut)?;
        let [name, extra, comment] = [28, 30, 32].map(|at| usize::from(two(header, at)));
        let (name, behind) = behind.split_at_checked(name).ok_or_else(cut)?;
        rest = behind.get(extra + comment..).ok_or_else(cut)?;
        let name = String::from_utf8_lossy(name);
        let Some(name) = name.strip_suffix(".npy") else { continue };
        let deflated = match (two(header, 8) & 1, two(header, 10)) {
            (0, 0) => false,
            (0, 8) => true,
            (1, _) => {
                return Err(refuse("members that anybody may read", "encrypted ones").at(name));
            }
            (_, method) => {
                let found = format_args!("those of method {method}");
                return Err(refuse("members stored or deflated", found).at(name));
            }
        };
        let [packed, size, start] = [20, 24, 42].map(|at| four(header, at));
        if [packed, size, start].contains(&u32::MAX) {
            return Err(refuse("members of less than 4 GiB", "a larger one").at(name));
        }
        let [packed, size, start] = [packed, size, start].map(|number| number as usize);
        members.push(Member {
            name: name.to_owned(),
            deflated,
            start,
            packed,
            size,
            checksum: four(header, 16),
        });
    }
    if members.is_empty() {
        return Err(refuse("arrays (.npy) in it", "none"));
    }
    Ok(members)
}

fn two(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn four(bytes: &[u8], at: usize) -> u32 {
    u32::from(two(bytes, at)) | u32::from(two(bytes, at + 2)) << 16
}
