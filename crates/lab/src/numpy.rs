//! Arrays for NumPy: `.npz` archives and `.npy` files to write. The library's `data` reads them.
//!
//! ```
//! use switchnet_lab::numpy::Archive;
//! let mut archive = Archive::default();
//! archive.add("A", &ndarray::array![[1.0, 2.0], [3.0, 4.0]])?;
//! let bytes = archive.finish()?; // numpy.load(file)["A"]
//! # assert_eq!(&bytes[..2], b"PK");
//! # Ok::<(), switchnet::Error>(())
//! ```

use ndarray::{ArrayBase, ArrayView1, Data, Dimension};
use serde::Serialize;
use switchnet::{Error, Result};

/// What every `.npy` file begins with: the format's name and version 1.0.
const MAGIC: &[u8] = b"\x93NUMPY\x01\x00";

/// A type of numbers that arrays are written with.
pub trait Element: Copy {
    /// NumPy's name of the type.
    const NAME: &'static str;

    /// Its bytes, the least significant first, appended to `out`.
    fn append(self, out: &mut Vec<u8>);
}

macro_rules! elements {
    ($($t:ident $name:literal),*) => {$(
        impl Element for $t {
            const NAME: &'static str = $name;

            fn append(self, out: &mut Vec<u8>) {
                out.extend(self.to_le_bytes());
            }
        }
    )*};
}

elements!(f32 "<f4", f64 "<f8", i64 "<i8", u64 "<u8", u8 "|u1");

/// An array as the bytes of a `.npy` file.
pub fn npy<S: Data<Elem: Element>, D: Dimension>(array: &ArrayBase<S, D>) -> Vec<u8> {
    let sides: Vec<_> = array.shape().iter().map(usize::to_string).collect();
    let comma = if sides.len() == 1 { "," } else { "" };
    let (name, shape) = (S::Elem::NAME, sides.join(", "));
    let mut header =
        format!("{{'descr': '{name}', 'fortran_order': False, 'shape': ({shape}{comma}), }}");
    // The numbers begin at a multiple of 64.
    let end = (MAGIC.len() + 2 + header.len() + 1).next_multiple_of(64);
    header.push_str(&" ".repeat(end - MAGIC.len() - 2 - header.len() - 1));
    header.push('\n');
    let mut bytes = MAGIC.to_vec();
    bytes.extend((header.len() as u16).to_le_bytes()); // an array has few sides
    bytes.extend(header.as_bytes());
    array.iter().for_each(|number| number.append(&mut bytes));
    bytes
}

/// An archive in the making: a ZIP file of `.npy` files, none of them compressed.
#[derive(Clone, Debug, Default)]
pub struct Archive {
    files: Vec<u8>,
    directory: Vec<u8>,
    count: usize,
}

impl Archive {
    /// Adds an array under a name.
    ///
    /// # Errors
    /// If the name is too long for an archive.
    pub fn add<S: Data<Elem: Element>, D: Dimension>(
        &mut self,
        name: &str,
        array: &ArrayBase<S, D>,
    ) -> Result<()> {
        let (name, bytes) = (format!("{name}.npy"), npy(array));
        let length = u16::try_from(name.len());
        let length = length.map_err(|_| Error::new("name of an array", "a short one", &name))?;
        let mut about = Vec::new();
        about.extend([20, 0, 0, 8, 0, 0]); // version 2.0; names in UTF-8; as it is
        about.extend([0, 0, 0x21, 0]); // 1 January 1980: the same arrays give the same bytes
        about.extend(crc32fast::hash(&bytes).to_le_bytes());
        let size = within(bytes.len())?.to_le_bytes();
        about.extend([size, size].as_flattened());
        about.extend(length.to_le_bytes());
        about.extend([0, 0]);
        let start = within(self.files.len())?;
        self.files.extend([b"PK\x03\x04", about.as_slice(), name.as_bytes(), &bytes].concat());
        self.directory.extend([b"PK\x01\x02\x14\x00", about.as_slice(), &[0; 10]].concat());
        self.directory.extend(start.to_le_bytes());
        self.directory.extend(name.as_bytes());
        self.count += 1;
        Ok(())
    }

    /// Adds data of any kind under a name, as the bytes of their JSON: `json.loads(bytes(numpy.load(file)[name]))`.
    ///
    /// # Errors
    /// As [`add`](Self::add), and if JSON cannot say them.
    pub fn add_json(&mut self, name: &str, value: &impl Serialize) -> Result<()> {
        let bytes = serde_json::to_vec(value)
            .map_err(|e| Error::new(name, "plain data that JSON can say", e))?;
        self.add(name, &ArrayView1::from(&bytes))
    }

    /// The bytes of the `.npz` file.
    ///
    /// # Errors
    /// If there are more than 65,535 arrays or 4 GiB.
    pub fn finish(self) -> Result<Vec<u8>> {
        let (start, size) = (within(self.files.len())?, within(self.directory.len())?);
        let count = u16::try_from(self.count)
            .map_err(|_| Error::new("arrays in an archive", "at most 65535", self.count))?;
        let count = count.to_le_bytes();
        let mut bytes = [self.files, self.directory].concat();
        bytes.extend(b"PK\x05\x06\0\0\0\0");
        bytes.extend([count, count].as_flattened());
        bytes.extend([size.to_le_bytes(), start.to_le_bytes()].as_flattened());
        bytes.extend([0, 0]);
        Ok(bytes)
    }
}

/// A place in an archive.
fn within(bytes: usize) -> Result<u32> {
    u32::try_from(bytes).map_err(|_| Error::new("archive of arrays", "less than 4 GiB", bytes))
}
