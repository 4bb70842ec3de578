//! By what rows are known again.

use crate::scalar::{Matrix, Scalar};
use flate2::Crc;

/// The CRC-32 of the numbers of all inputs, each as four bytes (F32, least significant first), then of the target values
/// likewise, or of the name of each row's class and a zero byte. Rows may be added some at a time.
#[derive(Debug, Default)]
pub(super) struct Sum {
    inputs: Crc,
    targets: Crc,
    /// The bytes of a row.
    room: Vec<u8>,
}

impl Sum {
    pub fn add_inputs<T: Scalar>(&mut self, x: &Matrix<T>) {
        add(&mut self.inputs, &mut self.room, x);
    }

    pub fn add_values<T: Scalar>(&mut self, y: &Matrix<T>) {
        add(&mut self.targets, &mut self.room, y);
    }

    pub fn add_class(&mut self, name: &str) {
        self.targets.update(name.as_bytes());
        self.targets.update(&[0]);
    }

    pub fn finish(mut self) -> u32 {
        self.inputs.combine(&self.targets);
        self.inputs.sum()
    }
}

fn add<T: Scalar>(sum: &mut Crc, room: &mut Vec<u8>, numbers: &Matrix<T>) {
    room.resize(4 * numbers.ncols(), 0);
    for row in numbers.rows() {
        for (bytes, x) in room.as_chunks_mut().0.iter_mut().zip(row) {
            *bytes = (x.double() as f32).to_le_bytes();
        }
        sum.update(room);
    }
}
