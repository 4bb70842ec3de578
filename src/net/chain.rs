//! Layers one after another.

use super::sweep::Sweep;
use crate::error::{Error, Result};
use crate::layer::{Layer, LinearMap, parameters};
use crate::scalar::{Matrix, Scalar};
use ndarray::{ArrayViewD, ArrayViewMutD};
use std::ops::Range;

/// `f_L ∘ … ∘ f_1`. A chain is a layer itself, so chains nest.
///
/// Parameter names carry the place of the layer: `2.open` is the parameter `open` of layer 2,
/// counted from 0.
///
/// ```
/// use switchnet::layer::{Layer, Mix, Switch};
/// use switchnet::{net::Chain, transform::Hadamard};
/// let chain = Chain::<f64>::new(vec![
///     Box::new(Mix::new(Hadamard::new(4)?)),
///     Box::new(Switch::relu(4)),
/// ])?;
/// assert_eq!(chain.forward(ndarray::array![[2.0, 0.0, 0.0, 0.0]]), ndarray::array![[1., 1., 1., 1.]]);
/// # Ok::<(), switchnet::Error>(())
/// ```
pub struct Chain<T> {
    layers: Vec<Box<dyn Layer<T>>>,
    /// How many parameters each layer has.
    counts: Vec<usize>,
}

impl<T: Scalar> Chain<T> {
    /// The chain of `layers`, first layer first.
    ///
    /// # Errors
    /// If there is no layer, or a layer does not take what the one before it gives.
    pub fn new(layers: Vec<Box<dyn Layer<T>>>) -> Result<Self> {
        if layers.is_empty() {
            return Err(Error::new("layers of a chain", "at least 1", 0));
        }
        for (i, pair) in layers.windows(2).enumerate() {
            let (from, to) = (&pair[0], &pair[1]);
            if from.outputs() != to.inputs() {
                let expected = format!("the {} features of {}", from.outputs(), from.name());
                return Err(Error::new("input width", expected, to.inputs()).at(format_args!(
                    "layer {} ({})",
                    i + 1,
                    to.name()
                )));
            }
        }
        let counts = layers.iter().map(|layer| parameters::count(layer.as_ref())).collect();
        Ok(Self { layers, counts })
    }

    /// The layers, first layer first.
    pub fn layers(&self) -> &[Box<dyn Layer<T>>] {
        &self.layers
    }

    /// Layers that follow one another as a layer of its own: what lies between two places of a net.
    ///
    /// # Errors
    /// If the range is empty or goes beyond the layers.
    pub fn part(&self, range: Range<usize>) -> Result<Part<'_, T>> {
        let count = self.layers.len();
        if range.is_empty() || range.end > count {
            let expected = format!("some of the layers 0..{count}");
            return Err(Error::new("part of a chain", expected, format_args!("{range:?}")));
        }
        Ok(Part { layers: &self.layers[range.clone()], counts: &self.counts[range] })
    }

    fn all(&self) -> Part<'_, T> {
        Part { layers: &self.layers, counts: &self.counts }
    }
}

/// Some layers of a chain, for looking at: it has no parameters of its own that could be trained.
#[derive(Clone, Copy)]
pub struct Part<'a, T> {
    layers: &'a [Box<dyn Layer<T>>],
    counts: &'a [usize],
}

impl<'a, T: Scalar> Part<'a, T> {
    fn run(self, mut x: Matrix<T>) -> Matrix<T> {
        let mut rest = self.layers;
        while let Some((first, others)) = rest.split_first() {
            (x, rest) = match Sweep::of(rest) {
                Some(sweep) => (sweep.forward(x), &rest[sweep.layers..]),
                None => (first.forward(x), others),
            };
        }
        x
    }

    fn record(self, mut y: Matrix<T>) -> (Matrix<T>, Composed<'a, T>) {
        let mut maps = Vec::with_capacity(self.layers.len());
        let (mut rest, mut counts) = (self.layers, self.counts);
        while !rest.is_empty() {
            let sweep = Sweep::of(rest).filter(|sweep| sweep.keeps(counts));
            let taken = sweep.as_ref().map_or(1, |sweep| sweep.layers);
            let map;
            (y, map) = match sweep {
                Some(sweep) => sweep.linearize(y),
                None => rest[0].linearize(y),
            };
            maps.push((map, counts[..taken].iter().sum()));
            (rest, counts) = (&rest[taken..], &counts[taken..]);
        }
        (y, Composed { maps })
    }
}

