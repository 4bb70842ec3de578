//! A pass node by node, with every value and every map kept: for those who look inside.

use super::graph::{Graph, Node, Op};
use crate::layer::LinearMap;
use crate::scalar::{Matrix, Scalar};
use ndarray::{Axis, concatenate, s};

/// Every value of a graph at some rows, and the Jacobian of every layer there.
///
/// Nothing is joined here; the bits are those of the [plan](super::Plan) all the same.
pub struct Walk<'a, T> {
    nodes: &'a [Node<T>],
    values: Vec<Matrix<T>>,
    maps: Vec<Option<Box<dyn LinearMap<T> + 'a>>>,
}

impl<T: Scalar> std::fmt::Debug for Walk<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rows = self.values[0].nrows();
        f.debug_struct("Walk").field("rows", &rows).field("nodes", &self.nodes.len()).finish()
    }
}

impl<T: Scalar> Graph<T> {
    /// The graph at each row of `x`, node by node.
    ///
    /// # Panics
    /// If `x` has another width than the graph takes.
    pub fn walk(&self, x: Matrix<T>) -> Walk<'_, T> {
        let nodes = self.nodes();
        let mut walk = Walk { nodes, values: vec![x], maps: Vec::with_capacity(nodes.len()) };
        for node in nodes {
            let (y, map) = match &node.op {
                Op::Layer(layer) => {
                    let (y, map) = layer.linearize(walk.values[node.from[0]].clone());
                    (y, Some(map))
                }
                _ => (together(node, &walk.values), None),
            };
            walk.values.push(y);
            walk.maps.push(map);
        }
        walk
    }
}

/// What a sum or a concatenation makes of these values.
fn together<T: Scalar>(node: &Node<T>, values: &[Matrix<T>]) -> Matrix<T> {
    let parts: Vec<_> = node.from.iter().map(|&value| values[value].view()).collect();
    match node.op {
        Op::Concat => concatenate(Axis(1), &parts).expect("values of one batch"),
        _ => parts[1..].iter().fold(parts[0].to_owned(), |sum, part| sum + part),
    }
}

impl<T: Scalar> Walk<'_, T> {
    /// The values, that of the input first.
    pub fn values(&self) -> &[Matrix<T>] {
        &self.values
    }

    /// The Jacobian of a node's layer, if it is a layer.
    pub fn map(&self, node: usize) -> Option<&dyn LinearMap<T>> {
        self.maps[node].as_deref()
    }

    /// Pushes zeros, `rows` rows of them, through all nodes; `add` is shown what each node gives, with the number
    /// of the node, and may add to it. Returns what arrives at the output.
    pub fn push(&self, rows: usize, add: &mut dyn FnMut(usize, &mut Matrix<T>)) -> Matrix<T> {
        let mut pushed = vec![Matrix::zeros((rows, self.values[0].ncols()))];
        for (i, node) in self.nodes.iter().enumerate() {
            let mut y = match &self.maps[i] {
                Some(map) => map.push(pushed[node.from[0]].clone()),
                None => together(node, &pushed),
            };
            add(i, &mut y);
            pushed.push(y);
        }
        pushed.pop().expect("a graph has a node")
    }

    /// `Jᵀ dy` for the Jacobian `J` from each value to the output, the input's first.
    pub fn pull(&self, dy: Matrix<T>) -> Vec<Matrix<T>> {
        let rows = dy.nrows();
        let mut pulled: Vec<_> =
            self.values.iter().map(|value| Matrix::zeros((rows, value.ncols()))).collect();
        *pulled.last_mut().expect("there is the input") = dy;
        for (i, node) in self.nodes.iter().enumerate().rev() {
            let dy = pulled[i + 1].clone();
            match (&self.maps[i], &node.op) {
                (Some(map), _) => pulled[node.from[0]] += &map.pull(dy, &mut []),
                (None, Op::Concat) => {
                    let mut end = 0;
                    for &value in &node.from {
                        let columns = end..end + pulled[value].ncols();
                        end = columns.end;
                        pulled[value] += &dy.slice(s![.., columns]);
                    }
                }
                (None, _) => node.from.iter().for_each(|&value| pulled[value] += &dy),
            }
        }
        pulled
    }
}
