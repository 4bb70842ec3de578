//! Two nets as one.

use super::graph::{Graph, Node, Op};
use crate::error::{Error, Result};
use crate::layer::{Diagonal, Layer};
use crate::scalar::Scalar;
use ndarray::Array1;

/// `f(x) − g(x)`, both of the same input: a net, so whatever can be asked of one can be asked of it. Its regions are
/// those on which neither switches.
///
/// # Errors
/// If they take or give different numbers of features.
///
/// # Example
/// ```
/// use switchnet::layer::{Layer, Switch};
/// let both = switchnet::net::difference::<f64>(Box::new(Switch::relu(1)), Box::new(Switch::leaky(1, -1.0)?))?;
/// assert_eq!(both.forward(ndarray::array![[-2.0], [3.0]]), ndarray::array![[-2.0], [0.0]]); // max(x, 0) − |x|
/// # Ok::<(), switchnet::Error>(())
/// ```
pub fn difference<T: Scalar>(f: Box<dyn Layer<T>>, g: Box<dyn Layer<T>>) -> Result<Graph<T>> {
    let dims = |net: &dyn Layer<T>| (net.inputs(), net.outputs());
    let ((inputs, outputs), found) = (dims(f.as_ref()), dims(g.as_ref()));
    if (inputs, outputs) != found {
        let say = |(inputs, outputs)| format!("{inputs} inputs and {outputs} outputs");
        let expected = say((inputs, outputs));
        return Err(Error::new("net that is subtracted", expected, say(found)));
    }
    let less = Diagonal::new(Some(Array1::from_elem(outputs, -T::one())), None);
    let layer = |name: &str, from, layer| Node {
        name: Some(name.to_owned()),
        from: vec![from],
        op: Op::Layer(layer),
    };
    Graph::new(
        inputs,
        vec![
            layer("f", 0, f),
            layer("g", 0, g),
            layer("less", 2, Box::new(less)),
            Node { name: None, from: vec![1, 3], op: Op::Add },
        ],
    )
}
