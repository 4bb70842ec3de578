//! Where numbers of a row are in the registers of a warp, and parameters in the order in which lanes read them.

use crate::program::Program;
use crate::steps::Vector;

/// The length of a row in a warp.
pub(crate) const WIDTH: usize = 1024;

/// Which number of a row stands at `position` of a vector of sweep `sweep`, counted from 0.
///
/// Before the first transform, lane `q` holds the numbers `32·i + q`. A transform exchanges the two halves of the bits
/// of a place: behind the first it holds `32·q + i`, behind the second `32·i + q` again. Position `4·(32·j + q) + c`
/// belongs to number `i = 4·j + c` of lane `q`, so that lanes read 16 bytes each, side by side. Positions are below 1,024.
///
/// ```
/// use switchnet_cuda::place;
///
/// assert_eq!([0, 1, 4, 128].map(|position| place(0, position)), [0, 1, 32, 4]);
/// assert_eq!([0, 1, 4, 128].map(|position| place(1, position)), [0, 32, 1, 128]);
/// ```
pub fn place(sweep: usize, position: usize) -> usize {
    let (lane, i) = (position / 4 % 32, position / 128 * 4 + position % 4);
    if sweep.is_multiple_of(2) { 32 * lane + i } else { 32 * i + lane }
}

/// The parameters on the device, of each its place among those of the net, or the number that it always is.
#[derive(Debug)]
pub(crate) struct Layout {
    slots: Vec<Slot>,
    /// Vectors of a sweep: bias, open, closed, and the scale if there is one anywhere.
    vectors: usize,
    sweeps: usize,
    /// Biases of the readout with what follows them.
    bias_places: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Slot {
    Learned(usize),
    Fixed(f32),
}

impl Layout {
    pub(crate) fn new(program: &Program) -> Self {
        let scaled = program.sweeps.iter().any(|sweep| sweep.scale.is_some());
        let mut slots = Vec::new();
        for (l, sweep) in program.sweeps.iter().enumerate() {
            let [open, closed] = match &sweep.switch {
                Some([open, closed]) => [Some(open), Some(closed)],
                None => [None, None],
            };
            let mut vectors = vec![(sweep.bias.as_ref(), 0.0), (open, 1.0), (closed, 1.0)];
            vectors.extend(scaled.then_some((sweep.scale.as_ref(), 1.0)));
            for (vector, otherwise) in vectors {
                slots.extend((0..WIDTH).map(|position| match vector {
                    None => Slot::Fixed(otherwise),
                    Some(Vector::Fixed(values)) => Slot::Fixed(values[place(l, position)]),
                    Some(Vector::Learned(first)) => Slot::Learned(first + place(l, position)),
                }));
            }
        }
        let last = program.sweeps.len() - 1;
        let readout = program.readout;
        for k in 0..readout.outputs {
            slots.extend(
                (0..WIDTH).map(|p| Slot::Learned(readout.weight + k * WIDTH + place(last, p))),
            );
        }
        let bias = |k| readout.bias.map_or(Slot::Fixed(0.0), |first| Slot::Learned(first + k));
        slots.extend((0..readout.outputs).map(bias));
        // The numbers of the next net begin where vectors of four may.
        let bias_places = readout.outputs.next_multiple_of(4);
        slots.resize(slots.len() - readout.outputs + bias_places, Slot::Fixed(0.0));
        Self { slots, vectors: 3 + usize::from(scaled), sweeps: program.sweeps.len(), bias_places }
    }

    /// How many numbers there are on the device.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// The numbers on the device for these parameters of the net.
    pub(crate) fn to_device(&self, parameters: &[f32]) -> Vec<f32> {
        let number = |slot: &Slot| match *slot {
            Slot::Learned(place) => parameters[place],
            Slot::Fixed(value) => value,
        };
        self.slots.iter().map(number).collect()
    }

    /// The parameters of the net, or their gradient, of the numbers on the device.
    pub(crate) fn to_host(&self, numbers: &[f32], parameters: usize) -> Vec<f32> {
        let mut host = vec![0.0; parameters];
        for (slot, &number) in self.slots.iter().zip(numbers) {
            if let Slot::Learned(place) = *slot {
                host[place] = number;
            }
        }
        host
    }

    /// How many values [`each_vector`](Self::each_vector) gives.
    pub(crate) fn vectors(&self) -> usize {
        self.sweeps * self.vectors + 2
    }

    /// Of each vector of the sweeps, of all weights and of all biases, a number that belongs to their parameters;
    /// `fixed` if they are none.
    pub(crate) fn each_vector<V: Copy>(&self, of: impl Fn(usize) -> V, fixed: V) -> Vec<V> {
        let starts = (0..self.sweeps * self.vectors + 1).map(|vector| vector * WIDTH);
        let starts = starts.chain([self.slots.len() - self.bias_places]);
        let value = |start: usize| match self.slots[start] {
            Slot::Learned(place) => of(place),
            Slot::Fixed(_) => fixed,
        };
        starts.map(value).collect()
    }
}
