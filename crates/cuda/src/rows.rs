//! Rows on the device, and the order in which nets see them.

use crate::device::Device;
use cudarc::driver::CudaSlice;
use ndarray::ArrayView2;
use switchnet::data::Targets;
use switchnet::{Error, Result, ndarray};

/// The most rows, so that numbers of rows and of tasks are whole numbers of 32 bits.
const MOST: usize = 1 << 29;

/// Rows on the device, with what is to be learned of them.
///
/// ```no_run
/// use switchnet::data::Targets;
/// use switchnet::ndarray::Array2;
/// use switchnet_cuda::{Device, Rows};
///
/// let device = Device::open()?;
/// let x = Array2::<f32>::zeros((2, 784));
/// let rows = Rows::new(&device, x.view(), &Targets::Classes { labels: vec![3, 9], classes: 10 })?;
/// assert_eq!(rows.len(), 2);
/// # Ok::<(), switchnet::Error>(())
/// ```
#[derive(Debug)]
pub struct Rows {
    pub(crate) device: Device,
    pub(crate) rows: usize,
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) x: CudaSlice<f32>,
    pub(crate) targets: OnDevice,
}

#[derive(Debug)]
pub(crate) enum OnDevice {
    Classes(CudaSlice<i32>),
    Values(CudaSlice<f32>),
}

impl Rows {
    /// Copies `[rows, inputs]` and their targets to the device.
    ///
    /// # Errors
    /// If there are no rows, no inputs or no outputs, more rows than 2^29, another number of targets, a class that is not
    /// below their number, or no room for them.
    pub fn new(device: &Device, x: ArrayView2<'_, f32>, targets: &Targets<f32>) -> Result<Self> {
        let (rows, inputs) = x.dim();
        let within = |what: &str, expected: &str, within: bool, found: usize| match within {
            true => Ok(()),
            false => Err(Error::new(format_args!("{what} of data on a GPU"), expected, found)),
        };
        within("rows", "1 to 2^29", (1..=MOST).contains(&rows), rows)?;
        within("inputs", "at least 1", inputs > 0, inputs)?;
        within(
            "targets",
            &format!("{rows}, one for each row"),
            targets.len() == rows,
            targets.len(),
        )?;
        let copied = |x: ArrayView2<'_, f32>| match x.as_slice() {
            Some(numbers) => device.upload(numbers),
            None => device.upload(&x.iter().copied().collect::<Vec<_>>()),
        };
        let (outputs, targets) = match targets {
            Targets::Classes { labels, classes } => {
                if let Some(&label) = labels.iter().find(|&label| label >= classes) {
                    within("class", &format!("below {classes}"), false, label)?;
                }
                let labels: Vec<i32> = labels.iter().map(|&label| label as i32).collect();
                (*classes, OnDevice::Classes(device.upload(&labels)?))
            }
            Targets::Values(values) => {
                let outputs = values.ncols();
                within("outputs", "at least 1", outputs > 0, outputs)?;
                (outputs, OnDevice::Values(copied(values.view())?))
            }
            _ => return Err(Error::new("targets on a GPU", "classes or values", "others")),
        };
        Ok(Self { device: device.clone(), rows, inputs, outputs, x: copied(x)?, targets })
    }

    /// How many they are.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Never: rows on the device are at least one.
    pub fn is_empty(&self) -> bool {
        false
    }
}

/// Of each net, which rows it is trained on at each step: batch after batch, and again from the first one when it is through.
///
/// ```no_run
/// # use switchnet::{data::Targets, ndarray::Array2};
/// # use switchnet_cuda::{Device, Order, Rows};
/// # let device = Device::open()?;
/// # let x = Array2::<f32>::zeros((4, 784));
/// # let rows = Rows::new(&device, x.view(), &Targets::Classes { labels: vec![3, 9, 1, 0], classes: 10 })?;
/// // Two nets, batches of two rows.
/// let order = Order::new(&rows, 2, &[vec![0, 1, 2, 3], vec![2, 0, 3, 1]])?;
/// # Ok::<(), switchnet::Error>(())
/// ```
#[derive(Debug)]
pub struct Order {
    pub(crate) device: Device,
    pub(crate) nets: usize,
    pub(crate) steps: usize,
    pub(crate) batch: usize,
    /// How many rows there are, of which these are numbers.
    pub(crate) rows: usize,
    pub(crate) places: CudaSlice<i32>,
}

impl Order {
    /// Of each net the numbers of rows among `rows`, as many as all batches of `batch` have together.
    ///
    /// # Errors
    /// If there is no net, a list is of another length than the first or not of whole batches, a number is not below that of
    /// the rows, or there is no room for them.
    pub fn new(rows: &Rows, batch: usize, of_nets: &[Vec<usize>]) -> Result<Self> {
        let what = "order of rows on a GPU";
        let first = of_nets.first().map_or(0, Vec::len);
        if first == 0 || !first.is_multiple_of(batch) || first / batch > MOST {
            let expected = format_args!("whole batches of {batch}, at least 1 of each").to_string();
            return Err(Error::new(what, expected, format_args!("{first} rows")));
        }
        if let Some(other) = of_nets.iter().find(|order| order.len() != first) {
            return Err(Error::new(what, format_args!("{first} rows for each net"), other.len()));
        }
        if let Some(row) = of_nets.iter().flatten().find(|&&row| row >= rows.rows) {
            return Err(Error::new(what, format_args!("numbers below {}", rows.rows), row));
        }
        let places: Vec<i32> = of_nets.iter().flatten().map(|&row| row as i32).collect();
        Ok(Self {
            device: rows.device.clone(),
            nets: of_nets.len(),
            steps: first / batch,
            batch,
            rows: rows.rows,
            places: rows.device.upload(&places)?,
        })
    }
}