impl<T: Scalar> Layer<T> for Part<'_, T> {
    fn inputs(&self) -> usize {
        self.layers[0].inputs()
    }

    fn outputs(&self) -> usize {
        self.layers[self.layers.len() - 1].outputs()
    }

    fn name(&self) -> String {
        let names: Vec<_> = self.layers.iter().map(|layer| layer.name()).collect();
        format!("part({})", names.join(", "))
    }

    fn multiply_adds(&self) -> usize {
        self.layers.iter().map(|layer| layer.multiply_adds()).sum()
    }

    fn is_piecewise_linear(&self) -> bool {
        self.layers.iter().all(|layer| layer.is_piecewise_linear())
    }

    fn forward(&self, x: Matrix<T>) -> Matrix<T> {
        self.run(x)
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        let (y, map) = self.record(x);
        (y, Box::new(map))
    }
}

impl<T: Scalar> Layer<T> for Chain<T> {
    fn inputs(&self) -> usize {
        self.layers[0].inputs()
    }

    fn outputs(&self) -> usize {
        self.layers[self.layers.len() - 1].outputs()
    }

    fn name(&self) -> String {
        "chain".into()
    }

    fn multiply_adds(&self) -> usize {
        self.all().multiply_adds()
    }

    fn is_piecewise_linear(&self) -> bool {
        self.all().is_piecewise_linear()
    }

    fn forward(&self, x: Matrix<T>) -> Matrix<T> {
        self.all().run(x)
    }

    fn linearize(&self, x: Matrix<T>) -> (Matrix<T>, Box<dyn LinearMap<T> + '_>) {
        let (y, map) = self.all().record(x);
        (y, Box::new(map))
    }

    fn visit(&self, f: &mut dyn FnMut(&str, ArrayViewD<'_, T>)) {
        for (i, layer) in self.layers.iter().enumerate() {
            layer.visit(&mut |name, values| f(&format!("{i}.{name}"), values));
        }
    }

    fn visit_mut(&mut self, f: &mut dyn FnMut(&str, ArrayViewMutD<'_, T>)) {
        for (i, layer) in self.layers.iter_mut().enumerate() {
            layer.visit_mut(&mut |name, values| f(&format!("{i}.{name}"), values));
        }
    }

    fn set_noise(&mut self, seed: Option<u64>) {
        for (i, layer) in self.layers.iter_mut().enumerate() {
            // A seed of its own for each layer, or two dropouts would drop alike.
            let own =
                |seed: u64| seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(i as u64 + 1);
            layer.set_noise(seed.map(own));
        }
    }
}

/// The product of the layers' Jacobians, each with its number of parameters.
struct Composed<'a, T> {
    maps: Vec<(Box<dyn LinearMap<T> + 'a>, usize)>,
}

impl<T: Scalar> LinearMap<T> for Composed<'_, T> {
    fn push(&self, dx: Matrix<T>) -> Matrix<T> {
        self.maps.iter().fold(dx, |dx, (map, _)| map.push(dx))
    }

    fn pull(&self, mut dy: Matrix<T>, grad: &mut [T]) -> Matrix<T> {
        let mut rest = grad;
        for (map, count) in self.maps.iter().rev() {
            let own = split_last(&mut rest, *count);
            dy = map.pull(dy, own);
        }
        dy
    }

    fn accumulate(&self, mut dy: Matrix<T>, grad: &mut [T]) {
        // Below the first layer with parameters nobody needs the gradient of the input.
        let Some(first) = self.maps.iter().position(|(_, count)| *count > 0) else { return };
        let mut rest = grad;
        for (i, (map, count)) in self.maps.iter().enumerate().rev() {
            let own = split_last(&mut rest, *count);
            if i == first {
                return map.accumulate(dy, own);
            }
            dy = map.pull(dy, own);
        }
    }

    fn affine(&self, x: Matrix<T>) -> Matrix<T> {
        self.maps.iter().fold(x, |x, (map, _)| map.affine(x))
    }

    fn switches(&self, f: &mut dyn FnMut(&Matrix<T>)) {
        for (map, _) in &self.maps {
            map.switches(f);
        }
    }

    fn rates(&self, dx: Matrix<T>, f: &mut dyn FnMut(&Matrix<T>)) -> Matrix<T> {
        self.maps.iter().fold(dx, |dx, (map, _)| map.rates(dx, f))
    }
}

/// Takes the last `count` numbers off `rest`; an empty gradient stays empty.
fn split_last<'a, T>(rest: &mut &'a mut [T], count: usize) -> &'a mut [T] {
    let whole = std::mem::take(rest);
    let at = whole.len().saturating_sub(count);
    let (head, tail) = whole.split_at_mut(at);
    *rest = head;
    tail
}
